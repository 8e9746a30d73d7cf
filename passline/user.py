"""`passline user`: people who sign in. Works while the server runs; a change counts there within seconds."""

import csv
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.people import Role, Skill
from passline.chain import Where, accounts_in, ask_password, carry_out, name_of, print_table, unusable
from passline.errors import CommandError
from runtime.address import own_address
from signaling.auth.invitations import Invitations
from signaling.auth.passwords import Passwords
from signaling.domain.csv_list import BadList
from signaling.domain.people_list import read
from signaling.organisation import find_region
from signaling.rights import Rights
from signaling.staff import Staff
from signaling.store import identities, organisation
from signaling.store.engine import Database
from signaling.store.organisation import By
from signaling.store.tables.organisation import RegionRow, StoreRow
from signaling.store.tables.people import PersonRow

app = App(
    name="user",
    help="People who sign in: add, import, invite, unlink, list, disable, enable, export, erase, rename, password.",
)
At = Annotated[Where, Parameter(name="*")]
Generate = Annotated[bool, Parameter(negative="")]
Flag = Annotated[bool, Parameter(negative="")]
HERE = Where()


@app.command
def add(
    login: str,
    *,
    role: Role,
    name: str,
    name_en: str | None = None,
    title: str | None = None,
    title_en: str | None = None,
    skill: list[Skill] | None = None,
    region: str | None = None,
    generate: Generate = False,
    at: At = HERE,
) -> int:
    """Add somebody. The password is asked for, or read as one line from a pipe.

    Parameters
    ----------
    login
        What they type to sign in: small letters, digits and . _ @ -
    role
        expert, trainer, manager, operations, learner, auditor or admin. Tablets: `passline org tablet add`. Store
        managers and further roles: the page *People*.
    name
        In Chinese, or in whatever script they write it.
    name_en
        In English; else as `name`.
    title
        The second line under the name, such as 设备专家.
    title_en
        In English; else as `title`.
    skill
        What an expert is asked for; may be repeated.
    region
        Where the role counts, by name; of a manager always, of others if not in the whole chain.
    generate
        Make up a password and print it.
    """
    if role is Role.STORE:
        raise CommandError("a tablet belongs to a store: passline org tablet add NUMBER")
    if role is Role.GUEST:
        raise CommandError("a guest does not sign in: passline token ROOM publish")
    if role is Role.VISITOR:
        raise CommandError("a visitor has no account: invite them from the call")
    password, made_up = ask_password(generate=generate)

    async def work(database: Database) -> None:
        async with database.read() as session:
            scope = await find_region(session, region) if region is not None else None
        await accounts_in(database).add(
            login,
            password,
            role,
            name_of(name, name_en),
            title=name_of(title, title_en) if title else None,
            skills=skill or [],
            region=scope,
        )

    carry_out(at, work, about=login)
    print(f"{login} can sign in as {role}." + (f" Password: {password}" if made_up else ""))
    return 0


@app.command(name="import")
def import_list(file: Path, /, *, dry_run: Flag = False, at: At = HERE) -> int:
    """Add or change many people from a CSV file; all of it, or nothing if one line is wrong.

    Whoever is new gets no password but a link to choose one: they are printed as CSV, and shown only then.

    Parameters
    ----------
    file
        Columns login, name, role, and if you like name_en, title, title_en, department, department_en, region,
        skills (or 账号, 姓名, 角色, 英文名, 职务, 英文职务, 部门, 英文部门, 区域, 技能).
        Whom it does not name stays as they are.
    dry_run
        Only say what would change.
    """
    try:
        lines = read(file.read_bytes())
        taken = carry_out(at, lambda database: Staff(database, By()).take_list(lines, only_ask=dry_run))
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error
    except BadList as bad:
        raise unusable(file, bad) from bad
    verb = "would be" if dry_run else "were"
    print(f"{len(taken.invited)} people {verb} added, {len(taken.changed)} {verb} changed.", file=sys.stderr)
    if taken.invited and not dry_run:
        address = own_address(at.settings())
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(("login", "link"))
        out.writerows((login, f"{address}/invitation#{secret}") for login, secret in taken.invited)
    return 0


@app.command
def invite(login: str, *, at: At = HERE) -> int:
    """Print a link with which somebody chooses a new password, once, within two weeks. The old one works until then."""

    async def work(database: Database) -> str:
        return await Invitations(database, Passwords()).invite(login, By())

    secret = carry_out(at, work, about=login)
    print(f"{own_address(at.settings())}/invitation#{secret}")
    return 0


@app.command
def unlink(login: str, *, at: At = HERE) -> int:
    """Forget which account of the identity provider signs in as somebody, and the roles that its groups brought.

    The next account with this login is linked.
    """

    async def work(session: AsyncSession) -> bool:
        who = await organisation.person_by_login(session, login)
        return who is not None and await identities.unlink(session, PersonId(who.id), By())

    if not carry_out(at, lambda database: database.write(work), about=login):
        raise CommandError(f"{login}: no account of the identity provider is linked")
    print(f"{login} is linked to no account any more.")
    return 0


@app.command(name="list")
def list_all(*, at: At = HERE) -> int:
    """Everybody, tablets too; who is disabled says so."""

    async def work(database: Database) -> list[tuple[str, ...]]:
        query = (
            select(PersonRow, StoreRow.number, RegionRow.name_zh)
            .join(StoreRow, PersonRow.store_id == StoreRow.id, isouter=True)
            .join(RegionRow, PersonRow.region_id == RegionRow.id, isouter=True)
            .where(PersonRow.erased_ms.is_(None))
            .order_by(PersonRow.role, PersonRow.login)
        )
        async with database.read() as session:
            return [
                (
                    who.login,
                    who.role,
                    who.name_zh,
                    store or region or who.skills,
                    "disabled" if who.disabled_ms is not None else "",
                )
                for who, store, region in await session.execute(query)
            ]

    print_table(("login", "role", "name", "store, region or skills", ""), carry_out(at, work))
    return 0


@app.command
def disable(login: str, *, at: At = HERE) -> int:
    """Sign somebody out everywhere, within seconds, and let them in no more. What they did stays.

    Parameters
    ----------
    login
        Also of a tablet that was lost.
    """
    carry_out(at, lambda database: accounts_in(database).disable(login), about=login)
    print(f"{login} is out.")
    return 0


@app.command
def enable(login: str, *, at: At = HERE) -> int:
    """Let somebody in again who was disabled, with the password they had."""
    carry_out(at, lambda database: accounts_in(database).enable(login), about=login)
    print(f"{login} can sign in again.")
    return 0


@app.command
def export(login: str, *, at: At = HERE) -> int:
    """Print all that is kept about somebody as JSON: no secrets, and links to recordings instead of them.

    Parameters
    ----------
    login
        Of a visitor, who has none, `visitor:ID`.
    """

    async def work(database: Database) -> None:
        async for piece in await Rights(database, By()).copy(await _known(database, login)):
            sys.stdout.write(piece.decode())

    carry_out(at, work, about=login)
    return 0


@app.command
def erase(login: str, *, name: str, at: At = HERE) -> int:
    """Delete somebody who has left, for good: who they are goes, what happened stays with nobody's name.

    Parameters
    ----------
    login
        Of a visitor, who has none, `visitor:ID`; of who is deleted, to see that it is done, `erased:ID`.
    name
        What they are called, so that it is nobody else.
    """

    async def work(database: Database) -> None:
        await Rights(database, By()).erase(await _known(database, login), name)

    carry_out(at, work, about=login)
    print(f"{login} is deleted. Backups still name them: see docs/operations.md.")
    return 0


async def _known(database: Database, login: str) -> PersonId:
    """Raises Rejection(`not_found`)."""
    who = await database.fetch(lambda session: organisation.person_by_login(session, login))
    if who is None:
        raise Rejection(ErrorCode.NOT_FOUND, "nobody signs in under this name")
    return PersonId(who.id)


@app.command
def rename(login: str, *, name: str, name_en: str | None = None, at: At = HERE) -> int:
    """Call somebody otherwise; the login stays."""
    carry_out(at, lambda database: accounts_in(database).rename(login, name_of(name, name_en)), about=login)
    print(f"{login} is now called {name}.")
    return 0


@app.command
def password(login: str, *, generate: Generate = False, at: At = HERE) -> int:
    """Set a new password and sign out whatever was signed in with the old one; for tablets too.

    Parameters
    ----------
    generate
        Make up a password and print it.
    """
    new, made_up = ask_password(generate=generate)
    carry_out(at, lambda database: accounts_in(database).set_password(login, new), about=login)
    print(f"{login} has a new password." + (f" Password: {new}" if made_up else ""))
    return 0
