"""`passline token`: lets a device of WHIP or WHEP into one room, and out again. Works while the server runs."""

from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter
from pydantic import ValidationError

from contract.http import MediaToken, MediaTokenWish
from contract.ids import PersonId, RoomId
from contract.media import MediaUse
from contract.rooms import RoomState
from passline.chain import Where, carry_out, name_of, print_table
from passline.errors import CommandError
from runtime.address import own_address
from signaling.auth.media_tokens import MediaTokens
from signaling.store import rooms
from signaling.store.engine import Database
from signaling.store.media_tokens import Pass
from signaling.store.organisation import By

At = Annotated[Where, Parameter(name="*")]
HERE = Where()


def token(
    room: str | None = None,
    use: MediaUse | None = None,
    /,
    *,
    name: str = "WHIP",
    name_en: str | None = None,
    hours: float = 12.0,
    consent: Annotated[bool, Parameter(negative="")] = False,
    list_: Annotated[bool, Parameter(name="--list", negative="")] = False,
    revoke: str | None = None,
    at: At = HERE,
) -> int:
    """Let a device of WHIP or WHEP into an open room, as a guest that everybody sees. Without a room: list the rooms.

    Parameters
    ----------
    room
        Its id.
    use
        publish (WHIP) or watch (WHEP).
    name
        What the others see.
    name_en
        In English; else as `name`.
    hours
        How long the token is good; closing the room ends it sooner.
    consent
        Whoever is before that device agreed to be recorded; you answer for it, and the audit says so.
    list_
        List the tokens that are good, of this room or of all.
    revoke
        Take back the token of this guest, as --list names it; whoever is in by it goes within seconds.
    """
    if list_:
        _list_tokens(at, None if room is None else RoomId(room))
        return 0
    if revoke is not None:
        _revoke(at, PersonId(revoke), None if room is None else RoomId(room))
        return 0
    if room is None:
        _list_rooms(at)
        return 0
    if use is None:
        raise CommandError("what for? passline token ROOM publish, or watch")
    if not consent:
        raise CommandError("rooms are recorded: say --consent once whoever is before that device has agreed")
    try:
        wish = MediaTokenWish(use=use, name=name_of(name, name_en), life_s=round(hours * 3600), consent=True)
    except ValidationError as error:
        raise CommandError("a token is good for a minute to 168 hours") from error

    async def work(database: Database) -> MediaToken:
        return await MediaTokens(database).issue(wish, RoomId(room), By())

    issued = carry_out(at, work, about=room)
    print(f"{own_address(at.settings())}{issued.path}")
    print(issued.token)
    return 0


def _list_tokens(at: Where, room: RoomId | None) -> None:
    async def work(database: Database) -> list[Pass]:
        return await MediaTokens(database).listed(room)

    print_table(
        ("guest", "room", "use", "called", "until"),
        ((one.guest.id, one.room, one.use, one.guest.name.zh, _time(one.expires_ms)) for one in carry_out(at, work)),
    )


def _time(wall_ms: int) -> str:
    return datetime.fromtimestamp(wall_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _revoke(at: Where, guest: PersonId, room: RoomId | None) -> None:
    async def work(database: Database) -> None:
        await MediaTokens(database).revoke(guest, By(), room)

    carry_out(at, work, about=guest)


def _list_rooms(at: Where) -> None:
    async def work(database: Database) -> list[RoomState]:
        return await database.fetch(rooms.unfinished)

    found = [room for room in carry_out(at, work) if room.closed_at is None]
    names = {room.id: room.title or (room.call.store.name if room.call and room.call.store else None) for room in found}
    print_table(
        ("room", "kind", "called"),
        ((room.id, room.kind, name.zh if (name := names[room.id]) else "") for room in found),
    )
