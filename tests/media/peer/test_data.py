"""How an association begins, packet by packet."""

import asyncio
import struct
from collections.abc import Callable
from typing import cast

import pytest
from aiortc.rtcsctptransport import (
    SCTP_STATE_COOKIE,
    WEBRTC_DCEP,
    Chunk,
    CookieAckChunk,
    CookieEchoChunk,
    DataChunk,
    InitAckChunk,
    InitChunk,
    SackChunk,
    parse_packet,
    serialize_packet,
)

from media.peer import data
from media.peer.data import LABEL, DataLink
from media.peer.dtls import DtlsTransport

pytestmark = pytest.mark.link

PORT, TAG, FIRST_TSN = 5000, 7, 1000
WHOLE = 3
"""Flags of a piece that is all of its message."""


class Peer:
    """A client without timers, and the link that it speaks with."""

    server = True

    def __init__(self) -> None:
        self.on_data: Callable[[bytes], None] = lambda _packet: None
        """The link's ear."""
        self.broken = False
        self._sent: list[bytes] = []
        self._tag = 0
        self.link = DataLink(
            cast(DtlsTransport, self),
            on_message=lambda _message: None,
            on_broken=self._break,
            clock=lambda: 0.0,
            count=lambda _what: None,
        )
        self.link.start(PORT)

    def _break(self) -> None:
        self.broken = True

    def send(self, packet: bytes) -> None:
        """What the link says, as DtlsTransport.send."""
        self._sent.append(packet)

    def heard(self) -> list[list[Chunk]]:
        """What came since, packet by packet."""
        sent, self._sent = self._sent, []
        return [parse_packet(packet)[-1] for packet in sent]

    def say(self, *chunks: Chunk) -> list[list[Chunk]]:
        """In one packet; what is answered."""
        together = cast(Chunk, _Together(chunks))
        self.on_data(serialize_packet(PORT, PORT, self._tag, together))
        assert not self.broken
        return self.heard()

    def begin(self) -> bytes:
        """The cookie that an INIT is answered with."""
        init = InitChunk()
        init.initiate_tag, init.initial_tsn = TAG, FIRST_TSN
        init.advertised_rwnd, init.outbound_streams, init.inbound_streams = 65_536, 16, 16
        ((answer,),) = self.say(init)
        assert isinstance(answer, InitAckChunk)
        self._tag = answer.initiate_tag
        return dict(answer.params)[SCTP_STATE_COOKIE]


class _Together:
    def __init__(self, chunks: tuple[Chunk, ...]) -> None:
        self._chunks = chunks

    def __bytes__(self) -> bytes:
        return b"".join(map(bytes, self._chunks))


def opening() -> DataChunk:
    """The channel is to be opened."""
    chunk = DataChunk(flags=WHOLE)
    chunk.tsn, chunk.stream_id, chunk.protocol = FIRST_TSN, 1, WEBRTC_DCEP
    chunk.user_data = struct.pack("!BBHLHH", 3, 0, 0, 0, len(LABEL), 0) + LABEL.encode()
    return chunk


async def test_that_an_association_is_accepted_is_said_before_all_else() -> None:
    peer = Peer()
    echo = CookieEchoChunk()
    echo.body = peer.begin()
    (answer,) = peer.say(echo, opening())
    assert [type(chunk) for chunk in answer] == [CookieAckChunk, SackChunk, DataChunk]
    await peer.link.aclose()


async def test_who_began_an_association_is_not_begun_with_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "PATIENCE_S", 0.0)
    peer = Peer()
    peer.begin()
    patience_over = asyncio.Event()
    asyncio.get_running_loop().call_later(0.0, patience_over.set)
    await patience_over.wait()
    assert peer.heard() == []
    await peer.link.aclose()
