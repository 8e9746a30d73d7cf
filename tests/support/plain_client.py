"""A plain client of WHIP and WHEP: aiortc as it comes, over HTTP, that knows nothing else of Passline."""

import asyncio
import re
from dataclasses import dataclass, field
from types import TracebackType

import numpy as np
from aiohttp import ClientResponse, ClientSession
from aioice import Candidate, Connection
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack
from av import VideoFrame

from contract.http import MediaToken
from runtime.supervise import TaskScope

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
HIDDEN = "b5a3c1b0-6d5e-4bd8-9f0c-0d4a5c6f7e8d.local"
WIDTH_PX, HEIGHT_PX = 320, 180


class Grey(VideoStreamTrack):
    """Even pictures of one brightness (0 to 255), which a receiver can tell."""

    def __init__(self, brightness: int) -> None:
        super().__init__()
        self._picture = np.full((HEIGHT_PX, WIDTH_PX, 3), brightness, np.uint8)

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame.from_ndarray(self._picture, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


@dataclass
class PlainClient:
    """`publish` or `watch`, then `frames` of kind fill up; `leave` says DELETE, leaving the block does not."""

    url: str
    token: MediaToken
    http: ClientSession = field(default_factory=ClientSession)
    peer: RTCPeerConnection = field(default_factory=RTCPeerConnection)
    session: str = ""
    """The session's path."""
    etag: str = ""
    frames: dict[str, int] = field(default_factory=lambda: {"audio": 0, "video": 0})
    brightness: int = -1
    """Of the newest picture."""
    names_addresses: bool = True
    """Otherwise it names them `….local` (mDNS), as a browser that may not tell them: nobody can look those up."""

    async def __aenter__(self) -> "PlainClient":
        self._scope = TaskScope("plain client")
        self.peer.on("track", self._receive)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.peer.close()
        await self._scope.aclose()
        await self.http.close()

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token.token}"}

    async def publish(self, brightness: int = 200) -> None:
        self.peer.addTrack(AudioStreamTrack())
        self.peer.addTrack(Grey(brightness))
        await self._negotiate()

    async def watch(self, pairs: int = 1) -> None:
        for _ in range(pairs):
            self.peer.addTransceiver("audio", direction="recvonly")
            self.peer.addTransceiver("video", direction="recvonly")
        await self._negotiate()

    async def post(self, sdp: str, **headers: str) -> ClientResponse:
        """The bare POST; the body is read."""
        sent = {"Content-Type": SDP, **self.authorization, **headers}
        async with self.http.post(self.url + self.token.path, data=sdp, headers=sent) as response:
            await response.read()
            return response

    async def ask(self, method: str, path: str, *, data: str | None = None, **headers: str) -> ClientResponse:
        async with self.http.request(
            method, self.url + path, data=data, headers={**self.authorization, **headers}
        ) as response:
            await response.read()
            return response

    async def leave(self) -> int:
        """DELETE; its status."""
        return (await self.ask("DELETE", self.session)).status

    async def restart_ice(self) -> None:
        """Find a new way, from new ports, for the same DTLS (RFC 9725 §4.3); nothing uses the old one any more.

        aiortc knows no restart, but what it needs of ICE is one aioice connection: it gets another.
        """
        [transport] = {sender.transport.transport for sender in self.peer.getSenders() + self.peer.getReceivers()}
        old, fresh = transport._connection, Connection(ice_controlling=True)
        await fresh.gather_candidates()
        [mid] = [m for m in self.peer.localDescription.sdp.split("\r\n") if m.startswith("a=mid:")][:1]
        fragment = [f"a=ice-ufrag:{fresh.local_username}", f"a=ice-pwd:{fresh.local_password}"]
        fragment += ["m=audio 9 UDP/TLS/RTP/SAVPF 0", mid]
        fragment += [f"a=candidate:{candidate.to_sdp()}" for candidate in fresh.local_candidates]
        body = await self._patch_restart("\r\n".join([*fragment, "a=end-of-candidates", ""]))
        said = [line.partition(":") for line in body.split("\r\n")]
        [fresh.remote_username] = [value for name, _, value in said if name == "a=ice-ufrag"]
        [fresh.remote_password] = [value for name, _, value in said if name == "a=ice-pwd"]
        fresh.remote_is_lite = ("a=ice-lite", "", "") in said
        for name, _, value in said:
            if name == "a=candidate" and " udp " in value:
                await fresh.add_remote_candidate(Candidate.from_sdp(value))
        await fresh.add_remote_candidate(None)
        fresh._queue = old._queue  # where DTLS waits for the next datagram
        await fresh.connect()
        transport._connection, transport._recv, transport._send = fresh, fresh.recv, fresh.send
        # The end of the old one is not the transport's any more.
        old._queue = asyncio.Queue()
        fresh._event_waiter, old._event_waiter = old._event_waiter, None
        await old.close()

    async def _patch_restart(self, fragment: str) -> str:
        headers = {"Content-Type": FRAGMENT, "If-Match": "*", **self.authorization}
        async with self.http.patch(self.url + self.session, data=fragment, headers=headers) as response:
            body = await response.text()
            assert response.status == 200, (response.status, body)
            assert response.headers["Content-Type"] == FRAGMENT
            assert response.headers["ETag"] != self.etag
            self.etag = response.headers["ETag"]
        return body

    async def _negotiate(self) -> None:
        await self.peer.setLocalDescription(await self.peer.createOffer())
        offer = self.peer.localDescription.sdp
        if not self.names_addresses:
            offer = re.sub(r"(a=candidate:\S+ \d+ udp \d+) \S+", rf"\1 {HIDDEN}", offer)
            assert HIDDEN in offer
            offer = re.sub(r"(c=|a=rtcp:\d+ )IN IP[46] \S+", r"\1IN IP4 0.0.0.0", offer)
        response = await self.post(offer)
        body = await response.text()
        assert response.status == 201, (response.status, body)
        assert response.headers["Content-Type"] == SDP
        self.session, self.etag = response.headers["Location"], response.headers["ETag"]
        await self.peer.setRemoteDescription(RTCSessionDescription(body, "answer"))

    def _receive(self, track: MediaStreamTrack) -> None:
        self._scope.spawn(self._read(track), name=track.kind)

    async def _read(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            self.frames[track.kind] += 1
            if isinstance(frame, VideoFrame):
                picture = await asyncio.to_thread(frame.to_ndarray, format="gray")
                self.brightness = round(float(picture.mean()))
