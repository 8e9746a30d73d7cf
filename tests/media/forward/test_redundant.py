"""Sound over lossy links in virtual time: what is missing when it must be played, with redundancy and without."""

from itertools import pairwise

import pytest

from contract.ids import RecordingId
from contract.media import Source
from media.forward.sections import Sections
from media.rtp.rtcp import Nack, Remb, pack_rtcp
from tests.media.forward.client import TAG, Link
from tests.media.forward.sounding import Bursty, Listener, Speaker, listening, speaking
from tests.media.forward.test_tap import Sink
from tests.media.forward.world import World

pytestmark = [pytest.mark.link, pytest.mark.usefixtures("plane")]

LISTEN_S = 24


def call(
    *, down: float | None = 0.0, up: float = 0.0, numbered: bool = True, red: bool = True, again: bool = False
) -> tuple[World, Speaker, Listener]:
    """One speaks, one listens by a link that loses this share, or bursts."""
    world = World()
    speaker = world.join("a", kind=Speaker, parts=speaking(again=again), host=True)
    assert isinstance(speaker, Speaker)
    speaker.sent[Source.CAMERA].on = False
    speaker.up.loss = up
    listener = join(world, "b", listening(numbered=numbered, red=red))
    if down is None:
        listener.down = Bursty(listener.down.random)
    else:
        listener.down.loss = down
    return world, speaker, listener


def join(world: World, name: str, parts: Sections) -> Listener:
    listener = world.join(name, kind=Listener, parts=parts, publishes=False)
    assert isinstance(listener, Listener)
    return listener


@pytest.mark.parametrize(("loss", "numbered"), [(0.10, False), (0.10, True), (0.20, True), (None, True)], ids=str)
def test_redundancy_saves_most_of_what_is_lost(loss: float | None, *, numbered: bool) -> None:
    """By reports and by transport-wide feedback; the last loses in bursts."""
    world, speaker, with_it = call(down=loss, numbered=numbered)
    without = join(world, "c", listening(first_ssrc=8000, numbered=numbered, red=False))
    without.down = Bursty(without.down.random) if loss is None else Link(without.down.random, loss)
    world.run(5)
    since = world.now
    world.run(LISTEN_S)
    plain, concealed = without.concealed(speaker, since), with_it.concealed(speaker, since)
    print(f"{loss or 'bursts'} lost: concealed {plain:.1%} without, {concealed:.1%} with")
    assert plain > 0.05
    assert concealed < plain / 2


def test_who_loses_nothing_gets_packets_as_they_are_and_who_loses_gets_more_within_seconds() -> None:
    world, speaker, listener = call()
    other = join(world, "c", listening(first_ssrc=8000))
    world.run(5)
    assert listener.together == 0
    listener.down.loss = 0.3
    world.run(3)
    since = world.now
    world.run(20)
    assert listener.concealed(speaker, since) < 0.06
    assert other.together == 0
    listener.down.loss = 0.0
    world.run(20)
    together = listener.together
    world.run(5)
    assert listener.together == together, "it ends when nothing is lost"
    assert listener.concealed(speaker, world.now - 20) == 0


def test_who_does_not_take_it_never_gets_it() -> None:
    world, _speaker, listener = call(down=0.3, red=False)
    world.run(10)
    assert listener.together == 0


def test_a_link_that_carries_the_voice_alone_gets_the_voice_alone() -> None:
    world, _speaker, listener = call(down=0.3, numbered=False)
    world.every(0.5, lambda: listener.rtcp(pack_rtcp(Remb(7, 80_000, (1,)))))
    world.run(10)
    assert listener.together == 0


def test_nothing_is_sent_again_where_it_might_look_different_now() -> None:
    """One SRTP index must never protect two different packets (RFC 7714 §10.1); the listener asserts it, too."""
    world, _speaker, listener = call(numbered=False)
    world.run(5)
    listener.down.loss = 0.3
    world.run(3)
    heard = listener.slot("audio")
    before = world.room.counters["packets_repeated"]
    wanted = tuple(number & 0xFFFF for number in range(heard.first, heard.sequence.highest))
    for at in range(0, len(wanted), 200):
        listener.rtcp(pack_rtcp(Nack(7, heard.section.ssrc, wanted[at : at + 200])))
    world.run(1)
    assert world.room.counters["packets_repeated"] == before
    assert listener.together


def test_a_hole_before_us_and_a_change_of_grants_leave_nothing_behind() -> None:
    world, speaker, listener = call(down=0.3)
    world.run(5)
    speaker.up.loss = 1.0
    world.run(0.5)
    speaker.up.loss = 0.0
    world.run(5)
    assert listener.together
    publication = next(iter(world.room._legs[speaker.id].publications.values()))
    assert publication.redundant
    world.leave("b")
    assert not publication.redundant
    world.run(1)


def test_the_recorder_gets_plain_sound_however_it_is_sent() -> None:
    world, _speaker, listener = call(down=0.3)
    sink = Sink()
    world.room.tap_connected(sink, world.now, world.wall_ns)
    world.room.record(RecordingId("rec-1"), world.now, world.wall_ns)
    world.run(10)
    assert listener.together > 100
    frames = sink.frames(sink.tracks(Source.MICROPHONE)[0].number)
    numbers = [TAG.unpack(frame.payload)[1] for frame in frames]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len(numbers) > 450
    assert sink.gaps() == []


def test_sound_that_falls_silent_is_neither_lost_nor_a_hole() -> None:
    """DTX: in silence one packet in 0.4 s comes, next in sequence, its time far ahead."""
    world, speaker, listener = call(up=0.1, down=0.1, again=True)
    speaker.dtx = True
    sink = Sink()
    world.room.tap_connected(sink, world.now, world.wall_ns)
    world.room.record(RecordingId("rec-1"), world.now, world.wall_ns)
    for number in range(12):
        speaker.level = (30, 80)[number % 2]
        world.run(4)
    world.run(1)
    assert world.events.live == {("a", Source.MICROPHONE)}
    assert ("ended", "a", Source.MICROPHONE) not in world.events.seen, "silence is no end"
    frames = sink.frames(sink.tracks(Source.MICROPHONE)[0].number)
    numbers = [TAG.unpack(frame.payload)[1] for frame in frames]
    assert len(numbers) > 0.98 * len(speaker.said) > 1000
    for (number, frame), (later, after) in pairwise(zip(numbers, frames, strict=True)):
        assert after.wall_ns - frame.wall_ns == pytest.approx((later - number) * 20e6, abs=21e6)
    assert not [gap for gap in sink.gaps() if gap.end_ns - gap.start_ns > 500_000_000], "one lost packet, at most"
    since = world.now - 40
    concealed = listener.concealed(speaker, since)
    print(f"DTX, 10 % lost on both ways: concealed {concealed:.1%}")
    assert concealed < 0.06
    assert listener.together > 100


@pytest.mark.parametrize("loss", [0.10, 0.20])
def test_what_the_publisher_loses_is_asked_for_again(loss: float) -> None:
    concealed = []
    for again in (False, True):
        world, speaker, listener = call(up=loss, again=again)
        world.run(2)
        since = world.now
        world.run(LISTEN_S)
        concealed.append(listener.concealed(speaker, since))
    print(f"{loss:.0%} lost before us: concealed {concealed[0]:.1%}, asked for again {concealed[1]:.1%}")
    assert concealed[0] > loss / 2
    assert concealed[1] < concealed[0] / 4


def test_of_a_voice_that_loses_three_in_ten_both_ways_hardly_anything_is_missing() -> None:
    """Half of all requests or their answers are lost, too."""
    world, speaker, listener = call(up=0.3, again=True)
    speaker.down.loss = 0.3
    for link in (speaker.up, speaker.down, listener.down):
        link.delay_s = 0.01
    world.run(2)
    since = world.now
    world.run(2 * LISTEN_S)
    concealed = listener.concealed(speaker, since)
    print(f"30 % lost on both ways before us: concealed {concealed:.1%}")
    assert concealed < 0.04


def test_both_ways_may_lose() -> None:
    world, speaker, listener = call(up=0.10, down=0.10, again=True)
    world.run(5)
    since = world.now
    world.run(LISTEN_S)
    concealed = listener.concealed(speaker, since)
    print(f"10 % lost on both ways: concealed {concealed:.1%}")
    assert concealed < 0.04
