"""Chat through the public doors: once, in order, with honest ticks."""

from functools import partial
from itertools import pairwise

import pytest
from sqlalchemy import update

from contract.client import Ack, LeaveRoom, Read, Send, Sync
from contract.errors import ErrorCode
from contract.ids import room_channel
from contract.rooms import RecordingState
from contract.server import Error, Receipt, Sent, Synced
from runtime import clock
from signaling.service import REMEMBER_MS
from signaling.store.rooms import forget_done
from signaling.store.tables.messages import MessageRow
from tests.signaling.service.world import World, answered
from tests.support.clients import Tab, new_cid

pytestmark = pytest.mark.flow


async def pair(world: World) -> tuple[Tab, Tab]:
    return await world.tab("store-0117"), await world.tab("chen")


async def test_the_same_message_twice_is_one_message(world: World) -> None:
    store, chen = await pair(world)
    channel = room_channel(await answered(store, chen))
    message = Send(cid=new_cid(), ch=channel, body="冰箱报警")
    for _ in range(3):
        await store.say(message)
    await store.until(lambda: sum(isinstance(m, Sent) for m in store.heard) == 3, "three acknowledgements")
    assert {m.seq for m in store.heard if isinstance(m, Sent)} == {1}
    await chen.write(channel, "关掉电源")
    for who in (store, chen):
        await who.until(lambda who=who: len(who.shown.get(channel, [])) == 2, "both")  # type: ignore[misc]
    assert [m.body for m in chen.shown[channel]] == ["冰箱报警", "关掉电源"]
    assert sum(m.type == "message" for m in chen.heard) == 2


async def test_the_same_cid_cannot_say_something_else(world: World) -> None:
    store, chen = await pair(world)
    channel = room_channel(await answered(store, chen))
    cid = new_cid()
    await store.say(Send(cid=cid, ch=channel, body="one"))
    await store.say(Send(cid=cid, ch=channel, body="two"))
    await chen.say(Send(cid=cid, ch=channel, body="mine"))
    await store.until(lambda: store.failed.get(cid), "conflict")
    assert store.failed[cid] is ErrorCode.CONFLICT
    await chen.until(lambda: len(chen.shown.get(channel, [])) == 2, "both people's")
    assert [m.body for m in chen.shown[channel]] == ["one", "mine"]


async def test_ticks_go_forward_only_and_never_beyond_what_exists(world: World) -> None:
    store, chen = await pair(world)
    channel = room_channel(await answered(store, chen))
    for number in range(3):
        await store.write(channel, str(number))
    await chen.until(lambda: len(chen.shown.get(channel, [])) == 3, "three")

    def ticks() -> tuple[int, int] | None:
        receipt = store.receipts.get((channel, chen.person))
        return (receipt.delivered, receipt.read) if receipt else None

    await chen.say(Ack(ch=channel, seq=2))
    await store.until(lambda: ticks() == (2, 0), "delivered")
    await chen.say(Ack(ch=channel, seq=1))
    await chen.say(Read(ch=channel, seq=99))
    await store.until(lambda: ticks() == (3, 3), "read")
    seen = [at for m in store.heard if isinstance(m, Receipt) for at in m.people if at.person == chen.person]
    assert all(a.delivered <= b.delivered and a.read <= b.read for a, b in pairwise(seen))
    assert all(m.read <= m.delivered <= 3 for m in seen)


async def test_ticks_are_told_again_after_a_reload(world: World) -> None:
    browser = await world.server.sign_in("store-0117")
    store, chen = await world.tab("store-0117", browser), await world.tab("chen")
    channel = room_channel(await answered(store, chen))
    await store.write(channel, "one")
    await chen.until(lambda: chen.shown.get(channel), "it")
    await chen.say(Read(ch=channel, seq=1))
    await store.until(lambda: (channel, chen.person) in store.receipts, "read")
    again = await world.tab("store-0117", browser)
    receipt = await again.until(lambda: again.receipts.get((channel, chen.person)), "the tick again")
    assert receipt.read == 1
    await again.until(lambda: again.shown.get(channel), "the message again")


async def test_what_was_missed_comes_in_pages(world: World) -> None:
    store, chen = await pair(world)
    channel = room_channel(await answered(store, chen))
    sent = 0
    for _ in range(5):
        writer = await world.tab("store-0117", store.browser)  # each has its own limit of messages a second
        for _ in range(90):
            await writer.write(channel, str(sent))
            sent += 1
        await writer.until(lambda writer=writer: not writer.outbox, "all are committed")  # type: ignore[misc]
    later = await world.tab("chen", chen.browser)
    await later.until(lambda: len(later.shown.get(channel, [])) == sent, "all pages")

    def pages() -> list[tuple[int, bool]]:
        return [(m.upto, m.more) for m in later.heard if isinstance(m, Synced)]

    await later.until(lambda: len(pages()) == 3, "the end of the last one")
    assert pages() == [(200, True), (400, True), (450, False)]
    assert [m.body for m in later.shown[channel]] == [str(n) for n in range(sent)]


@pytest.mark.beside
@pytest.mark.promise("A8")
async def test_a_message_is_one_for_as_long_as_it_is_kept(world: World) -> None:
    """Commands are remembered for 30 days; a message's cid as long as the message."""
    store, chen = await pair(world)
    channel = room_channel(await answered(store, chen))
    message = Send(cid=new_cid(), ch=channel, body="冰箱报警")
    await store.say(message)
    await store.until(lambda: any(isinstance(m, Sent) for m in store.heard), "the first time")
    database = world.server.house.database
    long_ago_ms = clock.wall_ms() - 2 * REMEMBER_MS
    await database.write(lambda session: session.execute(update(MessageRow).values(at_ms=long_ago_ms)))
    await database.write(partial(forget_done, before_ms=clock.wall_ms()))
    store.heard.clear()
    await store.say(message)
    again = await store.until(lambda: next((m for m in store.heard if isinstance(m, Sent)), None), "the same again")
    assert (again.seq, again.ts) == (1, long_ago_ms)
    await store.say(message.model_copy(update={"body": "something else"}))
    await store.until(lambda: store.failed.get(message.cid) is ErrorCode.CONFLICT, "conflict")


@pytest.mark.beside
@pytest.mark.promise("A8")
async def test_nobody_gets_the_message_behind_another_persons_cid(world: World) -> None:
    """A cid counts for who made it; a stranger who guesses it learns nothing, not even that it exists."""
    store, chen = await pair(world)
    liu = await world.tab("liu")
    channel = room_channel(await answered(store, chen))
    message = Send(cid=new_cid(), ch=channel, body="secret")
    await store.say(message)
    await store.until(lambda: any(isinstance(m, Sent) for m in store.heard), "sent")
    await liu.say(message)
    await liu.until(lambda: liu.failed.get(message.cid) is ErrorCode.NOT_FOUND, "no such channel")
    assert not any(isinstance(m, Sent) for m in liu.heard)


async def test_who_was_there_reads_for_ever_and_writes_no_more(world: World) -> None:
    store, chen = await pair(world)
    stranger = await world.tab("liu")
    room = await answered(store, chen)
    channel = room_channel(room)
    message = Send(cid=new_cid(), ch=channel, body="committed")
    await store.say(message)
    await store.until(lambda: any(isinstance(m, Sent) for m in store.heard), "sent")
    await store.do(LeaveRoom(cid=new_cid(), room=room))
    await store.room(lambda s: s.recording is not None and s.recording.state is RecordingState.SAFE, "safe")
    late = await store.write(channel, "too late")
    await store.until(lambda: store.failed.get(late), "refusal")
    assert store.failed[late] is ErrorCode.OVER
    store.heard.clear()
    await store.say(message)
    await store.until(lambda: any(isinstance(m, Sent) and m.seq == 1 for m in store.heard), "still sent")
    await chen.say(Sync(ch=channel, after=0))
    await chen.until(lambda: any(isinstance(m, Synced) and m.upto == 1 for m in chen.heard), "readable")
    for wish in (Sync(ch=channel, after=0), Ack(ch=channel, seq=1), Read(ch=channel, seq=1)):
        stranger.heard.clear()
        await stranger.say(wish)
        await stranger.until(
            lambda: any(isinstance(m, Error) and m.code is ErrorCode.NOT_FOUND for m in stranger.heard), "refusal"
        )
