"""One PeerConnection as the worker sees it, from the offer to its end."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, Protocol, assert_never

from contract.data import ClientData, Moved, PointAt, Ready, ServerData, SlotSize
from contract.ids import LegId, PersonId, RoomId, SessionId
from contract.media import Codec
from contract.nodes import SILENT_S, LegEnd, LegReport, LegState, OpenLeg
from media.forward.sections import Sections
from media.peer.candidates import restart_answer
from media.peer.data import DataLink
from media.peer.dtls import DtlsTransport, Identity, SrtpError
from media.peer.mux import Mux
from media.peer.rates import REPORTS_PER_S, Ingress
from media.peer.sdp import LocalTransport, answer
from media.rtp.rtcp import ReceiverReport, Remb
from runtime import clock
from runtime.bucket import Bucket
from runtime.logs import get_logger

log = get_logger(__name__)

CONNECT_S = 15.0
"""From the answer to the client's `ready`, or to the keys of one that has no data channel."""
DEAD_S = 30.0
CLOSE_S = 0.8
"""How long saying goodbye may take."""

_MOVED: dict[LegEnd, Literal["replaced", "left", "removed", "room_closed", "restarting"]] = {
    LegEnd.REPLACED: "replaced",
    LegEnd.LEFT: "left",
    LegEnd.REMOVED: "removed",
    LegEnd.ROOM_CLOSED: "room_closed",
    LegEnd.RESTARTING: "restarting",
}

Packet = Callable[[LegId, bytes, float, int], None]
Report = Callable[[LegId, ReceiverReport | Remb, float, int], None]


class LegOwner(Protocol):
    """Whom a leg tells; all calls come from the event loop and must not wait."""

    def leg_up(self, leg: "Leg") -> None:
        """DTLS is done: packets may flow. Set `leg.on_rtp`, `leg.on_rtcp` and `leg.on_report` here."""

    def leg_ready(self, leg: "Leg") -> None:
        """The client said `ready`, or has no data channel to say it on."""

    def leg_point(self, leg: "Leg", point: PointAt) -> None: ...

    def leg_slot_size(self, leg: "Leg", size: SlotSize) -> None: ...

    def leg_changed(self, leg: "Leg") -> None:
        """`leg.state` changed; at CLOSED with `leg.reason`, and nothing more comes."""


class Leg:
    """Made from an offer; `answer_sdp` goes back to the client, `run` brings it up and lives until it is closed.

    `check(now)` a few times a second keeps its deadlines. `close` ends it from outside; the first reason counts.
    Implements media.forward.ports.LegPort.
    """

    def __init__(
        self,
        request: OpenLeg,
        *,
        mux: Mux,
        identity: Identity,
        owner: LegOwner,
        video_codecs: Sequence[Codec],
        dropped: Counter[str],
    ) -> None:
        """Raises ProtocolViolation(`bad_sdp`) or Rejection(`not_acceptable`); nothing is held then."""
        self.id: LegId = request.leg
        self.participant: PersonId = request.participant
        self.room: RoomId = request.room
        self.session: SessionId = request.session
        self.pc_gen = request.pc_gen
        self.low_delay = request.low_delay
        self.state = LegState.CONNECTING
        self.reason: LegEnd | None = None
        self.on_rtp: Packet | None = None
        self.on_rtcp: Packet | None = None
        self.on_report: Report | None = None
        """Gets what the plane took apart already; set it wherever `on_rtcp` is."""
        self.endpoint = mux.open(on_rtp=self._srtp, on_rtcp=self._srtcp)
        known_by = self.endpoint.credentials
        try:
            answered = answer(
                request.sdp,
                request.layout,
                LocalTransport(known_by.ufrag, known_by.pwd, identity.fingerprint, mux.addresses),
                video_codecs=video_codecs,
                new_ssrc=_new_ssrc,
            )
        except Exception:
            self.endpoint.close()
            raise
        known_by.remote_ufrag, known_by.remote_pwd = answered.remote_ufrag, answered.remote_pwd
        self.answer_sdp = answered.text
        self.sections: Sections = answered.sections
        self._remote_sctp_port = answered.remote_sctp_port
        self._mux = mux
        self._owner = owner
        self._dropped = dropped
        self._opened = clock.now()
        self.ingress = Ingress()
        """How much RTP this peer may send."""
        self._reports = Bucket(REPORTS_PER_S)
        self._ending = asyncio.Event()
        self._reachable_at = self._opened
        self._dtls = DtlsTransport(
            self.endpoint,
            identity,
            answered.remote_fingerprint,
            on_up=self._up,
            on_end=self._gone,
            client=answered.dtls_client,
        )
        self.endpoint.on_dtls, self.endpoint.on_reachable = self._dtls.receive, self._reachable
        self._data: DataLink | None = None
        self.protect: Callable[[bytes], bytes] = _no_keys
        """Plaintext RTP → SRTP."""
        self._protect_rtcp: Callable[[bytes], bytes] = _no_keys
        self._unprotect: Callable[[bytes], bytes] = _no_keys
        self._unprotect_rtcp: Callable[[bytes], bytes] = _no_keys

    @property
    def heard_at(self) -> float:
        """When the last datagram came."""
        return self.endpoint.heard

    # --- LegPort: what the room says -------------------------------------------------------------------------------

    @property
    def handle(self) -> int:
        """The plane's, which then sends by itself what `send_rtp` would."""
        return self.endpoint.handle

    def send_rtp(self, packet: bytes) -> None:
        """Protect and send one RTP packet now, or drop and count it."""
        endpoint = self.endpoint
        sendto, address = endpoint.sendto, endpoint.address
        if sendto is None or address is None:
            self._dropped["unproved"] += 1
            return
        try:
            sendto(self.protect(packet), address)
        except BlockingIOError:
            self._dropped["send_full"] += 1
        except OSError:
            self._dropped["send_failed"] += 1
        except SrtpError:
            self._dropped["srtp_send"] += 1

    def send_rtcp(self, data: bytes) -> None:
        try:
            protected = self._protect_rtcp(data)
        except SrtpError:
            self._dropped["srtp_send"] += 1
            return
        self.endpoint.send(protected)

    def send_data(self, message: ServerData) -> None:
        if self._data is not None:
            self._data.send(message)

    # --- life ------------------------------------------------------------------------------------------------------

    def report(self) -> LegReport:
        """The state as signaling hears it."""
        return LegReport(
            room=self.room,
            leg=self.id,
            participant=self.participant,
            session=self.session,
            pc_gen=self.pc_gen,
            state=self.state,
            reason=self.reason,
        )

    async def run(self) -> None:
        """Until closed; everything that the leg holds is given back."""
        try:
            await self._ending.wait()
        finally:
            self.close(LegEnd.FAILED)
            await self._tear_down()

    def restart_ice(self, ufrag: str, pwd: str) -> str:
        """The client looks for a way anew with these credentials; the fragment of SDP that answers it (RFC 8840)."""
        fresh = self._mux.restart(self.endpoint, ufrag, pwd)
        self._mux.keep_fresh(clock.now())
        return restart_answer(fresh.ufrag, fresh.pwd, self.sections, self._mux.addresses)

    def close(self, reason: LegEnd) -> None:
        """Stop now; `run` says goodbye and ends. Later reasons are ignored."""
        if self.state is LegState.CLOSED:
            return
        self.reason = reason
        self.on_rtp = self.on_rtcp = self.on_report = None
        self.endpoint.disarm()
        self.protect = self._unprotect = self._protect_rtcp = self._unprotect_rtcp = _no_keys
        self._ending.set()
        self._become(LegState.CLOSED)

    def check(self, now: float) -> None:
        """Deadlines: connect, silence, death."""
        silent_s = now - self.endpoint.heard
        match self.state:
            case LegState.CONNECTING:
                if now - self._opened >= CONNECT_S:
                    self.close(LegEnd.TIMEOUT)
            case LegState.CONNECTED:
                if silent_s >= SILENT_S:
                    self._become(LegState.SILENT)
            case LegState.SILENT:
                if silent_s >= DEAD_S:
                    self.close(LegEnd.TIMEOUT)
                elif silent_s < SILENT_S:
                    self._become(LegState.CONNECTED)
            case LegState.CLOSED:
                pass
            case _:
                assert_never(self.state)

    def _reachable(self) -> None:
        self._reachable_at = clock.now()
        if not self._dtls.server:
            # After the answer to the check that told us: who is greeted sooner may not listen yet.
            asyncio.get_running_loop().call_soon(self._dtls.hello)

    def _up(self) -> None:
        """The handshake is done; a leg that was closed meanwhile gets no keys and no channel any more."""
        if self._ending.is_set():
            return
        try:
            keys = self._dtls.keys()
        except ConnectionError:
            self.close(LegEnd.FAILED)
            return
        self.protect, self._protect_rtcp = keys.protect, keys.protect_rtcp
        self._unprotect, self._unprotect_rtcp = keys.unprotect, keys.unprotect_rtcp
        self.endpoint.arm(keys.session, keys.reading)
        self._mux.plane.hear(self.endpoint.handle, self._reported, self._rtcp)
        log.info(
            "leg is up",
            leg=self.id,
            room=self.room,
            ice_ms=round((self._reachable_at - self._opened) * 1000),
            dtls_ms=round((clock.now() - self._reachable_at) * 1000),
            dtls_resent=self._dtls.resent,
        )
        self._owner.leg_up(self)
        if self._ending.is_set():
            return
        if self._remote_sctp_port is None:
            self._connected()
        else:
            self._open_data(self._remote_sctp_port)

    def _gone(self) -> None:
        """Nothing more comes from the peer."""
        self.close(LegEnd.CLIENT_CLOSED if self._dtls.said_goodbye else LegEnd.FAILED)

    def _open_data(self, remote_port: int) -> None:
        self._data = DataLink(
            self._dtls,
            on_message=self._message,
            on_broken=lambda: self.close(LegEnd.FAILED),
            clock=clock.now,
            count=self._count,
        )
        self._data.start(remote_port)

    async def _tear_down(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_S):
                if self._data is not None:
                    moved = None if self.reason is None else _MOVED.get(self.reason)
                    if moved is not None:
                        self._data.send(Moved(reason=moved))
                        await self._data.flush()
                    await self._data.aclose()
        except TimeoutError:
            self._count("close_timeout")
        finally:
            self._dtls.stop()
            self.endpoint.close()
            self._data = None

    def _connected(self) -> None:
        if self.state is LegState.CONNECTING:
            self._become(LegState.CONNECTED)
            self._owner.leg_ready(self)

    def _become(self, state: LegState) -> None:
        if state is not self.state:
            self.state = state
            self._owner.leg_changed(self)

    # --- what comes in ---------------------------------------------------------------------------------------------

    def _srtp(self, data: bytes, now: float) -> None:
        ingress, handle = self.ingress, self.endpoint.handle
        if handle:
            packets, size_bytes = self._mux.plane.taken(handle)
            ingress.charge(size_bytes, packets=packets)
        if not ingress.open(now):
            self._dropped["rtp_rate"] += 1
            return
        try:
            packet = self._unprotect(data)
        except SrtpError:
            self._dropped["srtp_receive"] += 1
            return
        ingress.charge(len(data))
        if handle:
            self._mux.plane.allow(handle, *ingress.left)
        self.endpoint.heard_media(now)
        if self.on_rtp is not None:
            self.on_rtp(self.id, packet, now, clock.wall_ns())

    def _srtcp(self, data: bytes, now: float) -> None:
        if not self._reports.open(now):
            self._dropped["rtcp_rate"] += 1
            return
        try:
            packet = self._unprotect_rtcp(data)
        except SrtpError:
            self._dropped["srtp_receive"] += 1
            return
        self.endpoint.heard_media(now)
        self._rtcp(packet, now, clock.wall_ns())

    def _rtcp(self, packet: bytes, now: float, wall_ns: int) -> None:
        """Plaintext; what came before it is told first."""
        if not self._reports.take(now):
            self._dropped["rtcp_rate"] += 1
            return
        self._mux.plane.report()
        if self.on_rtcp is not None:
            self.on_rtcp(self.id, packet, now, wall_ns)

    def _reported(self, report: ReceiverReport | Remb, now: float, wall_ns: int) -> None:
        """Never raises: those of others come after it."""
        try:
            if self.on_report is not None:
                self.on_report(self.id, report, now, wall_ns)
        except Exception:
            if self._mux.is_new_bug():
                log.exception("a report met a bug")

    def _message(self, message: ClientData) -> None:
        if self.state is LegState.CLOSED:
            return
        self.endpoint.heard = clock.now()
        match message:
            case Ready():
                self._connected()
            case PointAt():
                self._owner.leg_point(self, message)
            case SlotSize():
                self._owner.leg_slot_size(self, message)
            case _:
                assert_never(message)

    def _count(self, what: str) -> None:
        self._dropped[what] += 1


def _no_keys(_data: bytes) -> bytes:
    """Before the handshake and after the end nothing is sent or read."""
    raise SrtpError("no keys")


def _new_ssrc() -> int:
    return secrets.randbits(32) or 1
