"""How quick a call is while a whole chain is connected and calls: 500 stores, 50 calls a minute.

Every store and expert is a signed-in browser at a WebSocket of its own; calls go through the public doors with routing,
legs and recordings. Beside them, with `browsers`, one store and one expert in real Chromium call each other all the
time, whose pages say when the ring and the first picture stand on the screen.
"""

import asyncio
import contextlib
import os
import statistics
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
from playwright.async_api import Page, async_playwright

from contract.ids import PersonId
from contract.people import Name, Person, Role, Skill
from passline.bench.call import browsers, one_call
from passline.bench.calls_load import CallLoad
from passline.bench.crowd import Cookies, shops, sign_in, tablets_of
from passline.bench.serving import serving
from passline.demo import PASSWORD
from runtime import clock
from signaling.store.seed import PersonSeed

STORES = 500
CALLS_PER_MIN = 50
SECONDS = 90.0
WARM_CALLS = 3
"""Not measured: caches fill."""
EXPERTS = 50
"""Ten are in calls at a time and five ring for each one that begins."""
STORE, EXPERT = "store-0117", "chen"
"""In Chromium. The expert alone knows dishes, so that they call nobody else and nobody else calls them."""
LOAD_NICE = 10
"""The 550 clients have machines of their own in the field: here they let pass the server, and the two browsers in which
pictures are timed. Their own times are not better for it."""
PAIR_PAUSE_S = 2.0
"""Between its calls: two browsers that set up calls all the time want a machine for themselves."""


def run(
    seconds: float = SECONDS, *, stores: int = STORES, experts: int = EXPERTS, chromium: bool = True
) -> dict[str, Any]:
    """`{"p8_tap_to_ring_ms": {"p50", "p95", "max"}, "p5_answer_to_first_frame_ms", …}` in two minutes and a half."""
    return asyncio.run(_run(seconds, stores, experts, chromium=chromium))


async def _run(seconds: float, stores: int, experts: int, *, chromium: bool) -> dict[str, Any]:
    load_average = round(os.getloadavg()[0], 2)
    with tempfile.TemporaryDirectory(prefix="passline-bench-") as directory:
        data = Path(directory) / "data"
        shop_cookies, expert_cookies = await _prepare(data, stores, experts)
        async with serving(data) as (url, supervisor):
            processes = _Processes(supervisor)
            idle_mib = processes.rss_mib()
            async with CallLoad(url, shop_cookies, expert_cookies) as load:
                connected_mib = processes.rss_mib()
                async with _pair(url) if chromium else contextlib.nullcontext() as pair:
                    await load.run(WARM_CALLS, 1.0)
                    if pair is not None:
                        await one_call(pair[0], pair[1], "call-dishes", alone=False)
                    load.figures = type(load.figures)()
                    with _letting_pass() if pair is not None else contextlib.nullcontext():
                        screens, figures = await _measured(load, pair, processes, seconds)
                figures |= {"lost_connections": load.connections - len(shop_cookies) - len(expert_cookies)}
    signaling = connected_mib["signaling"] - idle_mib["signaling"]
    return {
        "stores": stores,
        "experts": experts,
        "calls_per_min": CALLS_PER_MIN,
        "load_average": load_average,
        "calls": len(load.figures.picture_s),
        "failed": len(load.figures.failed),
        "p8_tap_to_ring_ms": spread_ms(load.figures.ring_s),
        "tap_to_every_ring_ms": spread_ms(load.figures.rings_s),
        "answer_to_first_packet_ms": spread_ms(load.figures.picture_s),
        **screens,
        **figures,
        "rss_kib_per_connection": round(signaling * 1024 / (stores + experts), 1),
    }


async def _measured(
    load: CallLoad, pair: "list[Page] | None", processes: "_Processes", seconds: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What Chromium's pair saw, and what the server used meanwhile."""
    seen: dict[str, list[float]] = {}
    used_s, began = processes.cpu_s(), clock.now()
    async with asyncio.TaskGroup() as going:
        calling = going.create_task(load.run(max(1, round(CALLS_PER_MIN * seconds / 60)), seconds))
        while pair is not None and not calling.done():
            for name, value_ms in (await one_call(pair[0], pair[1], "call-dishes", alone=False)).items():
                seen.setdefault(name, []).append(value_ms)
            await asyncio.wait([calling], timeout=PAIR_PAUSE_S)
    took_s = clock.now() - began
    after_s = processes.cpu_s()
    names = {"tap_to_ring_ms": "p8_chromium_ms", "answer_to_first_frame_ms": "p5_answer_to_first_frame_ms"}
    screens: dict[str, Any] = {
        names.get(name, name): spread_ms([value / 1000 for value in values]) for name, values in seen.items()
    }
    if seen:
        screens["calls_in_chromium"] = len(next(iter(seen.values())))
    figures = {
        "cpu_percent_of_core": {
            name: round(100 * (after_s[name] - before_s) / took_s, 1) for name, before_s in used_s.items()
        },
        "rss_mib": {name: round(mib, 1) for name, mib in processes.rss_mib().items()},
    }
    return screens, figures


def spread_ms(times_s: Sequence[float]) -> dict[str, float]:
    """`{"p50", "p95", "max"}` in ms; p95 is the least that 95 of 100 do not exceed. Nothing of nothing."""
    ordered = sorted(1000 * time_s for time_s in times_s)
    if not ordered:
        return {}
    p95 = ordered[-(-95 * len(ordered) // 100) - 1]
    return {"p50": round(statistics.median(ordered), 1), "p95": round(p95, 1), "max": round(ordered[-1], 1)}


async def _prepare(data: Path, stores: int, experts: int) -> tuple[Cookies, Cookies]:
    """Sign-ins of the tablets and of the experts, without those of Chromium's pair, who sign in by themselves."""
    tablets = {f"store-{one.store.number}": one for one in tablets_of(shops(stores)) if one.store is not None}
    crew = {
        f"expert-{n}": Person(
            id=PersonId(f"p-expert-{n}"),
            role=Role.EXPERT,
            name=Name(zh=f"专家{n}", en=f"Expert {n}"),
            skills=[Skill.EQUIPMENT],
        )
        for n in range(experts)
    }
    alone = Person(id=PersonId(f"p-{EXPERT}"), role=Role.EXPERT, name=Name(zh="陈", en="Chen"), skills=[Skill.DISHES])
    seeds = [PersonSeed(one, login, PASSWORD) for login, one in {**tablets, **crew, EXPERT: alone}.items()]
    cookies = await sign_in(data, seeds)
    shop_cookies = {one.id: cookies[one.id] for login, one in tablets.items() if login != STORE}
    return shop_cookies, {one.id: cookies[one.id] for one in crew.values()}


@contextlib.contextmanager
def _letting_pass() -> Iterator[None]:
    """Also as a session, which is that of whoever started the bench, where Linux shares the processor out by those."""
    os.nice(LOAD_NICE)
    group = Path("/proc/self/autogroup")
    before = group.read_text().split()[-1:] if group.exists() else []
    with contextlib.suppress(OSError):
        group.write_text(str(LOAD_NICE))
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            group.write_text("".join(before))


@contextlib.asynccontextmanager
async def _pair(url: str) -> AsyncIterator[list[Page]]:
    async with async_playwright() as driver, browsers(driver, url, STORE, EXPERT) as pages:
        yield pages


class _Processes:
    """The server's, by name, and the bench's own, which is all clients but Chromium.

    Raises RuntimeError once one has ended.
    """

    def __init__(self, supervisor: int) -> None:
        children = psutil.Process(supervisor).children()
        found = {child.cmdline()[2]: child for child in children if child.cmdline()[1:2] == ["-m"]}
        self._processes = {name: found[name] for name in ("signaling", "media", "recorder")}
        self._processes["bench"] = psutil.Process()

    def cpu_s(self) -> dict[str, float]:
        return self._each(lambda process: sum(process.cpu_times()[:2]))

    def rss_mib(self) -> dict[str, float]:
        return self._each(lambda process: process.memory_info().rss / 2**20)

    def _each(self, figure: Callable[[psutil.Process], float]) -> dict[str, float]:
        try:
            return {name: figure(process) for name, process in self._processes.items()}
        except psutil.NoSuchProcess as error:
            raise RuntimeError("a process of the server ended: this machine has too much to do") from error
