"""Clients whose sound is looked at: what of it is there when it must be played, over links that lose it."""

from dataclasses import dataclass, replace

from contract.ids import LegId
from contract.media import Source
from media.forward.sections import Section, Sections
from media.rtp.packet import parse_header
from media.rtp.red import Block, unpack_red
from media.rtp.rtcp import ReceiverReport, ReportBlock, pack_rtcp
from tests.media.forward.client import OPUS, TAG, Client, Link, sections
from tests.media.forward.world import World

RED = 63
PLAYED_AFTER_S = 0.15
"""The jitter buffer of a browser on a link that loses packets."""
QUIET = 60
"""-dBov: from here on a client with DTX sends little."""
DTX_EVERY = 20
"""Of silence, so many packets of which one is sent: every 0.4 s, as libopus does."""


Sound = tuple[str, int]
"""Whose, and which of its packets."""


def speaking(*, first_ssrc: int = 1000, again: bool = False) -> Sections:
    """What a browser that publishes answers to; with `again` its sound may be asked for again."""
    return _sound(sections(first_ssrc=first_ssrc), again=again, red=False)


def listening(*, first_ssrc: int = 5000, floor: int = 1, numbered: bool = True, red: bool = True) -> Sections:
    """What a browser answers to; without `numbered` it gives receiver reports only."""
    return _sound(sections(first_ssrc=first_ssrc, floor=floor, numbered=numbered), again=False, red=red)


def _sound(parts: Sections, *, again: bool, red: bool) -> Sections:
    def settled(section: Section) -> Section:
        if section.kind == "video":
            return section
        return replace(section, sound_again=again) if section.source else replace(section, red=RED * red)

    return Sections(tuple(map(settled, parts.all)))


@dataclass
class Bursty(Link):
    """Gilbert-Elliott: good, or losing everything; changes with these chances at each packet of a call of 130 a second,
    whoever sends how much of it: 12 % in bursts of 50 ms."""

    worse: float = 0.02
    better: float = 0.15
    bad: bool = False
    at: float = 0.0

    def arrival(self, packet: bytes, now: float) -> float | None:
        while self.at < now:
            self.at += 1 / 130
            self.bad = self.random.random() >= self.better if self.bad else self.random.random() < self.worse
        return None if self.bad else super().arrival(packet, now)


class Speaker(Client):
    """Remembers what it said, and sends less while it is quiet if it has `dtx`."""

    dtx = False

    def __init__(self, world: World, name: str, leg: LegId, parts: Sections, *, loss: float, jitter_s: float) -> None:
        super().__init__(world, name, leg, parts, loss=loss, jitter_s=jitter_s)
        self.said: dict[int, float] = {}
        """When each packet of sound was sent, by its frame."""

    def sound(self) -> None:
        track = self.sent[Source.MICROPHONE]
        if self.dtx and self.level >= QUIET and (track.frame + 1) % DTX_EVERY:
            track.frame += 1
            track.ticks += 960
            return
        super().sound()
        self.said[track.frame] = self.world.now


class Listener(Client):
    """Takes the sound out of every packet; without transport-wide feedback it reports once a second what it lost."""

    def __init__(self, world: World, name: str, leg: LegId, parts: Sections, *, loss: float, jitter_s: float) -> None:
        super().__init__(world, name, leg, parts, loss=loss, jitter_s=jitter_s)
        self.sound_at: dict[int, dict[Sound, float]] = {ssrc: {} for ssrc in self.heard}
        """Of every slot, when each sound was there first."""
        self.together = 0
        """Packets that came with more than their own."""
        self._ticks: dict[tuple[int, Sound], int] = {}
        self._sent: dict[tuple[int, int], bytes] = {}
        self._reported: dict[int, tuple[int, int]] = {}
        if not parts.numbered:
            world.every(1.0, self._report)

    def send_rtp(self, packet: bytes) -> None:
        header = parse_header(packet)
        index = header.ssrc, header.sequence
        if header.ssrc in self.heard and self.heard[header.ssrc].section.kind == "audio":
            assert self._sent.setdefault(index, packet) == packet, "two packets under one SRTP index"
        super().send_rtp(packet)

    def _rtp(self, packet: bytes) -> None:
        header = parse_header(packet)
        heard = self.heard.get(header.ssrc)
        if heard is not None and heard.section.kind == "audio":
            payload = packet[header.payload_at :]
            blocks = [Block(header.payload_type, 0, payload)]
            if header.payload_type == RED:
                assert heard.section.red, "never to who does not take it"
                blocks = unpack_red(payload)
                self.together += len(blocks) > 1
            for block in blocks:
                assert block.payload_type == OPUS
                who, frame, _part = TAG.unpack(block.payload)
                sound = who.rstrip(b"\0").decode(), frame
                ticks = (header.timestamp_ticks - block.behind_ticks) & 0xFFFFFFFF
                assert self._ticks.setdefault((header.ssrc, sound), ticks) == ticks, "each sound has its time"
                self.sound_at[header.ssrc].setdefault(sound, self.world.now)
            head = packet[:1] + bytes([packet[1] & 0x80 | OPUS]) + packet[2 : header.payload_at]
            packet = head + blocks[-1].payload
        super()._rtp(packet)

    def _report(self) -> None:
        blocks = []
        for ssrc, heard in self.heard.items():
            if not heard.packets:
                continue
            highest, count = heard.sequence.highest, len(heard.packets)
            highest_before, count_before = self._reported.get(ssrc, (heard.first - 1, 0))
            self._reported[ssrc] = highest, count
            expected = highest - highest_before
            lost = max(0, expected - (count - count_before))
            blocks.append(ReportBlock(ssrc, min(255, 256 * lost // max(1, expected)), 0, highest, 0, 0, 0))
        if blocks:
            self.rtcp(pack_rtcp(ReceiverReport(7, tuple(blocks))))

    def concealed(self, speaker: Speaker, since: float) -> float:
        """The share of what `speaker` said since then, until just now, that was not there when it had to be played."""
        there = self.sound_at[self.slot("audio").section.ssrc]
        on_the_way_s = speaker.up.delay_s + self.down.delay_s
        said = {
            (speaker.participant, frame): at for frame, at in speaker.said.items() if since <= at < self.world.now - 0.5
        }
        late = [sound for sound, at in said.items() if there.get(sound, at + 9) > at + on_the_way_s + PLAYED_AFTER_S]
        return len(late) / len(said)
