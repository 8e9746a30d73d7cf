"""A small chain for tests: three stores in two regions, everybody a role, and one recorded call.

East: 0117, 0108; North: 0201. Logins as in the demo: store-0117 …, chen, zhang, liu, he, wu (East), tang (who manages
0117), fang (operations), xiaolin, qian (auditor), admin.
The call is of store 0117 with chen; its one file is `FILE`.
"""

import hashlib
from datetime import date
from pathlib import Path

from argon2 import PasswordHasher

from contract.equipment import Machine
from contract.ids import (
    ClientMessageId,
    EquipmentId,
    PersonId,
    RecordingId,
    RegionId,
    RoomId,
    StillId,
    StoreId,
    room_channel,
)
from contract.inventory import EquipmentRecord
from contract.people import Name, Person, Role, Skill, Store
from contract.recording import Part, Point, RecordingSummary
from contract.rooms import (
    Call,
    CallStage,
    EndReason,
    Member,
    MemberChanged,
    MemberState,
    Reason,
    RecordingState,
    RoomClosed,
    RoomEvent,
    RoomKind,
    RoomRecording,
    RoomState,
    Still,
    StillAdded,
    Timings,
)
from contract.server import ChatMessage
from runtime.settings import Settings
from signaling.auth.passwords import Passwords
from signaling.store.seed import ChainSeed, PersonSeed, RegionSeed, RoomSeed, StillSeed, seed

PASSWORD = "passline-demo"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Tests sign in often; the real cost is tested once."""

EAST, NORTH = RegionId("r-east"), RegionId("r-north")


def _store(number: str, zh: str, en: str, region: RegionId) -> Store:
    return Store(id=StoreId(f"s-{number}"), number=number, name=Name(zh=zh, en=en), region=region)


STORES = {
    "0117": _store("0117", "静安寺店", "Jing'an Temple", EAST),
    "0108": _store("0108", "南京西路店", "West Nanjing Road", EAST),
    "0201": _store("0201", "国贸店", "Guomao", NORTH),
}


def _tablet(number: str) -> Person:
    store = STORES[number]
    return Person(id=PersonId(f"p-store-{number}"), role=Role.STORE, name=store.name, store=store)


def _person(login: str, role: Role, zh: str, en: str, *skills: Skill) -> Person:
    return Person(id=PersonId(f"p-{login}"), role=role, name=Name(zh=zh, en=en), skills=list(skills))


PEOPLE: dict[str, Person] = {
    **{f"store-{number}": _tablet(number) for number in STORES},
    "chen": _person("chen", Role.EXPERT, "陈立群", "Chen Liqun", Skill.EQUIPMENT),
    "zhang": _person("zhang", Role.EXPERT, "张建国", "Zhang Jianguo", Skill.EQUIPMENT, Skill.IT),
    "liu": _person("liu", Role.EXPERT, "刘慧", "Liu Hui", Skill.DISHES),
    "he": _person("he", Role.TRAINER, "何静", "He Jing"),
    "wu": _person("wu", Role.MANAGER, "吴磊", "Wu Lei").model_copy(
        update={"department": Name(zh="营运部", en="Operations")}
    ),
    "tang": _person("tang", Role.STORE_MANAGER, "唐悦", "Tang Yue").model_copy(update={"store": STORES["0117"]}),
    "fang": _person("fang", Role.OPERATIONS, "方圆", "Fang Yuan"),
    "xiaolin": _person("xiaolin", Role.LEARNER, "林小雨", "Lin Xiaoyu"),
    "qian": _person("qian", Role.AUDITOR, "钱文", "Qian Wen"),
    "admin": _person("admin", Role.ADMIN, "赵敏", "Zhao Min"),
}
"""By login."""


def _machine(id_: str, code: str, store: str, *, retired: bool = False) -> EquipmentRecord:
    machine = Machine(
        id=EquipmentId(id_),
        code=code,
        name=Name(zh="双缸炸炉", en="Twin fryer"),
        make="Henny Penny",
        model="OFE-322",
        serial=f"HP-{code}",
        warranty_until=date(2027, 3, 31),
        note="总闸在左后方",
    )
    return EquipmentRecord(machine=machine, store=STORES[store], reason=Reason.EQUIPMENT, retired=retired)


FRYER = _machine("e-fryer", "0117FRYER0", "0117")
RETIRED = _machine("e-retired", "0117RETRD0", "0117", retired=True)
FOREIGN = _machine("e-foreign", "0201FRYER0", "0201")
"""Machines; the last one is of a store in the other region."""

STARTED_MS = 1_790_000_000_000
ROOM = RoomId("01900000-0000-7000-8000-000000000001")
RECORDING = RecordingId("01900000-0000-7000-8000-000000000002")
STILL = StillId("01900000-0000-7000-8000-000000000003")
CID = ClientMessageId("01900000-0000-7000-8000-000000000004")
FILE = "p-store-0117-1.webm"
FILE_BYTES = bytes(range(256)) * 40
STILL_BYTES = b"\xff\xd8\xff\xe0 a picture \xff\xd9"


def finished_call(*, published: list[Role] | None = None, about: EquipmentRecord | None = None) -> RoomSeed:
    """The recorded call, perhaps about a machine: chen answers 2 s after the recording's zero, a photo at 5 s, a word
    at 7 s, over at 10 s."""
    caller, expert = PEOPLE["store-0117"], PEOPLE["chen"]
    still = Still(id=STILL, by=caller.id, asked_by=expert.id, taken_at=STARTED_MS + 5000, width_px=4, height_px=3)
    at = STARTED_MS

    def member(person: Person, state: MemberState, *, host: bool = False) -> Member:
        joined = at if state is not MemberState.RINGING else None
        return Member(person=person, state=state, host=host, joined_at=joined, consented_at=joined)

    events: list[tuple[int, RoomEvent]] = [
        (at, MemberChanged(member=member(caller, MemberState.JOINED))),
        (at, MemberChanged(member=member(expert, MemberState.RINGING))),
        (at + 2000, MemberChanged(member=member(expert, MemberState.JOINED, host=True))),
        (at + 5000, StillAdded(still=still)),
        (at + 9000, MemberChanged(member=member(caller, MemberState.LEFT))),
        (at + 10000, RoomClosed(at=at + 10000, end=EndReason.HUNG_UP)),
    ]
    call = Call(
        stage=CallStage.ENDED,
        reason=Reason.EQUIPMENT,
        equipment=about.machine if about is not None else None,
        store=STORES["0117"],
        caller=caller.id,
        answered_by=expert.id,
        ring_until=at + 45000,
        timings=Timings(tap=at, ring=at + 300, answer=at + 2000, connected=at + 2300, first_frame=at + 2500),
        end=EndReason.HUNG_UP,
    )
    missed = Member(person=PEOPLE["zhang"], state=MemberState.MISSED)
    state = RoomState(
        id=ROOM,
        ver=len(events),
        kind=RoomKind.CALL,
        opened_at=at,
        closed_at=at + 10000,
        end=EndReason.HUNG_UP,
        members=[member(caller, MemberState.LEFT), member(expert, MemberState.LEFT, host=True), missed],
        call=call,
        recording=RoomRecording(id=RECORDING, state=RecordingState.SAFE, started_at=at, duration_s=10.0),
        stills=[still],
    )
    part = Part(
        file=FILE,
        participant=caller.id,
        mime='video/webm; codecs="vp8, opus"',
        has_video=True,
        has_audio=True,
        offset_s=0.0,
        duration_s=10.0,
        size_bytes=len(FILE_BYTES),
        sha256=hashlib.sha256(FILE_BYTES).hexdigest(),
    )
    return RoomSeed(
        state=state,
        events=events,
        messages=[
            ChatMessage(ch=room_channel(ROOM), seq=1, cid=CID, sender=expert.id, ts=at + 7000, body="关掉电源再试一次")
        ],
        recording=RecordingSummary(
            id=RECORDING,
            room=ROOM,
            state=RecordingState.SAFE,
            started_ns=at * 1_000_000,
            duration_s=10.0,
            parts=[part],
            points=[Point(t_s=6.0, by=expert.id, on=caller.id, x=0.5, y=0.25)],
        ),
        published=published or [],
        stills=[StillSeed(still, "image/jpeg", len(STILL_BYTES), hashlib.sha256(STILL_BYTES).hexdigest())],
    )


def chain(rooms: list[RoomSeed]) -> ChainSeed:
    """Everybody, and these rooms."""
    return ChainSeed(
        name=Name(zh="百味连锁", en="Baiwei Kitchens"),
        regions=[RegionSeed(EAST, Name(zh="华东", en="East")), RegionSeed(NORTH, Name(zh="华北", en="North"))],
        stores=list(STORES.values()),
        people=[
            PersonSeed(person, login, PASSWORD, region=EAST if person.role is Role.MANAGER else None)
            for login, person in PEOPLE.items()
        ],
        rooms=rooms,
        equipment=[FRYER, RETIRED, FOREIGN],
    )


def place_objects(data: Path) -> None:
    """The recorded call's bytes, where signaling looks for them."""
    for path, content in (
        (data / "objects" / "recordings" / RECORDING / FILE, FILE_BYTES),
        (data / "objects" / "stills" / STILL, STILL_BYTES),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


async def seed_chain(settings: Settings, rooms: list[RoomSeed]) -> None:
    """Everybody, these rooms, and the recorded call's files."""
    place_objects(settings.data)
    await seed(settings, chain(rooms), Passwords(CHEAP))
