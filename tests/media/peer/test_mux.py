"""The port of a worker by itself: bounds, and giving everything back."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator

import pytest

from media.peer import mux as port_module
from media.peer import stun
from media.peer.endpoint import FOLLOW_S, MAX_ASKED, MAX_UNPROVED, Endpoint, Way
from media.peer.mux import BATCH, LOOK_S, LOOPBACK, MAX_ADDRESSES, Mux
from media.peer.rates import CHECKS_PER_S, DTLS_PER_S
from media.peer.udp import UdpDoor
from media.plane.base import Address
from media.plane.python import PythonPlane
from runtime import clock
from tests.support.loopbacks import HAS_IPV6, needs_ipv6
from tests.support.until import until

pytestmark = pytest.mark.flow


def ignore(_data: bytes, _now: float) -> None:
    return


@pytest.fixture
async def mux() -> AsyncIterator[Mux]:
    made = Mux(0)
    try:
        yield made
    finally:
        made.close()


def endpoint_of(mux: Mux) -> Endpoint:
    endpoint = mux.open(on_rtp=ignore, on_rtcp=ignore)
    endpoint.credentials.remote_ufrag, endpoint.credentials.remote_pwd = "them", "their password, of 22 characters"
    return endpoint


def knock(
    mux: Mux, endpoint: Endpoint, source: socket.socket, *, use_candidate: bool = False, host: str = LOOPBACK
) -> None:
    name = f"{endpoint.credentials.ufrag}:them"
    request = stun.request(secrets.token_bytes(12), name, endpoint.credentials.pwd, use_candidate=use_candidate)
    source.sendto(request, (host, mux.port))


async def test_a_peer_has_a_bounded_number_of_addresses_and_keeps_the_nominated_one(mux: Mux) -> None:
    endpoint = endpoint_of(mux)
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(MAX_ADDRESSES + 5)]
    try:
        for number, source in enumerate(sockets):
            source.bind((LOOPBACK, 0))
            knock(mux, endpoint, source, use_candidate=number == 0)
            address = source.getsockname()
            await until(lambda address=address: any(way[1] == address for way in endpoint.ways))  # type: ignore[misc]
        assert len(endpoint.ways) == MAX_ADDRESSES
        assert endpoint.path is not None
        assert endpoint.path.address == sockets[0].getsockname()
        assert endpoint.path.address in [way[1] for way in endpoint.ways]
        for door, address in endpoint.ways:
            assert door.by_address[address] is endpoint
    finally:
        for source in sockets:
            source.close()
    endpoint.close()
    assert not endpoint.ways
    assert not any(door.by_address for door in mux._doors.values())


async def test_one_client_address_seen_through_many_of_ours_is_bounded_too(mux: Mux) -> None:
    endpoint = endpoint_of(mux)
    address = ("192.0.2.1", 5000)
    doors = [UdpDoor(LOOPBACK, 0) for _ in range(MAX_ADDRESSES + 5)]
    endpoint.address, endpoint.sendto = address, doors[0].sendto
    for door in doors:
        mux._validate(Way(door, address, endpoint.credentials), endpoint)
        door.socket.close()
    assert len(endpoint.ways) == MAX_ADDRESSES
    assert (doors[0], address) in endpoint.ways


async def test_dtls_is_taken_as_it_comes_until_the_end(mux: Mux) -> None:
    endpoint = endpoint_of(mux)
    endpoint.put_dtls(b"\x16 nobody", clock.now())
    taken: list[bytes] = []
    endpoint.on_dtls = taken.append
    endpoint.put_dtls(b"\x16 one", clock.now())
    endpoint.close()
    endpoint.put_dtls(b"\x16 late", clock.now())
    assert taken == [b"\x16 one"]


async def test_sending_before_the_first_check_or_after_the_end_is_counted(mux: Mux) -> None:
    endpoint = endpoint_of(mux)
    endpoint.send(b"x")
    endpoint.close()
    endpoint.send(b"x")
    assert mux.dropped["unreachable"] == 2


async def test_a_closed_port_can_be_had_again_and_a_taken_one_is_an_error(mux: Mux) -> None:
    with pytest.raises(OSError):
        Mux(mux.port)
    port = mux.port
    mux.close()
    again = Mux(port)
    assert again.port == port
    again.close()


async def test_named_addresses_are_offered_instead_of_our_own() -> None:
    mux = Mux(0, offered=["203.0.113.5"])
    assert mux.addresses == (("203.0.113.5", mux.port),)
    mux.close()


async def test_other_machines_ways_are_offered_before_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = ["127.0.0.9", "::1"] if HAS_IPV6 else ["127.0.0.9"]
    monkeypatch.setattr(port_module, "media_hosts", lambda: hosts)
    mux = Mux(0)
    assert [host for host, _ in mux.addresses] == [*hosts, LOOPBACK]
    mux.close()


async def test_the_port_follows_the_addresses_of_the_machine_and_keeps_what_is_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hosts = ["127.0.0.2", "127.0.0.3", "203.0.113.9"]
    monkeypatch.setattr(port_module, "media_hosts", lambda: hosts)
    mux = Mux(0)
    try:
        assert mux.doors == {LOOPBACK, "127.0.0.2", "127.0.0.3"}, "the last is not bound to us (yet)"
        endpoint = endpoint_of(mux)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source:
            knock(mux, endpoint, source, host="127.0.0.2")
            await until(lambda: endpoint.path is not None)
            hosts[:] = ["127.0.0.4"]
            mux.refresh()
            assert mux.doors == {LOOPBACK, "127.0.0.2", "127.0.0.4"}
            assert [host for host, _ in mux.addresses] == ["127.0.0.4", LOOPBACK]
            endpoint.close()
            mux.refresh()
            assert mux.doors == {LOOPBACK, "127.0.0.4"}
    finally:
        mux.close()


async def test_a_crowd_does_not_look_at_the_addresses_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts: list[str] = []
    monkeypatch.setattr(port_module, "media_hosts", lambda: list(hosts))
    mux = Mux(0)
    try:
        mux.keep_fresh(100.0)
        hosts[:] = ["127.0.0.2"]
        mux.keep_fresh(100.0 + 0.9 * LOOK_S)
        assert mux.doors == {LOOPBACK}
        mux.keep_fresh(100.0 + LOOK_S)
        assert mux.doors == {LOOPBACK, "127.0.0.2"}
    finally:
        mux.close()


@needs_ipv6
async def test_a_check_over_ipv6_says_where_it_came_from_and_media_goes_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port_module, "media_hosts", lambda: ["::1"])
    plane = ToldPlane()
    mux = Mux(0, plane=plane)
    try:
        endpoint = endpoint_of(mux)
        endpoint.arm(123)
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as source:
            source.setblocking(False)
            source.bind(("::1", 0))
            knock(mux, endpoint, source, use_candidate=True, host="::1")
            await until(lambda: endpoint.path is not None)
            came = received(source)
            told = next(answer for data in came if (answer := stun.parse_success(data)))
            assert stun.authentic(told, endpoint.credentials.pwd)
            here = source.getsockname()
            assert stun.success(told.transaction, here, endpoint.credentials.pwd) in came
            ours = next(request for data in came if (request := stun.parse(data)))
            source.sendto(stun.success(ours.transaction, here, endpoint.credentials.remote_pwd), ("::1", mux.port))
            await until(lambda: endpoint.address == here)
            assert endpoint.path is not None
            assert plane.told[-1] == ("aim", 7, endpoint.path.door.fd, here)
    finally:
        mux.close()


def silent_victim(mux: Mux, endpoint: Endpoint) -> socket.socket:
    """A socket from whose address somebody checked and nominated, as by a forged source address."""
    victim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    victim.setblocking(False)
    victim.bind((LOOPBACK, 0))
    knock(mux, endpoint, victim, use_candidate=True)
    return victim


def received(source: socket.socket) -> list[bytes]:
    """Everything that came by now."""
    found = []
    while True:
        try:
            found.append(source.recv(2048))
        except BlockingIOError:
            return found


async def test_who_never_answers_us_gets_a_few_datagrams_and_no_media(mux: Mux) -> None:
    endpoint = endpoint_of(mux)
    with silent_victim(mux, endpoint) as victim:
        await until(lambda: endpoint.path is not None)
        for _ in range(300):
            endpoint.send(b"\x16 part of a handshake")
            await asyncio.sleep(0.005)
        assert endpoint.sendto is None, "media would go there"
        assert 0 < len(received(victim)) <= 1 + MAX_ASKED + MAX_UNPROVED < 50
        assert mux.dropped["unproved"] == 300 - MAX_UNPROVED


async def test_that_a_peer_can_be_reached_is_told_once(mux: Mux) -> None:
    endpoint = endpoint_of(mux)
    told: list[bool] = []
    endpoint.on_reachable = lambda: told.append(endpoint.path is not None)
    with silent_victim(mux, endpoint) as first, silent_victim(mux, endpoint) as second:
        for source in (first, second, first):
            here = source.getsockname()
            knock(mux, endpoint, source, use_candidate=True)
            await until(lambda here=here: endpoint.path is not None and endpoint.path.address == here)  # type: ignore[misc]
    assert told == [True]


async def test_media_goes_where_our_check_was_answered(mux: Mux) -> None:
    endpoint = endpoint_of(mux)
    with silent_victim(mux, endpoint) as source:
        await until(lambda: endpoint.path is not None)
        ours = next(request for data in received(source) if (request := stun.parse(data)))
        assert (ours.local_ufrag, ours.remote_ufrag) == ("them", endpoint.credentials.ufrag)
        assert stun.authentic(ours, endpoint.credentials.remote_pwd)
        here = source.getsockname()
        for transaction, pwd, kind in (
            (bytes(12), endpoint.credentials.remote_pwd, "stun_unknown"),
            (ours.transaction, endpoint.credentials.pwd, "stun_integrity"),
        ):
            source.sendto(stun.success(transaction, here, pwd), (LOOPBACK, mux.port))
            await until(lambda kind=kind: mux.dropped[kind] == 1)  # type: ignore[misc]  # bound now
            assert endpoint.address is None
        source.sendto(stun.success(ours.transaction, here, endpoint.credentials.remote_pwd), (LOOPBACK, mux.port))
        await until(lambda: endpoint.address == here)


async def test_a_nomination_that_nobody_answers_moves_no_media(mux: Mux) -> None:
    endpoint = endpoint_of(mux)
    with silent_victim(mux, endpoint) as source:
        await until(lambda: endpoint.path is not None)
        ours = next(request for data in received(source) if (request := stun.parse(data)))
        answer = stun.success(ours.transaction, source.getsockname(), endpoint.credentials.remote_pwd)
        source.sendto(answer, (LOOPBACK, mux.port))
        await until(lambda: endpoint.address)
        with silent_victim(mux, endpoint) as victim:
            await until(lambda: endpoint.path is not None and endpoint.path.address == victim.getsockname())
            assert endpoint.address == source.getsockname()


async def test_media_follows_the_peers_own_where_the_nominated_way_has_fallen_silent(mux: Mux) -> None:
    endpoint = endpoint_of(mux)
    door = UdpDoor(LOOPBACK, 0)
    first, second = (Way(door, ("192.0.2.1", port), endpoint.credentials) for port in (5000, 5001))
    for way in (first, second):
        mux._validate(way, endpoint)
    endpoint.nominate(first)
    endpoint.prove(first)
    now = clock.now()

    def goes_to(way: Way, after: float) -> Address | None:
        """Where media goes once some of the peer's came this way, so many FOLLOW_S from now."""
        endpoint.coming = way.door, way.address
        endpoint.heard_media(now + after * FOLLOW_S)
        return endpoint.address

    assert goes_to(second, 3) == first.address, "nobody has answered us there"
    endpoint.prove(second)
    assert goes_to(first, 4) == goes_to(second, 4.5) == first.address, "the nominated way is in use"
    assert goes_to(second, 6) == second.address
    assert goes_to(first, 6.2) == second.address, "something that was late"
    door.socket.close()


class ToldPlane(PythonPlane):
    """Remembers what it is told of legs."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[object, ...]] = []

    def open(self, session: int, reading: int = 0) -> int:
        self.told.append(("open", session))
        return 7

    def aim(self, handle: int, fd: int | None, address: Address | None) -> None:
        self.told.append(("aim", handle, fd, address))

    def close(self, handle: int) -> None:
        self.told.append(("close", handle))


async def test_the_plane_sends_where_we_would_and_only_while_we_would() -> None:
    plane = ToldPlane()
    mux = Mux(0, plane=plane)
    try:
        endpoint = endpoint_of(mux)
        endpoint.arm(123)
        assert plane.told == [("open", 123), ("aim", 7, None, None)]
        with silent_victim(mux, endpoint) as source:
            await until(lambda: endpoint.path is not None)
            assert len(plane.told) == 2, "it did not answer us yet"
            assert endpoint.path is not None
            here = source.getsockname()
            answer = stun.success(endpoint.path.transaction, here, endpoint.credentials.remote_pwd)
            source.sendto(answer, (LOOPBACK, mux.port))
            await until(lambda: len(plane.told) == 3)
            door = endpoint.path.door
            assert plane.told[2] == ("aim", 7, door.fd, here)
            endpoint.lose(endpoint.path)
            assert plane.told[3] == ("aim", 7, None, None)
        endpoint.disarm()
        endpoint.close()
        assert plane.told[4:] == [("close", 7)]
    finally:
        mux.close()


class SlowPlane(PythonPlane):
    """While it sends, another datagram comes."""

    def __init__(self, source: socket.socket, times: int) -> None:
        super().__init__()
        self.source = source
        self.times = times
        self.to = (LOOPBACK, 0)

    def flush(self) -> bool:
        self.times -= 1
        if self.times >= 0:
            self.source.sendto(b"stranger", self.to)
        return True


@pytest.mark.parametrize(("times", "read"), [(3, 4), (10_000, BATCH)])
async def test_what_comes_while_packets_leave_is_read_at_once_but_not_for_ever(times: int, read: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source:
        plane = SlowPlane(source, times)
        mux = Mux(0, plane=plane)
        try:
            plane.to = (LOOPBACK, mux.port)
            source.sendto(b"stranger", plane.to)
            mux._readable(mux._doors[LOOPBACK])
            assert mux.dropped == {"stranger": read}
        finally:
            mux.close()


class NotedPlane(PythonPlane):
    """Notes when what was queued leaves."""

    def __init__(self, noted: list[str]) -> None:
        super().__init__()
        self.noted = noted

    def flush(self) -> bool:
        self.noted.append("flush")
        return super().flush()


async def test_media_that_was_read_before_a_handshake_leaves_before_it() -> None:
    noted: list[str] = []
    mux = Mux(0, plane=NotedPlane(noted))
    try:
        endpoint = endpoint_of(mux)
        endpoint.on_dtls = lambda _data: noted.append("handshake")
        with silent_victim(mux, endpoint) as source:
            await until(lambda: endpoint.path is not None)
            noted.clear()
            mux._take(mux._doors[LOOPBACK], b"\x16 a flight", source.getsockname(), clock.now())
        assert noted == ["flush", "handshake"]
    finally:
        mux.close()


async def test_checks_and_handshakes_are_taken_at_a_bounded_rate(mux: Mux) -> None:
    endpoint = endpoint_of(mux)
    with silent_victim(mux, endpoint) as source:
        begun, knocks = clock.now(), 0
        while not mux.dropped["stun_rate"]:
            knock(mux, endpoint, source)
            knocks += 1
            await asyncio.sleep(0)
            assert knocks < 2 * CHECKS_PER_S * (1 + clock.now() - begun), "more than twice as many as may be"
    now = clock.now()
    for _ in range(DTLS_PER_S + 5):
        endpoint.put_dtls(b"\x16", now)
    assert mux.dropped["dtls_rate"] >= 5
