"""The data channel of one peer over real sockets: typed messages, and what is too much or never ends."""

import asyncio

import pytest
from aiortc import RTCSctpCapabilities, RTCSctpTransport
from aiortc.rtcsctptransport import WEBRTC_STRING, DataChunk, SackChunk, parse_packet

from contract.data import Moved, PointAt, Ready, SlotSize
from contract.ids import PersonId
from contract.nodes import LegEnd, LegState
from media.peer.data import MAX_CHUNKS, MAX_REFUSED, MESSAGES_PER_S
from media.peer.dtls import MOST_MESSAGES
from runtime import clock
from tests.fuzz.corpus import FOUND
from tests.fuzz.mangle import with_sctp_checksum
from tests.media.peer.connected import connected, loops
from tests.support.loop import Loop
from tests.support.peer_client import PeerClient
from tests.support.until import until

pytestmark = pytest.mark.flow


async def test_points_arrive_typed_and_bad_messages_are_counted(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)
    point = PointAt(on=PersonId("p-1"), x=0.25, y=1.0)
    client.say(point)
    for bad in ("", "{", '{"type":"point","on":"x","x":2,"y":0}', '{"type":"root"}', "[]", "x" * 2000):
        client.say(bad)
    client.say(point)
    await until(lambda: len(server.points) == 2)
    assert server.points == [point, point]
    size = SlotSize(mid="5", px=360)
    client.say(size)
    await until(lambda: server.sizes == [size])
    assert server.mux.dropped["data_malformed"] == 6
    assert leg.state is LegState.CONNECTED


async def test_a_flood_of_messages_is_cut_to_the_rate(server: Loop, client: PeerClient) -> None:
    await connected(server, client)
    point = PointAt(on=PersonId("p-1"), x=0.5, y=0.5)
    begun = clock.now()
    for _ in range(300):
        client.say(point)
        await asyncio.sleep(0)
    await until(lambda: len(server.points) + server.mux.dropped["data_rate"] >= 300)
    assert len(server.points) <= 1 + MESSAGES_PER_S * (1 + clock.now() - begun)


async def test_a_second_channel_is_refused(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)
    other = await client.open_channel("other")
    await until(lambda: other.readyState == "closed")
    assert server.mux.dropped["data_channel_refused"] == 1
    await loops(client, leg)


async def test_who_opens_channel_after_channel_is_closed(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)
    for number in range(MAX_REFUSED + 1):
        assert leg.reason is None
        await client.open_channel(f"other {number}")
    await until(lambda: leg.reason is LegEnd.FAILED)


async def test_who_packs_too_many_messages_into_a_datagram_is_closed(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)
    ssl = client.dtls._ssl
    assert ssl is not None
    packed = b""
    for _ in range(MOST_MESSAGES + 1):
        ssl.send(b"x")
        packed += ssl.bio_read(1500)
    client.send(packed)
    await until(lambda: leg.reason)
    assert leg.reason is LegEnd.FAILED


class Pieces:
    """Sixty pieces, in one datagram, of a message that never ends; `step` 2 leaves every second one out."""

    def __init__(self, first_tsn: int, step: int) -> None:
        self.chunks = [DataChunk() for _ in range(60)]
        for number, chunk in enumerate(self.chunks):
            chunk.tsn = (first_tsn + step * number) % 2**32
            chunk.protocol, chunk.user_data = 51, b"x"

    def __bytes__(self) -> bytes:
        return b"".join(map(bytes, self.chunks))


@pytest.mark.parametrize("step", [1, 2])
async def test_who_sends_messages_that_never_end_is_closed(server: Loop, client: PeerClient, step: int) -> None:
    leg = await connected(server, client)
    sctp = client.sctp
    for number in range(MAX_CHUNKS // 60 + 1):
        assert leg.reason is None
        first_tsn = sctp._local_tsn + 1 + 60 * step * number
        await sctp._send_chunk(Pieces(first_tsn, step))  # type: ignore[arg-type]  # has what is asked of a chunk
    await until(lambda: leg.reason is LegEnd.FAILED)


def as_own(client: PeerClient, name: str) -> bytes:
    """An SCTP packet that once held up the worker, as one of this client's association."""
    data = (FOUND / "sctp" / name).read_bytes()
    return with_sctp_checksum(data[:4] + client.sctp._remote_verification_tag.to_bytes(4) + data[8:])


@pytest.mark.parametrize("name", ["init-parameter-of-no-length", "heartbeat-parameter-of-no-length"])
async def test_a_packet_that_would_be_read_for_ever_is_dropped(server: Loop, client: PeerClient, name: str) -> None:
    leg = await connected(server, client)
    await client.dtls._send_data(as_own(client, name))
    await until(lambda: server.mux.dropped["sctp_malformed"] == 1)
    await loops(client, leg)


async def nothing() -> None: ...


async def test_what_a_packet_is_answered_with_leaves_in_one(server: Loop, client: PeerClient) -> None:
    """Our acknowledgement and what `ready` is answered with."""
    leg = server.open(client.offer())
    client.take(leg.answer_sdp)
    await client.bind()
    await client.check()
    await client.handshake()
    client.channel = await client.open_channel()
    packets: list[bytes] = []
    read = client.sctp._handle_data

    async def note(data: bytes) -> None:
        packets.append(data)
        await read(data)

    client.sctp._handle_data = note  # type: ignore[method-assign]
    client.say(Ready())
    await until(lambda: client.said)
    answers = [parse_packet(data)[-1] for data in packets]
    said = next(chunks for chunks in answers if any(getattr(chunk, "protocol", 0) == WEBRTC_STRING for chunk in chunks))
    assert [type(chunk) for chunk in said] == [SackChunk, DataChunk]


async def test_who_does_not_begin_an_association_is_begun_with(server: Loop, client: PeerClient) -> None:
    leg = server.open(client.offer())
    client.take(leg.answer_sdp)
    await client.bind()
    await client.check()
    await client.handshake()
    sctp = RTCSctpTransport(client.dtls, 5000)
    sctp._init = nothing  # type: ignore[method-assign]
    await sctp.start(RTCSctpCapabilities(maxMessageSize=65536), 5000)
    await until(lambda: sctp.state == "connected")
    await sctp.stop()


async def test_an_association_that_breaks_while_we_speak_ends_its_leg_and_not_who_speaks(
    server: Loop, client: PeerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    leg = await connected(server, client)

    async def broken() -> None:
        raise AssertionError

    assert leg._data is not None
    monkeypatch.setattr(leg._data._sctp, "_data_channel_flush", broken)
    leg.send_data(Moved(reason="left"))
    assert leg.reason is None, "not while the room goes over its legs"
    await until(lambda: leg.reason)
    assert leg.reason is LegEnd.FAILED


async def test_who_acknowledges_more_than_was_ever_sent_is_closed(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)
    begun = clock.now()
    await client.dtls._send_data(as_own(client, "sack-of-everything"))
    await until(lambda: leg.reason is LegEnd.FAILED)
    assert clock.now() - begun < 5.0, "reading all of it took minutes"
