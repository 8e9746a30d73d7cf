"""The measuring clip as a member's camera and microphone: real RTP in real time, repeated when asked for.

frames = clip_frames(1)
async with show(member, frames, loss=0.05) as playing:
    ...

Every frame says which it is (tests/support/flashbeep.py), so a recording tells what of it arrived, when, and in step.
It goes on over new PeerConnections of the member. A keyframe comes every second; a PLI is not answered sooner.
"""

import asyncio
import contextlib
import itertools
import struct
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from contract.media import Codec
from media.rtp.clock import ntp_from_wall
from media.rtp.rtcp import Nack, SenderReport, pack_rtcp, parse_rtcp
from runtime import clock
from runtime.supervise import TaskScope
from tests.support import encoded, packets
from tests.support.encoded import Encoded
from tests.support.flashbeep import FPS
from tests.support.member import AV1, OPUS, VP8, VP9, Member
from tests.support.peer_client import PeerClient

LOOP_S = 10.0
KEPT = 500
"""Packets that can be sent again."""
CHUNK_BYTES = 1100
REPORT_S = 1.0
TYPES = {Codec.VP8: VP8, Codec.VP9: VP9, Codec.AV1: AV1}


def clip_frames(clip: int, codec: Codec = Codec.VP8) -> list[Encoded]:
    """What a show sends again and again. Takes seconds: have it before anybody waits for anything."""
    return encoded.both(codec, clip, LOOP_S, key_every=FPS)


class Show:
    """Plays `frames`, of `codec`, from now on; `loss` is the share of packets lost each way, `seed` says which."""

    def __init__(self, member: Member, frames: list[Encoded], *, codec: Codec, loss: float, seed: int) -> None:
        self._member = member
        self._frames = frames
        self._codec = codec
        self._loss = loss
        self._chance = Random(seed)
        self._zero_ns = clock.wall_ns()
        self._sequence = {True: self._chance.getrandbits(16), False: self._chance.getrandbits(16)}
        self._base_ticks = {True: self._chance.getrandbits(32), False: self._chance.getrandbits(32)}
        self._kept: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._picture = 0

    @property
    def zero_ns(self) -> int:
        """UTC ns of its first frame."""
        return self._zero_ns

    @property
    def pictures(self) -> int:
        """How many it has sent."""
        return self._picture

    def captured_ns(self, number: int, near_ns: int) -> int:
        """When frame `number` was shown, UTC ns, in the turn of the clip that is nearest to `near_ns`."""
        first_ns = self._zero_ns + round(number / FPS * 1e9)
        turn_ns = round(LOOP_S * 1e9)
        return first_ns + round((near_ns - first_ns) / turn_ns) * turn_ns

    async def run(self) -> None:
        """Send until cancelled."""
        report_at = 0.0
        for turn in itertools.count():
            for frame in self._frames:
                at_s = turn * LOOP_S + frame.t_s
                wait_s = at_s - (clock.wall_ns() - self._zero_ns) / 1e9
                if wait_s > 0.001:
                    await asyncio.sleep(wait_s)
                peer = self._member.peer
                if peer is None or wait_s < -1.0:
                    continue
                with contextlib.suppress(ConnectionError, OSError):
                    self._lossy(peer)
                    for packet in self._packets(frame, at_s):
                        await peer.send_rtp(packet)
                    if clock.now() >= report_at:
                        report_at = clock.now() + REPORT_S
                        await self._report(peer)
                    await self._repeat(peer)

    def _lossy(self, peer: PeerClient) -> None:
        if self._loss:
            # Media and feedback only: a lost handshake would test something else.
            peer.lose = peer.lose_sent = lambda data: 128 <= data[0] < 192 and self._chance.random() < self._loss

    def _ssrc(self, *, video: bool) -> int:
        return self._member.camera_ssrc if video else self._member.microphone_ssrc

    def _ticks(self, at_s: float, *, video: bool) -> int:
        return (self._base_ticks[video] + round(at_s * (90_000 if video else 48_000))) & 0xFFFFFFFF

    def _packets(self, frame: Encoded, at_s: float) -> list[bytes]:
        """As browsers cut them: RFC 7741 for VP8, one packet each for sound."""
        if not frame.video:
            return [self._rtp(frame.payload, at_s, video=False, last=False)]
        self._picture += 1
        if self._codec is not Codec.VP8:
            payloads = packets.cut(self._codec, frame, self._picture)
            return [self._rtp(payload, at_s, video=True, last=payload is payloads[-1]) for payload in payloads]
        chunks = range(0, len(frame.payload), CHUNK_BYTES)
        out = []
        for at in chunks:
            start = 0x90 if at == 0 else 0x80
            head = struct.pack("!BBH", start, 0x80, 0x8000 | self._picture & 0x7FFF)
            payload = head + frame.payload[at : at + CHUNK_BYTES]
            out.append(self._rtp(payload, at_s, video=True, last=at == chunks[-1]))
        return out

    def _rtp(self, payload: bytes, at_s: float, *, video: bool, last: bool) -> bytes:
        sequence = self._sequence[video] = (self._sequence[video] + 1) & 0xFFFF
        kind = (TYPES[self._codec] if video else OPUS) | (0x80 if last else 0)
        ssrc = self._ssrc(video=video)
        packet = struct.pack("!BBHLL", 0x80, kind, sequence, self._ticks(at_s, video=video), ssrc) + payload
        self._kept[ssrc, sequence] = packet
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return packet

    async def _report(self, peer: PeerClient) -> None:
        wall_ns = clock.wall_ns()
        for video in (True, False):
            ticks = self._ticks((wall_ns - self._zero_ns) / 1e9, video=video)
            await peer.send_rtp(pack_rtcp(SenderReport(self._ssrc(video=video), ntp_from_wall(wall_ns), ticks, 0, 0)))

    async def _repeat(self, peer: PeerClient) -> None:
        while peer.rtcp:
            for packet in parse_rtcp(peer.rtcp.popleft()):
                if isinstance(packet, Nack):
                    for sequence in packet.lost:
                        if (kept := self._kept.get((packet.ssrc, sequence))) is not None:
                            await peer.send_rtp(kept)


@asynccontextmanager
async def show(
    member: Member, frames: list[Encoded], *, codec: Codec = Codec.VP8, loss: float = 0.0, seed: int = 1
) -> AsyncIterator[Show]:
    """`member` shows this as long as the context lasts."""
    playing = Show(member, frames, codec=codec, loss=loss, seed=seed)
    async with TaskScope("show") as scope:
        scope.spawn(playing.run(), name="show")
        yield playing
