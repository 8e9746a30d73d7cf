"""Lanes of the native plane: what is ordinary goes past Python, everything else comes to it, in order and once."""

import gc
import socket
from collections.abc import Iterator
from random import Random
from typing import cast

import pytest

from contract.media import Codec
from media.plane.base import Lane, Ordinary, Passed, Plane, Targets
from media.plane.native import NativePlane
from media.plane.python import PythonPlane
from media.rtp.cache import MediaPacket
from media.rtp.packet import build_extensions
from media.rtp.rewrite import Offsets, rewrite_picture
from media.rtp.vp9 import parse_vp9
from tests.media.plane.rig import Rig
from tests.support.wire import Socket

pytestmark = pytest.mark.unit

FD, PORT, SSRC, WATCHER = 5, 9, 77, 1
LEVEL_ID, NUMBER_ID = 1, 2
VP8 = bytes.fromhex("90c0800509")
"""A descriptor with a picture id and TL0PICIDX, of a picture's first packet."""
INTER, KEY = b"\x01", b"\x00"
"""First byte of a picture that needs the one before, and of one that does not."""
SCALE, STAP, FU_SLICE, FU_IDR = b"\x41", b"\x78", b"\x7c\x81", b"\x7c\x85"
"""First bytes of H.264 payloads: a slice, an aggregate, fragments of a slice and of one that needs no other."""


class Street:
    """A publisher at PORT with a lane, one watcher, and what came to Python."""

    def __init__(self, *, codec: Codec = Codec.VP8, sequence: int = 65_536 + 65_534, most: int = 2**40) -> None:
        self.rig = Rig(native=True)
        self.came: list[bytes] = []
        self.plain: list[bytes] = []
        self.handle = self.rig.plane.open(PORT, PORT)
        self.rig.plane.aim(self.handle, FD, ("127.0.0.1", PORT))
        self.rig.plane.allow(self.handle, most, most)
        lane = self.rig.plane.lane(self.handle, SSRC, lambda data, _now, _wall_ns: self.plain.append(data))
        assert lane is not None
        self.lane: Lane = lane
        self.codec = codec
        self.targets = Targets([self.rig.target(WATCHER)])
        assert self.open(sequence)

    def open(self, sequence: int) -> bool:
        ordinary = Ordinary(sequence, 96, self.codec, 90_000, 0, 0.0, LEVEL_ID, NUMBER_ID)
        return self.lane.open(ordinary, self.targets)

    def come(self, *packets: bytes, port: int = PORT) -> None:
        """All at once."""
        for packet in packets:
            self.rig.wire.arrive(FD, packet, ("127.0.0.1", port))
        read = self.rig.plane.receive(
            cast(socket.socket, Socket(FD)),
            len(packets),
            self.rig.now,
            lambda data, address, _now: self.came.append(data) if address == ("127.0.0.1", port) else None,
            lambda on_packet, data, now, wall_ns: on_packet(data, now, wall_ns),
        )
        assert read == len(packets)

    def got(self) -> list[bytes]:
        """Payloads that the watcher got."""
        return [packet[12:] for packet in self.rig.got(WATCHER)]

    def passed(self) -> Passed:
        passed = self.lane.take_up()
        assert passed is not None
        return passed


def rtp(
    sequence: int,
    payload: bytes = VP8 + INTER,
    *,
    first: int = 0x80,
    second: int = 96,
    ticks: int = 0,
    ssrc: int = SSRC,
    extensions: bytes = b"",
) -> bytes:
    head = bytes([first | (0x10 if extensions else 0), second]) + (sequence & 0xFFFF).to_bytes(2)
    return head + ticks.to_bytes(4) + ssrc.to_bytes(4) + extensions + payload


@pytest.fixture
def street() -> Iterator[Street]:
    made = Street()
    yield made
    made.lane.close()


def test_ordinary_packets_go_to_all_who_watch_and_what_they_change_is_told(street: Street) -> None:
    numbered = build_extensions({LEVEL_ID: b"\xa0", NUMBER_ID: b"\x12\x34"})
    street.rig.now = 100.5
    street.come(rtp(65_534, ticks=7), rtp(65_535, VP8 + INTER + b"a", second=0xE0, extensions=numbered))
    street.come(rtp(0, VP8 + INTER + b"bc", ticks=2**32 - 1))
    assert street.got() == [VP8 + INTER, VP8 + INTER + b"a", VP8 + INTER + b"bc"]
    assert [packet[1] & 0x80 for packet in street.rig.got(WATCHER)] == [0, 0x80, 0]
    assert (street.came, street.plain) == ([], [])
    passed = street.passed()
    assert (passed.packets, passed.octets, passed.sequence) == (3, 21, 65_536 + 65_536)
    assert passed.upper_octets == 0
    assert (passed.timestamp_ticks, passed.at) == (2**32 - 1, 100.5)
    assert (passed.levels_dbov, passed.arrivals) == ([-0x20], [(0x1234, 100.5)])
    assert street.lane.take_up() is None, "it is told once"
    assert street.rig.plane.taken(street.handle) == (3, sum(map(len, (rtp(0),) * 3)) + 3 + len(numbered))
    assert street.rig.plane.taken(street.handle) == (0, 0)
    assert street.rig.plane.heard(street.handle) == 100.5


@pytest.mark.parametrize(
    "packet",
    [
        rtp(65_535),
        rtp(65_533),
        rtp(65_534, second=97),
        rtp(65_534, ssrc=78),
        rtp(65_534, first=0xA0),
        rtp(65_534, first=0x81),
        rtp(65_534, first=0x40),
        rtp(65_534, second=200),
        rtp(65_534)[:11],
        rtp(65_534, bytes(1489)),
        b"",
    ],
    ids=["gap", "again", "other type", "other stream", "padded", "csrc", "version", "rtcp", "short", "long", "empty"],
)
def test_what_is_not_the_next_packet_comes_to_python_as_it_came(street: Street, packet: bytes) -> None:
    street.come(packet)
    assert (street.came, street.plain, street.got()) == ([packet], [], [])
    street.come(rtp(65_534))
    assert len(street.got()) == 1, "and changes nothing"


@pytest.mark.parametrize(
    "packet",
    [
        rtp(65_534, VP8 + KEY),
        rtp(65_534, b""),
        rtp(65_534, b"\x90"),
        rtp(65_534, b"\x90\x80\x80"),
        rtp(65_534, b"\x90\x40"),
        rtp(65_534, extensions=b"\xbe\xde\xff\xff"),
        rtp(65_534, b"", extensions=b"\xbe\xde"),
        rtp(65_534, b"", extensions=b"\xbe\xde\x00\x01\x10\x80\x00\x00"),
    ],
    ids=["key", "nothing", "flags", "picture id", "tl0", "extension lies", "no extension", "only extension"],
)
def test_what_is_more_than_ordinary_comes_as_plaintext_and_the_rest_waits_for_python(
    street: Street, packet: bytes
) -> None:
    street.come(packet, rtp(65_535))
    assert (street.came, street.plain, street.got()) == ([rtp(65_535)], [packet], [])
    assert not street.lane.is_open
    assert street.lane.take_up() is None
    assert street.open(65_536 + 65_536)
    street.come(rtp(0))
    assert len(street.got()) == 1


@pytest.mark.parametrize("payload", [STAP, FU_IDR, b"\x67", b"\x7c", b"\x65"])
def test_of_h264_only_slices_of_ordinary_pictures_pass(payload: bytes) -> None:
    street = Street(codec=Codec.H264)
    street.come(rtp(65_534, SCALE), rtp(65_535, FU_SLICE), rtp(0, payload))
    assert (street.got(), street.plain) == ([SCALE, FU_SLICE], [rtp(0, payload)])
    street.lane.close()


def test_of_vp9_everything_passes_but_where_a_picture_without_needs_begins_or_layers_are_described() -> None:
    street = Street(codec=Codec.VP9)
    ordinary = [b"\xe8\xff\xff\x00\xff" + b"begins", b"\xa0\x7f\x00\x00" + b"of a keyframe", b"\x50\x03\x05\x04" + b"x"]
    for payload in (b"\xa8\xff\xff\x00\xffkey", b"\xea\xff\xff\x00\xff\x08\x00", b"\xe8\xff", b"\x50\x01\x01\x01\x00"):
        street.come(*(rtp(65_534 + number, of) for number, of in enumerate(ordinary)), rtp(1, payload))
        assert street.got()[-3:] == ordinary
        assert street.plain[-1] == rtp(1, payload)
        assert street.open(65_536 + 65_534)
    assert (len(street.got()), street.came) == (12, [])
    packet = street.lane.kept(65_536 + 65_534)
    assert packet is not None
    assert packet.descriptor == parse_vp9(ordinary[0])
    street.lane.close()


def test_of_av1_everything_passes_but_what_begins_a_sequence() -> None:
    street = Street(codec=Codec.AV1)
    ordinary, begins = [b"\x10\x30", b"\x90", b"\xe7\x00"], b"\x18\x08"
    street.come(*(rtp(65_534 + number, payload) for number, payload in enumerate(ordinary)), rtp(1, begins))
    assert (street.got(), street.plain) == (ordinary, [rtp(1, begins)])
    street.lane.close()


def test_the_kernel_moves_what_python_would_move_in_vp9() -> None:
    random, moved = Random(9), Offsets(0, 0, 0, 0x7FFE, 250)
    street = Street(codec=Codec.VP9)
    street.targets = Targets([street.rig.target(WATCHER, offsets=moved)])
    street.lane.shut()
    passed = 0
    for _ in range(2000):
        payload = bytes([random.getrandbits(8) | 0x80]) + random.randbytes(random.randrange(12))
        assert street.open(65_536 + 65_534)
        street.come(rtp(65_534, payload))
        if len(street.got()) == passed:
            continue
        passed += 1
        told = parse_vp9(payload)
        assert not told.starts_keyframe
        assert street.got()[-1] == rewrite_picture(MediaPacket(0, 0, 0, payload, told), moved)
    assert passed > 500
    assert not street.rig.plane.dropped
    street.lane.close()


def test_what_is_of_upper_temporal_layers_is_counted_apart(street: Street) -> None:
    street.come(rtp(65_534, bytes.fromhex("80300a") + b"base"), rtp(65_535, bytes.fromhex("80304a") + b"upper"))
    assert (street.passed().upper_octets, len(street.got())) == (len("...upper"), 2)


def test_all_sound_passes() -> None:
    street = Street(codec=Codec.OPUS)
    street.come(rtp(65_534, b"\x00"), rtp(65_535, b"\xff"))
    assert street.got() == [b"\x00", b"\xff"]
    street.lane.close()


def test_another_address_is_not_its_publishers(street: Street) -> None:
    street.come(rtp(65_534), port=PORT + 1)
    assert (len(street.came), street.got()) == (1, [])
    street.rig.plane.aim(street.handle, FD, None)
    street.come(rtp(65_534))
    assert (len(street.came), street.got()) == (2, []), "it has no address"
    street.rig.plane.aim(street.handle, FD, ("127.0.0.1", PORT + 1))
    street.come(rtp(65_534), port=PORT + 1)
    assert len(street.got()) == 1


def test_no_more_passes_than_is_allowed() -> None:
    street = Street(most=0)
    street.come(rtp(65_534))
    assert (len(street.came), street.got()) == (1, [])
    street.rig.plane.allow(street.handle, 2, 1000)
    street.come(rtp(65_534), rtp(65_535), rtp(0))
    assert (len(street.came), len(street.got())) == (2, 2)
    street.rig.plane.allow(street.handle, 9, len(rtp(0)) - 1)
    street.come(rtp(0))
    assert len(street.got()) == 2, "nor more bytes"
    street.lane.close()


def test_what_cannot_be_decrypted_is_lost_and_counted(street: Street) -> None:
    street.rig.wire.broken_sessions.add(PORT)
    street.come(rtp(65_534))
    assert (street.came, street.plain, street.got()) == ([], [], [])
    assert street.rig.plane.dropped == {"srtp_receive": 1}
    assert street.lane.is_open
    street.rig.wire.broken_sessions.clear()
    street.come(rtp(65_534))
    assert len(street.got()) == 1


def test_a_leg_that_is_gone_has_no_lanes(street: Street) -> None:
    street.rig.plane.close(street.handle)
    street.rig.wire.broken_sessions.add(PORT)
    street.come(rtp(65_534))
    again = street.rig.plane.open(PORT, PORT)
    street.rig.plane.aim(again, FD, ("127.0.0.1", PORT))
    street.rig.plane.allow(again, 99, 9999)
    street.come(rtp(65_534))
    assert (len(street.came), street.got()) == (2, []), "nor has another in its place"
    assert not street.rig.plane.dropped, "its session is not touched"


def test_a_shut_or_closed_lane_takes_nothing(street: Street) -> None:
    street.lane.shut()
    street.come(rtp(65_534))
    street.lane.close()
    street.lane.close()
    street.lane.shut()
    street.come(rtp(65_534))
    assert (len(street.came), street.got()) == (2, [])
    assert not street.open(1)
    assert street.lane.take_up() is None
    assert street.lane.kept(65_536 + 65_534) is None


def test_what_the_plane_cannot_serve_keeps_a_lane_shut(street: Street) -> None:
    watcher = street.rig.leg(WATCHER)
    street.rig.plane.aim(watcher, None, ("127.0.0.1", WATCHER))
    assert not street.lane.is_open, "it may have sent there"
    assert not street.open(65_536 + 65_534)
    street.rig.plane.aim(watcher, FD, ("127.0.0.1", WATCHER))
    assert street.open(65_536 + 65_534)


def test_the_last_1024_packets_can_be_asked_for_again(street: Street) -> None:
    first = 65_536 + 65_534
    for number in range(first, first + 1030):
        street.come(rtp(number, VP8 + INTER + number.to_bytes(4), ticks=number & 0xFF))
        street.lane.take_up()
    assert [street.lane.kept(number) for number in (first - 1, first, first + 5, first + 1030)] == [None] * 4
    for number in (first + 6, first + 1029):
        packet = street.lane.kept(number)
        assert packet is not None
        assert (packet.sequence, packet.timestamp_ticks, packet.marker_bit) == (number, number & 0xFF, 0)
        assert packet.payload == VP8 + INTER + number.to_bytes(4)
        assert packet.descriptor is not None
        assert packet.descriptor.picture_id == 5


@pytest.mark.parametrize(("extension", "most"), [({LEVEL_ID: b"\x01"}, 64), ({NUMBER_ID: b"\x00\x01"}, 256)])
def test_more_than_there_is_room_for_waits_for_python(street: Street, extension: dict[int, bytes], most: int) -> None:
    first = 65_536 + 65_534
    for number in range(first, first + most + 1):
        street.come(rtp(number, extensions=build_extensions(extension)))
    assert (len(street.got()), len(street.came)) == (most, 1)
    passed = street.passed()
    assert len(passed.levels_dbov) + len(passed.arrivals) == passed.packets == most
    street.come(rtp(first + most, extensions=build_extensions(extension)))
    assert len(street.got()) == most + 1


def test_more_than_the_queue_holds_goes_in_order(street: Street) -> None:
    first = 65_536 + 65_534
    street.come(*[rtp(number, VP8 + INTER + number.to_bytes(4)) for number in range(first, first + 100)])
    assert street.got() == [VP8 + INTER + number.to_bytes(4) for number in range(first, first + 100)]


def test_lanes_of_one_stream_number_are_told_apart_by_their_leg(street: Street) -> None:
    other = street.rig.plane.open(PORT + 1, PORT + 1)
    street.rig.plane.aim(other, FD, ("127.0.0.1", PORT + 1))
    street.rig.plane.allow(other, 99, 9999)
    lane = street.rig.plane.lane(other, SSRC, lambda *_: None)
    assert lane is not None
    watched = Targets([street.rig.target(2)])
    assert lane.open(Ordinary(65_536 + 65_534, 96, Codec.VP8, 90_000, 0, 0.0, 0, 0), watched)
    street.come(rtp(65_534))
    assert (len(street.rig.got(WATCHER)), len(street.rig.got(2))) == (1, 0)
    street.come(rtp(65_534), port=PORT + 1)
    assert (len(street.rig.got(WATCHER)), len(street.rig.got(2))) == (1, 1)
    lane.close()


def test_a_plane_may_go_before_its_lanes() -> None:
    street = Street()
    street.come(rtp(65_534))
    del street.rig
    gc.collect()
    street.lane.take_up()
    street.lane.close()


def test_the_python_plane_has_none() -> None:
    plane: Plane = PythonPlane()
    assert plane.lane(0, SSRC, lambda *_: None) is None
    assert plane.taken(0) == (0, 0)
    assert plane.heard(0) == 0


def test_whoever_has_no_handle_has_no_lane(street: Street) -> None:
    assert isinstance(street.rig.plane, NativePlane)
    assert street.rig.plane.lane(0, SSRC, lambda *_: None) is None


@pytest.mark.parametrize("seed", range(10))
def test_noise_passes_nobody(street: Street, seed: int) -> None:
    random = Random(seed)
    for _ in range(300):
        noise = bytearray(rtp(65_534, random.randbytes(random.randrange(60)), extensions=random.randbytes(4)))
        noise[random.randrange(4, 8)] ^= 1
        street.come(bytes(noise[: random.randrange(len(noise))]))
        street.lane.shut()
        passed = street.lane.take_up()
        assert street.open(65_536 + 65_534)
        assert passed is None or passed.sequence == 65_536 + 65_534
