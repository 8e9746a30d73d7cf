"""Two stores and three experts: of who answers at once one has the call, each step rings more, no ring is forgotten."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from playwright.async_api import Page

from runtime import clock
from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.full_only]

STORES = ("store-0117", "store-0108")
EXPERTS = ("chen", "zhang", "liu")
SMALL = "320x180@10"
"""Five encoders share the cores of the test machine."""
LONG_MS, STEP_S = 600_000, 4
ROUNDS = 100
AGREED_MS = 100
"""From now, by the one clock of this machine, everybody presses."""

PRESS = """(at) => new Promise((stopped) => setTimeout(() => {
  const button = () => document.querySelector('[data-testid=accept]')
  button()?.click()
  const look = () => {
    const ms = Date.now() - at
    if (button() && ms < 10_000) requestAnimationFrame(look)
    else stopped(button() ? null : ms)
  }
  look()
}, at - Date.now()))"""
"""Answers, and says after how many milliseconds it rings there no more; null: it rings on."""
RINGING = """() => {
  const room = passline.snapshot().rooms.find((one) => one.call && !one.closed_at)
  return room ? room.members.filter((one) => one.state === 'ringing').map((one) => one.person.id).sort() : null
}"""


async def set_routing(stack: Stack, path: str, wish: Mapping[str, object]) -> None:
    async with await stack.login("admin") as http, http.put(f"/api/routing/{path}", json=wish) as answer:
        assert answer.status == 204, await answer.text()


async def cast(scene: Scene) -> tuple[list[Page], list[Page]]:
    """The stores and the experts, each at a browser of their own."""
    tablets = [await scene.browser(camera=SMALL) for _ in STORES]
    desks = [await scene.browser(size=DESK, camera=SMALL) for _ in EXPERTS]
    stores = [await tablet.sign_in(login) for tablet, login in zip(tablets, STORES, strict=True)]
    return stores, [await desk.sign_in(login) for desk, login in zip(desks, EXPERTS, strict=True)]


async def all_press(experts: Sequence[Page]) -> float:
    """Everybody answers in the same moment, once it rings at each; seconds until it rings nowhere any more."""
    for expert in experts:
        await acts.visible(expert, "accept")
    at = clock.wall_ms() + AGREED_MS
    rang_ms: list[int | None] = await asyncio.gather(*(expert.evaluate(PRESS, at) for expert in experts))
    ended_ms = [ms for ms in rang_ms if ms is not None]
    assert len(ended_ms) == len(experts), f"it rings on at somebody: {rang_ms}"
    return max(ended_ms) / 1000


async def seats(pages: Sequence[Page]) -> list[Any]:
    """The room that each sits in."""
    return [await page.evaluate("passline.snapshot().current") for page in pages]


async def goes_home(*pages: Page) -> None:
    for page in pages:
        await acts.ended(page, "hung_up")
        await page.get_by_test_id("home").click()


async def test_of_three_who_answer_at_once_one_has_the_call_and_nobody_is_left_ringing(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await set_routing(scene.stack, "chains", {"usual": [{"who": "anybody", "ring_ms": LONG_MS}]})
        stores, experts = await cast(scene)
        won: Counter[str] = Counter()
        rang_s: list[float] = []
        for number in range(ROUNDS):
            store = stores[number % len(stores)]
            await acts.call(store)
            rang_s.append(await all_press(experts))
            await acts.visible(store, "hang-up")
            room = await acts.room_of(store)
            there = await acts.until(lambda: seats(experts), any, "somebody has the call")
            assert sorted(there, key=str) == sorted([None, None, room], key=str), f"round {number}"
            assert await store.evaluate(RINGING) == [], f"round {number}: somebody is left ringing"
            winner = experts[there.index(room)]
            won[EXPERTS[there.index(room)]] += 1
            await acts.hang_up(store)
            await goes_home(store, winner)
        print(f"{ROUNDS} rounds, won: {dict(won)}; rang on for {median(rang_s):.3f} s, at most {max(rang_s):.3f} s")


async def test_each_step_rings_more_until_the_call_is_owed_and_a_name_or_a_group_goes_first(tmp_path: Path) -> None:
    async with Scene(tmp_path, ring_s=2 * STEP_S) as scene:
        skilled = {"who": "skilled", "skills": ["equipment"], "min_level": 3, "ring_ms": 1000 * STEP_S}
        others = [{"who": who, "ring_ms": 1000 * STEP_S} for who in ("on_call", "anybody")]
        await set_routing(scene.stack, "chains", {"usual": [skilled, *others]})
        await set_routing(scene.stack, "experts/p-chen", {"levels": {"equipment": 3}})
        await set_routing(scene.stack, "experts/p-zhang", {"on_call": True})
        (store, second), (chen, zhang, liu) = await cast(scene)

        await acts.call(store)
        rung = await steps(store, chen, zhang, liu)
        assert rung == [["p-chen"], ["p-chen", "p-zhang"], ["p-chen", "p-liu", "p-zhang"]]
        await acts.ended(store, "missed")
        await acts.visible(store, "promised")
        for expert in (chen, zhang, liu):
            await acts.gone(expert, "accept")
            await acts.visible(expert, "callbacks")
        await store.get_by_test_id("home").click()

        await second.get_by_test_id("find").click()
        await second.get_by_test_id("call-p-liu").click()
        rung = await steps(second, liu, chen, zhang)
        assert rung == [["p-liu"], ["p-chen", "p-liu"], ["p-chen", "p-liu", "p-zhang"]]
        await acts.ended(second, "missed")

        await store.get_by_test_id("find").click()
        await store.get_by_test_id("call-group-equipment").click()
        assert await acts.until(lambda: store.evaluate(RINGING), bool, "it rings") == ["p-chen", "p-zhang"]
        await acts.visible(chen, "accept")
        await acts.answer(zhang)
        await acts.visible(store, "hang-up")
        for expert in (chen, liu):
            await acts.gone(expert, "accept")


async def steps(store: Page, *experts: Page) -> list[list[str]]:
    """Who rang, step by step, as the store was told until it was over; at each step another expert's page rang."""
    seen: list[list[str]] = []

    async def watch() -> None:
        await acts.visible(store, "cancel")
        while (ringing := await store.evaluate(RINGING)) is not None:
            if not set(ringing) <= set(seen[-1] if seen else []):  # at the end one after another stops
                seen.append(ringing)

    async def rings(number: int, expert: Page) -> None:
        await store.locator(f"[data-testid=step-{number}][data-when=now]").wait_for()
        await acts.visible(expert, "accept")

    async with asyncio.timeout(4 * acts.PATIENCE_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(watch())
        for number, expert in enumerate(experts):
            tasks.create_task(rings(number, expert))
    return seen


async def test_a_ring_and_a_call_that_waits_outlive_a_killed_signaling_and_are_answered(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        await set_routing(scene.stack, "chains", {"usual": [{"who": "anybody", "ring_ms": LONG_MS}]})
        (store, waits), experts = await cast(scene)
        chen, zhang, liu = experts
        scene.expected += ["WebSocket connection", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "status of 503"]
        await acts.call(store)
        for expert in experts:
            await acts.visible(expert, "accept")
        rings = await incoming(chen)
        await acts.call(waits)
        await acts.visible(waits, "queue-position")
        await scene.stack.kill("signaling")
        await scene.stack.ready()
        for page in (store, waits, *experts):
            await acts.until(lambda page=page: link(page), "online".__eq__, "it is back")  # type: ignore[misc]
        for expert in experts:
            assert await incoming(expert) == rings, "the same call rings on"
        await acts.visible(waits, "queue-position")
        await acts.answer(chen)
        await acts.visible(store, "hang-up")
        await acts.until(lambda: incoming(zhang), lambda rooms: rooms not in ([], rings), "it is the other's turn")
        await acts.answer(zhang)
        await acts.visible(waits, "hang-up")
        await acts.gone(liu, "accept")
        assert await seats([chen, zhang, liu]) == [*await seats([store, waits]), None]


async def incoming(page: Page) -> list[str]:
    """The calls that ring on this page."""
    return sorted(await page.evaluate("passline.snapshot().incoming"))


async def link(page: Page) -> str:
    return str(await page.evaluate("passline.snapshot().link"))
