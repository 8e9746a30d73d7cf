"""One receive section of a subscriber: a stream of our own, filled by one publication after the other."""

from collections.abc import Callable
from random import Random

from contract.media import Codec, Layer
from media.forward.aim import Aim
from media.forward.flow import Flow, Taken
from media.forward.ports import LegPort
from media.forward.publication import CLOCK_RATES_HZ, Publication
from media.forward.resending import Resending
from media.forward.sections import Section
from media.forward.thinned import Thinned
from media.plane.base import Target, Targets
from media.rtp.cache import MediaPacket
from media.rtp.clock import ntp_from_wall
from media.rtp.numbering import Numbering
from media.rtp.pacer import Pacer
from media.rtp.redundancy import EARLIER
from media.rtp.repairs import Repairs
from media.rtp.rewrite import Offsets, Rewriter
from media.rtp.rtcp import ReportBlock, SenderReport, pack_rtcp

LARGEST_PX = 720
"""A slot of which its client did not say how large it is shown."""
CHANGE_S = 2.0
"""A slot that shall have the upper temporal layers again waits so long for a frame that needs none of them."""


class Slot:
    """Empty, filled, or filled and waiting for another publication's keyframe.

    `fill` says who shall be here. The one before goes on flowing until the new one's keyframe comes (`begin`), so
    that no picture freezes and none appears half. An empty slot sends nothing.
    """

    def __init__(
        self,
        section: Section,
        leg: LegPort,
        random: Random,
        on_begun: Callable[[], None],
        numbering: Numbering | None,
    ) -> None:
        """`on_begun` is told when another publication begins to flow here; `numbering` is the leg's."""
        self.section = section
        self.video = section.kind == "video"
        self.current: Publication | None = None
        self.next: Publication | None = None
        self.reported: ReportBlock | None = None
        """What the receiver said last of what came here."""
        self.repairs = Repairs()
        self.nacks = self.plis = 0
        """Packets and keyframes that the receiver asked for so far."""
        self.layer: Layer | None = None
        """Which of a camera's layers shall be shown; None if it has no layers."""
        self.begins_thin = False
        """What shall come next needs no upper temporal layers, from its second frame on."""
        self.px = LARGEST_PX
        """How large it is shown: the shorter side."""
        self.paused: Publication | None = None
        """What would be shown if the link could carry it."""
        self._on_begun = on_begun
        self._aim = Aim(section, leg, numbering)
        self._taken = Taken()
        self._numbers = Rewriter(
            clock_rate_hz=CLOCK_RATES_HZ[section.kind],
            sequence=random.getrandbits(15),
            timestamp_ticks=random.getrandbits(32),
        )
        self.resending = Resending(self._aim, random)
        self._flow: Flow | None = None
        """Of the current publication."""
        self._thin = False
        """The upper temporal layers shall be left out."""
        self._change_at = float("inf")
        """When there was still no way to have them again, a keyframe is needed."""
        self._offsets: Offsets | None = None
        self._target: Target | None = None
        self._codec_pt = 0
        self._left_at = 0
        self._sources: dict[int, tuple[Publication, Flow]] = {}
        self._earlier = 0

    @property
    def shown(self) -> Publication | None:
        """Who is seen here now, or will be next if nobody is."""
        return self.current or self.next

    # --- filling --------------------------------------------------------------------------------------------------

    def fill(self, publication: Publication | None) -> bool:
        """Show `publication`, or nothing. Returns whether its keyframe is needed now."""
        self.paused = None
        if publication is not self.next:
            if self.next is not None:
                self.next.waiting = [slot for slot in self.next.waiting if slot is not self]
            self.next = None
        if publication is None:
            self.stop()
            return False
        if publication is self.current or publication is self.next:
            return False
        self.next = publication
        publication.wait(self)
        return self.video

    def pause(self, publication: Publication) -> None:
        """Show nothing, because the link could not carry it."""
        self.fill(None)
        self.paused = publication

    def stop(self) -> None:
        """Let what flows flow no longer, though what shall come has not begun."""
        self._leave()
        if self._aim.pacer is not None:
            self._aim.pacer.drop(self.section.ssrc)

    def begin(self, publication: Publication, packet: MediaPacket, now: float) -> bool:
        """The first packet of `publication`'s keyframe: switch to it. False if this client cannot decode it."""
        payload_type = self.section.pt_of.get(publication.codec) if publication.codec else None
        if payload_type is None:
            return False
        self._leave()
        self._earlier = 0
        self.next = None
        self.current = publication
        self._codec_pt = payload_type
        self._aim.saw(publication)
        self._enter(publication, publication, self._numbers.switch(publication.number, packet, now))
        if self.begins_thin:
            self.thin(now, thin=True)
        self._on_begun()
        return True

    def takes(self, codec: Codec | None) -> bool:
        """Whether this client can decode it; of what is not known yet, perhaps."""
        return codec is None or codec in self.section.pt_of

    def _enter(self, publication: Publication, flow: Flow, offsets: Offsets) -> None:
        self._flow, self._offsets = flow, offsets
        self._taken.begin(flow)
        self._sources.pop(flow.number, None)
        self._sources[flow.number] = publication, flow
        while len(self._sources) > 4:
            del self._sources[next(iter(self._sources))]
        self._join(publication, flow, offsets)

    def _join(self, publication: Publication, flow: Flow, offsets: Offsets) -> None:
        if self._earlier:
            self._target = self._aim.target(publication, self.section.red, offsets)
            publication.shut()
            publication.redundant.add((self._codec_pt, self._earlier), self._target)
        else:
            self._target = self._aim.target(publication, self._codec_pt, offsets)
            flow.targets = Targets([*flow.targets, self._target])

    def _part(self) -> None:
        publication, flow, target = self.current, self._flow, self._target
        if publication is None or flow is None or target is None:
            return
        if self._earlier:
            publication.redundant.remove((self._codec_pt, self._earlier), target)
        else:
            flow.targets = Targets(other for other in flow.targets if other is not target)
        self._target = None

    def carry(self, earlier: int) -> None:
        """From now on every packet of sound carries that of so many before it (media.rtp.redundancy.EARLIER), if the
        receiver takes it."""
        if not self.section.red or earlier == self._earlier:
            return
        publication, flow, offsets = self.current, self._flow, self._offsets
        if earlier and flow is not None and offsets is not None:
            newest = flow.newest
            if newest is None or newest.packet.sequence < offsets.first + EARLIER[-1]:
                return  # it would carry what lies before the beginning; the next time it will not
        self._part()
        self._earlier = earlier
        if publication is not None and flow is not None and offsets is not None:
            self._join(publication, flow, offsets)

    # --- temporal layers ------------------------------------------------------------------------------------------

    def thin(self, now: float, *, thin: bool) -> bool:
        """Leave out the upper temporal layers, or have them again, from the next frame on with which that can be. Call
        it about twice a second. Returns whether there was none for so long that a keyframe is needed."""
        publication = self.current
        self._thin = thin
        if publication is None:
            return False
        thinned = publication.thinned
        if thinned is None:
            if not thin:
                return False
            thinned = publication.thinned = Thinned(-publication.number)
        if thin is (self._flow is thinned):
            self._stay(thinned)
            return False
        if self not in thinned.changing:
            thinned.changing.append(self)
            self._change_at = now + CHANGE_S
        return not thin and now >= self._change_at

    @property
    def thinned(self) -> bool:
        """Whether it has only the base layer now."""
        return self._flow is not None and self._flow is not self.current

    def change(self, media: MediaPacket, kept: MediaPacket | None) -> bool:
        """As Changing: down with a frame of the base layer; up with one that needs nothing that was left out."""
        publication, offsets, descriptor = self.current, self._offsets, media.descriptor
        if publication is None or offsets is None or descriptor is None or not descriptor.starts_frame:
            return False
        if publication.codec is not Codec.VP8:
            return False  # of another codec nothing can be left out
        flow: Flow | None = publication.thinned if self._thin else publication
        first = kept if self._thin else media
        synced = descriptor.starts_keyframe or (descriptor.temporal == 1 and descriptor.synced)
        if flow is None or first is None or not (self._thin or synced):
            return False
        self._exit()
        self._enter(publication, flow, self._numbers.go_on(flow.number, first, offsets))
        return True

    def _stay(self, thinned: Thinned) -> None:
        if self in thinned.changing:
            thinned.changing = [slot for slot in thinned.changing if slot is not self]

    def pace(self, pacer: Pacer | None) -> None:
        """From now on the picture goes through `pacer`, which numbers it; None: at once, as at first."""
        if not self.video or self._aim.numbering is None or pacer is self._aim.pacer:
            return
        self._aim.pacer = pacer
        before, publication, flow, offsets = self._target, self.current, self._flow, self._offsets
        if before is not None and publication is not None and flow is not None and offsets is not None:
            self._target = after = self._aim.target(publication, self._codec_pt, offsets)
            flow.targets = Targets(after if target is before else target for target in flow.targets)

    def on_codec(self) -> bool:
        """The publication changed its codec under us: begin again at its next keyframe. Returns whether we wait."""
        publication = self.current
        if publication is None or publication.codec is None:
            return False
        if self.section.pt_of.get(publication.codec) == self._codec_pt:
            return False
        self._leave()
        if self.next is None:
            self.fill(publication)
        return True

    def _leave(self) -> None:
        if self.current is not None and self.current.thinned is not None:
            self._stay(self.current.thinned)
        self._exit()
        self.current = None

    def _exit(self) -> None:
        """Take no more of the flow."""
        flow, offsets = self._flow, self._offsets
        if flow is None or offsets is None:
            return
        self._part()
        if flow.newest is not None:
            self._numbers.leave(flow.newest, offsets)
            self._left_at = flow.newest.packet.sequence + offsets.sequence
        self._taken.end()
        self._flow = self._offsets = None

    @property
    def alone(self) -> Targets:
        """For what only this slot gets."""
        return Targets([self._target] if self._target is not None else [])

    # --- feedback -------------------------------------------------------------------------------------------------

    def lost_since(self, block: ReportBlock) -> tuple[float, int]:
        """How many packets were lost, of how many, since what was reported last."""
        before = self.reported.highest_sequence if self.reported is not None else block.highest_sequence
        packets = max(0, block.highest_sequence - before)
        return packets * block.fraction_lost / 256, packets

    def sender_report(self, wall_ns: int) -> bytes | None:
        """RTCP that ties our timestamps to the server's clock, so that sound and picture of one person meet.

        None while empty, or before the publisher's own report came.
        """
        publication, offsets = self.current, self._offsets
        if publication is None or offsets is None:
            return None
        ticks = publication.clock.ticks_at(wall_ns)
        if ticks is None:
            return None
        return pack_rtcp(
            SenderReport(
                self.section.ssrc,
                ntp_from_wall(wall_ns),
                (ticks + offsets.timestamp_ticks) & 0xFFFFFFFF,
                *self._taken.total,
            )
        )

    @property
    def sent_octets(self) -> int:
        """Payload bytes since the beginning, without repeats."""
        return self._taken.total[1]

    def repeat(self, sequence: int, rtt_s: float, now: float, most_bps: int | None) -> bool:
        """Send again what went out as `sequence`; False if it is gone, too soon or over the budget, which is no more
        than `most_bps` where the link is known."""
        newest = self._flow.newest if self._flow is not None else None
        highest = self._left_at
        if newest is not None and self._offsets is not None:
            highest = max(highest, newest.packet.sequence + self._offsets.sequence)
        found = self._numbers.locate(sequence, highest)
        if found is None:
            return False
        segment, number = found
        if segment.source not in self._sources:
            return False
        publication, flow = self._sources[segment.source]
        if most_bps is not None and publication is not self.current:
            return False  # a keyframe has taken its place; a link with a limit has none for what nobody will see
        packet = flow.kept(number)
        return packet is not None and self.resending.again(
            publication, packet, segment.offsets, rtt_s, now, sent_bytes=self.sent_octets, most_bps=most_bps
        )
