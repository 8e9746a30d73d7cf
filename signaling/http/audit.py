"""The audit as administrators and auditors read it: page by page, or all of it as JSON lines."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from aiohttp import web
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action, AuditLine, AuditPage
from contract.base import Message, WallMs
from runtime import clock
from signaling.auth.principal import Principal
from signaling.domain.access import Act, scope_of
from signaling.domain.audit_chain import Row
from signaling.http.archive import audit_once
from signaling.http.route import Route, Visit
from signaling.store import audit, audit_lines
from signaling.store.audit_lines import Wanted

PAGE = 100
JSON_LINES = "application/x-ndjson"

Sought = Annotated[str, Field(min_length=1, max_length=100)]


class AuditExportQuery(Message):
    """Each part narrows what is shown."""

    who: Sought | None = None
    """An id, or part of a login or name."""
    about: Sought | None = None
    """An id, or part of a login, a name, or a store's number."""
    action: Action | None = None
    from_ms: WallMs | None = None
    to_ms: WallMs | None = None
    """The first moment that is too late."""

    def wanted(self, who: Principal) -> Wanted:
        """As far as `who` may look."""
        return Wanted(
            who=self.who,
            about=self.about,
            action=self.action,
            from_ms=self.from_ms,
            to_ms=self.to_ms,
            scope=scope_of(Act.READ_AUDIT, who.grants),
        )


class AuditQuery(AuditExportQuery):
    before: Annotated[int, Field(ge=1, lt=2**53)] | None = None
    """`next` of the page before."""


async def list_audit(visit: Visit) -> AuditPage:
    """Who did what to whom, newest first, 100 a page."""
    asked = visit.query(AuditQuery)
    await audit_once(visit, Action.AUDIT_OPENED, "audit")

    async def look(session: AsyncSession) -> list[AuditLine]:
        return await audit_lines.page(session, asked.wanted(visit.who), asked.before, PAGE + 1)

    found = await visit.house.database.fetch(look)
    shown = found[:PAGE]
    return AuditPage(lines=shown, next=shown[-1].seq if len(found) > PAGE else None)


async def export_audit(visit: Visit) -> web.StreamResponse:
    """The same, all of it and oldest first, one JSON object a line; with the hashes that chain them."""
    wanted = visit.query(AuditExportQuery).wanted(visit.who)
    database = visit.house.database
    await database.write(
        partial(
            audit.record,
            action=Action.AUDIT_EXPORTED,
            person=visit.who.id,
            object_id="audit",
            address=visit.address,
        )
    )
    end = (await database.fetch(audit.head)).seq
    day = datetime.fromtimestamp(clock.wall_ms() / 1000, UTC).strftime("%Y-%m-%d")
    response = web.StreamResponse(
        headers={
            "Content-Type": JSON_LINES,
            "Content-Disposition": f'attachment; filename="passline-audit-{day}.jsonl"',
            "Cache-Control": "private, no-store",
        }
    )
    await response.prepare(visit.raw)
    last = 0
    while last < end:  # what comes later than the export is in the next one
        rows: list[Row] = [
            row
            for row in await database.fetch(partial(audit_lines.rows_after, seq=last, wanted=wanted))
            if row.seq <= end
        ]
        if not rows:
            break
        await response.write(b"".join(row.line() for row in rows))
        last = rows[-1].seq
    await response.write_eof()
    return response


ROUTES = [
    Route(method="GET", path="/api/audit", handler=list_audit, act=Act.READ_AUDIT, query=AuditQuery, answer=AuditPage),
    Route(
        method="GET",
        path="/api/audit/export",
        handler=export_audit,
        act=Act.READ_AUDIT,
        query=AuditExportQuery,
        gives=JSON_LINES,
    ),
]
