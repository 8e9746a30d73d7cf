"""Passkeys (WebAuthn Level 3): a question for one browser, once, and what a passkey signed as the answer.

A passkey stands for the password, so its holder must have shown who they are to it (user verification). It is bound to
our own name (the RP id), which the browser checks: no other page can ask it.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    parse_attestation_object,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.passkeys import Passkey
from runtime import clock, ids
from runtime.address import own_address
from runtime.logs import get_logger
from runtime.repeated import Repeated
from runtime.settings import Settings
from signaling.auth.pending import Pending
from signaling.auth.principal import Principal
from signaling.auth.sign_ins import begin
from signaling.store import audit
from signaling.store import passkeys as rows
from signaling.store.engine import Database
from signaling.store.organisation import By
from signaling.store.passkeys import Credential
from signaling.store.tables.accounts import PasskeyRow

log = get_logger(__name__)
_repeated = Repeated()

HOW = "passkey"
"""In the audit."""
LIFE_S = 300.0
"""How long a question is good: as long as the browser may ask its owner."""
FRESH_MS = 10 * 60 * 1000
"""How long after a sign-in passkeys may be added and removed in that browser."""
ALGORITHMS = [COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256]
"""What every platform has."""
ATTESTATIONS = (AttestationFormat.NONE, AttestationFormat.PACKED)
"""What a browser sends that was asked for none: nothing, or what the passkey's own key signed (§5.1.3 step 28)."""
CREDENTIAL_BYTES = 1023
"""§4, Credential ID."""
KEY_BYTES = 1024
"""An RSA key of 4096 bits has some 530."""


@dataclass(frozen=True)
class Asked:
    """A question that a browser puts to its passkeys."""

    challenge: bytes
    sign_in: bytes | None
    """The signed-in browser that makes a new passkey; None: somebody signs in."""
    browser: str
    """Whose wrong answers are counted together, with those to what it was asked before."""


@dataclass(frozen=True)
class Entered:
    """Who signed in, and the secret for the cookie."""

    person: PersonId
    secret: str


class Passkeys:
    """Asks, verifies and keeps."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        wall_ms: Callable[[], int] = clock.wall_ms,
        now: Callable[[], float] = clock.now,
    ) -> None:
        self._database = database
        self._wall_ms = wall_ms
        told = own_address(settings).lower()  # as browsers write an origin
        self._origins = frozenset([told, *settings.origins])
        self._rp_id = urlsplit(told).hostname or "localhost"
        self._asked: Pending[Asked] = Pending(LIFE_S, now)

    @property
    def host(self) -> str | None:
        """Where they work; none where this Passline has only an IP address, which is no RP id (§5.1.3 step 7)."""
        try:
            ipaddress.ip_address(self._rp_id)
        except ValueError:
            return self._rp_id
        return None

    async def ask_new(self, who: Principal, address: str, browser: str) -> tuple[str, str]:
        """The secret for the browser's cookie, and the options to make a passkey that none of one's own is.

        Raises Rejection: `sign_in_again`, `forbidden`, `too_many`.
        """
        self._asked.admit(address)
        async with self._database.read() as session:
            await rows.check_fresh(session, who.sign_in, self._wall_ms() - FRESH_MS)
            login = await rows.check_owner(session, who.id)
            known = await rows.of(session, who.id)
        challenge = ids.secret().encode()
        options = generate_registration_options(
            rp_id=self._rp_id,
            rp_name="Passline",
            user_name=login,
            user_id=who.id.encode(),
            user_display_name=who.person.name.zh,
            challenge=challenge,
            timeout=round(LIFE_S * 1000),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
            supported_pub_key_algs=ALGORITHMS,
        )
        return self._asked.put(Asked(challenge, who.sign_in, browser), address), options_to_json(options)

    def ask(self, address: str, browser: str) -> tuple[str, str]:
        """The same for a sign-in by whichever passkey of ours the browser has. It names nobody.

        Raises Rejection(`too_many`).
        """
        self._asked.admit(address)
        challenge = ids.secret().encode()
        options = generate_authentication_options(
            rp_id=self._rp_id,
            challenge=challenge,
            timeout=round(LIFE_S * 1000),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return self._asked.put(Asked(challenge, None, browser), address), options_to_json(options)

    async def add(self, secret: str | None, who: Principal, credential: str, name: str, by: By, origin: str) -> Passkey:
        """Keep a new one. Raises Rejection: `over`, `passkey_refused`, `forbidden`, `too_many`, `conflict`; `sign_in`
        for who was signed out meanwhile."""
        asked = self._asked.take(secret)
        if asked.sign_in != who.sign_in:
            raise _refused("asked for something else")
        made = self._made(asked, credential, origin)
        one = Passkey(id=ids.uuid7(), name=name, added_at=self._wall_ms(), used_at=None)
        kept = Credential(made.credential_id, made.credential_public_key, made.sign_count)
        await self._database.write(partial(rows.add, one=one, who=who, credential=kept, by=by))
        return one

    async def remove(self, who: Principal, passkey: str, by: By) -> None:
        """It signs nobody in any more, and whom it let in elsewhere is out. Raises Rejection: `sign_in_again`,
        `not_found`."""
        since_ms = self._wall_ms() - FRESH_MS
        await self._database.write(partial(rows.remove, who=who, since_ms=since_ms, passkey=passkey, by=by))

    def take(self, secret: str | None) -> Asked:
        """What this browser was asked; it can be answered once. Raises Rejection(`over`), which is no guess."""
        return self._asked.take(secret)

    async def sign_in(self, asked: Asked, credential: str, origin: str, address: str, user_agent: str) -> Entered:
        """Who it is, signed in. Raises Rejection(`passkey_refused`)."""
        if asked.sign_in is not None:
            raise _refused("asked for something else")
        try:
            signed = parse_authentication_credential_json(credential)
        except Exception as error:  # a decoder may raise anything at hostile bytes
            raise _refused(type(error).__name__) from error
        async with self._database.read() as session:
            known = await rows.find(session, signed.raw_id)
        if known is None:
            raise _refused("unknown")
        count = self._count(asked, signed, known, origin)
        person, now_ms = PersonId(known.person_id), self._wall_ms()

        async def work(session: AsyncSession) -> str | Literal[False] | None:
            """The secret; None: it was taken back, or its owner disabled, meanwhile. False: it counted backwards."""
            if await rows.find(session, signed.raw_id) is None:
                return None
            if not await rows.used(session, known.id, count, now_ms):
                return False
            role = await rows.role_of(session, person)
            await audit.record(session, Action.SIGNED_IN, person, address=address, detail=HOW)
            return await begin(session, person, role, user_agent, now_ms, passkey=known.id)

        # One work: whoever takes passkeys back ends every sign-in by them, or lets none begin.
        secret = await self._database.write(work)
        if secret is False:
            log.warning("a passkey counted backwards: there are two of it", person=person, passkey=known.id)
            copied = partial(rows.copied, passkey=known.id, person=person, address=address)
            await self._database.write(copied)
        if not secret:
            raise _refused("counted backwards, or gone")
        return Entered(person, secret)

    def _made(self, asked: Asked, credential: str, origin: str) -> VerifiedRegistration:
        """What was made for our question. Raises Rejection(`passkey_refused`)."""
        self._check_origin(origin)
        try:
            said = parse_registration_credential_json(credential)
            if parse_attestation_object(said.response.attestation_object).fmt not in ATTESTATIONS:
                raise ValueError("an attestation that nobody asked for")
            made = verify_registration_response(
                credential=said,
                expected_challenge=asked.challenge,
                expected_rp_id=self._rp_id,
                expected_origin=origin,
                require_user_verification=True,
                supported_pub_key_algs=ALGORITHMS,
            )
        except Exception as error:  # as above
            raise _refused(type(error).__name__) from error
        if len(made.credential_id) > CREDENTIAL_BYTES or len(made.credential_public_key) > KEY_BYTES:
            raise _refused("too large")
        return made

    def _count(self, asked: Asked, signed: AuthenticationCredential, known: PasskeyRow, origin: str) -> int:
        """How often it signed, as it says in what it signed for our question. Raises Rejection(`passkey_refused`)."""
        self._check_origin(origin)
        if signed.response.user_handle != known.person_id.encode():  # never absent, as we named nobody (§7.2 step 6)
            raise _refused("of somebody else")
        try:
            return verify_authentication_response(
                credential=signed,
                expected_challenge=asked.challenge,
                expected_rp_id=self._rp_id,
                expected_origin=origin,
                credential_public_key=known.public_key,
                credential_current_sign_count=0,  # compared later, where one that was copied is told from a wrong one
                require_user_verification=True,
            ).new_sign_count
        except Exception as error:  # as above
            raise _refused(type(error).__name__) from error

    def _check_origin(self, origin: str) -> None:
        """Whether the request's `Origin`, which the browser's word must equal, is ours whole, by our own settings.

        That it fits `Host` is not enough here: a page of another machine under our domain, or of another server at
        another port of ours, may ask our passkeys, and whoever passes the answer on writes both headers. Raises
        Rejection(`passkey_refused`).
        """
        if origin not in self._origins:
            raise _refused("another origin")


def _refused(why: str) -> Rejection:
    """One answer to all, so that nobody learns whether a passkey is known; `why` is for the log."""
    _repeated.say("refused", log.info, "a passkey was refused", why=why)
    return Rejection(ErrorCode.PASSKEY_REFUSED, "no passkey of ours signed this")
