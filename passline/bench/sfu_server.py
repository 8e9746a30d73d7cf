"""A server under test, in its own process: our media room on real peers with a plane, or aiortc's MediaRelay.

Speaks JSON lines on standard input and output: `{"offer": sdp, "publish": bool, "room": int}` → `{"sdp": …}`, and `{}`
→ how many peers are connected.
"""

import asyncio
import gc
import json
import os
import sys
from collections import Counter
from typing import Protocol

import aioice.ice
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.contrib.media import MediaRelay

from contract.data import PointAt, SlotSize
from contract.ids import LegId, PersonId, RoomId, SessionId
from contract.media import Codec, Grants, Layout, Source
from contract.nodes import OpenLeg
from media.forward.room import MediaRoom
from media.peer.dtls import Identity
from media.peer.leg import Leg
from media.peer.mux import Mux
from media.peer.rates import Ingress
from media.peer.srtp import PROTECT, UNPROTECT, UNPROTECT_RTCP
from media.plane.base import Plane
from media.plane.native import NativePlane
from media.plane.python import PythonPlane
from media.plane.selector import PlaneSelector
from runtime import clock, logs
from runtime.supervise import TaskScope


class Subject(Protocol):
    """What is measured."""

    connected: int

    async def answer(self, sdp: str, *, room: int, publish: bool) -> str:
        """A room is there from its first peer on."""


class WorkerRooms:
    """The worker's own parts: mux, legs and rooms; no control link, no data channel."""

    def __init__(self, scope: TaskScope, plane: Plane) -> None:
        self.connected = 0
        self._scope = scope
        self._mux = Mux(0, plane=plane)
        self._identity = Identity()
        self._plane = plane
        self._rooms: dict[RoomId, MediaRoom] = {}
        self._publishers: set[LegId] = set()
        self._number = 0
        self._dropped: Counter[str] = Counter()
        scope.spawn(self._ticks(), name="ticks")

    async def answer(self, sdp: str, *, room: int, publish: bool) -> str:
        self._number += 1
        room_id = RoomId(f"bench-{room}")
        if room_id not in self._rooms:
            self._rooms[room_id] = MediaRoom(room_id, events=self, seed=1, plane=self._plane)
        request = OpenLeg(
            request=self._number,
            room=room_id,
            leg=LegId(f"leg-{self._number}"),
            participant=PersonId(f"p-{self._number}"),
            session=SessionId(f"s-{self._number}"),
            pc_gen=1,
            sdp=sdp,
            layout=Layout(stage=1, floor=0),
            grants=Grants(publish=publish, subscribe=not publish, record=False),
        )
        leg = Leg(
            request,
            mux=self._mux,
            identity=self._identity,
            owner=self,
            video_codecs=[Codec.VP8],
            dropped=self._dropped,
        )
        leg.ingress = Ingress(packets_per_s=1e9, bits_per_s=1e13)
        if publish:
            self._publishers.add(leg.id)
        self._scope.spawn(leg.run(), name=leg.id)
        return leg.answer_sdp

    def leg_up(self, leg: Leg) -> None:
        publish = leg.id in self._publishers
        grants = Grants(publish=publish, subscribe=not publish, record=False)
        room = self._rooms[leg.room]
        room.add_leg(leg, leg.sections, grants, host=publish, now=clock.now())
        leg.on_rtp, leg.on_rtcp, leg.on_report = room.on_rtp, room.on_rtcp, room.on_report
        room.leg_ready(leg.id, clock.now(), clock.wall_ns())
        self.connected += 1

    def leg_ready(self, leg: Leg) -> None: ...

    def leg_point(self, leg: Leg, point: PointAt) -> None: ...

    def leg_slot_size(self, leg: Leg, size: SlotSize) -> None: ...

    def leg_changed(self, leg: Leg) -> None: ...

    def publication_live(self, participant: PersonId, source: Source) -> None: ...

    def publication_ended(self, participant: PersonId, source: Source) -> None: ...

    async def _ticks(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            self._mux.plane.report()
            for room in self._rooms.values():
                room.tick(clock.now(), clock.wall_ns())


class Relay:
    """aiortc as its examples use it: one RTCPeerConnection per client, MediaRelay between the tracks."""

    def __init__(self) -> None:
        aioice.ice.get_host_addresses = lambda **_: ["127.0.0.1"]
        self.connected = 0
        self._relay = MediaRelay()
        self._tracks: dict[str, MediaStreamTrack] = {}
        self._held: list[object] = []

    async def answer(self, sdp: str, *, room: int, publish: bool) -> str:  # noqa: ARG002 - there is one
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._held.append(peer)

        def published(track: MediaStreamTrack) -> None:
            self._tracks[track.kind] = track

        def changed() -> None:
            self.connected += peer.connectionState == "connected"

        if publish:
            peer.on("track", published)
        peer.on("connectionstatechange", changed)
        await peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        if not publish:
            for transceiver in peer.getTransceivers():
                transceiver.direction = "sendonly"
                transceiver.sender.replaceTrack(self._relay.subscribe(self._tracks[transceiver.kind]))
        await peer.setLocalDescription(await peer.createAnswer())
        return peer.localDescription.sdp


def _subject(name: str, scope: TaskScope, selector: PlaneSelector) -> Subject:
    plane: Plane
    match name:
        case "mediarelay":
            return Relay()
        case "native":
            plane = NativePlane(PROTECT, UNPROTECT, unprotect_rtcp=UNPROTECT_RTCP)
        case "native-nogso":
            plane = NativePlane(PROTECT, UNPROTECT, gso=False, unprotect_rtcp=UNPROTECT_RTCP)
        case "python":
            plane = PythonPlane()
        case _:
            raise ValueError(name)
    rooms = WorkerRooms(scope, plane)
    selector.let(plane)
    return rooms


async def serve(name: str, selector: PlaneSelector) -> None:
    """Obey standard input until it ends, on a loop that waits by `selector` as the worker's does."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with TaskScope("bench") as scope:
        subject = _subject(name, scope, selector)
        while line := await reader.readline():
            order = json.loads(line)
            if "offer" in order:
                answer = await subject.answer(order["offer"], room=order["room"], publish=order["publish"])
                reply: dict[str, object] = {"sdp": answer}
            else:
                if order.get("settle"):
                    gc.collect()
                reply = {"connected": subject.connected}
            print(json.dumps(reply), flush=True)
        os._exit(0)  # Hundreds of peers would say goodbye one by one.


if __name__ == "__main__":
    logs.setup("bench", level="warning", fmt="console")
    waiting = PlaneSelector()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(waiting)) as runner:
        runner.run(serve(sys.argv[1], waiting))
