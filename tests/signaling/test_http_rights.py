"""A copy of all that is kept about somebody, and their deletion, through the real doors."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path
from sqlite3 import connect
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import event, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action, AuditPage
from contract.callbacks import Callback, CallbackState
from contract.errors import ErrorCode, Rejection
from contract.http import ArchivePage
from contract.ids import PersonId, room_channel
from contract.organisation import Newcomer, People, PersonChange, Roles
from contract.people import Grant, Operator, Role, Skill
from contract.rights import PersonCopy
from contract.rooms import EndReason, MemberState, Reason, RecordingState
from runtime import clock
from signaling.domain.erasure import DELETED
from signaling.http.rights import COPY_BURST
from signaling.rights import BATCH_ITEMS
from signaling.staff import Staff
from signaling.store import audit, audit_lines, callbacks, held
from signaling.store.organisation import By
from signaling.store.schema import DATABASE
from signaling.store.tables.accounts import IdentityRow, PasskeyRow, SignInRow
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.calls import QualityRow, RingRow
from signaling.store.tables.devices import PinRow, TakeOverRow
from signaling.store.tables.messages import MessageRow
from signaling.store.tables.notices import PushBrowserRow
from signaling.store.tables.people import PersonRow
from signaling.store.tables.rooms import RoomEventRow, RoomRow
from tests.support import chain
from tests.support.server import Client, SignalingServer

pytestmark = pytest.mark.flow

CHEN = PersonId("p-chen")
SINCE = {"since_ms": chain.STARTED_MS, "touched_ms": chain.STARTED_MS}
SECRETS = ("the whole endpoint", "its public key", "its secret", "argon2", "a credential")
"""What is kept to let people in, and is in no copy."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path) as started:
        yield started


async def give_everything(session: AsyncSession) -> None:
    """Chen has one of all that somebody can have."""
    [sign_in] = await session.scalars(select(SignInRow.token_hash).where(SignInRow.person_id == CHEN))
    for statement in (
        insert(PasskeyRow).values(
            id="k1",
            credential_id=b"a credential",
            person_id=CHEN,
            public_key=b"its public key",
            sign_count=1,
            name="我的手机",
            added_ms=1,
        ),
        insert(PinRow).values(person_id=CHEN, hash="$argon2id$of-a-pin"),
        insert(IdentityRow).values(
            issuer="https://id.example", subject="sub-of-chen", person_id=CHEN, linked_ms=2, main_by_claims=False
        ),
        insert(PushBrowserRow).values(
            person_id=CHEN,
            device="phone",
            sign_in_hash=sign_in,
            endpoint="https://fcm.googleapis.com/the whole endpoint",
            body='{"auth":"its secret"}',
            set_ms=3,
        ),
        insert(RingRow).values(
            room_id=chain.ROOM,
            person_id=CHEN,
            device="phone",
            sent_ms=4,
            way="page",
            hidden=False,
            silent=False,
            end="answered",
        ),
    ):
        await session.execute(statement)
    owed = Callback(
        room=chain.ROOM,
        store=chain.STORES["0117"],
        reason=Reason.EQUIPMENT,
        why=EndReason.MISSED,
        rung_at=5,
        due_at=6,
        state=CallbackState.DONE,
        owner=chain.PEOPLE["chen"],
        done_at=7,
        done_by=chain.PEOPLE["chen"],
    )
    await callbacks.save(session, owed)


async def before_a_tablet(session: AsyncSession) -> None:
    """Tang had taken the tablet of 0117 over when it called, and wrote something there."""
    tang = Operator(id=PersonId("p-tang"), name=chain.PEOPLE["tang"].name)
    state = chain.finished_call().state
    caller = state.members[0]
    operated = caller.model_copy(update={"person": caller.person.model_copy(update={"operator": tang})})
    body = state.model_copy(update={"members": [operated, *state.members[1:]]}).model_dump_json()
    await session.execute(update(RoomRow).where(RoomRow.id == chain.ROOM).values(body=body))
    await session.execute(
        insert(MessageRow).values(
            channel_id=room_channel(chain.ROOM),
            seq=2,
            cid="c-2",
            sender_id=caller.person.id,
            body="已经关了",
            at_ms=chain.STARTED_MS + 8000,
            operator=tang.model_dump_json(),
        )
    )
    await session.execute(insert(TakeOverRow).values(device_id=caller.person.id, person_id=tang.id, **SINCE))
    await audit.record(session, Action.ROOM_JOINED, caller.person.id, object_id=chain.ROOM)


async def leave(admin: Client, person: str) -> None:
    assert (await admin.put(f"/api/people/{person}/disabled", json={"disabled": True})).status == 204


async def erase(admin: Client, person: str, name: str) -> tuple[int, ErrorCode | None]:
    answer = await admin.post(f"/api/people/{person}/erasure", json={"name": name})
    return answer.status, None if answer.status == 204 else answer.code


async def acts(server: SignalingServer, action: Action) -> list[tuple[str | None, str | None, str]]:
    async with server.house.database.read() as session:
        found = await session.execute(
            select(AuditRow.person_id, AuditRow.object, AuditRow.detail).where(AuditRow.action == action)
        )
        return [(person, about, detail) for person, about, detail in found]


# --- a copy -----------------------------------------------------------------------------------------------------------


async def test_whoever_is_signed_in_takes_a_copy_of_all_that_is_theirs_without_a_secret(
    server: SignalingServer,
) -> None:
    chen = await server.sign_in("chen")
    await server.house.database.write(give_everything)
    answer = await chen.get("/api/me/copy")
    assert answer.status == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="passline-person-')
    assert answer.headers["Cache-Control"] == "private, no-store"
    copy = answer.read(PersonCopy)
    account = copy.account
    assert (account.id, account.login, account.name) == (CHEN, "chen", chain.PEOPLE["chen"].name)
    assert (account.skills, account.roles) == ([Skill.EQUIPMENT], [Grant(role=Role.EXPERT)])
    assert (account.has_password, account.has_pin, account.identities[0].subject) == (True, True, "sub-of-chen")
    assert [one.by_passkey for one in copy.sign_ins] == [False]
    assert [(one.id, one.name) for one in copy.passkeys] == [("k1", "我的手机")]
    assert [(one.device, one.host) for one in copy.pushes] == [("phone", "fcm.googleapis.com")]
    [call] = copy.calls
    assert (call.room, call.page, call.role, call.host) == (chain.ROOM, f"/archive/{chain.ROOM}", Role.EXPERT, True)
    assert call.store == chain.STORES["0117"].name
    assert (call.joined_at, call.consented_at, call.end) == (call.joined_at, call.joined_at, EndReason.HUNG_UP)
    assert call.recording is not None
    assert (call.recording.state, call.recording.files, call.photos) == (RecordingState.SAFE, [], [])
    assert [(one.body, one.at_tablet) for one in copy.messages] == [("关掉电源再试一次", False)]
    assert [(one.owed, one.done, one.done_at) for one in copy.callbacks] == [(True, True, 7)]
    assert [(one.room, one.ring.device) for one in copy.rings] == [(chain.ROOM, "phone")]
    assert [(one.action, one.own) for one in copy.acts] == [
        (Action.SIGNED_IN, True),
        (Action.PERSON_EXPORTED, True),
    ]
    for secret in SECRETS:
        assert secret.encode() not in answer.body, secret
    for other in ("陈立群", "关掉电源"):
        assert other.encode() in answer.body
    for other in ("张建国", "赵敏"):
        assert other.encode() not in answer.body, "somebody else"


async def test_who_was_only_rung_has_that_in_the_copy(server: SignalingServer) -> None:
    copy = (await (await server.sign_in("zhang")).get("/api/me/copy")).read(PersonCopy)
    assert [(one.room, one.state, one.joined_at) for one in copy.calls] == [(chain.ROOM, MemberState.MISSED, None)]
    assert copy.messages == []


async def test_what_was_done_before_a_tablet_is_theirs_who_did_it(server: SignalingServer) -> None:
    await server.house.database.write(before_a_tablet)
    admin = await server.sign_in("admin")
    copy = (await admin.get("/api/people/p-tang/copy")).read(PersonCopy)
    [call] = copy.calls
    assert (call.role, call.state, call.joined_at) == (Role.STORE, MemberState.LEFT, chain.STARTED_MS)
    assert [(one.body, one.at_tablet) for one in copy.messages] == [("已经关了", True)]


async def test_an_administrator_takes_a_copy_of_anybody_and_it_is_written_down(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    copy = (await admin.get("/api/people/p-chen/copy")).read(PersonCopy)
    assert copy.account.login == "chen"
    [act] = copy.acts
    assert (act.action, act.own, act.address) == (Action.PERSON_EXPORTED, False, None), "by whom is not told"
    assert await acts(server, Action.PERSON_EXPORTED) == [("p-admin", CHEN, "")]
    tablet = await admin.get("/api/people/p-store-0117/copy")
    assert (tablet.status, tablet.code) == (409, ErrorCode.CONFLICT)
    assert (await admin.get("/api/people/p-nobody/copy")).status == 404


async def test_a_guess_at_ones_password_is_not_ones_own_doing(server: SignalingServer) -> None:
    guess = partial(audit.record, action=Action.SIGN_IN_FAILED, person=CHEN, address="192.0.2.66")
    await server.house.database.write(guess)
    copy = (await (await server.sign_in("chen")).get("/api/me/copy")).read(PersonCopy)
    [act] = [one for one in copy.acts if one.action == Action.SIGN_IN_FAILED]
    assert (act.own, act.address) == (False, None)


async def test_nobody_takes_one_copy_after_another(server: SignalingServer) -> None:
    chen, zhang = await server.sign_in("chen"), await server.sign_in("zhang")
    answers = [await chen.get("/api/me/copy") for _ in range(COPY_BURST + 1)]
    assert [one.status for one in answers] == [200] * COPY_BURST + [429]
    assert answers[-1].code is ErrorCode.TOO_MANY
    assert (await zhang.get("/api/me/copy")).status == 200


async def test_copies_read_one_after_another_and_leave_a_thread_to_others(server: SignalingServer) -> None:
    """As many as the database has threads for, and more, at once."""
    people = [await server.sign_in(login) for login in ("chen", "zhang", "liu", "admin")]
    database, inside, most = server.house.database, 0, 0
    fetch = database.fetch

    async def counted(work: Any) -> Any:
        nonlocal inside, most
        if getattr(work, "func", None) not in (held.page, held.account):
            return await fetch(work)
        inside += 1
        most = max(most, inside)
        try:
            return await fetch(work)
        finally:
            inside -= 1

    with patch.object(database, "fetch", counted):
        answers = await asyncio.gather(*(one.get("/api/me/copy") for one in people))
    assert {one.status for one in answers} == {200}
    assert most == 1


def test_rings_and_figures_of_one_person_are_found_by_an_index() -> None:
    for table in (RingRow.__table__, QualityRow.__table__):
        assert any(next(iter(index.columns)).key == "person_id" for index in table.indexes), table.name  # type: ignore[attr-defined]


async def test_a_copy_of_more_than_fits_into_one_piece_is_whole(server: SignalingServer) -> None:
    many = 2 * BATCH_ITEMS + 1

    async def write(session: AsyncSession) -> None:
        rows = [
            {
                "channel_id": room_channel(chain.ROOM),
                "seq": 10 + number,
                "cid": f"c-{number}",
                "sender_id": "p-liu",
                "body": f"第 {number} 条",
                "at_ms": number,
            }
            for number in range(many)
        ]
        await session.execute(insert(MessageRow), rows)

    await server.house.database.write(write)
    copy = (await (await server.sign_in("liu")).get("/api/me/copy")).read(PersonCopy)
    assert [one.body for one in copy.messages] == [f"第 {number} 条" for number in range(many)]


@pytest.mark.parametrize("part", [part for part in held.PARTS if part.name != "callbacks"], ids=lambda part: part.name)
async def test_a_page_of_it_is_found_without_reading_what_is_kept_about_others(
    server: SignalingServer, part: held.Part
) -> None:
    """But for callbacks, of which there are few: an index over who is named in them would cost each call more."""
    asked: list[tuple[str, Any]] = []
    async with server.house.database.read() as session:
        connection = await session.connection()
        event.listen(
            connection.sync_connection,
            "before_cursor_execute",
            lambda _connection, _cursor, statement, parameters, *_: asked.append((statement, parameters)),
        )
        await held.page(session, part, CHEN, None, 10)
        [(statement, parameters)] = asked
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps = [row.detail for row in plan]
    scans = [step for step in steps if step.startswith("SCAN") and not step.startswith("SCAN anon")]
    assert scans == []
    if part.name == "messages":
        assert steps == ["SEARCH message USING INDEX ix_message_author (author_id=?)"], "nor sorted"


# --- deletion ---------------------------------------------------------------------------------------------------------


async def test_somebody_who_left_is_deleted_for_good_and_what_happened_stays(
    server: SignalingServer, tmp_path: Path
) -> None:
    admin, chen = await server.sign_in("admin"), await server.sign_in("chen")
    await server.house.database.write(give_everything)
    await leave(admin, CHEN)
    assert await erase(admin, CHEN, "陈立群") == (204, None)
    assert (await chen.get("/api/me")).status == 401
    assert "p-chen" not in [one.person.id for one in (await admin.get("/api/people")).read(People).people]

    [entry] = (await admin.get("/api/archive")).read(ArchivePage).entries
    assert {one.id: one.name for one in entry.people}[CHEN] == DELETED
    replay = (await admin.get(f"/api/archive/{chain.ROOM}")).body.decode()
    assert "关掉电源再试一次" in replay
    assert "陈立群" not in replay
    assert (await admin.get(f"/api/archive/{chain.ROOM}/files/{chain.FILE}")).status == 200

    copy = (await admin.get("/api/people/p-chen/copy")).read(PersonCopy)
    account = copy.account
    assert (account.name, account.login, account.skills) == (DELETED, "erased:p-chen", [])
    assert (account.has_password, account.has_pin) == (False, False)
    assert [one.subject[:7] for one in account.identities] == ["sha256:"], "known again, and told by nothing"
    assert account.erased_at is not None
    assert (copy.sign_ins, copy.passkeys, copy.pushes, copy.rings, copy.watched) == ([], [], [], [], [])
    assert [one.body for one in copy.messages] == ["关掉电源再试一次"]
    assert [(one.owed, one.done) for one in copy.callbacks] == [(True, True)]

    lines = (await admin.get("/api/audit?about=p-chen")).read(AuditPage).lines
    assert (lines[0].action, lines[1].action) == (Action.PERSON_EXPORTED, Action.PERSON_ERASED)
    assert {line.about for line in lines} == {DELETED}
    assert await acts(server, Action.PERSON_ERASED) == [("p-admin", CHEN, "")]
    _, faults = await audit_lines.verify(server.house.database)
    assert faults == [], "the chain holds"


async def test_nothing_of_the_name_is_left_in_the_file(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path) as server:
        admin = await server.sign_in("admin")
        await server.sign_in("chen")
        await server.house.database.write(give_everything)
        await leave(admin, CHEN)
        assert await erase(admin, CHEN, "Chen Liqun") == (204, None)
    kept = (tmp_path / DATABASE).read_bytes()
    assert not (tmp_path / f"{DATABASE}-wal").exists()
    assert "赵敏".encode() in kept
    for gone in ("陈立群", "Chen Liqun", "我的手机", "sub-of-chen", *SECRETS[:3]):
        assert gone.encode() not in kept, gone
    with closing(connect(tmp_path / DATABASE)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_who_had_taken_a_tablet_over_is_deleted_from_what_was_done_there(server: SignalingServer) -> None:
    await server.house.database.write(before_a_tablet)
    admin = await server.sign_in("admin")
    await leave(admin, "p-tang")
    assert await erase(admin, "p-tang", "唐悦") == (204, None)
    async with server.house.database.read() as session:
        [said] = await session.scalars(select(MessageRow.operator).where(MessageRow.seq == 2))
        bodies = [*await session.scalars(select(RoomRow.body)), *await session.scalars(select(RoomEventRow.body))]
    assert said is not None
    assert Operator.model_validate_json(said).name == DELETED
    assert not any("唐悦" in body for body in bodies)
    assert any("静安寺店" in body for body in bodies)


async def test_who_was_only_called_by_name_or_only_had_the_tablet_is_deleted_there_too(server: SignalingServer) -> None:
    """Neither was a member of the call, and no line of the audit tells of them there."""
    tang = Operator(id=PersonId("p-tang"), name=chain.PEOPLE["tang"].name)

    async def write(session: AsyncSession) -> None:
        await session.execute(update(RoomRow).values(body=func.replace(RoomRow.body, '"operator":null', tang_before)))
        await session.execute(insert(RoomEventRow).values(room_id=chain.ROOM, ver=999, at_ms=1, body=called))

    tang_before = f'"operator":{tang.model_dump_json()}'
    called = f'{{"steps":[{{"who":"person","person":{chain.PEOPLE["he"].model_dump_json()}}}]}}'
    await server.house.database.write(write)
    admin = await server.sign_in("admin")
    for who, name in (("tang", "唐悦"), ("he", chain.PEOPLE["he"].name.zh)):
        await leave(admin, f"p-{who}")
        assert await erase(admin, f"p-{who}", name) == (204, None)
    async with server.house.database.read() as session:
        bodies = [*await session.scalars(select(RoomRow.body)), *await session.scalars(select(RoomEventRow.body))]
    assert any('"p-tang"' in body for body in bodies)
    assert any('"p-he"' in body for body in bodies)
    assert not any(name in body for body in bodies for name in ("唐悦", chain.PEOPLE["he"].name.zh))


async def test_who_is_only_called_by_name_in_a_call_that_goes_on_waits(server: SignalingServer) -> None:
    he = chain.PEOPLE["he"]
    body = func.replace(RoomRow.body, '"steps":[]', f'"steps":[{{"person":{he.model_dump_json()}}}]')
    await server.house.database.write(lambda session: session.execute(update(RoomRow).values(body=body)))
    admin = await server.sign_in("admin")
    await leave(admin, he.id)
    await server.house.database.write(lambda session: session.execute(update(RoomRow).values(closed_ms=None)))
    assert await erase(admin, he.id, he.name.zh) == (409, ErrorCode.CONFLICT)


async def test_a_change_that_was_under_way_gives_who_is_deleted_nothing_back(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    await leave(admin, CHEN)
    assert await erase(admin, CHEN, "陈立群") == (204, None)
    staff = Staff(server.house.database, By())
    for late in (
        staff.change(CHEN, PersonChange(name=chain.PEOPLE["chen"].name)),
        staff.give_roles(CHEN, Roles(role=Role.ADMIN)),
    ):
        with pytest.raises(Rejection) as refused:
            await late
        assert refused.value.code is ErrorCode.NOT_FOUND
    async with server.house.database.read() as session:
        assert (await session.get_one(PersonRow, CHEN)).name_zh == DELETED.zh


async def test_a_sign_in_that_was_under_way_lets_nobody_in_who_was_disabled(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    await leave(admin, CHEN)
    with pytest.raises(Rejection) as refused:
        await server.house.sign_ins.open(CHEN, Role.EXPERT, "a browser")
    assert refused.value.code is ErrorCode.SIGN_IN
    async with server.house.database.read() as session:
        assert await session.scalar(select(SignInRow.person_id).where(SignInRow.person_id == CHEN)) is None


async def test_an_account_of_the_provider_is_not_somebody_new_once_its_owner_is_deleted(
    server: SignalingServer,
) -> None:
    admin, _ = await server.sign_in("admin"), await server.sign_in("chen")
    await server.house.database.write(give_everything)
    await leave(admin, CHEN)
    assert await erase(admin, CHEN, "陈立群") == (204, None)
    claims = {"sub": "sub-of-chen", "preferred_username": "chen"}
    with pytest.raises(Rejection) as refused:
        await server.house.claimed.person("https://id.example", claims, "192.0.2.7")
    assert refused.value.code is ErrorCode.OIDC_DISABLED


async def test_deleting_again_changes_nothing_and_who_is_deleted_never_comes_back(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    await leave(admin, CHEN)
    both = await asyncio.gather(erase(admin, CHEN, "陈立群"), erase(admin, CHEN, "陈立群"))
    assert set(both) == {(204, None)}
    assert await erase(admin, CHEN, "anything") == (204, None)
    assert len(await acts(server, Action.PERSON_ERASED)) == 1
    for method, path, body in (
        ("PUT", "/api/people/p-chen/disabled", {"disabled": False}),
        ("PUT", "/api/people/p-chen", {"name": {"zh": "陈立群", "en": "Chen"}}),
        ("PUT", "/api/people/p-chen/roles", {"role": "admin"}),
        ("POST", "/api/people/p-chen/invitation", None),
    ):
        assert (await admin.ask(method, path, json=body)).status == 404, path
    new = {"login": "chen", "role": "expert", "name": {"zh": "陈立群", "en": "Chen Liqun"}}
    added = await admin.post("/api/people", json=new)
    assert added.status == 201, "the login is free again"
    assert added.read(Newcomer).login == "chen"


async def test_nobody_who_is_here_is_deleted_nor_oneself_nor_a_tablet(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    refused = [
        await erase(admin, CHEN, "陈立群"),
        await erase(admin, "p-admin", "赵敏"),
        await erase(admin, "p-store-0117", "静安寺店"),
    ]
    assert refused == [(409, ErrorCode.CONFLICT)] * 3
    await leave(admin, CHEN)
    assert await erase(admin, CHEN, "张建国") == (400, ErrorCode.BAD_MESSAGE)
    async with server.house.database.read() as session:
        assert (await session.get_one(PersonRow, CHEN)).name_zh == "陈立群"
    assert await acts(server, Action.PERSON_ERASED) == []


@pytest.mark.parametrize("unsettled", [{"closed_ms": None}, {"closed_ms": 2**41}, {"recording_state": "saving"}])
async def test_who_is_in_a_call_that_is_not_over_and_saved_waits(
    server: SignalingServer, unsettled: dict[str, Any]
) -> None:
    admin = await server.sign_in("admin")
    await leave(admin, CHEN)
    values = {name: clock.wall_ms() if value == 2**41 else value for name, value in unsettled.items()}
    await server.house.database.write(lambda session: session.execute(update(RoomRow).values(**values)))
    assert await erase(admin, CHEN, "陈立群") == (409, ErrorCode.CONFLICT)


HOSTILE: list[Any] = [{}, {"name": ""}, {"name": None}, {"name": ["陈立群"]}, {"name": "x" * 201}, [], "陈立群", None]


@pytest.mark.parametrize("body", HOSTILE, ids=repr)
async def test_what_is_no_name_deletes_nobody(server: SignalingServer, body: Any) -> None:
    admin = await server.sign_in("admin")
    await leave(admin, CHEN)
    answer = await admin.ask("POST", "/api/people/p-chen/erasure", data=json.dumps(body).encode())
    assert (answer.status, answer.code) == (400, ErrorCode.BAD_MESSAGE)
    assert await acts(server, Action.PERSON_ERASED) == []


async def test_an_administrator_of_a_region_reaches_nobody(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    grant = {"role": "manager", "region": chain.EAST, "also": [{"role": "admin", "region": chain.EAST}]}
    assert (await admin.put("/api/people/p-wu/roles", json=grant)).status == 204
    await leave(admin, CHEN)
    wu = await server.sign_in("wu")
    there = [
        await wu.get("/api/people/p-chen/copy"),
        await wu.post("/api/people/p-chen/erasure", json={"name": "陈立群"}),
    ]
    absent = [
        await wu.get("/api/people/p-nobody/copy"),
        await wu.post("/api/people/p-nobody/erasure", json={"name": "陈立群"}),
    ]
    assert [(one.status, one.body) for one in there] == [(one.status, one.body) for one in absent]
    assert {one.status for one in there} == {404}
    far = await wu.get("/api/people/p-store-0201/copy")
    assert far.status == 404, "a tablet of another region"
