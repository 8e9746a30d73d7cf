"""Consent first, byte second (C7): of nobody anything is on the disk before the own yes, and nothing after a no."""

from pathlib import Path

import pytest

from contract.client import AcceptCall, CloseRoom, DeclineCall, JoinRoom, LeaveRoom, OpenSession
from contract.errors import ErrorCode
from contract.http import PeerOffer
from contract.ids import RoomId
from contract.media import TABLET
from contract.people import Name
from contract.server import Done, Error
from runtime import clock
from tests.signaling.service.world import ring
from tests.support.calls import recording_of, safe
from tests.support.clients import new_cid
from tests.support.member import Member
from tests.support.peer_client import PeerClient
from tests.support.played import Played, play
from tests.support.show import Show, clip_frames, show
from tests.support.stack import Stack

pytestmark = [pytest.mark.flow, pytest.mark.promise("C7")]

FRAME_NS = 40_000_000
ENOUGH_BYTES = 10_000
"""Half a second or more of picture and sound."""


def on_disk(stack: Stack) -> list[str]:
    """Everything below the recordings, but what the sample chain brought."""
    root = stack.data / "objects" / "recordings"
    return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and "demo" not in str(path)]


def kept(stack: Stack) -> int:
    """Of how many participants something is on the disk, of what is being recorded."""
    files = (stack.data / "objects" / "recordings").glob("*/live-*")
    return sum(path.stat().st_size > ENOUGH_BYTES for path in files)


async def test_while_it_rings_nothing_is_written_and_a_refused_call_leaves_nothing(tmp_path: Path) -> None:
    frames = {1: clip_frames(1), 2: clip_frames(2)}
    async with Stack(tmp_path) as stack, Member(stack, "store-0117") as store, Member(stack, "chen") as expert:
        before = on_disk(stack)
        room = await ring(store.tab, expert.tab)
        await store.connect(room)
        await expert.connect(room)
        async with show(store, frames[1]) as of_store, show(expert, frames[2]) as of_expert:
            await stack.until(lambda: min(of_store.pictures, of_expert.pictures) >= 30, "both send")
            assert on_disk(stack) == before, "both send, nobody has answered"
            accepted_ns = clock.wall_ns()
            assert isinstance(await expert.tab.do(AcceptCall(cid=new_cid(), room=room)), Done)
            await stack.until(lambda: kept(stack) == 2, "both are kept")
        await expert.tab.do(LeaveRoom(cid=new_cid(), room=room))
        summary = await safe(stack, expert, room)
        shows = {store.tab.person: (1, of_store), expert.tab.person: (2, of_expert)}
        assert {part.participant for part in summary.parts} == set(shows)
        for part in summary.parts:
            clip, shown = shows[part.participant]
            played = play(recording_of(stack, summary) / part.file, clip)
            assert played.clips == {clip}
            # The first frame that is kept was captured after the yes: its number says so as well as its time.
            begins_ns = summary.started_ns + round(part.offset_s * 1e9)
            assert begins_ns >= accepted_ns - FRAME_NS
            assert abs(_apart_ns(shown, played, begins_ns)) < 100_000_000

        recorded = on_disk(stack)
        refused = await ring(store.tab, expert.tab)
        await store.connect(refused)
        async with show(store, frames[1]) as unheard:
            await stack.until(lambda: unheard.pictures >= 25, "it sends")
            await expert.tab.do(DeclineCall(cid=new_cid(), room=refused))
            sent = unheard.pictures
            await stack.until(lambda: unheard.pictures >= sent + 12, "it still sends")
        assert on_disk(stack) == recorded


async def test_a_late_joiner_is_asked_first_and_whoever_says_no_is_neither_seen_nor_kept(tmp_path: Path) -> None:
    frames = {1: clip_frames(1), 2: clip_frames(2)}
    async with Stack(tmp_path) as stack, Member(stack, "he") as trainer, Member(stack, "store-0117") as store:
        wish = OpenSession(cid=new_cid(), title=Name(zh="洗手", en="Hands"), invite=[store.tab.person])
        opened = await trainer.tab.do(wish)
        assert isinstance(opened, Done)
        assert opened.room is not None
        room = opened.room
        await trainer.connect(room)
        async with show(trainer, frames[1]), show(store, frames[2]) as late:
            await store.tab.until(lambda: room in store.tab.rooms, "the invitation")
            no = await store.tab.do(JoinRoom(cid=new_cid(), room=room, consent=False))
            assert isinstance(no, Error)
            assert no.code is ErrorCode.CONSENT
            assert await _offers(store, room) == 403, "who has not agreed gets no media at all"
            await stack.until(lambda: kept(stack) == 1, "the trainer is kept")
            manifest = next((stack.data / "objects" / "recordings").glob("*/manifest.jsonl"))
            assert store.tab.person.encode() not in manifest.read_bytes()
            agreed_ns = clock.wall_ns()
            await store.join(room)
            await stack.until(lambda: kept(stack) == 2, "both are kept")
        await trainer.tab.do(CloseRoom(cid=new_cid(), room=room))
        summary = await safe(stack, trainer, room)
        (part,) = [part for part in summary.parts if part.participant == store.tab.person]
        played = play(recording_of(stack, summary) / part.file, 2)
        begins_ns = summary.started_ns + round(part.offset_s * 1e9)
        assert begins_ns >= agreed_ns - FRAME_NS
        assert abs(_apart_ns(late, played, begins_ns)) < 100_000_000


def _apart_ns(shown: Show, played: Played, begins_ns: int) -> int:
    """How far the first picture's place in the recording is from when it was shown, as its number says."""
    at_s, mark = played.marks[0]
    assert mark is not None
    at_ns = begins_ns + round(at_s * 1e9)
    return shown.captured_ns(mark.number, at_ns) - at_ns


async def _offers(member: Member, room: RoomId) -> int:
    """The status of an offer for a PeerConnection."""
    assert member.tab.welcome is not None
    body = PeerOffer(session=member.tab.welcome.session, pc_gen=1, layout=TABLET, sdp=PeerClient().offer())
    answer = await member.tab.browser.post(f"/api/rooms/{room}/peers", json=body.model_dump(mode="json"))
    return answer.status
