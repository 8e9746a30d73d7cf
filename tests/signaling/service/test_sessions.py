"""A group session through the public doors."""

import pytest

from contract.client import CloseRoom, JoinRoom, LeaveRoom, MuteAll, OpenSession, RaiseHand
from contract.errors import ErrorCode
from contract.people import Name
from contract.rooms import EndReason, MemberState, RecordingState
from contract.server import Done, Error
from tests.signaling.service.world import World, offer, training
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
