"""20 clients, 500 messages, one kill -9 and some resets in between: none lost, none twice, one order for all."""

import asyncio
import random
from pathlib import Path

import pytest

from contract.ids import ChannelId, ClientMessageId, room_channel
from runtime import clock
from runtime.supervise import TaskScope
from tests.signaling.service.test_restart import stay
from tests.signaling.service.world import training
from tests.support.clients import Tab
from tests.support.nodes import until
from tests.support.signaling_process import SignalingProcess

pytestmark = pytest.mark.flow

MESSAGES = 500
TABS_EACH = 5
SEND_S = 3.0


async def test_none_lost_none_twice_one_order(tmp_path: Path) -> None:
    chance = random.Random(7)
    async with SignalingProcess(tmp_path) as signaling, TaskScope("tabs") as scope:
        people = [await stay(scope, signaling, login) for login in ("he", "store-0117", "store-0108", "store-0201")]
        channel = room_channel(await training(*people))
        tabs = list(people)
        for person in people:
            for _ in range(TABS_EACH - 1):
                tab = Tab(person.browser)
                scope.spawn(tab.stay(), name="tab")
                tabs.append(tab)
        assert len(tabs) == 20
        await until(lambda: all(tab.welcome for tab in tabs), "all are connected", seconds=60.0)
        sent: list[ClientMessageId] = []
        started = clock.now()
        restart = asyncio.gather(_restart(signaling))
        for number in range(MESSAGES):
            await asyncio.sleep(max(0.0, started + SEND_S * number / MESSAGES - clock.now()))
            sent.append(await chance.choice(tabs).write(channel, str(number)))
            if number % 100 == 50:
                victim = chance.choice([tab for tab in tabs if tab.socket is not None] or [None])
                if victim is not None:
                    await victim.drop()
        await restart
        await until(lambda: all(_count(tab, channel) >= MESSAGES for tab in tabs), "everybody has all", seconds=120.0)
        await until(lambda: not any(tab.outbox for tab in tabs), "everything is acknowledged", seconds=60.0)
        for tab in tabs:
            shown = tab.shown[channel]
            assert [message.seq for message in shown] == list(range(1, MESSAGES + 1))
            assert {message.cid for message in shown} == set(sent)
            assert shown == tabs[0].shown[channel]
            assert not tab.failed


async def _restart(signaling: SignalingProcess) -> None:
    await asyncio.sleep(SEND_S / 3)
    await signaling.kill()
    await signaling.start()


def _count(tab: Tab, channel: ChannelId) -> int:
    return len(tab.shown.get(channel, []))
