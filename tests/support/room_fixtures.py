"""Writes what `contract.rooms.apply` makes of events, so that the web client's `apply` is held to the same answers.

`python -m tests.support.room_fixtures` rewrites web/src/model/fixtures/rooms.json; `--check` fails when it is stale.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from contract.ids import PersonId, RecordingId, RegionId, RoomId, SessionId, StillId, StoreId
from contract.people import Name, Person, Role, Skill, Store
from contract.rooms import (
    AllMuted,
    Call,
    CallChanged,
    CallStage,
    EndReason,
    Hand,
    HandsChanged,
    Knock,
    Member,
    MemberChanged,
    MemberState,
    Reason,
    RecordingChanged,
    RecordingState,
    RoomClosed,
    RoomEvent,
    RoomKind,
    RoomRecording,
    RoomState,
    Still,
    StillAdded,
    StillRequested,
    Timings,
    VisitorMoved,
    VisitStep,
    apply,
)

PATH = Path(__file__).parents[2] / "web/src/model/fixtures/rooms.json"
EVENT: TypeAdapter[RoomEvent] = TypeAdapter(RoomEvent)

_TABLET = PersonId("p-store-0117")
_EXPERT = PersonId("p-chen")
_SHOP = Store(
    id=StoreId("s-0117"), number="0117", name=Name(zh="静安寺店", en="Jing'an Temple"), region=RegionId("east")
)
_STORE = Person(id=_TABLET, role=Role.STORE, name=Name(zh="静安寺店", en="Jing'an Temple"), store=_SHOP)
_CHEN = Person(id=_EXPERT, role=Role.EXPERT, name=Name(zh="陈立群", en="Chen Liqun"), skills=[Skill.EQUIPMENT])

_KNOCK = Knock(
    person=_CHEN.model_copy(update={"id": "v-1", "role": Role.VISITOR}), session=SessionId("s-v"), since=7_000
)
_SOONER = _KNOCK.model_copy(update={"person": _KNOCK.person.model_copy(update={"id": "v-2"}), "since": 6_500})


def _call(stage: CallStage, **more: Any) -> Call:
    return Call(
        stage=stage,
        reason=Reason.EQUIPMENT,
        store=_SHOP,
        caller=_TABLET,
        ring_until=46_000,
        timings=Timings(tap=1_000),
        **more,
    )


def _start() -> RoomState:
    return RoomState(
        id=RoomId("r-1"),
        ver=1,
        kind=RoomKind.CALL,
        opened_at=1_000,
        members=[
            Member(
                person=_STORE,
                state=MemberState.JOINED,
                session=SessionId("s-a"),
                consented_at=1_000,
                joined_at=1_000,
            )
        ],
        call=_call(CallStage.RINGING),
    )


def _events() -> list[RoomEvent]:
    still = Still(id=StillId("st-1"), by=_TABLET, asked_by=_EXPERT, taken_at=9_000, width_px=1920, height_px=1080)
    return [
        MemberChanged(member=Member(person=_CHEN, state=MemberState.RINGING)),
        MemberChanged(
            member=Member(
                person=_CHEN, state=MemberState.JOINED, host=True, session=SessionId("s-b"), consented_at=5_000
            )
        ),
        CallChanged(call=_call(CallStage.ANSWERED, answered_by=_EXPERT)),
        RecordingChanged(
            recording=RoomRecording(id=RecordingId("rec-1"), state=RecordingState.RECORDING, started_at=5_100)
        ),
        HandsChanged(hands=[Hand(person=_TABLET, raised_at=6_000)]),
        StillRequested(by=_EXPERT, of=_TABLET),
        StillAdded(still=still),
        VisitorMoved(knock=_KNOCK, step=VisitStep.KNOCKED),
        VisitorMoved(knock=_SOONER, step=VisitStep.KNOCKED),
        VisitorMoved(knock=_KNOCK, step=VisitStep.ADMITTED, by=_EXPERT),
        VisitorMoved(knock=_SOONER, step=VisitStep.GONE),
        AllMuted(by=_EXPERT),
        HandsChanged(hands=[]),
        CallChanged(call=_call(CallStage.ENDED, answered_by=_EXPERT, end=EndReason.HUNG_UP)),
        RoomClosed(at=60_000, end=EndReason.HUNG_UP),
        RecordingChanged(
            recording=RoomRecording(
                id=RecordingId("rec-1"), state=RecordingState.SAFE, started_at=5_100, duration_s=54.9, saved_in_s=1.5
            )
        ),
    ]


def fixture() -> str:
    """The file's text: the first state, then each event with the state after it."""
    state = _start()
    steps = []
    first = state.model_dump(mode="json")
    for event in _events():
        state = apply(state, event)
        steps.append({"event": EVENT.dump_python(event, mode="json"), "after": state.model_dump(mode="json")})
    return json.dumps({"start": first, "steps": steps}, ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    """Write the file, or check it."""
    text = fixture()
    if "--check" in sys.argv:
        return 0 if PATH.is_file() and PATH.read_text() == text else 1
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
