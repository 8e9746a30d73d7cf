"""The bad network does what it is told."""

import asyncio
import socket
import statistics
import struct
from asyncio.subprocess import PIPE

import pytest

from tests.support.netem import Direction, Impairment
from tests.support.network import Network

ASK = """
import socket, sys, time
server, count = sys.argv[1], int(sys.argv[2])
wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wire.settimeout(1.0)
for number in range(count):
    asked = time.monotonic()
    wire.sendto(b"%d" % number, (server, 9))
    try:
        _, address = wire.recvfrom(99)
        print((time.monotonic() - asked) * 1000)
    except OSError:
        print(-1)
"""


@pytest.mark.unit
def test_a_direction_loses_delays_and_keeps_the_order() -> None:
    way = Direction(seed=1)
    arrivals = [way.arrival(1200, number * 0.001) for number in range(1000)]
    assert all(at is not None for at in arrivals)
    times = [at for at in arrivals if at is not None]
    assert times == sorted(times)
    assert all(0.008 <= at - number * 0.001 <= 0.0135 for number, at in enumerate(times))
    way.impairment = Impairment(loss=0.3)
    lost = sum(way.arrival(1200, 2.0 + number * 0.001) is None for number in range(1000))
    assert 250 < lost < 350
    way.impairment = Impairment(down=True)
    assert way.arrival(1200, 4.0) is None


@pytest.mark.unit
def test_a_direction_loses_in_bursts() -> None:
    way = Direction(seed=1)
    way.impairment = Impairment(burst_p=0.02, burst_r=0.15)
    came = "".join("." if way.arrival(1200, number * 0.001) is None else "x" for number in range(20_000))
    bursts = [len(burst) for burst in came.split("x") if burst]
    assert pytest.approx(came.count(".") / len(came), rel=0.2) == 0.02 / 0.17
    assert statistics.mean(bursts) == pytest.approx(1 / 0.15, rel=0.2)
    way.impairment = Impairment()
    assert way.arrival(1200, 30.0) is not None, "it is good at once"


@pytest.mark.unit
def test_a_limited_direction_queues_and_then_loses() -> None:
    way = Direction(seed=1)
    way.impairment = Impairment(delay_ms=0, jitter_ms=0, rate_bps=800_000, queue_bytes=12_000)
    arrivals = [way.arrival(1000, 0.0) for _ in range(20)]
    assert [round(at, 3) for at in arrivals[:3] if at is not None] == [0.01, 0.02, 0.03]
    assert arrivals[-1] is None, "more than the queue holds"


def packet(protocol: int, port: int, *, six: bool = False) -> bytes:
    """An IP packet."""
    head = bytes((0x60, 0, 0, 0, 0, 8, protocol, 64)) + bytes(32)
    if not six:
        head = bytes((0x45,)) + bytes(8) + bytes((protocol,)) + bytes(10)
    return head + struct.pack("!HH", 50_000, port) + bytes(4)


@pytest.mark.unit
def test_media_can_be_held_back_by_itself() -> None:
    for six in (False, True):
        udp, tcp = packet(socket.IPPROTO_UDP, 9, six=six), packet(socket.IPPROTO_TCP, 9, six=six)
        assert [Impairment(only_udp=True).concerns(one) for one in (udp, tcp)] == [True, False]
        assert [Impairment().concerns(one) for one in (udp, tcp)] == [True, True]


@pytest.mark.unit
def test_a_firewall_lets_through_what_it_should() -> None:
    wall = Impairment(no_udp=True, tcp_ports=(443,))
    for six in (False, True):
        assert not wall.passes(packet(socket.IPPROTO_UDP, 443, six=six))
        assert wall.passes(packet(socket.IPPROTO_TCP, 443, six=six))
        assert not wall.passes(packet(socket.IPPROTO_TCP, 7880, six=six))
        assert wall.passes(packet(socket.IPPROTO_ICMP, 1, six=six))
        assert Impairment().passes(packet(socket.IPPROTO_UDP, 9, six=six))
        assert Impairment().passes(packet(socket.IPPROTO_TCP, 9, six=six))


@pytest.mark.flow
async def test_a_client_on_a_bad_wire_loses_what_it_should_and_can_change_its_address() -> None:
    async with Network() as network:
        heard = set()
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as echo:
            echo.bind((network.server, 9))

            def answer() -> None:
                data, address = echo.recvfrom(99)
                heard.add(address[0])
                echo.sendto(data, address)

            loop.add_reader(echo, answer)

            async def ask(count: int) -> list[float]:
                command = ["ip", "netns", "exec", network.namespace, "python3", "-c", ASK, network.server, str(count)]
                process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
                told, _ = await process.communicate()
                return [float(line) for line in told.split()]

            assert 16 <= statistics.median(await ask(20)) <= 150, "10 ms each way, and who carries it may be late"
            await network.cut()
            assert await ask(3) == [-1, -1, -1]
            await network.mend()
            await network.switch(after_s=0.1)
            assert statistics.median(await ask(5)) > 0
            assert len(heard) == 2, "the second address is another one"
            loop.remove_reader(echo)
