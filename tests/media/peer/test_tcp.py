"""Media over TCP, for networks without UDP: the same peer through a connection, and connections that mean harm."""

import asyncio
import errno
import socket
import struct

import pytest

from contract.nodes import LegEnd, LegState
from media.peer import listener, tcp
from media.peer.frames import frame
from media.peer.leg import Leg
from media.peer.mux import LOOPBACK, Mux
from media.peer.tcp import FRAMES_PER_S, MAX_STRANGE, MAX_WAITING_BYTES, PICTURES_WAITING_BYTES, TcpDoor
from tests.media.peer.connected import audio, loops
from tests.media.peer.test_mux import endpoint_of
from tests.support.loop import Loop
from tests.support.loopbacks import LOOPBACKS
from tests.support.peer_client import PeerClient
from tests.support.until import until

pytestmark = pytest.mark.flow


async def connected(server: Loop, client: PeerClient, host: str = LOOPBACK) -> Leg:
    """A leg whose only way is a TCP connection."""
    leg = server.open(client.offer())
    client.take(leg.answer_sdp)
    await client.bind_tcp(host)
    await client.connect(leg.answer_sdp)
    await until(lambda: leg.state is LegState.CONNECTED)
    return leg


async def raw(port: int, *, source: str = LOOPBACK) -> socket.socket:
    """A connection of nobody."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setblocking(False)
    made.bind((source, 0))
    await asyncio.get_running_loop().sock_connect(made, (LOOPBACK, port))
    return made


async def ended(connection: socket.socket) -> bool:
    """Wait until the server closes or resets it."""
    try:
        async with asyncio.timeout(20.0):
            return await asyncio.get_running_loop().sock_recv(connection, 1) == b""
    except ConnectionError:
        return True


def connections(mux: Mux) -> int:
    assert mux._listener is not None
    return mux._listener.connections


@pytest.mark.parametrize("host", LOOPBACKS)
async def test_a_peer_without_udp_connects_and_its_sound_comes_back(
    server: Loop, client: PeerClient, host: str
) -> None:
    leg = await connected(server, client, host)
    assert leg.endpoint.path is not None
    assert leg.endpoint.path.door.fd is None
    await loops(client, leg)


async def test_every_answer_tells_the_port_for_tcp_too_below_udp_and_not_on_loopback(
    server: Loop, client: PeerClient
) -> None:
    lines = [line for line in server.open(client.offer()).answer_sdp.split("\r\n") if line.startswith("a=candidate")]
    fields = [line.split() for line in lines]
    udp = {(line[4], line[5]): int(line[3]) for line in fields if line[2] == "udp"}
    over_tcp = {(line[4], line[5]): int(line[3]) for line in fields if line[2] == "tcp"}
    assert over_tcp.keys() == ({way for way in udp if way[0] != LOOPBACK} or udp.keys())
    assert max(over_tcp.values()) < min(udp.values())
    assert len({line[0] for line in fields}) == len(fields), "foundations differ"
    assert all(line[-2:] == ["tcptype", "passive"] for line in fields if line[2] == "tcp")


async def test_media_moves_from_udp_to_tcp_and_back_with_the_nomination(server: Loop, client: PeerClient) -> None:
    leg = server.open(client.offer())
    await client.connect(leg.answer_sdp)
    await until(lambda: leg.state is LegState.CONNECTED)
    await loops(client, leg)
    before = leg.endpoint.address
    await client.bind_tcp()
    await client.check()
    await until(lambda: leg.endpoint.address not in (None, before))
    await loops(client, leg, first=20)
    assert leg.endpoint.path is not None
    assert isinstance(leg.endpoint.path.door, TcpDoor)
    await client.bind()
    await client.check()
    await until(lambda: leg.endpoint.path is not None and leg.endpoint.path.door.fd is not None)
    await until(lambda: leg.endpoint.path is not None and leg.endpoint.address == leg.endpoint.path.address)
    await loops(client, leg, first=40)


async def test_frames_may_come_in_any_pieces(server: Loop, client: PeerClient) -> None:
    leg = server.open(client.offer())
    client.take(leg.answer_sdp)
    await client.bind_tcp(piece_bytes=1)
    await client.connect(leg.answer_sdp)
    await loops(client, leg)


async def test_the_end_of_a_leg_closes_its_connection_and_that_of_the_connection_leaves_the_leg_for_other_ways(
    server: Loop, client: PeerClient
) -> None:
    leg = await connected(server, client)
    await client.bind_tcp()
    await client.check()
    await until(lambda: connections(server.mux) == 2)
    await until(lambda: len(leg.endpoint.ways) == 2)
    client.drop_transport()
    await until(lambda: len(leg.endpoint.ways) == 1)
    assert leg.endpoint.address is None, "what was nominated is gone"
    assert connections(server.mux) == 1
    await client.check()
    await until(lambda: leg.endpoint.address)
    await loops(client, leg)
    leg.close(LegEnd.LEFT)
    await until(lambda: connections(server.mux) == 0)
    assert not [kind for kind in server.mux.dropped if kind.startswith("tcp_")], "nobody did harm"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"GET / HTTP/1.1\r\nHost: passline\r\n\r\n", "malformed"),
        (struct.pack("!H", 1501), "malformed"),
        (MAX_STRANGE * frame(b"\x16\xfe\xfd" + bytes(50)), "stranger"),
        (MAX_STRANGE * frame(b"\x80\x6f" + bytes(1498)), "stranger"),
        (MAX_STRANGE * frame(b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(20)), "stranger"),
        (frame(b"") * 3 * FRAMES_PER_S, "flood"),
    ],
    ids=["http", "too long", "dtls", "rtp", "stun", "empty frames"],
)
async def test_what_is_no_peer_is_closed_with_a_reason_and_the_call_beside_goes_on(
    server: Loop, client: PeerClient, sent: bytes, reason: str
) -> None:
    leg = await connected(server, client)
    with await raw(server.mux.port) as connection:
        await asyncio.get_running_loop().sock_sendall(connection, sent)
        assert await ended(connection)
    await until(lambda: server.mux.dropped[f"tcp_{reason}"] == 1)
    assert connections(server.mux) == 1
    await loops(client, leg)
    assert not server.mux.dropped["bug"]


@pytest.mark.parametrize("sent", [b"", b"\x00", b"\x00\x64half"])
async def test_who_does_not_prove_to_be_a_peer_in_time_is_closed(
    server: Loop, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(tcp, "FIRST_S", 0.05)
    with await raw(server.mux.port) as connection:
        await asyncio.get_running_loop().sock_sendall(connection, sent)
        assert await ended(connection)
    await until(lambda: server.mux.dropped["tcp_stranger"] == 1)


async def test_a_peer_that_falls_silent_on_a_way_loses_it(
    server: Loop, client: PeerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    leg = await connected(server, client)
    assert leg.endpoint.path is not None
    door = leg.endpoint.path.door
    assert isinstance(door, TcpDoor)
    door._look()
    assert connections(server.mux) == 1, "it was heard just now"
    monkeypatch.setattr(tcp, "IDLE_S", 0.0)
    door._look()
    assert server.mux.dropped["tcp_idle"] == 1
    assert not leg.endpoint.ways


async def test_a_crowd_from_one_address_pushes_out_its_own_oldest_and_nobody_else(
    server: Loop, client: PeerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "MAX_STRANGERS", 6)
    leg = await connected(server, client)
    quiet = await raw(server.mux.port, source="127.0.0.7")
    crowd = [await raw(server.mux.port, source="127.0.0.8") for _ in range(40)]
    try:
        await until(lambda: server.mux.dropped["tcp_crowded"] == 35)
        assert connections(server.mux) == 7
        assert await ended(crowd[0])
        with pytest.raises(BlockingIOError):
            quiet.recv(1)
        await loops(client, leg)
        # One of the crowd turns out to be somebody: it is no stranger any more.
        other = PeerClient()
        second = await connected(server, other)
        await loops(other, second)
        await other.aclose()
    finally:
        for connection in (quiet, *crowd):
            connection.close()


async def test_the_number_of_connections_is_bounded(
    server: Loop, client: PeerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    leg = await connected(server, client)
    monkeypatch.setattr(listener, "MAX_CONNECTIONS", 1)
    with await raw(server.mux.port) as connection:
        assert await ended(connection)
    assert server.mux.dropped["tcp_crowded"] == 1
    await loops(client, leg)


async def test_without_descriptors_nothing_is_accepted_for_a_while(
    server: Loop, client: PeerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "REST_S", 0.05)

    class Full:
        def accept(self) -> None:
            raise OSError(errno.EMFILE, "too many open files")

    assert server.mux._listener is not None
    server.mux._listener._accept(Full())  # type: ignore[arg-type]  # has what is asked of a socket
    assert server.mux.dropped["tcp_no_room"] == 1
    leg = await connected(server, client)
    await loops(client, leg)


def fill(door: TcpDoor, size: int) -> int:
    """How many datagrams of this size it takes until it takes none."""
    for sent in range(100_000):
        try:
            door.sendto(bytes(size), door.address)
        except BlockingIOError:
            return sent
    raise AssertionError("it takes them without end")


async def test_who_does_not_read_costs_a_bounded_queue_gets_sound_longer_than_pictures_and_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tcp, "SLOW_S", 0.0)
    mux = Mux(0)
    try:
        endpoint = endpoint_of(mux)
        connection = await raw(mux.port)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client = PeerClient()
        client.remote_ufrag, client.remote_pwd = endpoint.credentials.ufrag, endpoint.credentials.pwd
        client.ufrag, client.pwd = endpoint.credentials.remote_ufrag, endpoint.credentials.remote_pwd
        await client.adopt_tcp(connection)
        await client.check()
        assert endpoint.path is not None
        door = endpoint.path.door
        assert isinstance(door, TcpDoor)
        await until(lambda: endpoint.address)
        client.pause()
        fill(door, 1200)
        assert fill(door, 100) > 0, "sound still goes where pictures do not"
        assert PICTURES_WAITING_BYTES < len(door._waiting) <= MAX_WAITING_BYTES
        endpoint.send(bytes(1200))
        assert mux.dropped["send_full"] == 1
        door._look()
        assert mux.dropped["tcp_slow"] == 1
        assert not endpoint.ways
        with pytest.raises(ConnectionError):
            door.sendto(b"x", door.address)
        await client.aclose()
    finally:
        mux.close()


async def test_a_taken_tcp_port_is_an_error_like_a_taken_udp_port() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            Mux(port)
    again = Mux(port)
    again.close()


async def test_a_packet_for_the_leg_that_left_is_counted(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)
    client.drop_transport()
    await until(lambda: connections(server.mux) == 0)
    before = server.mux.dropped["unproved"]
    leg.send_rtp(audio(leg, 1))
    assert server.mux.dropped["unproved"] == before + 1
    await client.bind()
