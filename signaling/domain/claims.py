"""What an identity provider says of somebody, and whether it was said to us, now, about this sign-in.

Pure: signatures are checked before, by signaling.auth.id_tokens. OpenID Connect Core 1.0 §3.1.3.7 and §5.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from contract.errors import ErrorCode, Rejection
from contract.people import Grant, Name, Role
from signaling.domain.roles import OF_A_STORE

Claims = Mapping[str, object]


class ForGroup(Protocol):
    """What a group of the provider brings."""

    @property
    def group(self) -> str: ...


F = TypeVar("F", bound=ForGroup)

LEEWAY_S = 60
"""How far the provider's clock may be from ours."""
LONGEST = 255
"""Characters of `sub`, by the standard."""


def check_claims(claims: Claims, *, issuer: str, client_id: str, nonce: str, now_s: float) -> None:
    """Raises Rejection(`oidc_refused`) unless these claims are the issuer's answer to our own question."""
    if claims.get("iss") != issuer:
        raise _refused("iss")
    said = claims.get("aud")
    audience = [said] if isinstance(said, str) else said
    if not isinstance(audience, list) or client_id not in audience:
        raise _refused("aud")
    party = claims.get("azp")
    if (len(audience) > 1 or party is not None) and party != client_id:
        raise _refused("azp")
    if claims.get("nonce") != nonce:
        raise _refused("nonce")
    if _seconds(claims, "exp") <= now_s - LEEWAY_S:
        raise _refused("exp")
    if _seconds(claims, "iat") > now_s + LEEWAY_S:
        raise _refused("iat")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST:
        raise _refused("sub")


def login_in(claims: Claims, claim: str) -> str | None:
    """The login that the provider vouches for; None if it names none, or an e-mail that it did not verify.

    Only ASCII: case folding makes other letters equal to those of somebody else's login.
    """
    said = claims.get(claim)
    if not isinstance(said, str) or not said.isascii():
        return None
    if claim == "email" and claims.get("email_verified") not in (True, "true"):  # some write it as text
        return None
    return said.strip().lower() or None


def name_in(claims: Claims, login: str) -> Name:
    """What somebody new is called, in both languages alike."""
    said = claims.get("name")
    name = said.strip()[:200] if isinstance(said, str) else ""
    return Name(zh=name or login, en=name or login)


def rules_for(claims: Claims, claim: str, rules: Iterable[F]) -> list[F]:
    """Those of the groups that somebody is in, in the order of `rules`."""
    said = claims.get(claim)
    groups = said if isinstance(said, list) else [said]
    return [rule for rule in rules if rule.group in groups]


def as_main(grants: Sequence[Grant]) -> Grant:
    """The main role of somebody whom the provider alone describes: the first that can be one.

    A learner, who sees only what was published, if no group gives one (any more).
    """
    for grant in grants:
        if grant.store is None or grant.role in OF_A_STORE:
            return grant
    return Grant(role=Role.LEARNER)


def _seconds(claims: Claims, name: str) -> float:
    said = claims.get(name)
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise _refused(name)
    return said


def _refused(claim: str) -> Rejection:
    return Rejection(ErrorCode.OIDC_REFUSED, f"the ID token's {claim}")
