"""A worker's peers without rooms: what a client sends as microphone and camera comes back in its first stage pair.

`python -m tests.support.loop` serves tests/support/loop.html for trials by hand.
"""

import asyncio
import struct
from collections import Counter
from pathlib import Path

from aiohttp import web

from contract.data import PointAt, SlotFill, Slots, SlotSize
from contract.errors import PasslineError
from contract.ids import LegId, PersonId, RoomId, SessionId
from contract.media import TABLET, Codec, Grants, Layout, MediaUse, Source
from contract.nodes import LegState, OpenLeg
from media.forward.sections import Section
from media.peer.dtls import Identity
from media.peer.leg import Leg
from media.peer.mux import Mux
from media.plane.base import Plane
from media.rtp.rtcp import ReceiverReport, Remb
from runtime.supervise import TaskScope

PAGE = Path(__file__).with_name("loop.html")
GRANTS = Grants(publish=True, subscribe=True, record=False)


def payload_start(packet: bytes) -> int:
    """Where the payload of an RTP packet begins (RFC 3550 §5.1)."""
    start = 12 + 4 * (packet[0] & 15)
    if packet[0] & 16:
        start += 4 + 4 * struct.unpack_from("!H", packet, start + 2)[0]
    return start


class Loop:
    """Owner of legs that echo; remembers every state and point for tests."""

    def __init__(self, *, port: int = 0, plane: Plane | None = None) -> None:
        self.mux = Mux(port, plane=plane)
        self.identity = Identity()
        self.scope = TaskScope("loop")
        self.legs: dict[LegId, Leg] = {}
        self.states: list[tuple[LegId, LegState]] = []
        self.points: list[PointAt] = []
        self.sizes: list[SlotSize] = []
        self.packets: Counter[str] = Counter()
        self.reports: list[ReceiverReport | Remb] = []
        """Those that the plane took apart."""
        self._back: dict[int, tuple[Section, Section]] = {}
        self._forth: dict[int, int] = {}
        self._number = 0

    def open(self, sdp: str, layout: Layout | MediaUse = TABLET) -> Leg:
        """Answer an offer and bring the leg up in the background."""
        self._number += 1
        request = OpenLeg(
            request=self._number,
            room=RoomId("loop"),
            leg=LegId(f"leg-{self._number}"),
            participant=PersonId(f"p-{self._number}"),
            session=SessionId(f"s-{self._number}"),
            pc_gen=1,
            sdp=sdp,
            layout=layout,
            grants=GRANTS,
        )
        leg = Leg(
            request,
            mux=self.mux,
            identity=self.identity,
            owner=self,
            video_codecs=[Codec.VP8],
            dropped=self.mux.dropped,
        )
        self.legs[leg.id] = leg
        self.scope.spawn(leg.run(), name=leg.id)
        return leg

    async def aclose(self) -> None:
        await self.scope.aclose()
        self.mux.close()

    def leg_up(self, leg: Leg) -> None:
        slots = {section.kind: section for section in leg.sections.slots if section.stage == 0}
        for section in leg.sections.sources:
            if section.source in (Source.MICROPHONE, Source.CAMERA) and section.ssrc and section.kind in slots:
                self._back[section.ssrc] = section, slots[section.kind]
                self._forth[slots[section.kind].ssrc] = section.ssrc
        leg.on_rtp, leg.on_rtcp = self._rtp, self._rtcp
        leg.on_report = lambda _leg, report, _now, _wall_ns: self.reports.append(report)

    def leg_ready(self, leg: Leg) -> None:
        slots = [
            SlotFill(mid=section.mid, participant=leg.participant, source=Source.CAMERA)
            for section in leg.sections.slots
            if section.stage == 0
        ]
        leg.send_data(Slots(ver=1, slots=slots))

    def leg_point(self, leg: Leg, point: PointAt) -> None:
        self.points.append(point)

    def leg_slot_size(self, leg: Leg, size: SlotSize) -> None:
        self.sizes.append(size)

    def leg_changed(self, leg: Leg) -> None:
        self.states.append((leg.id, leg.state))
        if leg.state is LegState.CLOSED:
            self.legs.pop(leg.id, None)

    def _rtp(self, leg_id: LegId, packet: bytes, now: float, wall_ns: int) -> None:
        first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHLL", packet)
        self.packets["rtp"] += 1
        found = self._back.get(ssrc)
        if found is None:
            return
        section, slot = found
        codec = next((codec for codec, pt in section.pt_of.items() if pt == second & 127), None)
        if codec is None:
            return
        mid = slot.mid.encode()
        extension = bytes(((slot.ext["mid"] << 4) | (len(mid) - 1),)) + mid
        extension += bytes(-len(extension) % 4)
        head = struct.pack(
            "!BBHLLHH",
            0x90 | first & 0x20,
            second & 0x80 | slot.pt_of[codec],
            sequence,
            timestamp,
            slot.ssrc,
            0xBEDE,
            len(extension) // 4,
        )
        self.legs[leg_id].send_rtp(head + extension + packet[payload_start(packet) :])

    def _rtcp(self, leg_id: LegId, data: bytes, now: float, wall_ns: int) -> None:
        """Hand a keyframe request for a slot on to what fills it (RFC 4585 §6.3.1)."""
        self.packets["rtcp"] += 1
        at = 0
        while at + 12 <= len(data):
            first, kind, words = struct.unpack_from("!BBH", data, at)
            if kind == 206 and first & 31 == 1:
                (media,) = struct.unpack_from("!L", data, at + 8)
                if media in self._forth:
                    self.legs[leg_id].send_rtcp(struct.pack("!BBHLL", 0x81, 206, 2, 1, self._forth[media]))
            at += 4 * (words + 1)


async def serve(loop: Loop, *, port: int = 0) -> tuple[web.AppRunner, int]:
    """The page at `/`, offers at `/offer`; returns what to clean up, and the TCP port."""

    async def page(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=PAGE.read_text(), content_type="text/html")

    async def offer(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        try:
            leg = loop.open(body["sdp"], Layout.model_validate(body["layout"]))
        except PasslineError as error:
            return web.json_response({"code": error.code, "detail": error.detail}, status=400)
        return web.json_response({"sdp": leg.answer_sdp})

    app = web.Application()
    app.add_routes([web.get("/", page), web.post("/offer", offer)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    bound: int = runner.addresses[0][1]
    return runner, bound


async def main() -> None:
    loop = Loop()
    runner, port = await serve(loop)
    print(f"http://127.0.0.1:{port}/  then in its console: await go({{ stage: 2, floor: 3, colour: '#f00' }})")
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
        await loop.aclose()


if __name__ == "__main__":
    asyncio.run(main())
