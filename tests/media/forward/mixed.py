"""A room on mixed links in virtual time: one camera in all its layers and a voice, watchers behind links of any rate.

As `passline bench room` has it, with its links, ears and pictures; without sockets, and in seconds.
"""

from random import Random
from typing import Any, NamedTuple

from contract.media import LAYER_BPS, Grants, Layer, Source
from media.rtp.nack import NackGenerator
from media.rtp.packet import parse_header
from media.rtp.rtcp import Nack, Pli, pack_rtcp
from media.rtp.vp8 import parse_vp8
from passline.bench import room_link
from passline.bench.room_ear import Ear
from passline.bench.room_pictures import KEYFRAME, PAYLOAD_BYTES, UNEVEN
from passline.bench.room_shown import Shown
from tests.media.forward.client import OPUS, TAG, Client, Link, Sent, sections
from tests.media.forward.layered import LAYERS, LayeredClient
from tests.media.forward.world import World

SOUND_BYTES = 66
"""Beside what tells it from others."""
KEYFRAME_S = 1.0
"""Between two requests of one who cannot repair its picture."""
WATCH = Grants(publish=False, subscribe=True, record=False)
SETTLE_S = 10.0


class Camera(LayeredClient):
    """Sends every layer all the time, as large as an encoder makes it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._uneven = Random(1)
        self.said: dict[int, float] = {}
        """When each sound left, by its number."""
        self.constant = True
        """It does not obey who tells it what to send."""
        self.active = set(LAYERS)

    def _use(self, layers: set[Layer]) -> None:
        if not self.constant:
            super()._use(layers)

    def frame(self, track: Sent, who: str, *, parts: int, padding_bytes: int = 0) -> None:
        """In place of the even ones of `LayeredClient`."""
        size = LAYER_BPS[Layer(track.rid)] / 30 / 8 * self._uneven.uniform(1 - UNEVEN, 1 + UNEVEN)
        parts = max(1, round(size / PAYLOAD_BYTES))
        key = track.key_wanted
        super().frame(track, who, parts=parts, padding_bytes=round(size / parts * (KEYFRAME / 3 if key else 1)) - 20)

    def sound(self) -> None:
        track = self.sent[Source.MICROPHONE]
        track.frame += 1
        track.ticks += 960
        track.sequence = (track.sequence + 1) & 0xFFFF
        self.said[track.frame] = self.world.now
        payload = TAG.pack(self.participant.encode(), track.frame, 0) + bytes(SOUND_BYTES)
        self._up(
            self._packet(
                OPUS, track.sequence, track.ticks, track.ssrc, payload, marker=False, mid=track.section.mid, level=20
            )
        )


class HomeLink(Link):
    """A rate and the queue of a home router; loses by chance too, if it is to."""

    def __init__(self, rate_bps: float, loss: float, queue_s: float | None) -> None:
        super().__init__(Random(1), loss)
        self.link = room_link.Link(rate_bps, self.delay_s)
        if queue_s is not None:
            self.link._queue_s = queue_s

    def arrival(self, packet: bytes, now: float) -> float | None:
        at = self.link.arrival(len(packet) + 10, now)  # with the tag of SRTP
        return None if self.random.random() < self.loss else at


class Seen(NamedTuple):
    """What came of one watcher."""

    layer: Layer | None
    settle_s: float
    changes: int
    lost: float
    """Of the sound."""
    later_lost: float
    """After SETTLE_S."""
    concealed: float
    later_concealed: float
    estimate_bps: float | None


class Watcher(Client):
    """Sees, hears, asks again, and for a keyframe where that does not help."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown = Shown()
        self.ear, self.later_ear = Ear(), Ear()
        self.began = self.world.now
        self._nack = NackGenerator()
        self._video = self.slot().section.ssrc
        self._asked_at = 0.0
        self.camera: Camera

    def _rtp(self, packet: bytes) -> None:
        super()._rtp(packet)
        header = parse_header(packet)
        heard = self.heard[self.rtx.get(header.ssrc, header.ssrc)]
        if header.payload_at == header.payload_end:
            return
        now = self.world.now
        if heard.section.kind == "audio":
            _who, number, _part = TAG.unpack_from(packet, header.payload_at)
            spoken = self.camera.said[number]
            self.ear.hear(number, spoken, now)
            if spoken - self.began >= SETTLE_S:
                self.later_ear.hear(number, spoken, now)
            heard.packets.clear()
            return
        if header.ssrc in self.rtx:
            again = int.from_bytes(packet[header.payload_at : header.payload_at + 2])
            self._nack.on_packet(heard.sequence.peek(again), now)
        else:
            self._nack.on_packet(heard.sequence.peek(header.sequence), now)
            payload = packet[header.payload_at :]
            who, _frame, _part = TAG.unpack_from(payload, parse_vp8(payload).data_at + 3)
            self.shown.see(Layer(who.rstrip(b"\0").decode().split("/")[1]), now)

    def ask_again(self) -> None:
        now = self.world.now
        missing = self._nack.due(now, 2 * self.down.delay_s)
        if missing:
            self.rtcp(pack_rtcp(Nack(7, self._video, tuple(missing))))
        if self._nack.broken and now - self._asked_at >= KEYFRAME_S:
            self._nack.broken, self._asked_at = False, now
            self.rtcp(pack_rtcp(Pli(7, self._video)))

    def seen(self) -> Seen:
        settled = self.shown.settled(self.began, self.world.now)
        return Seen(
            settled.layer,
            settled.settle_s,
            settled.changes,
            self.ear.lost,
            self.later_ear.lost,
            self.ear.concealed,
            self.later_ear.concealed,
            self.world.room._legs[self.id].estimate.sending.bps,
        )


class Mixed:
    """A room of one camera and a watcher for each link."""

    def __init__(self, *, obeys: bool = False) -> None:
        self.world = World()
        parts = sections(layers=LAYERS, numbered=True)
        camera = self.world.join("anna", kind=Camera, parts=parts)
        assert isinstance(camera, Camera)
        self.camera = camera
        camera.constant = not obeys
        self.watchers: list[Watcher] = []

    def watch(self, rate_bps: float, *, loss: float = 0.0, queue_s: float | None = None) -> Watcher:
        """One more."""
        number = len(self.world.clients)
        parts = sections(first_ssrc=1000 * (number + 1), numbered=True)
        watcher = self.world.join(f"w{number}", kind=Watcher, parts=parts, publishes=False, grants=WATCH, ready=False)
        assert isinstance(watcher, Watcher)
        watcher.camera = self.camera
        watcher.down = HomeLink(rate_bps, loss, queue_s)
        self.world.room.leg_ready(watcher.id, self.world.now, self.world.wall_ns)
        self.watchers.append(watcher)
        return watcher
