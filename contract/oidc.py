"""Signing in by the chain's identity provider (OpenID Connect), as the web client sees it."""

from typing import Annotated

from pydantic import Field

from contract.base import Message
from contract.http import Me

OwnPath = Annotated[str, Field(pattern=r"^/([!-.0-\[\]-~][!-~]*)?$", max_length=512)]
"""A path of ours, perhaps with a query: nothing that a browser could take for another host."""


class SignInWays(Message):
    """How one can sign in here, besides with a password."""

    provider: str | None
    """What the identity provider is called on the button; none: there is none."""
    passkeys: str | None
    """At which host somebody can with a passkey (see contract.passkeys); none: nobody has one."""


class ProviderWish(Message):
    """Begin a sign-in by the identity provider."""

    path: OwnPath = "/"
    """Where to go afterwards."""


class ProviderAddress(Message):
    """Where the browser goes now."""

    url: str


class ProviderAnswer(Message):
    """What the provider's redirect carried (RFC 6749 §4.1.2, RFC 9207), as far as it was there."""

    state: Annotated[str, Field(max_length=512)] = ""
    code: Annotated[str, Field(max_length=4096)] = ""
    iss: Annotated[str, Field(max_length=512)] | None = None
    error: Annotated[str, Field(max_length=128)] | None = None


class SignedIn(Message):
    """Somebody is signed in, and where they wanted to go."""

    me: Me
    path: str
