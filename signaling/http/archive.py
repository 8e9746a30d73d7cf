"""The archive: what was recorded, its files, and who else may see it."""

from functools import partial
from pathlib import Path
from typing import Annotated

from aiohttp import web
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.base import Message
from contract.errors import ErrorCode, ProtocolViolation, Rejection
from contract.http import ArchiveEntry, ArchivePage, Progress, Publish, Replay
from contract.ids import EquipmentId, RoomId, StillId
from runtime import clock
from runtime.logs import get_logger
from signaling.auth.access import access_archive, access_publish, access_recording_file, access_still
from signaling.domain.access import Act
from signaling.domain.archive import chapters, entry_of, may_publish
from signaling.http.route import MEDIA, Route, Visit
from signaling.keep.files import folder
from signaling.store import archive, audit

log = get_logger(__name__)

PAGE = 50


class ArchiveQuery(Message):
    before: Annotated[str, Field(pattern=r"^[0-9]{1,15}~[A-Za-z0-9._:-]{1,64}$")] | None = None
    """`next` of the page before."""
    equipment: Annotated[EquipmentId, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")] | None = None
    """Only the calls about this machine."""


async def list_archive(visit: Visit) -> ArchivePage:
    """Calls and sessions that are over, newest first, 50 a page."""
    wanted = visit.query(ArchiveQuery)
    asked = wanted.before
    before = None
    if asked is not None:
        opened, room = asked.split("~", 1)
        before = (int(opened), room)
    async with visit.house.database.read() as session:
        found = await archive.page(session, visit.who, before, PAGE + 1, equipment=wanted.equipment)
    shown = found[:PAGE]
    last = shown[-1].state if len(found) > PAGE else None
    return ArchivePage(
        entries=[entry_of(kept) for kept in shown], next=f"{last.opened_at}~{last.id}" if last is not None else None
    )


async def replay(visit: Visit) -> Replay:
    """Everything that the replay page needs."""
    room = RoomId(visit.param("room"))
    async with visit.house.database.read() as session:
        kept = await access_archive(session, visit.who, room)
        facts = await archive.events(session, room)
        chat = await archive.messages(session, room)
    summary = kept.summary
    await audit_once(visit, Action.REPLAY_OPENED, room)
    return Replay(
        entry=entry_of(kept),
        timings=kept.state.call.timings if kept.state.call else None,
        parts=summary.parts if summary else [],
        gaps=summary.gaps if summary else [],
        points=summary.points if summary else [],
        chapters=chapters(kept.state, summary.started_ns, summary.duration_s, facts, chat) if summary else [],
        may_publish=may_publish(visit.who, kept),
    )


async def recording_file(visit: Visit) -> web.StreamResponse:
    """One file of a recording; `Range` requests are answered (RFC 9110 §14)."""
    room = RoomId(visit.param("room"))
    async with visit.house.database.read() as session:
        summary, part = await access_recording_file(session, visit.who, room, visit.param("file"))
    await audit_once(visit, Action.FILE_OPENED, room)
    return serve_file(folder(visit.house.settings.data, summary.id) / part.file, part.mime)


async def still_file(visit: Visit) -> web.StreamResponse:
    """A photo."""
    room, still = RoomId(visit.param("room")), StillId(visit.param("still"))
    async with visit.house.database.read() as session:
        found = await access_still(session, visit.who, room, still)
    await audit_once(visit, Action.STILL_OPENED, still)
    return serve_file(visit.house.settings.data / "objects" / "stills" / still, found.mime)


def serve_file(path: Path, mime: str) -> web.StreamResponse:
    """A file that the access check named. Raises Rejection(`not_found`) if it is gone, which is logged."""
    if not path.is_file():
        log.error("a file of the archive is missing", file=path.name)
        raise Rejection(ErrorCode.NOT_FOUND)
    return web.FileResponse(path, headers={"Content-Type": mime, "Cache-Control": "private, no-store"})


async def publish(visit: Visit) -> ArchiveEntry:
    """Show a recording to these roles, and to no other."""
    room = RoomId(visit.param("room"))
    roles = list(dict.fromkeys(visit.body(Publish).roles))

    async def work(session: AsyncSession) -> None:
        await access_publish(session, visit.who, room)
        await archive.publish(session, room, roles, visit.who.id, clock.wall_ms())
        await audit.record(
            session,
            Action.PUBLISHED,
            visit.who.id,
            object_id=room,
            address=visit.address,
            detail=",".join(roles),
        )

    await visit.house.database.write(work)
    async with visit.house.database.read() as session:
        return entry_of(await access_archive(session, visit.who, room))


async def progress(visit: Visit) -> None:
    """Keep how far the reader has watched."""
    room, said = RoomId(visit.param("room")), visit.body(Progress)

    async def work(session: AsyncSession) -> None:
        kept = await access_archive(session, visit.who, room)
        if kept.summary is None:
            raise ProtocolViolation(ErrorCode.BAD_MESSAGE, "nothing was recorded")
        await archive.set_progress(
            session,
            room,
            visit.who.id,
            min(said.position_s, kept.summary.duration_s),
            done=said.done,
            at_ms=clock.wall_ms(),
        )

    await visit.house.database.write(work)


async def audit_once(visit: Visit, action: Action, object_id: str) -> None:
    """One row per signed-in browser and object, not one per byte range; at a shared tablet one for each who has it."""
    operator = visit.who.person.operator
    if visit.house.seen.first((visit.who.sign_in, operator.id if operator is not None else None, action, object_id)):
        await visit.house.database.write(
            partial(audit.record, action=action, person=visit.who.id, object_id=object_id, address=visit.address)
        )


ROUTES = [
    Route(
        method="GET",
        path="/api/archive",
        handler=list_archive,
        act=Act.BE_HERE,
        query=ArchiveQuery,
        answer=ArchivePage,
    ),
    Route(method="GET", path="/api/archive/{room}", handler=replay, act=Act.BE_HERE, answer=Replay),
    Route(method="GET", path="/api/archive/{room}/files/{file}", handler=recording_file, act=Act.BE_HERE, gives=MEDIA),
    Route(
        method="PUT",
        path="/api/archive/{room}/publish",
        handler=publish,
        act=Act.PUBLISH,
        body=Publish,
        answer=ArchiveEntry,
    ),
    Route(
        method="PUT",
        path="/api/archive/{room}/progress",
        handler=progress,
        act=Act.KEEP_PROGRESS,
        body=Progress,
        status=204,
    ),
    Route(
        method="GET", path="/api/rooms/{room}/stills/{still}", handler=still_file, act=Act.BE_HERE, gives="image/jpeg"
    ),
]
