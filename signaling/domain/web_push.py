"""What a push service wants: who may be posted to, how a push is encrypted, and how it proves that it is ours.

Pure: keys, salt and time come from outside. Sources: RFC 8030 (delivery), RFC 8188 and RFC 8291 (encryption), RFC 8292
(VAPID).
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.jwk import ECKey

from contract.errors import ErrorCode, Rejection
from signaling.domain.bot_posts import origin_of

SERVICES = ("fcm.googleapis.com", "updates.push.services.mozilla.com", ".notify.windows.com", ".push.apple.com")
"""Chrome and its relatives, Firefox, Edge on Windows, Safari; with a dot before it, every host below it. A browser says
where to post, so whoever is signed in does: nothing is posted anywhere else, and no address of the inside can be
reached by way of us."""
MOST_BYTES = 3992
"""Of what is encrypted: with all around it 4096, which every service takes (RFC 8030 §7.2)."""
_RECORD_BYTES = 4096
_PROOF_S = 12 * 3600
"""How long a proof is good; a service refuses one of more than a day (RFC 8292 §2)."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """The keys of a browser."""

    p256dh: bytes
    """65 bytes, an uncompressed point of P-256."""
    auth: bytes
    """16 bytes."""


def check_endpoint(url: str, servers: Sequence[str]) -> None:
    """Raises Rejection(`bad_message`) unless `url` is at a push service that we know or at `servers`, the operator's
    own origins."""
    printed = url.isascii() and url.isprintable() and " " not in url
    if not printed or (origin_of(url) not in servers and not _is_known(url)):
        raise Rejection(ErrorCode.BAD_MESSAGE, "endpoint: not at a push service that is known here")


def _is_known(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.netloc  # as it stands: with a port or a user name it is another one
    return parts.scheme == "https" and any(
        host.endswith(service) if service.startswith(".") else host == service for service in SERVICES
    )


def receiver(p256dh: str, auth: str) -> Receiver:
    """The keys as a `PushSubscription` writes them. Raises Rejection(`bad_message`)."""
    try:
        found = Receiver(_decoded(p256dh), _decoded(auth))
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), found.p256dh)
    except ValueError as error:
        raise Rejection(ErrorCode.BAD_MESSAGE, "p256dh: no point of P-256") from error
    if len(found.auth) != 16:
        raise Rejection(ErrorCode.BAD_MESSAGE, "auth: not 16 bytes")
    return found


def encrypt(text: bytes, to: Receiver, *, once: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """The body of a push (RFC 8291 §3.4, one record of RFC 8188): only the browser can read it.

    `once` and the 16 bytes of `salt` are for this push alone. Raises ValueError for more than `MOST_BYTES`.
    """
    if len(text) > MOST_BYTES:
        raise ValueError(f"a push of {len(text)} bytes, at most {MOST_BYTES}")
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to.p256dh)
    ours = public_bytes(once)
    shared = once.exchange(ec.ECDH(), theirs)
    secret = _derived(shared, to.auth, b"WebPush: info\0" + to.p256dh + ours, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    last = b"\2"
    sealed = AESGCM(key).encrypt(nonce, text + last, None)
    return salt + _RECORD_BYTES.to_bytes(4, "big") + bytes([len(ours)]) + ours + sealed


def proof(endpoint: str, key: ec.EllipticCurvePrivateKey, contact: str | None, now_s: int) -> str:
    """The `Authorization` header (RFC 8292 §3): that the holder of `key` posts, and whom the service may write to."""
    claims = {"aud": origin_of(endpoint), "exp": now_s + _PROOF_S, **({"sub": contact} if contact else {})}
    signer = ECKey.import_key(pem(key))
    token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, signer, algorithms=["ES256"])
    return f"vapid t={token}, k={encoded(public_bytes(key))}"


def topic(room: str) -> str:
    """The `Topic` header (RFC 8030 §5.4): of two pushes about one call a browser that was away gets the newer one.

    32 characters of base64url that say nothing of the call.
    """
    return encoded(hashlib.sha256(room.encode()).digest())[:32]


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    """The key as it is kept."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def from_pem(kept: str) -> ec.EllipticCurvePrivateKey:
    """The inverse. Raises ValueError."""
    key = serialization.load_pem_private_key(kept.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not a key of an elliptic curve")
    return key


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The point that belongs to it, 65 bytes."""
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def encoded(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
