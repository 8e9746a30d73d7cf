"""One peer over real sockets: from its offer to its end, and what strangers may not do to it."""

import asyncio
import gc
import socket
import struct
import weakref

import pytest

from contract.data import Moved, Slots
from contract.media import MediaUse
from contract.nodes import SILENT_S, LegEnd, LegState
from media.peer.leg import CONNECT_S, DEAD_S, Leg
from media.peer.rates import REPORTS_PER_S, Ingress
from media.peer.srtp import PROTECT, UNPROTECT, UNPROTECT_RTCP
from media.plane.native import NativePlane
from media.rtp.rtcp import Nack, ReceiverReport, Remb, ReportBlock, pack_rtcp
from runtime import clock
from tests.media.hostile.strange import STRANGE
from tests.media.peer.connected import audio, connected, loops, quickly
from tests.support.loop import Loop
from tests.support.peer_client import PeerClient
from tests.support.plain_offer import Media, offer
from tests.support.until import until

pytestmark = pytest.mark.flow


async def test_a_peer_connects_within_a_second_hears_its_slots_and_its_sound_comes_back(
    server: Loop, client: PeerClient
) -> None:
    leg, took_s = await quickly(server, client, 1.0)
    assert took_s < 1.0
    await until(lambda: client.said)
    assert isinstance(client.said[0], Slots)
    await loops(client, leg)


async def test_our_cipher_is_the_cheap_one_when_the_client_has_it(server: Loop, client: PeerClient) -> None:
    await connected(server, client)
    assert client.dtls._ssl is not None
    assert client.dtls._ssl.get_selected_srtp_profile() == b"SRTP_AEAD_AES_128_GCM"


async def test_a_client_without_gcm_falls_back_to_cm_sha1_80(server: Loop, client: PeerClient) -> None:
    client.dtls._srtp_profiles = [profile for profile in client.dtls._srtp_profiles if profile.key_length == 16][1:]
    leg = await connected(server, client)
    await loops(client, leg)


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_lost_flight_costs_tenths_of_a_second_not_a_second(server: Loop, lost: int) -> None:
    class Losing(PeerClient):
        def __init__(self) -> None:
            super().__init__(lose=self._lose)
            self.left = lost

        def _lose(self, data: bytes) -> bool:
            if 19 < data[0] < 64 and self.left:
                self.left -= 1
                return True
            return False

    client = Losing()
    limit_s = 0.1 * (2**lost) + 0.5
    try:
        leg, took_s = await quickly(server, client, limit_s)
        assert took_s < limit_s
        assert not client.left
        await loops(client, leg)
    finally:
        await client.aclose()


async def test_a_wrong_fingerprint_gets_no_media(server: Loop, client: PeerClient) -> None:
    leg = server.open(client.offer(fingerprint=":".join(["00"] * 32)))
    client.take(leg.answer_sdp)
    await client.bind()
    await client.check()
    await client.handshake()
    await until(lambda: leg.state is LegState.CLOSED)
    assert leg.reason is LegEnd.FAILED
    assert not server.packets


async def test_a_check_with_a_wrong_password_is_not_answered_and_opens_nothing(
    server: Loop, client: PeerClient
) -> None:
    leg = server.open(client.offer())
    client.take(leg.answer_sdp)
    await client.bind()
    with pytest.raises(TimeoutError):
        await client.check(pwd="guess" * 5, timeout_s=0.25)
    await until(lambda: server.mux.dropped["stun_integrity"] > 0)
    assert leg.endpoint.address is None


@pytest.mark.parametrize("what", STRANGE)
async def test_a_strangers_datagram_disturbs_nobody(server: Loop, client: PeerClient, what: str) -> None:
    leg = server.open(client.offer())
    client.take(leg.answer_sdp)
    await client.bind()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        target = "127.0.0.1", server.mux.port

        def throw() -> None:
            for _ in range(5):
                stranger.sendto(STRANGE[what], target)

        throw()
        await client.check()
        throw()
        await client.connect(leg.answer_sdp)
        throw()
        await until(lambda: sum(server.mux.dropped.values()) >= 15)
        assert server.mux.dropped["bug"] == 0
        await until(lambda: leg.state is LegState.CONNECTED)
        await loops(client, leg)


@pytest.mark.parametrize("what", STRANGE)
async def test_the_same_datagram_from_the_peers_own_address_ends_nothing_but_itself(
    server: Loop, client: PeerClient, what: str
) -> None:
    leg = await connected(server, client)
    for _ in range(3):
        client.send(STRANGE[what])
    await loops(client, leg)
    # A fatal alert without the keys of the connection is noise too.
    assert leg.state is LegState.CONNECTED
    assert server.mux.dropped["bug"] == 0


async def test_the_clients_goodbye_closes_the_leg_at_once(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)
    await client.aclose()
    await until(lambda: leg.state is LegState.CLOSED)
    assert leg.reason is LegEnd.CLIENT_CLOSED


async def test_a_closed_leg_says_why_and_close_notify(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)
    leg.close(LegEnd.RESTARTING)
    leg.close(LegEnd.LEFT)
    await until(lambda: Moved(reason="restarting") in client.said)
    await until(lambda: client.dtls.state == "closed")
    assert leg.reason is LegEnd.RESTARTING
    await until(lambda: not server.mux._by_ufrag)
    leg.send_rtp(audio(leg, 1))
    leg.send_rtcp(b"\x80\xc9\x00\x01" + bytes(4))


async def test_a_leg_that_was_closed_gets_no_keys_any_more(
    server: Loop, client: PeerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    leg = server.open(client.offer())
    leg.close(LegEnd.LEFT)
    monkeypatch.setattr(leg._dtls, "keys", lambda: pytest.fail("keys"))
    leg._up()


async def test_a_leg_that_its_room_closes_as_it_comes_up_opens_no_channel(
    server: Loop, client: PeerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    monkeypatch.setattr(Leg, "_open_data", lambda _leg, remote_port: opened.append(remote_port))
    monkeypatch.setattr(server, "leg_up", lambda leg: leg.close(LegEnd.ROOM_CLOSED))
    leg = server.open(client.offer())
    client.take(leg.answer_sdp)
    await client.bind()
    await client.check()
    await client.handshake()
    await until(lambda: leg.reason is LegEnd.ROOM_CLOSED)
    assert not opened


async def test_a_closed_leg_is_freed_without_the_collector(server: Loop, client: PeerClient) -> None:
    gc.disable()
    try:
        leg = await connected(server, client)
        dtls, alive = weakref.ref(leg._dtls), weakref.ref(leg)
        leg.close(LegEnd.LEFT)
        del leg
        await until(lambda: alive() is None and dtls() is None)
    finally:
        gc.enable()


async def test_who_never_connects_is_closed_after_fifteen_seconds(server: Loop, client: PeerClient) -> None:
    leg = server.open(client.offer())
    now = clock.now()
    leg.check(now + CONNECT_S - 1)
    assert leg.state is LegState.CONNECTING
    leg.check(now + CONNECT_S)
    assert leg.reason is LegEnd.TIMEOUT
    await until(lambda: not server.mux._by_ufrag)


async def test_silence_is_reported_undone_and_in_the_end_deadly(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)

    def state_at(silent_s: float) -> LegState:
        leg.check(leg.endpoint.heard + silent_s)
        return leg.state

    assert state_at(SILENT_S) is LegState.SILENT
    await client.check()
    assert state_at(0) is LegState.CONNECTED
    assert state_at(DEAD_S) is LegState.SILENT
    assert state_at(DEAD_S) is LegState.CLOSED
    assert leg.reason is LegEnd.TIMEOUT


async def test_a_publisher_that_sends_too_much_is_cut_to_the_rate(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)
    leg.ingress = Ingress(packets_per_s=100)
    begun = clock.now()
    for sequence in range(500):
        await client.send_rtp(audio(leg, sequence))
        if sequence % 20 == 0:
            await asyncio.sleep(0.001)
    await until(lambda: server.packets["rtp"] + server.mux.dropped["rtp_rate"] == 500)
    assert 100 <= server.packets["rtp"] <= 101 + 100 * (clock.now() - begun)
    report = struct.pack("!BBHL", 0x80, 201, 1, 1)
    begun = clock.now()
    for number in range(3 * REPORTS_PER_S):
        await client.send_rtp(report)
        if number % 20 == 0:
            await asyncio.sleep(0.001)
    await until(lambda: server.packets["rtcp"] + server.mux.dropped["rtcp_rate"] == 3 * REPORTS_PER_S)
    assert server.packets["rtcp"] <= 1 + REPORTS_PER_S * (1 + clock.now() - begun)


async def test_reports_wait_in_the_plane_and_are_told_before_what_comes_next(client: PeerClient) -> None:
    server = Loop(plane=NativePlane(PROTECT, UNPROTECT, unprotect_rtcp=UNPROTECT_RTCP))
    try:
        leg = await connected(server, client)
        report = ReceiverReport(1, (ReportBlock(2, 3, 4, 5, 6, 7, 8),))
        await client.send_rtp(pack_rtcp(report) + pack_rtcp(Remb(1, 500_000, (2,))))
        await client.send_rtp(pack_rtcp(report) + pack_rtcp(Nack(1, 2, (3,))))
        await until(lambda: server.packets["rtcp"])
        assert server.packets["rtcp"] == 1
        assert server.reports == [ReceiverReport(0, report.blocks), Remb(0, 500_000, ())]
        leg.on_report = _break
        heard_at = leg.heard_at
        await client.send_rtp(pack_rtcp(report))
        await until(lambda: leg.heard_at > heard_at)
        server.mux.plane.report()
        assert server.mux.dropped["bug"] == 1, "of which nobody else hears"
        heard_at = leg.heard_at
        await client.send_rtp(pack_rtcp(report))
        await until(lambda: leg.heard_at > heard_at)
        leg.close(LegEnd.LEFT)
        await until(lambda: not server.legs)
        server.mux.plane.report()
        assert server.mux.dropped["bug"] == 1, "nobody is there to hear it"
    finally:
        await server.aclose()


async def test_forged_packets_do_not_use_up_a_publishers_share(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)
    leg.ingress = Ingress(packets_per_s=100)
    for number in range(400):
        client.send(struct.pack("!BBHLL", 0x80, 111, number, 0, 1) + bytes(40))
        if number % 20 == 0:
            await asyncio.sleep(0.001)
    await until(lambda: server.mux.dropped["srtp_receive"] == 400)
    await loops(client, leg)
    assert not server.mux.dropped["rtp_rate"]


async def test_replayed_and_forged_packets_are_dropped(server: Loop, client: PeerClient) -> None:
    leg = await connected(server, client)
    protected = client.dtls._tx_srtp.protect(audio(leg, 7))
    client.send(protected)
    client.send(protected)
    client.send(protected[:-1] + bytes((protected[-1] ^ 1,)))
    await until(lambda: server.mux.dropped["srtp_receive"] == 2)
    assert server.packets["rtp"] == 1


@pytest.mark.parametrize("setup", ["actpass", "passive"])
async def test_a_plain_client_is_connected_without_a_data_channel_whoever_begins_the_handshake(
    server: Loop, setup: str
) -> None:
    client = PeerClient()
    try:
        client.dtls._set_role("client" if setup == "actpass" else "server")
        sections = (Media("audio", "0", ssrcs=[11], setup=setup), Media("video", "1", bundle_only=True))
        leg = server.open(client.offer(offer(*sections)), MediaUse.PUBLISH)
        client.take(leg.answer_sdp)
        await client.bind()
        await client.check()
        await client.handshake()
        await until(lambda: leg.state is LegState.CONNECTED)
        await client.send_rtp(struct.pack("!BBHLL", 0x80, 111, 1, 960, 11) + b"opus" * 20)
        await until(lambda: server.packets["rtp"] == 1)
        leg.close(LegEnd.LEFT)
        await until(lambda: not server.legs)
    finally:
        await client.aclose()


def _break(*_: object) -> None:
    raise ValueError("a bug")
