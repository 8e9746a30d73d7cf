"""Who may be deleted on request, and what is left of them where others need to know that somebody was there.

What happened stays: a call has two sides, and the other side's record would lie without this one. It stays under the
id, which leads to nobody any more, and under one name for everybody who is deleted.
"""

from dataclasses import dataclass

from pydantic import JsonValue

from contract.errors import ErrorCode, Rejection
from contract.people import Name, Role

DELETED = Name(zh="已删除", en="Deleted person")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What decides whether somebody may be deleted."""

    role: Role
    name: Name
    disabled: bool
    own: bool
    """It is they who ask."""
    last_administrator: bool
    unsettled: bool
    """A call that they were in goes on, was over only now, or is still being saved."""


def check(who: Standing, typed: str) -> None:
    """Raises Rejection: `conflict` for who may not be deleted (yet), `bad_message` where another name was typed."""
    if who.role is Role.STORE:
        raise Rejection(ErrorCode.CONFLICT, "a tablet is no person; take it back")
    if who.own:
        raise Rejection(ErrorCode.CONFLICT, "nobody deletes themselves; another administrator does")
    if who.last_administrator:
        raise Rejection(ErrorCode.CONFLICT, "the last administrator; add another one first")
    if not who.disabled:
        raise Rejection(ErrorCode.CONFLICT, "still here; disable them first, and name a successor")
    if who.unsettled:
        raise Rejection(ErrorCode.CONFLICT, "a call of theirs is not over and saved yet; try again in some minutes")
    if typed.strip() not in (who.name.zh, who.name.en):
        raise Rejection(ErrorCode.BAD_MESSAGE, "this is not what they are called")


def without(body: JsonValue, person: str) -> JsonValue:
    """`body` with nobody in it who can be told by name from others of this id.

    Wherever the contract shows somebody (`Person`, `Operator`) there are `id` and `name` side by side. Of what else it
    says of them only their role is left, also of what will be added to it.
    """
    if isinstance(body, list):
        return [without(one, person) for one in body]
    if not isinstance(body, dict):
        return body
    if body.get("id") == person and "name" in body:
        return {key: body[key] for key in ("id", "role") if key in body} | {"name": DELETED.model_dump(mode="json")}
    return {key: without(value, person) for key, value in body.items()}
