"""Chat while the server is killed and connections break: nothing lost, nothing twice, one order, honest ticks."""

import asyncio
import random
from pathlib import Path

import pytest

from contract.ids import ChannelId, PersonId
from contract.server import ChatMessage, Receipt, ServerMessage, Welcome
from passline.bench.crowd import Crowd, prepare
from passline.bench.ledger import Ledger, percentiles_ms
from runtime import clock
from tests.support.promise import Promise
from tests.support.stack import Stack
from tests.support.until import until

pytestmark = pytest.mark.flow

SETTLE_S = 30.0
"""After the last message: so long, and nothing may be unacknowledged any more."""


class Ticks:
    """Watches every receipt that anybody gets: none goes back, read ≤ delivered ≤ the newest message."""

    def __init__(self) -> None:
        self.heard = 0
        self.wrong: list[str] = []
        self._heads: dict[tuple[PersonId, ChannelId], int] = {}
        self._at: dict[tuple[PersonId, ChannelId, PersonId], tuple[int, int]] = {}

    def on_shown(self, _person: PersonId, _message: ChatMessage) -> None: ...

    def on_heard(self, person: PersonId, message: ServerMessage) -> None:
        match message:
            case Welcome(heads=heads):
                for channel, head in heads.items():
                    self._head(person, channel, head)
            case ChatMessage(ch=channel, seq=seq):
                self._head(person, channel, seq)
            case Receipt(ch=channel, people=people):
                for reached in people:
                    self.heard += 1
                    key = (person, channel, reached.person)
                    before, now = self._at.get(key, (0, 0)), (reached.delivered, reached.read)
                    self._at[key] = now
                    head = self._heads.get((person, channel), 0)
                    if not (before[0] <= now[0] and before[1] <= now[1] and now[1] <= now[0] <= head):
                        self.wrong.append(f"{key}: {before} then {now} of {head}")
            case _:
                pass

    def _head(self, person: PersonId, channel: ChannelId, seq: int) -> None:
        key = (person, channel)
        self._heads[key] = max(self._heads.get(key, 0), seq)


@pytest.mark.promise("A1")
async def test_no_message_is_lost_or_doubled_under_kills_and_resets(promise: Promise, tmp_path: Path) -> None:
    for seed in promise.rounds():
        ledger, ticks = await _round(promise, tmp_path / str(seed), random.Random(seed))
        figures = percentiles_ms(ledger.ack_s.values())
        promise.measured("acknowledged, p95", figures["p95"] / 1e3, limit=3.0)
        promise.measured("acknowledged, p50", figures["p50"], limit=50.0, unit="ms")
        # A9: the ticks under the same faults
        assert ticks.heard > ledger.messages
        assert ticks.wrong == []


async def _round(promise: Promise, directory: Path, chance: random.Random) -> tuple[Ledger, Ticks]:
    """One system, one crowd, all faults; what must be exact is asserted here."""
    clients, channels = promise.size((30, 3), full=(200, 20))
    messages, seconds = promise.size((600, 10.0), full=(10_000, 40.0))
    kills, resets = promise.size((1, 5), full=(5, 50))
    stack = Stack(directory, seeded=False)
    trainers, stores = await prepare(stack.data, trainers=channels, stores=clients - channels)
    ledger, ticks = Ledger(), Ticks()
    async with stack, Crowd(stack.url, trainers, stores, [ledger, ticks]) as crowd:
        async with asyncio.TaskGroup() as both:
            both.create_task(crowd.chat(messages, seconds, ledger, chance))
            both.create_task(_chaos(stack, crowd, kills, resets, seconds, chance))
        readers = crowd.readers()
        rules = [member.client.rule for member in crowd.members.values()]
        await until(
            lambda: not any(rule.outbox for rule in rules) and ledger.complete(readers),
            within_s=SETTLE_S,
        )
        print(
            f"acks {percentiles_ms(ledger.ack_s.values())}, fan-out {percentiles_ms(ledger.fanout_s)},",
            f"{ticks.heard} ticks, {sum(m.client.connections for m in crowd.members.values()) - clients} reconnects,",
            f"{sum(rule.resent for rule in rules)} resent, {sum(rule.duplicates for rule in rules)} frames dropped",
        )
        assert ledger.problems(readers) == []
        assert [rule.failed for rule in rules if rule.failed] == []
        assert len(ledger.ack_s) == ledger.messages == messages
        for channel, people in readers.items():
            at = {crowd.members[person].client.rule.cursors[channel] for person in people}
            assert at == {len(ledger.written[channel])}, "the numbers have neither holes nor doubles"
    return ledger, ticks


async def _chaos(stack: Stack, crowd: Crowd, kills: int, resets: int, seconds: float, chance: random.Random) -> None:
    """Kill signaling and break connections at random moments, one kill in each equal part of the time."""
    moments = [((part + chance.uniform(0.1, 0.5)) * seconds / kills, True) for part in range(kills)]
    moments += [(chance.uniform(0.0, 1.0) * seconds, False) for _ in range(resets)]
    began = clock.now()
    members = list(crowd.members.values())
    for at, is_kill in sorted(moments):
        await asyncio.sleep(max(0.0, began + at - clock.now()))
        if is_kill:
            await stack.kill("signaling")
        else:
            await until(lambda: chance.choice(members).client.reset(), within_s=SETTLE_S)
