"""Real pictures of VP9 and AV1 through the whole real system: to a plain receiver, and into a recording."""

import asyncio
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext

from contract.client import LeaveRoom
from contract.data import UseCodec
from contract.media import Codec
from media.rtp.cache import MediaPacket
from media.rtp.depacketize import HOLD_S, Frame, FrameAssembler
from media.rtp.describe import describe
from media.rtp.packet import parse_header
from tests.signaling.service.world import answered
from tests.support import flashbeep
from tests.support.calls import recording_of, safe
from tests.support.clients import new_cid
from tests.support.flashbeep import Mark
from tests.support.member import Member
from tests.support.played import play
from tests.support.show import LOOP_S, TYPES, clip_frames, show
from tests.support.stack import Stack
from tests.support.until import until

pytestmark = pytest.mark.flow

ENOUGH = 40
"""Pictures: more than lie between two keyframes."""
KEPT_BYTES = 12_000
"""About a second."""
TURN = round(LOOP_S * flashbeep.FPS)
"""Pictures of a clip, before it begins again."""


@pytest.mark.full_only
async def test_vp9_and_av1_reach_a_receiver_and_the_recording_as_they_were_sent(tmp_path: Path) -> None:
    codecs = {"p-store-0117": (Codec.VP9, 1), "p-chen": (Codec.AV1, 2)}
    frames = {codec: clip_frames(clip, codec) for codec, clip in codecs.values()}
    async with (
        Stack(tmp_path, video_codec="vp9,vp8") as stack,
        Member(stack, "store-0117") as store,
        Member(stack, "chen") as expert,
    ):
        store.every_codec = expert.every_codec = True
        room = await answered(store.tab, expert.tab)
        await store.connect(room)
        await expert.connect(room)
        async with (
            show(store, frames[Codec.VP9], codec=Codec.VP9),
            show(expert, frames[Codec.AV1], codec=Codec.AV1),
        ):
            await come(expert, Codec.VP9)
            await come(store, Codec.AV1)
            for who, (codec, clip) in ((expert, codecs["p-store-0117"]), (store, codecs["p-chen"])):
                marks = decoded(who, codec)
                assert {mark.clip for _, mark in marks} == {clip}
                assert len({(number - mark.number) % TURN for number, mark in marks}) == 1, "each in its time"
            for member in (store, expert):
                assert member.peer is not None
                await until(partial(member.peer.said.__contains__, UseCodec(video=Codec.VP9)))
            await stack.until(lambda: kept(stack) == len(codecs), "both are recorded")
        await expert.tab.do(LeaveRoom(cid=new_cid(), room=room))
        summary = await safe(stack, expert, room)
        assert {part.participant for part in summary.parts} == set(codecs)
        for part in summary.parts:
            codec, clip = codecs[part.participant]
            assert ("vp9" if codec is Codec.VP9 else "av01.0.") in part.mime
            played = play(recording_of(stack, summary) / part.file, clip)
            assert played.clips & {1, 2} == {clip}
            assert len(played.numbers) >= flashbeep.FPS // 5


async def come(who: Member, codec: Codec) -> None:
    """Until enough of them did."""
    async with asyncio.timeout(60):
        while len(pictures(who, codec)) < ENOUGH:  # noqa: ASYNC110 - of packets that come one by one
            await asyncio.sleep(0.3)


def kept(stack: Stack) -> int:
    """Of how many participants something is on the disk."""
    files = (stack.data / "objects" / "recordings").glob("*/live-*")
    return sum(path.stat().st_size > KEPT_BYTES for path in files)


def pictures(who: Member, codec: Codec) -> list[tuple[int, bytes]]:
    """Those that came to `who` whole, and when each is of, counted in pictures: from keyframes on, until one is lost or
    was left out by a sender who has little time on a busy machine."""
    assert who.peer is not None
    assembler = FrameAssembler(codec)
    came = [(packet, parse_header(packet)) for packet in who.peer.rtp if packet[1] & 0x7F == TYPES[codec]]
    for packet, header in came:
        payload = packet[header.payload_at : header.payload_end]
        sequence = (header.sequence - came[0][1].sequence) & 0xFFFF
        ticks = (header.timestamp_ticks - came[0][1].timestamp_ticks) & 0xFFFFFFFF
        marker = 0x80 if header.marker else 0
        assembler.push(MediaPacket(sequence, ticks, marker, payload, describe(codec, payload)), 0.0)
    found, before = [], None
    for frame in assembler.pop(HOLD_S):
        number = round(frame.timestamp_ticks / 90_000 * flashbeep.FPS) if isinstance(frame, Frame) else None
        if isinstance(frame, Frame) and number is not None and (frame.key or before == number - 1):
            found.append((number, frame.payload))
            before = number
        else:
            before = None
    return found


def decoded(who: Member, codec: Codec) -> list[tuple[int, Mark]]:
    """What they show to a decoder that knows nothing of RTP."""
    decoder = av.CodecContext.create("vp9" if codec is Codec.VP9 else "libdav1d", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1  # a picture comes out for each that goes in
    marks = []
    for number, payload in pictures(who, codec):
        (picture,) = decoder.decode(av.Packet(payload))
        mark = flashbeep.read(np.asarray(picture.to_ndarray(format="gray"), np.uint8))
        assert mark is not None
        marks.append((number, mark))
    return marks
