"""A bare client of the bench: one UDP socket, ICE, DTLS and SRTP keys; then the socket is the caller's.

It offers or answers, to an ICE-lite server as well as to aiortc's full agent. RTP runs outside asyncio once connected.
"""

import asyncio
import contextlib
import re
import secrets
import socket
from collections.abc import Sequence
from typing import Literal, cast

from aioice import stun
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCIceTransport
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, RTCDtlsTransport

from contract.media import Layer
from media.forward.sections import EXTENSIONS
from media.peer.srtp import Keys

OPUS, VP8, RTX = 111, 96, 97
RESEND_S, RESEND_MAX_S = 0.01, 0.2
CERTIFICATE = RTCCertificate.generateCertificate()

Direction = Literal["sendonly", "recvonly"]
_LEVEL_ID, MID_ID, NUMBER_ID, RID_ID, _REPAIRED_RID_ID = 1, 4, 5, 6, 7
_MID = EXTENSIONS["mid"]
_TAKEN = ("a=mid:", "a=rtcp-mux", "a=rtcp-fb:", "a=rtpmap:", "a=fmtp:")
"""Lines of an offer that an answer which agrees to everything repeats."""


class BenchPeer:
    """`offer` and the server's answer, or `answer`; then `connect`. From then on it has `keys` and a `remote`."""

    def __init__(self, host: str, *, numbered: bool = False, layers: Sequence[Layer] = ()) -> None:
        """`host` is this machine's address by which server and client know each other.

        `numbered` offers transport-wide feedback, `layers` (smallest first) simulcast of the picture that it sends.
        """
        self.host = host
        self._numbered = numbered
        self._layers = [layer.value for layer in reversed(layers)]
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((host, 0))
        self.ssrc = {"audio": secrets.randbits(31), "video": secrets.randbits(31)}
        self.remote: tuple[str, int] = (host, 0)
        self.keys: Keys
        # What RTCDtlsTransport uses of an ICE transport.
        self.role, self.state = "controlling", "completed"
        self._ufrag, self._pwd = secrets.token_hex(4), secrets.token_hex(12)
        self._flight: list[bytes] = []
        self._dtls_in: asyncio.Queue[bytes] = asyncio.Queue()
        self._checked = asyncio.Event()
        self._server_checked = asyncio.Event()
        self._dtls = RTCDtlsTransport(cast(RTCIceTransport, self), [CERTIFICATE])
        self._dtls._srtp_profiles = [SRTP_AEAD_AES_128_GCM]
        self._dtls._set_role("client")

    def offer(self, sections: list[tuple[str, Direction | None]], *, sends: bool) -> str:
        """An offer with these sections; `sends` announces a track in the first one of each kind."""
        port = self.socket.getsockname()[1]
        lines = ["v=0", f"o=- {secrets.randbits(60)} 2 IN IP4 {self.host}", "s=-", "t=0 0"]
        lines.append("a=group:BUNDLE " + " ".join(str(mid) for mid in range(len(sections))))
        lines.append("a=msid-semantic: WMS")
        announced: set[str] = set()
        for mid, (kind, direction) in enumerate(sections):
            if kind == "application":
                lines += [f"m=application {port} UDP/DTLS/SCTP webrtc-datachannel", f"c=IN IP4 {self.host}"]
                lines += ["a=sctp-port:5000", "a=max-message-size:262144"]
            else:
                formats = f"{OPUS}" if kind == "audio" else f"{VP8} {RTX}"
                lines += [f"m={kind} {port} UDP/TLS/RTP/SAVPF {formats}", f"c=IN IP4 {self.host}", "a=rtcp-mux"]
                lines += ["a=rtcp-rsize", f"a=extmap:{MID_ID} {_MID}", f"a={direction}"]
                if self._numbered:
                    lines += [f"a=extmap:{NUMBER_ID} {EXTENSIONS['transport_cc']}"]
                    lines += [f"a=rtcp-fb:{OPUS if kind == 'audio' else VP8} transport-cc"]
                if kind == "audio":
                    lines += [
                        f"a=extmap:{_LEVEL_ID} {EXTENSIONS['level']}",
                        f"a=rtpmap:{OPUS} opus/48000/2",
                        f"a=fmtp:{OPUS} minptime=10",
                    ]
                else:
                    lines += [f"a=rtpmap:{VP8} VP8/90000", f"a=rtpmap:{RTX} rtx/90000", f"a=fmtp:{RTX} apt={VP8}"]
                    lines += [f"a=rtcp-fb:{VP8} {what}" for what in ("goog-remb", "nack", "nack pli", "ccm fir")]
                if sends and direction == "sendonly" and kind not in announced:
                    announced.add(kind)
                    lines += self._track(kind)
            lines += [f"a=mid:{mid}", *self._transport()]
        return "\r\n".join(lines) + "\r\n"

    def _track(self, kind: str) -> list[str]:
        """The lines that announce one: its SSRC, or its layers."""
        if kind == "audio" or not self._layers:
            return [f"a=msid:bench {kind}", f"a=ssrc:{self.ssrc[kind]} cname:bench"]
        lines = [f"a=extmap:{RID_ID} {EXTENSIONS['rid']}", f"a=extmap:{_REPAIRED_RID_ID} {EXTENSIONS['repaired_rid']}"]
        lines += [f"a=rid:{layer} send" for layer in self._layers]
        return [f"a=msid:bench {kind}", *lines, "a=simulcast:send " + ";".join(self._layers)]

    def answer(self, offer: str) -> str:
        """Takes all that an offer of tracks has, but for header extensions other than mid."""
        head, *sections = offer.strip().split("\r\nm=")
        lines = ["v=0", f"o=- {secrets.randbits(60)} 2 IN IP4 {self.host}", "s=-", "t=0 0"]
        lines += [line for line in head.split("\r\n") if line.startswith("a=group:")]
        for section in sections:
            first, *rest = section.split("\r\n")
            lines += [f"m={first}", f"c=IN IP4 {self.host}", "a=recvonly"]
            lines += [line for line in rest if line.startswith(_TAKEN) or line.endswith(_MID)]
            lines += self._transport()
        return "\r\n".join(lines) + "\r\n"

    def _transport(self) -> list[str]:
        """The lines of a section that say how we are reached."""
        fingerprint = next(found.value for found in CERTIFICATE.getFingerprints() if found.algorithm == "sha-256")
        return [
            f"a=ice-ufrag:{self._ufrag}",
            f"a=ice-pwd:{self._pwd}",
            "a=setup:active",
            f"a=fingerprint:sha-256 {fingerprint}",
            f"a=candidate:1 1 udp 2130706431 {self.host} {self.socket.getsockname()[1]} typ host",
            "a=end-of-candidates",
        ]

    async def connect(self, description: str, *, full_ice: bool) -> None:
        """ICE and DTLS. With `full_ice` the server checks us too, and DTLS waits for it."""
        self.remote = self.host, int(_find(rf"a=candidate:\S+ 1 udp \d+ {re.escape(self.host)} (\d+) ", description))
        user, pwd = _find(r"a=ice-ufrag:(\S+)", description), _find(r"a=ice-pwd:(\S+)", description)
        fingerprint = _find(r"a=fingerprint:sha-256 (\S+)", description)
        loop = asyncio.get_running_loop()
        loop.add_reader(self.socket.fileno(), self._readable)
        try:
            async with asyncio.timeout(10):
                await self._check(f"{user}:{self._ufrag}", pwd)
                if full_ice:
                    await self._server_checked.wait()
                resending = loop.create_task(self._resend())
                try:
                    await self._dtls.start(RTCDtlsParameters([RTCDtlsFingerprint("sha-256", fingerprint)], "server"))
                finally:
                    resending.cancel()
        finally:
            loop.remove_reader(self.socket.fileno())
        self.keys = Keys(self._dtls._tx_srtp, self._dtls._rx_srtp)

    async def _check(self, username: str, pwd: str) -> None:
        while not self._checked.is_set():
            request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
            request.attributes["USERNAME"] = username
            request.attributes["PRIORITY"] = 1
            request.attributes["ICE-CONTROLLING"] = 1
            request.attributes["USE-CANDIDATE"] = None
            request.add_message_integrity(pwd.encode())
            request.add_fingerprint()
            self.socket.sendto(bytes(request), self.remote)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._checked.wait(), 0.05)

    async def _resend(self) -> None:
        """Send again what was not answered: Janus drops what comes before its side is made, and OpenSSL waits 1 s."""
        wait_s = RESEND_S
        while True:
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, RESEND_MAX_S)
            for data in self._flight:
                self.socket.sendto(data, self.remote)

    def _readable(self) -> None:
        while True:
            try:
                data, address = self.socket.recvfrom(2048)
            except BlockingIOError:
                return
            if data[0] < 4:
                self._stun(data, address)
            elif 19 < data[0] < 64:
                self._flight.clear()
                self._dtls_in.put_nowait(data)

    def _stun(self, data: bytes, address: tuple[str, int]) -> None:
        message = stun.parse_message(data)
        if message.message_class is stun.Class.RESPONSE:
            self._checked.set()
        elif message.message_class is stun.Class.REQUEST:
            response = stun.Message(
                message_method=stun.Method.BINDING,
                message_class=stun.Class.RESPONSE,
                transaction_id=message.transaction_id,
            )
            response.attributes["XOR-MAPPED-ADDRESS"] = address
            response.add_message_integrity(self._pwd.encode())
            response.add_fingerprint()
            self.socket.sendto(bytes(response), address)
            self._server_checked.set()

    async def _recv(self) -> bytes:
        return await self._dtls_in.get()

    async def _send(self, data: bytes) -> None:
        self._flight.append(data)
        self.socket.sendto(data, self.remote)


def _find(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError(f"the server's description has no {pattern}")
    return match[1]
