"""The port of a worker by itself: bounds, and giving everything back."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator

import pytest

from media.peer import stun
from media.peer.mux import DTLS_QUEUE, LOOPBACK, MAX_ADDRESSES, Door, Endpoint, Mux
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
    endpoint.remote_ufrag = "them"
    return endpoint


def knock(mux: Mux, endpoint: Endpoint, source: socket.socket, *, use_candidate: bool = False) -> None:
    name = f"{endpoint.ufrag}:them"
    request = stun.request(secrets.token_bytes(12), name, endpoint.pwd, use_candidate=use_candidate)
    source.sendto(request, (LOOPBACK, mux.port))


async def test_a_peer_has_a_bounded_number_of_addresses_and_keeps_the_nominated_one(mux: Mux) -> None:
    endpoint = endpoint_of(mux)
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(MAX_ADDRESSES + 5)]
    try:
        for number, source in enumerate(sockets):
            source.bind((LOOPBACK, 0))
            knock(mux, endpoint, source, use_candidate=number == 0)
            address = source.getsockname()
            await until(lambda address=address: any(way[1] == address for way in endpoint.doors))  # type: ignore[misc]
        assert len(endpoint.doors) == MAX_ADDRESSES
        assert endpoint.address == sockets[0].getsockname()
        assert endpoint.address in [way[1] for way in endpoint.doors]
        for door, address in endpoint.doors:
            assert door.by_address[address] is endpoint
    finally:
        for source in sockets:
            source.close()
    endpoint.close()
    assert not endpoint.doors
    assert not any(door.by_address for door in mux._doors.values())


async def test_one_client_address_seen_through_many_of_ours_is_bounded_too(mux: Mux) -> None:
    endpoint = endpoint_of(mux)
    address = ("192.0.2.1", 5000)
    doors = [Door(LOOPBACK, 0) for _ in range(MAX_ADDRESSES + 5)]
    endpoint.address, endpoint.sendto = address, doors[0].sendto
    for door in doors:
        mux._validate(door, address, endpoint)
        door.socket.close()
    assert len(endpoint.doors) == MAX_ADDRESSES
    assert (doors[0], address) in endpoint.doors


async def test_dtls_waits_in_a_bounded_queue(mux: Mux) -> None:
    endpoint = endpoint_of(mux)
    for _ in range(DTLS_QUEUE + 3):
        endpoint.put_dtls(b"\x16")
    assert mux.dropped["dtls_queue"] == 3
    assert await endpoint._recv() == b"\x16"
    endpoint.close()
    with pytest.raises(ConnectionError):
        await endpoint._recv()


async def test_a_waiting_reader_is_told_of_the_end(mux: Mux) -> None:
    endpoint = endpoint_of(mux)
    asyncio.get_running_loop().call_soon(endpoint.close)
    with pytest.raises(ConnectionError):
        await endpoint._recv()


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
