"""Janus as a server under test: its process, and its video room by the WebSocket API."""

import asyncio
import os
import re
import secrets
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from passline.bench import janus_libsrtp
from passline.bench.janus_config import libraries, write_config
from passline.bench.serving import free_port
from passline.bench.sfu_peer import BenchPeer
from passline.bench.sfu_subject import CORE, SEND, Usage, pinned, usage_of

START_S = ANSWER_S = 30.0
_PLUGIN = "janus.plugin.videoroom"

Message = dict[str, Any]


class Janus:
    """`janus` encrypts by pylibsrtp's libsrtp (OpenSSL), `janus-nss` by Debian's (NSS)."""

    same_packets = True

    def __init__(self, subject: str) -> None:
        """In a private network only: Janus refuses loopback, and listens on every address."""
        self.subject = subject
        self._home = tempfile.TemporaryDirectory(prefix="passline-janus-")
        self._port = free_port()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._http: aiohttp.ClientSession | None = None
        self._session = 0
        self._feeds: dict[int, int] = {}
        """Of each room's publisher."""
        home, installed = Path(self._home.name), libraries()
        assert installed is not None, "beside_janus.missing() was not asked"
        main = write_config(home, installed, self._port)
        environment = {**os.environ, **(janus_libsrtp.environment(home) if subject == "janus" else {})}
        with pinned({CORE}), (home / "log").open("wb") as log:
            command = ["janus", "-F", str(home), "-C", str(main)]
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)

    def usage(self, *, settled: bool = False) -> Usage:  # noqa: ARG002 - it throws nothing away
        return usage_of(self._process.pid)

    async def stop(self) -> None:
        self._process.kill()
        if self._http is not None:
            await self._http.close()
        self._process.wait()
        self._home.cleanup()

    async def admit(self, peer: BenchPeer, *, room: int, publish: bool) -> None:
        async with asyncio.timeout(ANSWER_S):
            if self._socket is None:
                await self._connect()
            handle = (await self._ask({"janus": "attach", "plugin": _PLUGIN}))["data"]["id"]
            if publish:
                await self._publish(peer, handle, room + 1)
            else:
                await self._subscribe(peer, handle, room + 1)

    async def _publish(self, peer: BenchPeer, handle: int, room: int) -> None:
        await self._tell(handle, request="create", room=room, publishers=1, audiocodec="opus", videocodec="vp8")
        joined = await self._tell(handle, request="join", ptype="publisher", room=room)
        self._feeds[room] = joined["plugindata"]["data"]["id"]
        offer = {"type": "offer", "sdp": peer.offer(SEND, sends=True)}
        answer = await self._tell(handle, jsep=offer, request="configure", audio=True, video=True)
        await peer.connect(answer["jsep"]["sdp"], full_ice=False)
        await self._up(handle)

    async def _subscribe(self, peer: BenchPeer, handle: int, room: int) -> None:
        streams = [{"feed": self._feeds[room]}]
        offered = await self._tell(handle, request="join", ptype="subscriber", room=room, streams=streams)
        offer = offered["jsep"]["sdp"]
        await self._tell(handle, jsep={"type": "answer", "sdp": peer.answer(offer)}, request="start")
        await peer.connect(offer, full_ice=False)
        await self._up(handle)

    # --- the WebSocket ---------------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        self._http = aiohttp.ClientSession()
        deadline = time.monotonic() + START_S
        while True:
            try:
                self._socket = await self._http.ws_connect(
                    f"http://127.0.0.1:{self._port}", protocols=["janus-protocol"], autoping=True
                )
            except aiohttp.ClientError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.subject} did not start: {self._said()}") from None
                await asyncio.sleep(0.02)
            else:
                break
        self._session = (await self._ask({"janus": "create"}))["data"]["id"]

    def _said(self) -> str:
        return (Path(self._home.name) / "log").read_text(errors="replace")[-1000:]

    async def _tell(self, handle: int, *, jsep: Message | None = None, **body: object) -> Message:
        """What the room answers, after any acknowledgement."""
        order: Message = {"janus": "message", "handle_id": handle, "body": body}
        if jsep is not None:
            order["jsep"] = jsep
        return await self._ask(order)

    async def _ask(self, order: Message) -> Message:
        transaction = secrets.token_hex(6)
        order["transaction"] = transaction
        if self._session:
            order["session_id"] = self._session
        assert self._socket is not None
        await self._socket.send_json(order)
        reply = await self._hear(lambda told: told.get("transaction") == transaction and told["janus"] != "ack")
        failed = reply.get("error") or reply.get("plugindata", {}).get("data", {}).get("error")
        if failed:
            raise RuntimeError(f"{self.subject} refused {order['janus']}: {failed}")
        return reply

    async def _up(self, handle: int) -> None:
        await self._hear(lambda told: told["janus"] == "webrtcup" and told["sender"] == handle)

    async def _hear(self, wanted: Callable[[Message], bool]) -> Message:
        """The next message that is `wanted`; those before it are of no interest."""
        assert self._socket is not None
        while True:
            told: Message = await self._socket.receive_json()
            if wanted(told):
                return told


def version() -> str:
    """Of the installed Janus, e.g. 1.1.2."""
    said = subprocess.run(["janus", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+\.\d+", said.stdout + said.stderr)
    return found[0] if found else "unknown"
