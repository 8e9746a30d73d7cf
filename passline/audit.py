"""`passline audit`: is the audit what was written, and all of it as JSON lines. Works while the server runs."""

import sys
from json import dumps
from typing import Annotated

from cyclopts import App, Parameter

from contract.audit import Action
from passline.chain import Where, carry_out, row
from passline.errors import CommandError
from signaling.domain.audit_chain import Fault, Head, Kind
from signaling.store import audit_lines
from signaling.store.engine import Database

app = App(name="audit", help="Who did what to whom: verify that nothing was changed, export.")
At = Annotated[Where, Parameter(name="*")]
Flag = Annotated[bool, Parameter(negative="")]
HERE = Where()
TAMPERED = 1
"""Exit status when a row is not what was written, or not there."""
SHOWN_FAULTS = 50

_WORDS = {
    Kind.CHANGED: "{rows} changed: not what was written",
    Kind.MISSING: "{rows} missing",
    Kind.BROKEN: "{rows} replaced: what follows was written after another one",
    Kind.ADDED: "{rows} added: not written by Passline",
}


@app.command
def verify(*, head: str | None = None, json: Flag = False, at: At = HERE) -> int:
    """Read the whole audit and name every row that was changed, removed, put elsewhere or added.

    Parameters
    ----------
    head
        What an earlier run printed as the head, kept on another machine: shows also that the audit was not written
        anew as a whole since then.
    json
        One JSON object instead of lines for people.
    """
    try:
        noted = Head.parse(head) if head is not None else None
    except ValueError as error:
        raise CommandError(f"--head: {error}") from error
    end, faults = carry_out(at, lambda database: audit_lines.verify(database, noted))
    if json:
        told = [{"fault": fault.kind, "first": fault.seq, "last": fault.until} for fault in faults]
        print(dumps({"rows": end.seq, "head": str(end), "faults": told}))
    else:
        for fault in faults[:SHOWN_FAULTS]:
            print(_said(fault))
        if len(faults) > SHOWN_FAULTS:
            print(f"and {len(faults) - SHOWN_FAULTS} more")
        print(f"{end.seq} rows of the audit, {len(faults)} faults")
        print(f"head {end}")
    return TAMPERED if faults else 0


def _said(fault: Fault) -> str:
    rows = f"row {fault.seq}" if fault.seq == fault.until else f"rows {fault.seq} to {fault.until}"
    return _WORDS[fault.kind].format(rows=rows)


@app.command
def export(*, at: At = HERE) -> int:
    """All of the audit to the standard output, one JSON object a line, oldest first."""

    async def work(database: Database) -> None:
        await database.write(row(Action.AUDIT_EXPORTED, "audit"))
        last = 0
        while rows := await database.fetch(lambda session: audit_lines.rows_after(session, last)):  # noqa: B023 - awaited here
            sys.stdout.writelines(one.line().decode() for one in rows)
            last = rows[-1].seq

    carry_out(at, work)
    return 0
