"""The one call that the sample chain already had: recorded, published to new hires, ready to replay.

Films and photos are shipped in demo_recording/ and demo_pictures/; NOTICE names their sources.
"""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contract.base import encode
from contract.ids import ClientMessageId, PersonId, RecordingId, RoomId, StillId, room_channel
from contract.people import Person, Role
from contract.recording import Part, Point, RecordingSummary
from contract.rooms import (
    Call,
    CallChanged,
    CallStage,
    EndReason,
    Member,
    MemberChanged,
    MemberState,
    Quality,
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
    Timings,
    apply,
)
from contract.server import ChatMessage
from passline import demo_quality
from passline.demo_equipment import machines
from signaling.store.seed import RoomSeed, StillSeed

HERE = Path(__file__).parent
FILMS, PICTURES = HERE / "demo_recording", HERE / "demo_pictures"

ROOM = RoomId("0190e5b4-0000-7000-8000-000000000001")
RECORDING = RecordingId("0190e5b4-0000-7000-8000-000000000002")
_CID = "0190e5b4-0000-7000-8000-0000000001{:02d}"
_STILL = "0190e5b4-0000-7000-8000-0000000002{:02d}"

FRYER = machines()[0].machine
"""What it was about."""
RANG_MS = 60
ANSWERED_MS = 4_200
"""After the tap; the recording begins with the answer."""
_DURATION_S = 24.0

_CHAT = (
    (2.0, "store", "右边炸炉报警 E-04，红灯一直亮。"),
    (5.0, "expert", "好，我看到了。先把温控旋到 0。"),
    (11.0, "expert", "按住红色复位键 3 秒，别碰探头。"),
    (18.0, "store", "灯灭了，油温在降。"),
    (21.0, "expert", "等降到 160 度再开。备件我来安排。"),
)
"""(seconds, who, what)"""
_PHOTOS = ((8.0, "fryer.jpg", 1280, 720), (15.0, "fr-panel.jpg", 640, 360), (20.0, "part.jpg", 480, 270))
"""(seconds, file, width and height in pixels), taken by the store for the expert"""


@dataclass(frozen=True)
class _Film:
    """One side's picture and sound as the recorder would have left it."""

    file: str
    offset_s: float
    duration_s: float
    width_px: int
    height_px: int


_STORE_FILM = _Film("p-store-0117.webm", 0.0, 24.0, 640, 360)
_EXPERT_FILM = _Film("p-chen.webm", 0.15, 23.8, 352, 288)


def place_files(objects: Path, summary: RecordingSummary) -> None:
    """Copy films and photos to where the archive looks for them; files that are there stay.

    The summary lies beside the films as the recorder leaves it: without one it would try to recover the recording.
    """
    wanted = {objects / "recordings" / RECORDING / film.file: FILMS / film.file for film in (_STORE_FILM, _EXPERT_FILM)}
    for number, (_, file, _, _) in enumerate(_PHOTOS, start=1):
        wanted[objects / "stills" / _STILL.format(number)] = PICTURES / file
    for target, source in wanted.items():
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    beside = objects / "recordings" / RECORDING / "summary.json"
    if not beside.exists():
        beside.write_bytes(encode(summary))


def room(store: Person, expert: Person, tap_ms: int) -> RoomSeed:
    """The whole room, with the button pressed at `tap_ms` (UTC)."""
    assert store.store is not None, "the caller is a store's tablet"
    answer_ms = tap_ms + ANSWERED_MS
    closed_ms = answer_ms + int(_DURATION_S * 1000)

    def at(t_s: float) -> int:
        return answer_ms + int(t_s * 1000)

    def joined(person: Person, *, host: bool, joined_ms: int) -> Member:
        return Member(
            person=person,
            state=MemberState.JOINED,
            host=host,
            consented_at=joined_ms,
            joined_at=joined_ms,
            quality=Quality.GOOD,
        )

    call = Call(
        stage=CallStage.RINGING,
        reason=Reason.EQUIPMENT,
        equipment=FRYER,
        store=store.store,
        caller=store.id,
        ring_until=tap_ms + 45_000,
        timings=Timings(tap=tap_ms, ring=tap_ms + RANG_MS),
    )
    answered = call.model_copy(
        update={
            "stage": CallStage.ANSWERED,
            "answered_by": expert.id,
            "timings": Timings(
                tap=tap_ms,
                ring=tap_ms + RANG_MS,
                answer=answer_ms,
                connected=answer_ms + 40,
                first_frame=answer_ms + 90,
                first_audio=answer_ms + 130,
            ),
        }
    )
    ended = answered.model_copy(update={"stage": CallStage.ENDED, "end": EndReason.HUNG_UP})
    recording = RoomRecording(id=RECORDING, state=RecordingState.RECORDING, started_at=answer_ms)
    caller, host = joined(store, host=False, joined_ms=tap_ms), joined(expert, host=True, joined_ms=answer_ms)
    gone = {"state": MemberState.LEFT, "left_at": closed_ms}
    stills = _stills(store.id, expert.id, at)
    events: list[tuple[int, RoomEvent]] = [
        (answer_ms, CallChanged(call=answered)),
        (answer_ms, MemberChanged(member=host)),
        (answer_ms, RecordingChanged(recording=recording)),
        *((one.still.taken_at, StillAdded(still=one.still)) for one in stills),
        (closed_ms, MemberChanged(member=host.model_copy(update=gone))),
        (closed_ms, MemberChanged(member=caller.model_copy(update=gone))),
        (closed_ms, CallChanged(call=ended)),
        (closed_ms, RoomClosed(at=closed_ms, end=EndReason.HUNG_UP)),
        (closed_ms, RecordingChanged(recording=recording.model_copy(update={"state": RecordingState.SAVING}))),
        (
            closed_ms + 800,
            RecordingChanged(
                recording=recording.model_copy(
                    update={"state": RecordingState.SAFE, "duration_s": _DURATION_S, "saved_in_s": 0.8}
                )
            ),
        ),
    ]
    state = RoomState(id=ROOM, ver=0, kind=RoomKind.CALL, opened_at=tap_ms, members=[caller], call=call)
    for _, event in events:
        state = apply(state, event)
    return RoomSeed(
        state=state,
        events=events,
        messages=_messages({"store": store.id, "expert": expert.id}, at),
        recording=_summary(store.id, expert.id, answer_ms),
        published=[Role.LEARNER],
        stills=stills,
        quality=demo_quality.of_call(store.id, expert.id, answer_ms, _DURATION_S),
    )


def _stills(store: PersonId, expert: PersonId, at: Callable[[float], int]) -> list[StillSeed]:
    made = []
    for number, (t_s, file, width_px, height_px) in enumerate(_PHOTOS, start=1):
        content = (PICTURES / file).read_bytes()
        still = Still(
            id=StillId(_STILL.format(number)),
            by=store,
            asked_by=expert,
            taken_at=at(t_s),
            width_px=width_px,
            height_px=height_px,
        )
        made.append(StillSeed(still, "image/jpeg", len(content), hashlib.sha256(content).hexdigest()))
    return made


def _messages(people: dict[str, PersonId], at: Callable[[float], int]) -> list[ChatMessage]:
    return [
        ChatMessage(
            ch=room_channel(ROOM),
            seq=seq,
            cid=ClientMessageId(_CID.format(seq)),
            sender=people[who],
            ts=at(t_s),
            body=body,
        )
        for seq, (t_s, who, body) in enumerate(_CHAT, start=1)
    ]


def _summary(store: PersonId, expert: PersonId, answer_ms: int) -> RecordingSummary:
    return RecordingSummary(
        id=RECORDING,
        room=ROOM,
        state=RecordingState.SAFE,
        started_ns=answer_ms * 1_000_000,
        duration_s=_DURATION_S,
        parts=[_part(_STORE_FILM, store), _part(_EXPERT_FILM, expert)],
        points=[
            Point(t_s=round(11.0 + step * 0.1, 1), by=expert, on=store, x=0.55 + 0.004 * step, y=0.62 - 0.002 * step)
            for step in range(30)
        ],
    )


def _part(film: _Film, participant: PersonId) -> Part:
    content = (FILMS / film.file).read_bytes()
    return Part(
        file=film.file,
        participant=participant,
        mime='video/webm; codecs="vp8,opus"',
        has_video=True,
        has_audio=True,
        offset_s=film.offset_s,
        duration_s=film.duration_s,
        width_px=film.width_px,
        height_px=film.height_px,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
