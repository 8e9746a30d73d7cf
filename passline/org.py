"""`passline org`: the chain's name, regions, stores and their tablets. Works while the server runs."""

import csv
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from sqlalchemy import select

from passline.chain import Where, ask_password, carry_out, name_of, organisation_in, print_table, unusable
from passline.errors import CommandError
from signaling.domain.csv_list import BadList
from signaling.domain.store_list import read
from signaling.store import people
from signaling.store.engine import Database
from signaling.store.tables.organisation import RegionRow, StoreRow
from signaling.store.tables.people import PersonRow

app = App(name="org", help="The chain: its name, regions, stores and their tablets.")
region = App(name="region", help="Regions, which area managers look after.")
store = App(name="store", help="Stores.")
tablet = App(name="tablet", help="Tablets of stores; `passline user` disables one and sets its password.")
for part in (region, store, tablet):
    app.command(part)

At = Annotated[Where, Parameter(name="*")]
Flag = Annotated[bool, Parameter(negative="")]
HERE = Where()


@app.command
def name(zh: str, en: str | None = None, /, *, at: At = HERE) -> int:
    """Name the chain.

    Parameters
    ----------
    zh
        In Chinese, or in whatever script it is written.
    en
        In English; else as the first.
    """
    carry_out(at, lambda database: organisation_in(database).name_chain(name_of(zh, en)))
    print(f"The chain is called {zh}.")
    return 0


@app.command
def show(*, at: At = HERE) -> int:
    """The chain's name and how much of everything there is."""

    async def work(database: Database) -> tuple[str, list[int]]:
        async with database.read() as session:
            called = await people.chain_name(session)
            counts = [len(list(await session.scalars(select(kind.id)))) for kind in (RegionRow, StoreRow, PersonRow)]
            return called.zh, counts

    called, (regions, stores, persons) = carry_out(at, work)
    print(f"{called}: {regions} regions, {stores} stores, {persons} people and tablets")
    return 0


@app.command(name="import")
def import_list(file: Path, /, *, dry_run: Flag = False, at: At = HERE) -> int:
    """Add or change many stores from a CSV file; all of it, or nothing if one line is wrong.

    Parameters
    ----------
    file
        Columns number, name, region, and if you like name_en, region_en, tablet, password (or 门店号, 店名, 区域,
        英文店名, 英文区域, 平板, 密码). A tablet without a password gets one, which is printed.
    dry_run
        Only say what would change.
    """
    try:
        lines = read(file.read_bytes())
        done = carry_out(at, lambda database: organisation_in(database).take_list(lines, only_ask=dry_run))
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error
    except BadList as bad:
        raise unusable(file, bad) from bad
    verb = "would be" if dry_run else "were"
    counts = f"{len(done.regions)} regions, {len(done.stores)} stores, {len(done.tablets)} tablets {verb} added"
    print(f"{counts}; {len(done.changed)} stores {verb} changed.", file=sys.stderr)
    passwords = [row for row in done.tablets if row[2] is not None]
    if passwords and not dry_run:
        print("Passwords that were made up, shown only now:", file=sys.stderr)
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerows([("number", "tablet", "password"), *passwords])
    return 0


@region.command(name="add")
def add_region(zh: str, en: str | None = None, /, *, at: At = HERE) -> int:
    """Add a region."""
    carry_out(at, lambda database: organisation_in(database).add_region(name_of(zh, en)), about=zh)
    print(f"Region {zh} was added.")
    return 0


@region.command(name="list")
def list_regions(*, at: At = HERE) -> int:
    """All regions."""

    async def work(database: Database) -> list[tuple[str, ...]]:
        async with database.read() as session:
            rows = await session.scalars(select(RegionRow).order_by(RegionRow.name_zh))
            return [(row.name_zh, row.name_en) for row in rows]

    print_table(("region", "English"), carry_out(at, work))
    return 0


@region.command(name="rename")
def rename_region(old: str, zh: str, en: str | None = None, /, *, at: At = HERE) -> int:
    """Call a region otherwise; `old` is either of its names."""
    carry_out(at, lambda database: organisation_in(database).rename_region(old, name_of(zh, en)), about=old)
    print(f"Region {old} is now called {zh}.")
    return 0


@store.command(name="add")
def add_store(number: str, zh: str, en: str | None = None, /, *, region: str, at: At = HERE) -> int:
    """Add a store.

    Parameters
    ----------
    number
        What staff call it on paper, such as 0117.
    region
        By either of its names.
    """
    carry_out(at, lambda database: organisation_in(database).add_store(number, name_of(zh, en), region), about=number)
    print(f"Store {number} {zh} was added.")
    return 0


@store.command(name="list")
def list_stores(*, at: At = HERE) -> int:
    """All stores."""

    async def work(database: Database) -> list[tuple[str, ...]]:
        query = select(StoreRow, RegionRow.name_zh).join(RegionRow, StoreRow.region_id == RegionRow.id)
        async with database.read() as session:
            rows = await session.execute(query.order_by(StoreRow.number))
            return [
                (one.number, one.name_zh, one.name_en, place, "closed" if one.closed_ms is not None else "")
                for one, place in rows
            ]

    print_table(("number", "store", "English", "region", ""), carry_out(at, work))
    return 0


@store.command(name="rename")
def rename_store(number: str, zh: str, en: str | None = None, /, *, at: At = HERE) -> int:
    """Call a store, and with it its tablets, otherwise."""
    carry_out(at, lambda database: organisation_in(database).change_store(number, name=name_of(zh, en)), about=number)
    print(f"Store {number} is now called {zh}.")
    return 0


@store.command(name="move")
def move_store(number: str, region: str, /, *, at: At = HERE) -> int:
    """Put a store into another region."""
    carry_out(at, lambda database: organisation_in(database).change_store(number, region=region), about=number)
    print(f"Store {number} is now in {region}.")
    return 0


@store.command(name="close")
def close_store(number: str, /, *, at: At = HERE) -> int:
    """Close a store: its tablets are out within seconds, and for good. What happened there stays."""
    carry_out(at, lambda database: organisation_in(database).close_store(number), about=number)
    print(f"Store {number} is closed.")
    return 0


@store.command(name="open")
def open_store(number: str, /, *, at: At = HERE) -> int:
    """Open a store again; its tablets are let in, or enrolled anew, one by one."""
    carry_out(at, lambda database: organisation_in(database).close_store(number, closed=False), about=number)
    print(f"Store {number} is open.")
    return 0


@tablet.command(name="add")
def add_tablet(number: str, /, *, login: str | None = None, generate: Flag = False, at: At = HERE) -> int:
    """Add a tablet to a store. The password is asked for, or read as one line from a pipe.

    Parameters
    ----------
    number
        Of the store.
    login
        What is typed on the tablet to sign in; `store-NUMBER` if left out.
    generate
        Make up a password and print it.
    """
    called = login or f"store-{number.lower()}"
    password, made_up = ask_password(generate=generate)
    carry_out(at, lambda database: organisation_in(database).add_tablet(number, called, password), about=called)
    print(f"{called} can sign in for store {number}." + (f" Password: {password}" if made_up else ""))
    return 0


@tablet.command(name="list")
def list_tablets(*, at: At = HERE) -> int:
    """All tablets."""

    async def work(database: Database) -> list[tuple[str, ...]]:
        query = select(PersonRow, StoreRow).join(StoreRow, PersonRow.store_id == StoreRow.id)
        async with database.read() as session:
            rows = await session.execute(query.order_by(StoreRow.number, PersonRow.login))
            return [
                (one.number, one.name_zh, who.login, "disabled" if who.disabled_ms is not None else "")
                for who, one in rows
            ]

    print_table(("number", "store", "tablet", ""), carry_out(at, work))
    return 0


@tablet.command(name="rename")
def rename_tablet(login: str, new: str, /, *, at: At = HERE) -> int:
    """Give a tablet another login; it stays signed in."""
    carry_out(at, lambda database: organisation_in(database).rename_tablet(login, new), about=login)
    print(f"{login} is now {new}.")
    return 0
