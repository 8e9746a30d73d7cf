"""A client brought through its handshake, and sound that comes back to it."""

import struct

from contract.nodes import LegState
from media.peer.leg import Leg
from runtime import clock
from tests.support.loop import Loop, payload_start
from tests.support.peer_client import PeerClient
from tests.support.until import until


async def connected(server: Loop, client: PeerClient) -> Leg:
    leg = server.open(client.offer())
    await client.connect(leg.answer_sdp)
    await until(lambda: leg.state is LegState.CONNECTED)
    return leg


async def quickly(server: Loop, client: PeerClient, limit_s: float) -> tuple[Leg, float]:
    """`client` connected, and the seconds it took; if too many, the best of two others like it: a bad moment of the
    machine is no slow handshake."""
    begun = clock.now()
    leg = await connected(server, client)
    took_s = clock.now() - begun
    for _ in range(2):
        if took_s >= limit_s:
            other = type(client)()
            begun = clock.now()
            await connected(server, other)
            took_s = min(took_s, clock.now() - begun)
            await other.aclose()
    return leg, took_s


def audio(leg: Leg, sequence: int) -> bytes:
    """One Opus packet of the client's microphone."""
    section = leg.sections.sources[0]
    pt = next(iter(section.pt_of.values()))
    return struct.pack("!BBHLL", 0x80, pt, sequence, 960 * sequence, section.ssrc) + b"opus" * 20


async def loops(client: PeerClient, leg: Leg, *, first: int = 1) -> None:
    """Sound sent comes back in the first stage pair."""
    slot = leg.sections.slots[0]
    client.rtp.clear()
    for sequence in range(first, first + 10):
        await client.send_rtp(audio(leg, sequence))
    await until(lambda: len(client.rtp) == 10)
    for packet in client.rtp:
        assert struct.unpack_from("!L", packet, 8)[0] == slot.ssrc
        assert packet[payload_start(packet) :] == b"opus" * 20
