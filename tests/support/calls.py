"""What became of a call: its recording once it is safe, from the outside."""

import asyncio
from pathlib import Path

from contract.http import Replay
from contract.ids import RoomId
from contract.recording import RecordingSummary
from contract.rooms import RecordingState
from runtime import clock
from tests.support.caller import Caller
from tests.support.member import Member
from tests.support.stack import Stack

OVER = frozenset({RecordingState.SAFE, RecordingState.RECOVERED, RecordingState.FAILED})


async def replay(who: Member | Caller, room: RoomId, *, within_s: float = 60.0) -> Replay:
    """What `who` can replay of it, once its recording is over. Raises AssertionError if that takes too long."""
    deadline = clock.now() + within_s
    while True:
        answer = await who.tab.browser.get(f"/api/archive/{room}")
        if answer.status == 200 and (found := answer.read(Replay)).entry.recording in OVER:
            return found
        assert clock.now() < deadline, (answer.status, answer.body[:300])
        await asyncio.sleep(0.1)


async def safe(stack: Stack, who: Member | Caller, room: RoomId, *, within_s: float = 60.0) -> RecordingSummary:
    """The recorder's summary of it, once it is over."""
    await replay(who, room, within_s=within_s)
    for path in (stack.data / "objects" / "recordings").glob("*/summary.json"):
        summary = RecordingSummary.model_validate_json(path.read_bytes())
        if summary.room == room:
            return summary
    raise AssertionError(f"no summary of {room}")


def recording_of(stack: Stack, summary: RecordingSummary) -> Path:
    """Its directory."""
    return stack.data / "objects" / "recordings" / summary.id
