"""Work that every leg needs once in a while, spread over the ticks of a room."""

from collections import Counter
from typing import Any

import pytest

from contract.media import Grants
from media.forward.turns import next_turn
from tests.media.forward.client import Client
from tests.media.forward.world import World

TICK_S = 0.05
WATCH = Grants(publish=False, subscribe=True, record=False)


@pytest.mark.unit
@pytest.mark.parametrize("legs", [3, 20, 200])
@pytest.mark.parametrize("every_s", [0.5, 1.0])
def test_everybody_has_a_turn_in_every_period_and_few_have_it_at_once(legs: int, every_s: float) -> None:
    due = dict.fromkeys(range(1, legs + 1), 1000.0)
    turns: Counter[int] = Counter()
    most = 0
    for tick in range(1, 401):
        now = 1000.0 + tick * TICK_S
        served = [number for number, at in due.items() if now >= at]
        for number in served:
            due[number] = next_turn(number, every_s, now)
            assert now < due[number] <= now + every_s
        turns.update(served)
        if tick > every_s / TICK_S:
            most = max(most, len(served))
    assert most <= 2 + legs * TICK_S / every_s
    rounds = 400 * TICK_S / every_s
    assert all(rounds <= count <= rounds + 2 for count in turns.values())


class Listener(Client):
    """Remembers when it was told anything by RTCP."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told_at: set[float] = set()

    def send_rtcp(self, data: bytes) -> None:
        super().send_rtcp(data)
        self.told_at.add(self.world.now)


@pytest.mark.link
def test_the_watchers_of_a_room_hear_once_a_second_and_never_all_at_once() -> None:
    world = World()
    world.join("anna")
    watchers = [world.join(f"{number}", kind=Listener, publishes=False, grants=WATCH) for number in range(32)]
    world.run(3)
    since = world.now
    world.run(10)
    told = [at for one in watchers if isinstance(one, Listener) for at in one.told_at if at > since]
    assert len(told) == 320
    assert max(Counter(told).values()) <= 4
