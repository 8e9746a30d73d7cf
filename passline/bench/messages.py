"""How quick a message is: from writing it to the acknowledgement after the commit, and to everybody's screen.

200 clients follow two of twenty channels each and together write 250 messages a second, as docs/protocol.md says, to a
whole Passline in processes of its own; then the same load to a nats-server with JetStream, in the same run.
"""

import asyncio
import random
import tempfile
from pathlib import Path
from typing import Any

import psutil

from passline.bench import messages_nats
from passline.bench.crowd import Crowd, prepare
from passline.bench.ledger import Ledger, percentiles_ms
from passline.bench.serving import serving

CLIENTS = 200
CHANNELS = 20
PER_S = 250
WARM_S = 3.0
"""Not measured: caches fill, the first cursors are written."""
SECONDS = 20.0
SETTLE_S = 30.0


def run(seconds: float = SECONDS, *, clients: int = CLIENTS, channels: int = CHANNELS) -> dict[str, Any]:
    """`{"ack_ms": {"p50", "p95", "max"}, "fanout_ms", "rss_kib_per_connection", …, "nats": {the same}}`."""
    return asyncio.run(_run(seconds, clients, channels))


async def _run(seconds: float, clients: int, channels: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="passline-bench-") as directory:
        ours = await _passline(Path(directory) / "passline", clients, channels, seconds)
        theirs = await messages_nats.measure(Path(directory) / "nats", clients, channels, PER_S, WARM_S, seconds)
    return {"clients": clients, "channels": channels, "messages_per_s": PER_S, **ours, "nats": theirs}


async def _passline(data: Path, clients: int, channels: int, seconds: float) -> dict[str, Any]:
    trainers, stores = await prepare(data, trainers=channels, stores=clients - channels)
    ledger, chance = Ledger(), random.Random(1)
    async with serving(data) as (url, supervisor):
        signaling = _child(supervisor, "signaling")
        idle_bytes = signaling.memory_info().rss
        async with Crowd(url, trainers, stores, [ledger]) as crowd:
            connected_bytes = signaling.memory_info().rss
            await crowd.chat(round(PER_S * WARM_S), WARM_S, ledger, chance)
            await _settled(ledger, crowd)
            ledger.start_over()
            used_s = _cpu_s(signaling)
            await crowd.chat(round(PER_S * seconds), seconds, ledger, chance)
            used_s = _cpu_s(signaling) - used_s
            await _settled(ledger, crowd)
    return {
        "ack_ms": percentiles_ms(ledger.ack_s.values()),
        "fanout_ms": percentiles_ms(ledger.fanout_s),
        "rss_kib_per_connection": round((connected_bytes - idle_bytes) / 1024 / clients, 1),
        "cpu_percent_of_core": round(100 * used_s / seconds, 1),
    }


def _child(supervisor: int, name: str) -> psutil.Process:
    return next(child for child in psutil.Process(supervisor).children() if child.cmdline()[1:3] == ["-m", name])


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return used.user + used.system


async def _settled(ledger: Ledger, crowd: Crowd) -> None:
    """Everything written is shown to everybody. Raises TimeoutError, RuntimeError."""
    readers = crowd.readers()
    async with asyncio.timeout(SETTLE_S):
        while not ledger.complete(readers):  # noqa: ASYNC110 - many causes, and it is not what is measured
            await asyncio.sleep(0.02)
    if problems := ledger.problems(readers):
        raise RuntimeError("; ".join(problems[:3]))
