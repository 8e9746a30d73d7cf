"""What a room leaves behind, arranged for the replay: its list entry and its chapters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from contract.http import ArchiveEntry, Chapter, ChapterKind
from contract.ids import PersonId
from contract.people import Grant, Role
from contract.recording import RecordingSummary
from contract.rooms import (
    Member,
    MemberChanged,
    MemberState,
    RecordingState,
    RoomEvent,
    RoomState,
    StillAdded,
)
from contract.server import ChatMessage
from signaling.domain.access import Act, may_in_room, somewhere, visits

REPLAYABLE = frozenset({RecordingState.SAFE, RecordingState.RECOVERED})
_PRESENT = frozenset({MemberState.JOINED, MemberState.AWAY})


class Reader(Protocol):
    """Who asks: a Principal."""

    @property
    def id(self) -> PersonId: ...

    @property
    def grants(self) -> Sequence[Grant]: ...


@dataclass(frozen=True)
class Kept:
    """A room that is over, as the database keeps it, seen by one reader."""

    state: RoomState
    recording: RecordingState
    summary: RecordingSummary | None
    participants: frozenset[PersonId]
    """Who joined at some time."""
    inherited: bool = False
    """The reader is the successor of somebody who did."""
    published: list[Role] = field(default_factory=list)
    progress_s: float | None = None
    done: bool = False
    deleted_ms: int | None = None
    damaged: bool = False

    @property
    def replayable(self) -> bool:
        return self.summary is not None and self.recording in REPLAYABLE


def entry_of(kept: Kept) -> ArchiveEntry:
    """The line in the archive's list."""
    state = kept.state
    return ArchiveEntry(
        room=state.id,
        kind=state.kind,
        title=state.title,
        reason=state.call.reason if state.call else None,
        equipment=state.call.equipment if state.call else None,
        store=state.call.store if state.call else None,
        people=[
            m.person
            for m in state.members
            if m.person.id in kept.participants or m.guest is not None or (visits(m.person) and m.joined_at)
        ],
        opened_at=state.opened_at,
        closed_at=state.closed_at,
        end=state.end,
        recording=kept.recording,
        deleted_at=kept.deleted_ms,
        damaged=kept.damaged,
        duration_s=kept.summary.duration_s if kept.summary else None,
        published=kept.published,
        progress_s=kept.progress_s,
        done=kept.done,
    )


def may_publish(who: Reader, kept: Kept) -> bool:
    """Who leads rooms and took part, and who may publish any, once there is something to show."""
    if not kept.replayable:
        return False
    led = somewhere(Act.PUBLISH, who.grants) and (kept.inherited or who.id in kept.participants)
    return led or may_in_room(Act.PUBLISH_ANY, who.grants, kept.state)


def chapters(
    state: RoomState,
    started_ns: int,
    duration_s: float,
    events: Iterable[tuple[int, RoomEvent]],
    messages: Iterable[ChatMessage],
) -> list[Chapter]:
    """The moments worth jumping to, in order of time.

    `state` is the room's last, `events` are (UTC ms, event) in the order they happened, `started_ns` is the UTC ns of
    the recording's zero. What happened before the recording began or after it ended is moved to its first or last
    moment.
    """

    def seconds(at_ms: int) -> float:
        return round(min(max((at_ms * 1_000_000 - started_ns) / 1e9, 0.0), duration_s), 3)

    seats = _Seats()
    found: list[Chapter] = []
    for at_ms, event in events:
        match event:
            case MemberChanged(member=member):
                for moment_ms, kind in seats.change(member, at_ms):
                    found.append(Chapter(t_s=seconds(moment_ms), kind=kind, person=member.person.id))
            case StillAdded(still=still):
                found.append(Chapter(t_s=seconds(at_ms), kind=ChapterKind.STILL, person=still.by, still=still))
            case _:
                pass
    for hold in state.call.holds if state.call is not None else []:
        found.append(Chapter(t_s=seconds(hold.since), kind=ChapterKind.HELD, person=hold.by))
        if hold.until is not None:
            found.append(Chapter(t_s=seconds(hold.until), kind=ChapterKind.RESUMED, person=hold.by))
    for member in state.members:
        if member.joined_at is not None and not seats.known(member.person.id):
            found.append(Chapter(t_s=seconds(member.joined_at), kind=ChapterKind.JOINED, person=member.person.id))
    for message in messages:
        found.append(Chapter(t_s=seconds(message.ts), kind=ChapterKind.CHAT, person=message.sender, message=message))
    return sorted(found, key=lambda chapter: chapter.t_s)


class _Seats:
    """Who comes and goes. Somebody who is away keeps the seat, so that is neither."""

    def __init__(self) -> None:
        self._present: dict[PersonId, bool] = {}

    def known(self, person: PersonId) -> bool:
        """Whether any event told of this person; who opened the room may have none."""
        return person in self._present

    def change(self, member: Member, at_ms: int) -> list[tuple[int, ChapterKind]]:
        """What this event means: (UTC ms, kind), at most a join that came before all events and a leave."""
        who, present = member.person.id, member.state in _PRESENT
        moments = []
        if not self.known(who):
            self._present[who] = False
            if member.joined_at is not None:  # joined with this event, or before the first one
                self._present[who] = True
                moments.append((member.joined_at, ChapterKind.JOINED))
        if present is not self._present[who]:
            self._present[who] = present
            moments.append((at_ms, ChapterKind.JOINED if present else ChapterKind.LEFT))
        return moments
