"""The data channel of one peer: aiortc's SCTP on top of DTLS, its events turned into typed messages with limits."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import cast

from aiortc import RTCDataChannel, RTCSctpCapabilities, RTCSctpTransport
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcsctptransport import (
    SCTP_COMMON_HEADER_LENGTH,
    SCTP_MAX_PACKET_LENGTH,
    WEBRTC_STRING,
    Chunk,
    CookieAckChunk,
    DataChunk,
    InitChunk,
    SackChunk,
)

from contract.base import decode, encode
from contract.data import CLIENT_DATA, MAX_UP_BYTES, ClientData, ServerData
from contract.errors import ProtocolViolation
from media.peer.at_once import at_once
from media.peer.chunks import weigh
from media.peer.dtls import DtlsTransport
from media.peer.sdp import SCTP_PORT
from runtime.bucket import Bucket
from runtime.logs import get_logger

log = get_logger(__name__)

LABEL = "passline"
MESSAGES_PER_S = 60
"""More are dropped: a pointer sends at most 30."""
CHUNKS_PER_S = 400
"""SCTP chunks of one peer; more are dropped before they are parsed, SCTP repeats what was real. Chunks and not packets:
one packet holds eighty, and aiortc sorts all that is out of order for each."""
PATIENCE_S = 0.25
"""For the client to begin the association, as every browser does at once: a long round trip. Then we do. If both begin
together, each says everything twice."""
MOST_CHUNKS_BYTES = SCTP_MAX_PACKET_LENGTH - SCTP_COMMON_HEADER_LENGTH
MAX_WAITING_BYTES = 256 * 1024
"""Said and not yet sent; past it the newest are dropped (the client is not reading, a new PeerConnection follows)."""
MAX_DOWN_BYTES = 16 * 1024
MAX_STREAMS = 16
MAX_CHUNKS = 256
"""Pieces of messages that are not complete, out of order, or said to have arrived beyond a gap."""
MAX_REFUSED = 8
"""Channels beyond the one; who goes on opening them is no client of ours."""
FLUSH_S = 0.15
"""How long a last word may take to leave."""


class _Wire:
    """What RTCSctpTransport uses of an RTCDtlsTransport; nothing in it waits."""

    state = "connected"

    def __init__(self, dtls: DtlsTransport) -> None:
        self._role = "server" if dtls.server else "client"
        self._dtls = dtls

    def _register_data_receiver(self, sctp: "_Sctp") -> None:
        self._dtls.on_data = sctp.take

    def _unregister_data_receiver(self, _sctp: "_Sctp") -> None:
        self._dtls.on_data = _ignore

    async def _send_data(self, data: bytes) -> None:
        self._dtls.send(data)


class _Together(Chunk):
    """What one packet carries."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = b""
        self._has_message = False

    def add(self, chunk: Chunk) -> bool:
        """False if there is no room for it, or if it must not stand behind a message (RFC 9260 §6.10)."""
        is_message, data = isinstance(chunk, DataChunk), bytes(chunk)
        if self._bytes and (len(self._bytes) + len(data) > MOST_CHUNKS_BYTES or (self._has_message and not is_message)):
            return False
        self._bytes += data
        self._has_message = is_message
        return True

    def __bytes__(self) -> bytes:
        return self._bytes


class _Sctp(RTCSctpTransport):
    """SCTP that survives its peer: what its parser does not expect ends the association, not the DTLS transport.

    What a packet is answered with leaves together, when all of it was read.
    """

    def __init__(self, dtls: DtlsTransport, *, allow: Callable[[bytes], bool], failed: Callable[[], None]) -> None:
        """`allow` is asked whether a packet may be read."""
        super().__init__(cast(RTCDtlsTransport, _Wire(dtls)), SCTP_PORT)
        self._allow = allow
        self._failed = failed
        self._patience: asyncio.TimerHandle | None = None
        self._answers: list[Chunk] | None = None
        """While a packet is read: what to send after it."""

    async def _init(self) -> None:
        self._patience = asyncio.get_running_loop().call_later(PATIENCE_S, self._begin)

    def _begin(self) -> None:
        at_once(super()._init())

    def _set_state(self, state: RTCSctpTransport.State) -> None:
        self._need_not_begin()
        super()._set_state(state)

    async def _receive_chunk(self, chunk: Chunk) -> None:
        if isinstance(chunk, InitChunk):
            self._need_not_begin()  # of which aiortc changes no state: that comes with the cookie, a round trip later
        await super()._receive_chunk(chunk)

    def _need_not_begin(self) -> None:
        if self._patience is not None:
            self._patience.cancel()

    def say(self, channel: RTCDataChannel, text: bytes) -> None:
        """Send a message on an open channel as soon as may be: as `channel.send`, and now if that is so. Never raises:
        who speaks is a room, which must not end by what one peer made of its association."""
        channel._addBufferedAmount(len(text))
        self._data_channel_queue.append((channel, WEBRTC_STRING, text))
        try:
            at_once(self._data_channel_flush())
        except Exception as error:  # noqa: BLE001 - as in `take`
            log.warning("data channel broken by the peer", error=type(error).__name__)
            asyncio.get_running_loop().call_soon(self._failed)  # not in the midst of what the room does

    def take(self, data: bytes) -> None:
        """A packet came."""
        if not self._allow(data):
            return
        self._answers = []
        try:
            at_once(self._handle_data(data))
            self._answer(self._answers)
        except Exception as error:  # noqa: BLE001 - aiortc asserts, indexes and unpacks where a peer breaks SCTP or DCEP
            log.warning("data channel broken by the peer", error=type(error).__name__)
            self._failed()
            return
        finally:
            self._answers = None
        if self._overfull():
            log.warning("data channel filled by the peer")
            self._failed()

    def _answer(self, chunks: list[Chunk]) -> None:
        """Send them in as few packets as may be, in their order but for what comes first: that the association is
        accepted (RFC 9260 §5.1), then what is acknowledged."""
        chunks.sort(key=lambda chunk: (not isinstance(chunk, CookieAckChunk), not isinstance(chunk, SackChunk)))
        packet = _Together()
        for chunk in chunks:
            if not packet.add(chunk):
                at_once(self._send_chunk_now(packet))
                packet = _Together()
                packet.add(chunk)
        if chunks:
            at_once(self._send_chunk_now(packet))

    async def _receive_sack_chunk(self, chunk: SackChunk) -> None:
        if sum(max(0, last - first + 1) for first, last in chunk.gaps) > MAX_CHUNKS:
            # aiortc would walk over every number of every gap: seconds for one packet.
            raise ValueError("SACK of more than was ever under way")
        await super()._receive_sack_chunk(chunk)

    async def _send_chunk(self, chunk: Chunk) -> None:
        if self._answers is not None:
            self._answers.append(chunk)
        else:
            await self._send_chunk_now(chunk)

    async def _send_chunk_now(self, chunk: Chunk) -> None:
        # Also called from timers, in tasks that nobody awaits.
        with contextlib.suppress(ConnectionError):
            await super()._send_chunk(chunk)

    def let_go(self) -> None:
        """After `stop`: forget whom to tell."""
        self.remove_all_listeners()
        self._allow = _refuse
        self._failed = _tell_nobody

    def _overfull(self) -> bool:
        """Whether more pieces wait than a client of ours can have under way: aiortc keeps, and sorts, any number."""
        streams = self._inbound_streams
        return (
            len(streams) > MAX_STREAMS
            or len(self._sack_misordered) > MAX_CHUNKS
            or sum(len(stream.reassembly) for stream in streams.values()) > MAX_CHUNKS
        )


def _ignore(_packet: bytes) -> None: ...


def _refuse(_packet: bytes) -> bool:
    return False


def _tell_nobody() -> None: ...


class DataLink:
    """The one channel that the client opens (label `passline`); others are closed.

    `on_message` gets decoded messages, in order, from the event loop; `on_broken` says that the peer must go.
    """

    def __init__(
        self,
        dtls: DtlsTransport,
        *,
        on_message: Callable[[ClientData], None],
        on_broken: Callable[[], None],
        clock: Callable[[], float],
        count: Callable[[str], None],
    ) -> None:
        """`count` is told the name of every drop."""
        self._on_message = on_message
        self._on_broken = on_broken
        self._clock = clock
        self._count = count
        self._messages = Bucket(MESSAGES_PER_S)
        self._chunks = Bucket(CHUNKS_PER_S)
        self._channel: RTCDataChannel | None = None
        self._refused = 0
        self._sctp = _Sctp(dtls, allow=self._allow_packet, failed=on_broken)
        self._sctp.on("datachannel", self._opened)

    def start(self, remote_port: int) -> None:
        """Begin the association; DTLS must be connected."""
        at_once(self._sctp.start(RTCSctpCapabilities(maxMessageSize=MAX_DOWN_BYTES), remote_port))

    def send(self, message: ServerData) -> None:
        """Queue one message; dropped and counted when the channel is not open or does not drain."""
        channel = self._channel
        if channel is None or channel.readyState != "open":
            self._count("data_not_open")
            return
        text = encode(message)
        if len(text) > MAX_DOWN_BYTES:
            self._count("data_too_long")
        elif channel.bufferedAmount + len(text) > MAX_WAITING_BYTES:
            self._count("data_waiting")
        else:
            self._sctp.say(channel, text)

    async def flush(self) -> None:
        """Wait until what was sent has left, at most FLUSH_S."""
        channel = self._channel
        if channel is None or channel.readyState != "open" or not channel.bufferedAmount:
            return
        left = asyncio.Event()
        channel.once("bufferedamountlow", left.set)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S):
                await left.wait()

    async def aclose(self) -> None:
        """End the association (SCTP ABORT)."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.remove_all_listeners()
        await self._sctp.stop()
        self._sctp.let_go()

    def _allow_packet(self, packet: bytes) -> bool:
        try:
            chunks = weigh(packet)
        except ValueError:
            self._count("sctp_malformed")
            return False
        if self._chunks.take(self._clock(), cost=chunks):
            return True
        self._count("data_rate")
        return False

    def _opened(self, channel: RTCDataChannel) -> None:
        if channel.label != LABEL or self._channel is not None:
            self._count("data_channel_refused")
            self._refused += 1
            if self._refused > MAX_REFUSED:
                self._on_broken()
            channel.close()
            return
        self._channel = channel
        channel.on("message", self._received)

    def _received(self, data: str | bytes) -> None:
        if not self._messages.take(self._clock()):
            self._count("data_rate")
            return
        if isinstance(data, bytes) or len(data.encode()) > MAX_UP_BYTES:
            self._count("data_malformed")
            return
        try:
            message = decode(CLIENT_DATA, data)
        except ProtocolViolation:
            self._count("data_malformed")
            return
        self._on_message(message)
