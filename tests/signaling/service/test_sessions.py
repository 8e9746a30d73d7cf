"""A group session through the public doors."""

import pytest

from contract.client import CallStore, CloseRoom, JoinRoom, LeaveRoom, MuteAll, OpenSession, RaiseHand
from contract.errors import ErrorCode
from contract.ids import StoreId
from contract.people import Name
from contract.rooms import CallStage, EndReason, MemberState, Reason, RecordingState
from contract.server import Done, Error
from tests.signaling.service.world import World, offer, ring, training
from tests.support.clients import new_cid

pytestmark = pytest.mark.flow


async def test_a_session_from_invitation_to_safe(world: World) -> None:
    he, first, second = [await world.tab(login) for login in ("he", "store-0117", "store-0108")]
    room = await training(he, first)
    assert (await offer(he, room)).status == 201
    assert (await offer(first, room)).status == 201
    opening = OpenSession(cid=new_cid(), title=Name(zh="a", en="a"), invite=[second.person])
    assert (await he.do(opening)).type == "error", "one room at a time"
    assert second.rooms == {}
    await first.do(RaiseHand(cid=new_cid(), room=room, up=True))
    await he.room(lambda state: [hand.person for hand in state.hands] == [first.person], "the hand")
    await he.do(MuteAll(cid=new_cid(), room=room))
    await first.room(lambda state: any(m.muted for m in state.members), "muted")
    await first.do(LeaveRoom(cid=new_cid(), room=room))
    await he.room(lambda state: state.members[1].state is MemberState.LEFT and not state.hands, "left")
    answer = await offer(first, room, pc_gen=2)
    assert (answer.status, answer.code) == (403, ErrorCode.FORBIDDEN)
    assert isinstance(await first.do(JoinRoom(cid=new_cid(), room=room, consent=True)), Done)
    await he.do(CloseRoom(cid=new_cid(), room=room))
    state = await first.room(
        lambda state: state.recording is not None and state.recording.state is RecordingState.SAFE, "safe"
    )
    assert state.end is EndReason.CLOSED


async def test_who_never_joined_is_told_that_it_is_over(world: World) -> None:
    he, store, idle = [await world.tab(login) for login in ("he", "store-0117", "store-0108")]
    done = await he.do(OpenSession(cid=new_cid(), title=Name(zh="a", en="a"), invite=[store.person, idle.person]))
    assert isinstance(done, Done)
    assert done.room is not None
    await idle.until(lambda: done.room in idle.rooms, "the invitation")
    refused = await idle.do(JoinRoom(cid=new_cid(), room=done.room, consent=False))
    assert isinstance(refused, Error)
    assert refused.code is ErrorCode.CONSENT
    answer = await offer(idle, done.room)
    assert (answer.status, answer.code) == (403, ErrorCode.FORBIDDEN)
    await he.do(LeaveRoom(cid=new_cid(), room=done.room))
    await idle.until(lambda: done.room in idle.gone, "gone")
    assert isinstance(await he.do(CloseRoom(cid=new_cid(), room=done.room)), Done)


async def test_an_expert_who_opens_a_session_is_not_rung_on(world: World) -> None:
    admin = await world.server.sign_in("admin")
    roles = {"role": "expert", "also": [{"role": "trainer"}]}
    assert (await admin.put("/api/people/p-chen/roles", json=roles)).status == 204
    chen, store, other = [await world.tab(login) for login in ("chen", "store-0117", "store-0108")]
    room = await ring(store, chen)
    await training(chen, other)
    await chen.until(lambda: room in chen.gone, "it stops")
    state = await store.room(
        lambda state: state.call is not None and state.call.stage is CallStage.WAITING, "it waits for her"
    )
    assert state.id == room


async def test_a_tablet_that_joins_a_session_is_not_rung_on(world: World) -> None:
    he, chen, store = [await world.tab(login) for login in ("he", "chen", "store-0117")]
    done = await chen.do(CallStore(cid=new_cid(), store=StoreId("s-0117"), reason=Reason.EQUIPMENT))
    assert isinstance(done, Done)
    room = done.room
    assert room is not None
    await store.until(lambda: room in store.rooms, "it rings")
    session = await training(he, store)
    await store.until(lambda: room in store.gone, "it stops")
    state = await chen.room(lambda state: state.id == room and state.closed_at is not None, "nobody is there")
    assert state.call is not None
    assert state.closed_at is not None
    assert state.closed_at < state.call.ring_until, "and not for want of time"
    assert store.rooms[session].closed_at is None
