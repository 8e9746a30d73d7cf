"""Links that lose in bursts, and a browser that watches as Chromium does: it asks for each packet only so often, and
where its picture stands it waits long before it asks for a keyframe.

The figures are those of libwebrtc: modules/video_coding/nack_requester.cc, video/video_receive_stream2.cc.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from random import Random

from contract.ids import LegId
from media.forward.sections import Sections
from media.rtp.packet import parse_header
from media.rtp.rtcp import Nack, Pli, ReceiverReport, ReportBlock, pack_rtcp
from media.rtp.vp8 import parse_vp8
from tests.media.forward.client import TAG, Client, Link
from tests.media.forward.world import World

TRIES = 10
ASK_EVERY_S = 0.02
STANDS_S = 3.0
"""Without a picture that could be shown, before it asks for a keyframe."""
KEYFRAME_S = 0.2
"""The same while it waits for a keyframe."""
REPORT_S = 0.5, 1.5
"""Between two receiver reports, at random."""


class Bursts(Link):
    """Gilbert and Elliott: by each packet it turns bad with `p` and good again with `r`; nothing passes while bad."""

    def __init__(self, seed: str, *, p: float, r: float, delay_s: float = 0.01) -> None:
        super().__init__(Random(seed), delay_s=delay_s)
        self.p, self.r = p, r
        self.bad = False

    def arrival(self, packet: bytes, now: float) -> float | None:
        self.bad = self.random.random() >= self.r if self.bad else self.random.random() < self.p
        return None if self.bad else super().arrival(packet, now)


@dataclass
class Frame:
    """One picture on its way."""

    key: bool
    came: set[int] = field(default_factory=set)
    parts: int = -1
    """How many there are, once the last one came."""


class Watcher(Client):
    """Notes when it could show a new picture, in `shown_at`."""

    def __init__(self, world: World, name: str, leg: LegId, parts: Sections, *, loss: float, jitter_s: float) -> None:
        super().__init__(world, name, leg, parts, loss=loss, jitter_s=jitter_s)
        self.shown_at: list[float] = []
        self.keyframes_asked = 0
        self._originals = 0
        """Packets of the picture that came at the first try."""
        self._intervals = Random(f"{name} reports")
        self._tries: Counter[int] = Counter()
        self._frames: dict[int, Frame] = {}
        self._shown = -1
        self._waits_for_key = True
        self._asked_at = world.now
        world.every(0.01, self._show)
        self._later_report()

    @property
    def longest_stand_s(self) -> float:
        """The longest time without a new picture, since the first."""
        times = [*self.shown_at, self.world.now]
        return max(after - before for before, after in pairwise(times))

    def ask_again(self) -> None:
        heard = self.slot()
        wanted = []
        for number, at in heard.asked.items():
            if at <= self.world.now:
                self._tries[number] += 1
                heard.asked[number] = inf if self._tries[number] == TRIES else self.world.now + ASK_EVERY_S
                wanted.append(number & 0xFFFF)
        if wanted:
            self.rtcp(pack_rtcp(Nack(7, heard.section.ssrc, tuple(wanted))))

    def _later_report(self) -> None:
        self.world.post(self.world.now + self._intervals.uniform(*REPORT_S), self._report)

    def _report(self) -> None:
        heard = self.slot()
        if heard.packets:
            lost = heard.sequence.highest - heard.first + 1 - self._originals
            block = ReportBlock(heard.section.ssrc, 0, lost, heard.sequence.highest & 0xFFFFFFFF, 0, 0, 0)
            self.rtcp(pack_rtcp(ReceiverReport(7, (block,))))
        self._later_report()

    def _rtp(self, packet: bytes) -> None:
        heard = self.slot()
        before = len(heard.packets)
        self._originals += parse_header(packet).ssrc == heard.section.ssrc
        super()._rtp(packet)
        if len(heard.packets) == before:
            return
        _number, packet = next(reversed(heard.packets.items()))
        header = parse_header(packet)
        payload = packet[header.payload_at : header.payload_end]
        at = parse_vp8(payload).data_at
        _who, number, part = TAG.unpack_from(payload, at + 3)
        frame = self._frames.setdefault(number, Frame(key=not payload[at] & 1))
        frame.came.add(part)
        if header.marker:
            frame.parts = part + 1

    def _show(self) -> None:
        now = self.world.now
        shown = self._shown
        if not self._waits_for_key:
            while self._whole(self._shown + 1):
                self._shown += 1
        later = [number for number, frame in self._frames.items() if frame.key and number > self._shown]
        for number in sorted(later):
            if self._whole(number):
                self._shown, self._waits_for_key = number, False
        if self._shown != shown:
            self.shown_at.append(now)
            self._frames = {number: frame for number, frame in self._frames.items() if number > self._shown}
        else:
            patience_s = KEYFRAME_S if self._waits_for_key else STANDS_S
            if now - max([self._asked_at, *self.shown_at[-1:]]) >= patience_s:
                self._waits_for_key, self._asked_at = True, now
                self.keyframes_asked += 1
                self.rtcp(pack_rtcp(Pli(7, self.slot().section.ssrc)))

    def _whole(self, number: int) -> bool:
        frame = self._frames.get(number)
        return frame is not None and len(frame.came) == frame.parts
