"""`passline token`: lets a device of WHIP or WHEP into one room. Works while the server runs."""

from typing import Annotated

from cyclopts import Parameter
from pydantic import ValidationError

from contract.http import MediaToken, MediaTokenWish
from contract.ids import RoomId
from contract.media import MediaUse
from contract.rooms import RoomState
from passline.chain import Where, carry_out, name_of, print_table
from passline.errors import CommandError
from runtime.address import own_address
from signaling.auth.media_tokens import MediaTokens
from signaling.store import rooms
from signaling.store.engine import Database
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
    at: At = HERE,
) -> int:
    """Let a device of WHIP or WHEP into an open room, as a guest that everybody sees. Without a room: list those.

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
    """
    if room is None:
        _list(at)
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


def _list(at: Where) -> None:
    async def work(database: Database) -> list[RoomState]:
        return await database.fetch(rooms.unfinished)

    found = [room for room in carry_out(at, work) if room.closed_at is None]
    names = {room.id: room.title or (room.call.store.name if room.call else None) for room in found}
    print_table(
        ("room", "kind", "called"),
        ((room.id, room.kind, name.zh if (name := names[room.id]) else "") for room in found),
    )
