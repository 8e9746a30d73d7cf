"""Promise D1 at the media node: a thousand malformed inputs of each kind beside a running call disturb nobody."""

import asyncio
import contextlib
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import pylibsrtp
import pytest

from contract.ids import LegId
from contract.nodes import Answered, CloseLeg, LegEnd, LegState
from runtime import clock
from tests.fuzz.corpus import seeds
from tests.fuzz.mangle import malformed, malformed_lines, with_sctp_checksum, with_stun_fingerprint
from tests.media.hostile.beside import Beside, call_beside, paced
from tests.support.peer_client import PeerClient
from tests.support.promise import Promise
from tests.support.until import until

pytestmark = pytest.mark.flow

GAP_S = 0.5
GAIN_MIB = 20.0
MOST_SRTP_BYTES = 1300
"""pylibsrtp encrypts no more."""
TOGETHER = 25
"""Inputs of one attacker before the next one comes."""

Attack = Callable[[Beside, int, int], Awaitable[None]]


async def strangers(beside: Beside, count: int, seed: int) -> None:
    """Every kind of datagram from addresses that nobody validated."""
    kinds = ("rtp", "rtcp", "stun", "dtls", "sctp")
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(8)]
    try:
        for kind in kinds:
            for some in paced(malformed(seeds(kind), count, seed), burst=20):
                for number, data in enumerate(some):
                    sockets[number % len(sockets)].sendto(data, ("127.0.0.1", beside.udp_port))
                await asyncio.sleep(0.01)
    finally:
        for one in sockets:
            one.close()


async def rtp(beside: Beside, count: int, seed: int) -> None:
    """Encrypted with the attacker's own keys, so that it reaches the parsers."""
    await _from_peers(beside, malformed(seeds("rtp"), count, seed), _send_rtp)


async def rtcp(beside: Beside, count: int, seed: int) -> None:
    await _from_peers(beside, malformed(seeds("rtcp"), count, seed), _send_rtcp)


async def sctp(beside: Beside, count: int, seed: int) -> None:
    """With a right checksum and, as the worker would drop the rest at once, the association's own tag."""
    await _from_peers(beside, malformed(seeds("sctp"), count, seed), _send_sctp)


async def stun(beside: Beside, count: int, seed: int) -> None:
    """From the address of a peer, half of them for its own credentials."""
    await _from_peers(beside, malformed(seeds("stun"), count, seed), _send_stun)


async def frames(beside: Beside, count: int, seed: int) -> None:
    """Streams to the port by TCP, each on a connection of its own: by strangers, and by a peer after its check."""
    for some in paced(malformed(seeds("frames"), count, seed), burst=TOGETHER):
        client = await beside.attacker()
        try:
            for number, data in enumerate(some):
                await client.bind_tcp()
                if number % 2:
                    await client.check()
                client.write(data)
                await asyncio.sleep(0.003)
                client.drop_transport()
        finally:
            await client.aclose()


async def dtls(beside: Beside, count: int, seed: int) -> None:
    """In the middle of a handshake and after it, from the address of the peer."""
    inputs = malformed(seeds("dtls"), count, seed)
    for some in paced(inputs, burst=TOGETHER):
        client = PeerClient()
        name = beside.new_name()
        reply = await beside.desk.ask(client.offer(), leg=name, who="p-attacker", session=name)
        assert isinstance(reply, Answered)
        client.take(reply.sdp)
        await client.bind()
        await client.check()
        for data in some[: TOGETHER // 2]:
            client.send(data)
        await asyncio.sleep(0.01)
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(1.0):  # it may have failed: the garbage came from this very client
                await client.handshake()
        for data in some[TOGETHER // 2 :]:
            client.send(data)
        beside.desk.say(CloseLeg(leg=LegId(name), reason=LegEnd.REMOVED))
        await client.aclose()


async def sdp(beside: Beside, count: int, seed: int) -> None:
    text = PeerClient().offer()
    await _offers(beside, list(malformed_lines(text, count, seed)))


async def candidate(beside: Beside, count: int, seed: int) -> None:
    """Malformed candidates in a well-formed offer; many, too."""
    offers = []
    for number, line in enumerate(malformed(seeds("candidate"), count, seed)):
        text = re.sub(r"[\r\n]", "?", line.decode(errors="replace"))[:2000]
        offers.append(PeerClient().offer() + f"a={text}\r\n" * (60 if number % 50 == 0 else 1))
    await _offers(beside, offers)


async def _offers(beside: Beside, offers: list[str]) -> None:
    answered = 0
    for text in offers:
        if not text or len(text) > 48 * 1024:
            continue
        leg = beside.new_name()
        reply = await beside.desk.ask(text, leg=leg, who="p-attacker", session=leg)
        if isinstance(reply, Answered):
            answered += 1
            beside.desk.say(CloseLeg(leg=LegId(leg), reason=LegEnd.REMOVED))
    assert answered, "some are still good enough"


async def _from_peers(
    beside: Beside, inputs: Iterable[bytes], send: Callable[[PeerClient, bytes, int], Awaitable[None]]
) -> None:
    number = 0
    for some in paced(inputs, burst=TOGETHER):
        client = await beside.attacker()
        try:
            for data in some:
                number += 1
                with contextlib.suppress(ConnectionError, pylibsrtp.Error):
                    await send(client, data, number)
                await asyncio.sleep(0.003)
        finally:
            await client.aclose()


async def _send_rtp(client: PeerClient, data: bytes, number: int) -> None:
    """Half under the SSRC of its own microphone: a new one with each packet is soon not followed."""
    if number % 2 and len(data) >= 12:
        data = data[:8] + int(client.offer().split("a=ssrc:")[1].split(" ")[0]).to_bytes(4) + data[12:]
    client.send(client.dtls._tx_srtp.protect(data[:MOST_SRTP_BYTES]))


async def _send_rtcp(client: PeerClient, data: bytes, number: int) -> None:
    client.send(client.dtls._tx_srtp.protect_rtcp(data[:MOST_SRTP_BYTES]))


async def _send_sctp(client: PeerClient, data: bytes, number: int) -> None:
    if number % 4 and len(data) >= 12:
        tag = client.sctp._remote_verification_tag.to_bytes(4)
        data = data[:4] + tag + data[8:]
    await client.dtls._send_data(with_sctp_checksum(data))


async def _send_stun(client: PeerClient, data: bytes, number: int) -> None:
    name = f"{client.remote_ufrag}:{client.ufrag}".encode()
    if number % 2:
        data = data.replace(b"aaaabbbb:them", name)
    client.send(with_stun_fingerprint(data) if number % 4 else data)


ATTACKS: dict[str, Attack] = {
    attack.__name__: attack for attack in (strangers, rtp, rtcp, stun, frames, dtls, sctp, sdp, candidate)
}


@pytest.mark.promise("D1")
async def test_malformed_input_of_every_kind_disturbs_nobody(promise: Promise, tmp_path: Path) -> None:
    count = promise.size(150, full=350)  # three rounds: a thousand
    for seed in promise.rounds():
        async with call_beside(tmp_path / str(seed)) as beside:
            for kind, attack in ATTACKS.items():
                await attack(beside, 20, seed)  # what is loaded only once
                before, begun = beside.rss_mib(), clock.now()
                await attack(beside, count, seed + 1_000)
                await asyncio.sleep(0.1)
                assert beside.worker.returncode is None, kind
                assert not beside.complaints(), kind
                promise.measured(f"gap in the call beside malformed {kind}", beside.harm_s(begun), limit=GAP_S)
                gained = beside.rss_mib() - before
                promise.measured(f"memory gained by malformed {kind}", gained, limit=GAIN_MIB, unit="MiB")
            # Either may be called silent for a moment on a machine that lets nobody run for seconds.
            await until(lambda: beside.desk.state("speaker") is LegState.CONNECTED)
            await until(lambda: beside.desk.state("listener") is LegState.CONNECTED)
