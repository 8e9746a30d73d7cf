"""The chain's identity provider as we reach it: its metadata, its keys, and what it gives for a code.

We ask only the issuer of the settings, the hosts that the operator named besides, and never where a redirect leads:
nothing that a visitor sends chooses an address. OpenID Connect Discovery 1.0 §4, RFC 6749 §4.1.3, RFC 7636.
"""

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout
from joserfc.jwk import KeySet
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from contract.errors import ErrorCode, Rejection, Unavailable
from runtime import clock
from runtime.logs import get_logger
from runtime.secrecy import carries_secrets
from runtime.settings import Settings
from signaling.auth.id_tokens import read_keys, verified
from signaling.domain.claims import Claims

log = get_logger(__name__)

WAIT_S = 8.0
"""For one answer of the provider."""
MAX_BYTES = 512 * 1024
FRESH_S = 3600.0
"""Metadata and keys are asked for again after this: a key that the provider took back counts no longer."""
NEW_KEYS_PER_MIN = 6
"""How often a signature by an unknown key may make us ask for keys: who sends us rubbish is no reason to."""
RETRY_S = 10.0
"""A provider that did not tell its metadata is asked for them again only after this, whoever wants to sign in."""


@dataclass(frozen=True)
class Metadata:
    """What we use of the provider's own description."""

    authorization: str
    token: str
    userinfo: str | None
    jwks: str
    basic: bool
    """The secret goes into the header, else into the form."""
    names_itself: bool
    """Its redirect carries `iss` (RFC 9207): without it, it is not its own."""


def read_metadata(document: object, issuer: str, hosts: list[str]) -> Metadata:
    """Raises ValueError for the metadata of another issuer, or that send us where we may not go."""
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise ValueError("the metadata are not of this issuer")
    allowed = {urlsplit(issuer).netloc, *hosts}

    def address(name: str) -> str:
        url = document.get(name)
        if not isinstance(url, str) or not carries_secrets(url):
            raise ValueError(f"{name} is no https address")
        if urlsplit(url).netloc not in allowed:
            raise ValueError(f"{name} is at {urlsplit(url).netloc}, which is not in PASSLINE_OIDC_HOSTS")
        return url

    methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Metadata(
        authorization=address("authorization_endpoint"),
        token=address("token_endpoint"),
        userinfo=address("userinfo_endpoint") if "userinfo_endpoint" in document else None,
        jwks=address("jwks_uri"),
        basic="client_secret_basic" in methods,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


class Provider:
    """Asks the provider. Everything raises Unavailable(`oidc_unreachable`) if it does not answer as it should."""

    def __init__(self, settings: Settings, now: Callable[[], float] = clock.now) -> None:
        assert settings.oidc_issuer is not None
        assert settings.oidc_client_id is not None
        self.issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._secret = settings.oidc_client_secret
        self._hosts = settings.oidc_hosts
        self._now = now
        self._metadata: tuple[Metadata, float] | None = None
        self._failed: tuple[str, float] | None = None
        self._asking = asyncio.Lock()
        self._keys: tuple[KeySet, float] | None = None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def metadata(self) -> Metadata:
        """Kept for an hour; that there are none, for some seconds. All who want them meanwhile wait for one answer."""
        async with self._asking:
            if self._metadata is not None and self._now() - self._metadata[1] < FRESH_S:
                return self._metadata[0]
            if self._failed is not None and self._now() - self._failed[1] < RETRY_S:
                raise Unavailable(ErrorCode.OIDC_UNREACHABLE, self._failed[0], retry_after_s=RETRY_S)
            try:
                found = await self._fetch_metadata()
            except Unavailable as error:
                self._failed = (error.detail, self._now())
                raise
            self._metadata = (found, self._now())
            return found

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> tuple[str, str | None]:
        """The ID token for a code, not yet verified, and the access token. Raises Rejection(`oidc_refused`)."""
        known = await self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        proof = None
        if self._secret is not None and known.basic:
            proof = _basic(self._client_id, self._secret)
        else:
            form["client_id"] = self._client_id
            if self._secret is not None:
                form["client_secret"] = self._secret
        answer = await self._ask("POST", known.token, form=form, proof=proof)
        token, access = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str):
            raise Rejection(ErrorCode.OIDC_REFUSED, "no ID token")
        return token, access if isinstance(access, str) else None

    async def verify(self, token: str) -> Claims:
        """The claims of a token that the provider signed. Raises Rejection(`oidc_refused`)."""
        if self._keys is None or self._now() - self._keys[1] >= FRESH_S:
            return verified(token, await self._fetch_keys())
        try:
            return verified(token, self._keys[0])
        except Rejection:
            if not self._limiter.hit(RateLimitItemPerMinute(NEW_KEYS_PER_MIN), "keys"):
                raise
        return verified(token, await self._fetch_keys())  # it may have changed its keys

    async def userinfo(self, access: str, subject: str) -> Claims:
        """What the provider says besides of the same account; nothing if it has no such door."""
        url = (await self.metadata()).userinfo
        if url is None:
            return {}
        said = await self._ask("GET", url, proof=f"Bearer {access}")
        if said.get("sub") != subject:  # OpenID Connect Core §5.3.2
            raise Rejection(ErrorCode.OIDC_REFUSED, "the user info is of somebody else")
        return said

    async def _fetch_metadata(self) -> Metadata:
        document = await self._ask("GET", self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        try:
            return read_metadata(document, self.issuer, self._hosts)
        except ValueError as error:
            raise _unreachable(str(error)) from error

    async def _fetch_keys(self) -> KeySet:
        document = await self._ask("GET", (await self.metadata()).jwks)
        try:
            keys = read_keys(document)
        except ValueError as error:
            raise _unreachable(str(error)) from error
        self._keys = (keys, self._now())
        return keys

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        proof: str | None = None,
    ) -> dict[str, object]:
        headers = {"Accept": "application/json", **({"Authorization": proof} if proof is not None else {})}
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=WAIT_S)) as http,
                http.request(method, url, data=form, headers=headers, allow_redirects=False) as response,
            ):
                body = await response.content.read(MAX_BYTES)
                while len(body) < MAX_BYTES and (more := await response.content.read(MAX_BYTES - len(body))):
                    body += more
                status = response.status
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            raise _unreachable(type(error).__name__) from error
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            said = None
        if status == 400 and isinstance(said, dict) and said.get("error") == "invalid_grant":
            raise Rejection(ErrorCode.OIDC_REFUSED, "the provider does not take the code")
        if status != 200 or not isinstance(said, dict):
            raise _unreachable(f"it answers {status}")
        return said


def _basic(client_id: str, secret: str) -> str:
    """RFC 6749 §2.3.1: both are form-encoded first."""
    return "Basic " + base64.b64encode(f"{quote(client_id, safe='')}:{quote(secret, safe='')}".encode()).decode()


def _unreachable(why: str) -> Unavailable:
    return Unavailable(ErrorCode.OIDC_UNREACHABLE, f"the identity provider: {why}", retry_after_s=RETRY_S)
