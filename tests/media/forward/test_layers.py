"""A camera in layers, over lossy and narrow links in virtual time: who gets which, and how it changes."""

from itertools import pairwise

import pytest

from contract.data import SlotFill, Slots, SlotSize
from contract.ids import RecordingId
from contract.media import Grants, Layer, Source
from contract.recording import GapReason
from contract.tap import TapTrackEnd
from media.forward.sending import COMING_S, LINGER_S
from tests.media.forward.client import Client
from tests.media.forward.layered import LAYER_BPS, SHAPE, LayeredClient, join
from tests.media.forward.seen import assert_continuous, whole_frames
from tests.media.forward.test_tap import Sink
from tests.media.forward.test_transport_cc import Narrow
from tests.media.forward.world import World
from tests.support.netem import Impairment

pytestmark = [pytest.mark.link, pytest.mark.usefixtures("plane")]

Q, H, F = Layer.QUARTER, Layer.HALF, Layer.FULL
WATCH = Grants(publish=False, subscribe=True, record=False)
SETTLED_S = LINGER_S + 1.0


def resize(viewer: Client, px: int, *, stage: int = 0) -> None:
    size = SlotSize.model_validate({"mid": viewer.slot(stage=stage).section.mid, "px": px})
    viewer.world.room.on_slot_size(viewer.id, size)


def shown(viewer: Client, *, stage: int = 0) -> str:
    """Whom and which layer the newest packet of a slot is of."""
    return viewer.slot(stage=stage).media()[-1][4]


def three(world: World) -> tuple[LayeredClient, LayeredClient, LayeredClient]:
    return join(world, "anna"), join(world, "ben"), join(world, "cora")


def test_with_two_everybody_sends_and_gets_the_full_layer_and_is_told_nothing() -> None:
    world = World()
    anna, ben = join(world, "anna"), join(world, "ben")
    resize(anna, 180)
    world.run(3)
    assert shown(anna) == "ben/f"
    assert anna.used() == ben.used() == []
    assert_continuous(anna.slot())


def test_a_small_picture_comes_in_a_small_layer_and_layers_that_nobody_sees_are_off() -> None:
    world = World()
    anna, ben, cora = three(world)
    resize(ben, 180)
    resize(cora, 360)
    world.run(SETTLED_S)
    assert (shown(ben), shown(cora)) == ("anna/q", "anna/h")
    world.run(SETTLED_S)
    assert anna.used()[-1] == [Q, H]
    assert ben.used() == [], "both see all of it"
    resize(cora, 180)
    world.run(SETTLED_S + LINGER_S)
    assert anna.used()[-1] == [Q]
    resize(cora, 720)
    world.run(SETTLED_S)
    assert shown(cora) == "anna/f"
    for heard in (ben.slot(), cora.slot()):
        assert_continuous(heard)


def test_when_the_third_leaves_the_full_layer_is_back() -> None:
    world = World()
    anna, ben, _cora = three(world)
    resize(ben, 180)
    resize(world.clients["cora"], 180)
    world.run(2 * SETTLED_S)
    assert shown(ben) == "anna/q"
    world.leave("cora")
    world.run(2 * SETTLED_S)
    assert shown(ben) == "anna/f"
    assert anna.used()[-1] == [F]
    assert_continuous(ben.slot())


@pytest.mark.parametrize("wraps", [False, True])
def test_layers_switch_under_five_percent_loss_without_a_hole_or_a_foreign_frame(wraps: bool) -> None:
    world = World()
    anna = join(world, "anna", loss=0.05, jitter_s=0.01)
    if wraps:
        for track in anna.layers.values():
            track.sequence, track.ticks, track.picture_id = 65_500, 2**32 - 5_000, 32_760
    # Not measured: only the size decides, whatever some losses in a row say of the link.
    viewer = join(world, "viewer", publishes=False, grants=WATCH, loss=0.05, jitter_s=0.01, numbered=False)
    join(world, "ben", publishes=False, grants=WATCH)
    world.run(2)
    for turn in range(20):
        resize(viewer, (180, 720, 360)[turn % 3])
        world.run(1.5)
    anna.able.clear()
    world.run(1)
    heard = viewer.slot()
    assert_continuous(heard)
    frames = whole_frames(heard)
    switches = [(before, after) for before, after in pairwise(frames) if before[0] != after[0]]
    assert len(switches) == 20, "and no frame of the layer before follows the first of the new one"
    assert {who for who, _, _ in frames} == {"anna/q", "anna/h", "anna/f"}
    gaps = sorted(max(after[2] - before[2], 0.0) for before, after in switches)
    assert gaps[int(len(gaps) * 0.95)] <= 0.5


def narrow(client: Client, kbps: int) -> Narrow:
    """From now on the link to a client carries no more."""
    link = Narrow(Impairment(delay_ms=20, rate_bps=kbps * 1000, queue_bytes=40_000))
    client.down = link
    return link


def share_of(layer: str, frames: list[tuple[str, int, float]], since: float) -> float:
    recent = [who for who, _, at in frames if at > since]
    return recent.count(layer) / max(1, len(recent))


def test_a_narrow_link_gets_a_smaller_layer_while_a_wide_one_gets_the_full() -> None:
    world = World()
    join(world, "anna")
    ben = join(world, "ben", publishes=False, grants=WATCH)
    cora = join(world, "cora", publishes=False, grants=WATCH)
    link = narrow(ben, 350)
    world.run(20)
    assert share_of("anna/q", whole_frames(ben.slot()), world.now - 12) > 0.75
    assert "anna/f" not in {who for who, _, at in whole_frames(ben.slot()) if at > world.now - 12}
    assert share_of("anna/f", whole_frames(cora.slot()), world.now - 12) == 1
    sounds = [at for at in ben.slot("audio").arrived.values() if at > world.now - 12]
    assert len(sounds) > 0.98 * 12 * 50
    link.direction.impairment = Impairment(delay_ms=20, rate_bps=20_000_000, queue_bytes=100_000)
    world.run(30)
    assert shown(ben) == "anna/f"


def test_when_nothing_fits_the_picture_pauses_sound_goes_on_and_it_comes_back() -> None:
    world = World()
    join(world, "anna")
    ben = join(world, "ben", publishes=False, grants=WATCH, stage=1)
    join(world, "cora", publishes=False, grants=WATCH)
    link = narrow(ben, 90)

    def fill() -> SlotFill:
        slots = [message for message in ben.told if isinstance(message, Slots)][-1].slots
        return next(fill for fill in slots if fill.mid == "4")

    world.run(15)
    sounds = len(ben.slot("audio").packets)
    frames = len(ben.slot().packets)
    world.run(10)
    assert (fill().participant, fill().source, fill().paused) == ("anna", Source.CAMERA, True)
    assert len(ben.slot("audio").packets) - sounds > 470
    assert len(ben.slot().packets) - frames < 0.3 * 10 * 30
    link.direction.impairment = Impairment(delay_ms=20, rate_bps=20_000_000, queue_bytes=100_000)
    world.run(60)
    assert not fill().paused
    assert shown(ben) == "anna/f"


def test_what_a_sender_cannot_make_is_shown_in_the_next_smaller_layer() -> None:
    world = World()
    anna, ben, _cora = three(world)
    resize(ben, 360)
    world.run(SETTLED_S)
    anna.able = {Q, H}
    resize(ben, 720)
    world.run(SETTLED_S + COMING_S)
    assert shown(ben) == "anna/h"
    assert ben.slot().last_at > world.now - 0.1
    assert H in anna.active, "what is shown is not switched off for what does not come"


def test_a_layer_that_stops_is_replaced_within_two_seconds() -> None:
    world = World()
    anna, ben, cora = three(world)
    resize(cora, 180)
    world.run(SETTLED_S)
    assert shown(ben) == "anna/f"
    anna.able = {Q, H}
    world.run(2)
    assert shown(ben) in {"anna/q", "anna/h"}
    assert ("ended", "anna", Source.CAMERA) not in world.events.seen
    frames = whole_frames(ben.slot())
    assert max(after[2] - before[2] for before, after in pairwise(frames)) < 1.6
    assert_continuous(ben.slot())


def test_a_shared_screen_is_kept_while_faces_become_smaller() -> None:
    world = World()
    anna = join(world, "anna")
    ben = join(world, "ben", publishes=False, grants=WATCH)
    join(world, "cora", publishes=False, grants=WATCH)
    anna.sent[Source.SCREEN].on = True
    narrow(ben, 450)
    world.run(12)
    shows = {ben.filled(heard.section.mid)[1]: heard for heard in ben.heard.values() if heard.section.kind == "video"}
    assert shows[Source.SCREEN].last_at > world.now - 0.1
    assert shows[Source.CAMERA].media()[-1][4] == "anna/q"


def test_the_recording_has_the_full_layer_whoever_watches_and_the_best_there_is_when_it_stops() -> None:
    world = World()
    anna, ben, cora = three(world)
    for viewer in (ben, cora):
        resize(viewer, 180)
    sink = Sink()
    world.room.tap_connected(sink, world.now, world.wall_ns)
    world.room.record(RecordingId("rec-1"), world.now, world.wall_ns)
    world.run(3)
    assert anna.active == {Q, F}
    anna.able = {Q, H}
    world.run(3)
    anna.able = {Q, H, F}
    anna.layers[F].key_wanted = True
    world.run(3)
    world.room.record(None, world.now, world.wall_ns)
    tracks = [track for track in sink.tracks(Source.CAMERA) if track.participant == "anna"]
    frames = [sink.frames(track.number) for track in tracks]
    # A part is 17 bytes and its padding; the first frame of each, a keyframe, has three times as many parts.
    sizes = [len(track[-1].payload) for track in frames]
    assert sizes == [parts * (17 + size) for parts, size in (SHAPE[F], SHAPE[Q], SHAPE[F])]
    assert all(track[0].key for track in frames)
    ends = [record for record in sink.records if isinstance(record, TapTrackEnd) and record.number == tracks[0].number]
    assert [end.lost for end in ends] == [GapReason.NETWORK], "its uplink: nobody wished it"
    holes_s = [(after[0].wall_ns - before[-1].wall_ns) / 1e9 for before, after in pairwise(frames)]
    assert max(holes_s) < 1.8
    assert min(holes_s) > 0


def test_a_packet_that_names_no_layer_or_an_unknown_one_is_not_followed() -> None:
    world = World()
    anna, ben, _cora = three(world)
    anna.layers[F].rid = "x"
    anna.layers[F].ssrc += 1
    world.run(1)
    anna.layers[F].rid = ""
    world.run(1)
    assert ben.slot().packets == {}
    assert world.room.counters["rtp_unknown_ssrc"] > 100


def test_rates_are_what_the_tests_say() -> None:
    assert 100_000 < LAYER_BPS[Q] < 150_000
    assert 400_000 < LAYER_BPS[H] < 500_000
    assert 1_700_000 < LAYER_BPS[F] < 2_000_000
