"""What a process says about itself: alive, ready or waiting for what, and its figures.

Each process owns one `Health`. Signaling shows it on its own HTTP port; media workers and the recorder `serve` it on
`<data>/run/<process>.health.sock`, and signaling's `/metrics` `gather`s all of them. The server here is a dozen lines
of HTTP/1.0 on asyncio streams, because importing a web framework costs each of these processes 15 MiB.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from contract.base import encode
from contract.http import Health as Report
from runtime.alarms import Alarms
from runtime.logs import get_logger
from runtime.looplag import LoopLag

log = get_logger(__name__)

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SUFFIX = ".health.sock"
_REQUEST_TIMEOUT_S = 2.0
_GATHER_TIMEOUT_S = 1.0
_MAX_METRICS_BYTES = 4 * 1024 * 1024


class Health:
    """The state behind `/healthz`, `/readyz` and `/metrics` of one process.

    `wait_for("database")` makes it unready until `reached("database")`. Metrics are made with
    `registry=health.registry`; memory, CPU and open files are there already. `alarms` are the process's own.
    """

    def __init__(self, process: str) -> None:
        self.process = process
        self.registry = CollectorRegistry()
        self.alarms = Alarms(self.registry)
        self.loop_lag = LoopLag(self.registry)
        self._waiting: dict[str, None] = {}
        ProcessCollector(registry=self.registry)
        ready = Gauge("passline_ready", "1 when this process is ready, else 0.", registry=self.registry)
        ready.set_function(lambda: float(not self._waiting))
        tasks = Gauge(
            "passline_tasks",
            "Tasks of this process's event loop; more and more of them is a leak.",
            registry=self.registry,
        )
        tasks.set_function(_task_count)

    def wait_for(self, what: str) -> None:
        """Not ready until `reached(what)`."""
        self._waiting[what] = None

    def reached(self, what: str) -> None:
        """`what` is there; without effect if nobody waits for it."""
        self._waiting.pop(what, None)

    @property
    def ready(self) -> bool:
        return not self._waiting

    def alive(self) -> Report:
        """The body of `/healthz`: that it can be made is the answer."""
        return Report(ok=True)

    def readiness(self) -> Report:
        """The body of `/readyz`, status 200 if `ok`, else 503."""
        return Report(ok=self.ready, waiting_for=list(self._waiting))

    def metrics(self) -> bytes:
        """The body of `/metrics` for this process alone, Prometheus text format."""
        return generate_latest(self.registry)


def _task_count() -> float:
    try:
        return float(len(asyncio.all_tasks()))
    except RuntimeError:  # asked outside of a loop
        return 0.0


def socket_path(run_dir: Path, process: str) -> Path:
    """Where `process` serves its health."""
    return run_dir / f"{process}{_SUFFIX}"


async def serve(health: Health, run_dir: Path) -> asyncio.Server:
    """Answer `GET /healthz /readyz /metrics` on this process's socket. The caller closes the server."""
    health.loop_lag.start()
    path = socket_path(run_dir, health.process)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_REQUEST_TIMEOUT_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_answer(health, head.split(b"\r\n", 1)[0].decode("ascii", "replace")))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError) as error:
            log.debug("health request failed", cause=type(error).__name__)
        finally:
            writer.close()

    server = await asyncio.start_unix_server(connected, path=str(path), limit=8192)
    path.chmod(0o600)
    return server


def _answer(health: Health, request_line: str) -> bytes:
    words = request_line.split(" ")
    status, kind, body = "200 OK", "application/json", b""
    match words[1] if len(words) == 3 and words[0] == "GET" else "":
        case "/healthz":
            body = encode(health.alive())
        case "/readyz":
            body = encode(health.readiness())
            status = "200 OK" if health.ready else "503 Service Unavailable"
        case "/metrics":
            body, kind = health.metrics(), METRICS_TYPE
        case _:
            status = "404 Not Found"
    head = f"HTTP/1.0 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


async def ask(run_dir: Path, process: str, path: str, within_s: float = _GATHER_TIMEOUT_S) -> tuple[int, bytes]:
    """GET `path` from `process`: status and body. Raises OSError, TimeoutError or ValueError (not HTTP)."""
    async with asyncio.timeout(within_s):
        reader, writer = await asyncio.open_unix_connection(
            str(socket_path(run_dir, process)), limit=_MAX_METRICS_BYTES
        )
        try:
            writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            await writer.drain()
            answer = await reader.read(-1)
        finally:
            writer.close()
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        raise ValueError(f"answer of {process} has no end of headers ({len(answer)} bytes)")
    return int(head.split(b" ", 2)[1]), body


async def gather(own: Health, run_dir: Path) -> bytes:
    """Metrics of all processes of this machine in one text, told apart by the label `process`.

    A process that does not answer within a second shows as `passline_up{process="…"} 0`.
    """
    others = sorted(path.name.removesuffix(_SUFFIX) for path in run_dir.glob(f"*{_SUFFIX}"))
    others = [process for process in others if process != own.process]
    texts = await asyncio.gather(*(_metrics_of(run_dir, process) for process in others))
    merged = _Merged()
    merged.add(own.process, [_up(answers=True), *own.registry.collect()])
    for process, text in zip(others, texts, strict=True):
        merged.add(process, [_up(answers=text is not None), *text_string_to_metric_families(text or "")])
    registry = CollectorRegistry(auto_describe=False)
    registry.register(merged)
    return generate_latest(registry)


def _up(*, answers: bool) -> Metric:
    up = Metric("passline_up", "1 when the process answers, else 0.", "gauge")
    up.add_sample("passline_up", {}, float(answers))
    return up


async def _metrics_of(run_dir: Path, process: str) -> str | None:
    try:
        status, body = await ask(run_dir, process, "/metrics")
    except (OSError, TimeoutError, ValueError):
        return None
    return body.decode() if status == 200 else None


class _Merged(Collector):
    """Metric families of several processes, each family once."""

    def __init__(self) -> None:
        self._families: dict[str, Metric] = {}

    def add(self, process: str, families: Iterable[Metric]) -> None:
        for family in families:
            merged = self._families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                merged.add_sample(sample.name, {**sample.labels, "process": process}, sample.value)

    def collect(self) -> Iterable[Metric]:
        return self._families.values()
