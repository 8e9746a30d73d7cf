"""The signature of an ID token: by a key of the provider, and by an algorithm that only its holder can use.

The list of algorithms is ours: what a token says of itself proves nothing (RFC 8725 §3.1).
"""

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, RSAKey

from contract.errors import ErrorCode, Rejection
from signaling.domain.claims import Claims

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
"""No `none`, and none with a shared secret: who knows our client secret could sign, or take a public key for one."""
KINDS: dict[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}


def read_keys(document: object) -> KeySet:
    """The keys of a JWK set that can sign; others, and what cannot be read, are left out. Raises ValueError."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no JWK set")
    return KeySet([key for one in listed if (key := _read(one)) is not None])


def verified(token: str, keys: KeySet) -> Claims:
    """The claims of a token that one of `keys` signed. Raises Rejection(`oidc_refused`)."""
    try:
        return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Rejection(ErrorCode.OIDC_REFUSED, f"the ID token: {type(error).__name__}") from error


def _read(one: object) -> Key | None:
    if not isinstance(one, dict) or one.get("use", "sig") != "sig" or one.get("kty") not in KINDS:
        return None
    public = {name: value for name, value in one.items() if name not in ("d", "p", "q", "dp", "dq", "qi", "oth")}
    try:
        return KINDS[str(one["kty"])].import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
