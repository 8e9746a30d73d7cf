"""Passkeys: what a browser is asked, what it answers, and what is kept of them.

WebAuthn's own objects are JSON text, as `PublicKeyCredential.parse…OptionsFromJSON()` reads and `toJSON()` writes them.
"""

from typing import Annotated

from pydantic import Field

from contract.base import Message, ShortText, WallMs

Json = Annotated[str, Field(min_length=2, max_length=16 * 1024)]


class PasskeyOptions(Message):
    """What the browser asks its passkeys; good once, for some minutes, in this browser."""

    options: str


class PasskeyProof(Message):
    """What a passkey signed."""

    credential: Json


class PasskeyWish(PasskeyProof):
    """A new passkey."""

    name: ShortText
    """What its owner calls it: where it lives."""


class Passkey(Message):
    """One that its owner has."""

    id: str
    name: str
    added_at: WallMs
    used_at: WallMs | None


class Passkeys(Message):
    """One's own, the newest first."""

    passkeys: list[Passkey]
    host: str | None
    """Where passkeys are made and used: at this name, or one below it. None: this Passline has only an IP address."""
    allowed: bool
    """Whether one may have some: not who has no password here and signs in by the identity provider alone."""
