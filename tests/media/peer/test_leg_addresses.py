"""Where one peer is reached, over real sockets: addresses that change, IPv6, a restart of ICE."""

import re
from ipaddress import ip_address, ip_network

import pytest

from contract.data import Ready
from contract.nodes import LegEnd, LegState
from media.peer import mux
from tests.media.peer.connected import connected, loops
from tests.support.loop import Loop
from tests.support.loopbacks import needs_ipv6
from tests.support.peer_client import PeerClient
from tests.support.until import until

pytestmark = pytest.mark.flow


async def test_a_client_that_changes_its_address_is_answered_there(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)
    before = leg.endpoint.address
    await client.bind()
    await client.check()
    await until(lambda: leg.endpoint.address != before)
    await loops(client, leg)


async def test_another_peer_cannot_take_over_an_address_in_use(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)
    other = PeerClient()
    second = server.open(other.offer())
    # The same socket checks with the other peer's credentials, as a spoofed source address would.
    other.take(second.answer_sdp)
    ufrag, client.ufrag = client.ufrag, other.ufrag
    client.remote_ufrag, client.remote_pwd = other.remote_ufrag, other.remote_pwd
    with pytest.raises(TimeoutError):
        await client.check(timeout_s=0.25)
    client.ufrag = ufrag
    await until(lambda: server.mux.dropped["stun_taken"] > 0)
    await loops(client, leg)
    await other.aclose()


@needs_ipv6
async def test_a_peer_on_ipv6_is_served_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mux, "media_hosts", lambda: ["::1"])
    server, client = Loop(), PeerClient()
    try:
        leg = server.open(client.offer())
        client.take(leg.answer_sdp, host="::1")
        await client.bind("::1")
        await client.check()
        await client.handshake()
        client.channel = await client.open_channel()
        client.say(Ready())
        await until(lambda: leg.state is LegState.CONNECTED)
        await loops(client, leg)
    finally:
        await client.aclose()
        await server.aclose()


async def test_a_client_that_names_none_of_its_addresses_is_known_by_where_its_checks_come_from(
    server: Loop, client: PeerClient
) -> None:
    """A browser that may not tell its addresses names them `….local` (mDNS), which no other network can look up."""
    named = re.sub(r"a=candidate:.*\r\n", "", client.offer())
    local = "a=candidate:1 1 udp 2113937151 b5a3c1b0-6d5e-4bd8-9f0c-0d4a5c6f7e8d.local 51234 typ host\r\n"
    leg = server.open(named.replace("a=ice-ufrag", local + "a=ice-ufrag", 1))
    await client.connect(leg.answer_sdp)
    await until(lambda: leg.state is LegState.CONNECTED)
    await loops(client, leg)


async def test_a_restart_of_ice_moves_to_another_network_with_the_same_keys_and_no_packet_lost(
    server: Loop, client: PeerClient
) -> None:
    leg = await connected(server, client)
    old = client.ufrag, client.pwd, client.remote_ufrag, client.remote_pwd
    before = leg.endpoint.address
    fragment = leg.restart_ice(*client.renew())
    new = client.ufrag, client.pwd
    assert f" udp {(126 << 24) + (65535 << 8) + 255} " in fragment, "candidates are told anew"
    assert f"a=mid:{leg.sections.all[0].mid}\r\n" in fragment
    await loops(client, leg)
    client.ufrag, client.pwd, client.remote_ufrag, client.remote_pwd = old
    await client.check()  # they hold until the new ones are used
    client.ufrag, client.pwd = new
    client.take_restart(fragment)
    await client.bind()
    await client.check(use_candidate=False)
    assert leg.endpoint.address == before, "a check alone moves nothing"
    await client.check()
    await until(lambda: leg.endpoint.address not in (None, before))
    await loops(client, leg, first=20)
    client.ufrag, client.pwd, client.remote_ufrag, client.remote_pwd = old
    with pytest.raises(TimeoutError):
        await client.check(timeout_s=0.25)
    assert server.mux.dropped["stun_unknown"] > 0
    await loops(client, leg, first=40)
    leg.close(LegEnd.LEFT)
    await until(lambda: not server.mux._by_ufrag)


async def test_a_restart_on_the_same_address_needs_no_second_proof_and_a_second_one_voids_the_first(
    server: Loop, client: PeerClient
) -> None:
    leg = await connected(server, client)
    first = leg.restart_ice(*client.renew())
    second = leg.restart_ice(*client.renew())
    assert len(server.mux._by_ufrag) == 2
    client.take_restart(first)
    with pytest.raises(TimeoutError):
        await client.check(timeout_s=0.25)
    client.take_restart(second)
    await client.check()
    assert len(server.mux._by_ufrag) == 1
    await loops(client, leg)


async def test_who_restarts_and_nominates_where_nobody_reads_moves_no_media(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)
    before = leg.endpoint.address
    client.take_restart(leg.restart_ice(*client.renew()))
    await client.bind()
    client.answers_checks = False
    await client.check()
    assert leg.endpoint.path is not None
    assert leg.endpoint.path.address != before
    assert leg.endpoint.address == before


async def test_every_address_of_this_machine_answers(server: Loop) -> None:
    for host, _port in server.mux.addresses:
        if ip_address(host) in ip_network("198.18.0.0/15"):
            continue  # a test beside this one has a network of its own there (tests/support/network.py), for now
        client = PeerClient()
        leg = server.open(client.offer())
        client.take(leg.answer_sdp, host=host)
        await client.bind("::" if ":" in host else "0.0.0.0")
        await client.check()
        await client.handshake()
        assert client.dtls.state == "connected"
        await client.aclose()
