"""Signing in by the chain's identity provider: there with a question of our own, back with an answer to it.

Authorization code with PKCE, state and nonce (OpenID Connect Core 1.0 §3.1, RFC 7636, RFC 9700). What a browser began
only it can finish, once. Who somebody is then says signaling.auth.claimed.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from contract.errors import ErrorCode, Rejection
from contract.oidc import ProviderAnswer
from runtime import clock, ids
from runtime.settings import Settings
from signaling.auth.pending import Pending
from signaling.auth.provider import Provider
from signaling.domain.claims import Claims, check_claims

RETURN = "/signed-in"
"""The page of ours that the provider sends the browser back to: register it there."""


@dataclass(frozen=True)
class Begun:
    """A sign-in that is under way at the provider."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    path: str
    browser: str
    """Whose wrong answers are counted together, with those to what it began before."""


class Oidc:
    """Sends a browser to the provider, and reads what it brings back."""

    def __init__(self, settings: Settings, wall_ms: Callable[[], int] = clock.wall_ms) -> None:
        self._settings = settings
        self._wall_ms = wall_ms
        self._begun: Pending[Begun] = Pending()
        self.provider = Provider(settings) if settings.oidc_issuer is not None else None

    @property
    def name(self) -> str | None:
        """What people call the provider; None: there is none."""
        return self._settings.oidc_name if self.provider is not None else None

    async def begin(self, origin: str, path: str, address: str, browser: str) -> tuple[str, str]:
        """The secret for the browser's cookie, and the address at the provider.

        Raises Rejection: `not_found` if there is no provider, `too_many`; Unavailable(`oidc_unreachable`).
        """
        provider = self._there()
        self._begun.admit(address)
        known = await provider.metadata()
        begun = Begun(
            state=ids.secret(),
            nonce=ids.secret(),
            verifier=ids.secret(),
            redirect_uri=origin + RETURN,
            path=path,
            browser=browser,
        )
        asked = {
            "response_type": "code",
            "client_id": str(self._settings.oidc_client_id),
            "redirect_uri": begun.redirect_uri,
            "scope": " ".join(self._settings.oidc_scopes),
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": _challenge(begun.verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in known.authorization else "?"
        return self._begun.put(begun, address), known.authorization + joint + urlencode(asked)

    def take(self, secret: str | None, answer: ProviderAnswer) -> Begun:
        """What this browser began; it can be finished once.

        Raises Rejection: `over` (a page that was loaded again); `oidc_refused` if the provider, asked by us, said no
        (somebody pressed cancel). Neither is a guess at anything.
        """
        begun = self._begun.take(secret)
        if answer.error is not None and _is_ours(answer, begun):
            raise Rejection(ErrorCode.OIDC_REFUSED, "the provider said no")
        return begun

    async def finish(self, begun: Begun, answer: ProviderAnswer) -> Claims:
        """What the provider says of whoever came back.

        Raises Rejection(`not_found` or `oidc_refused`), Unavailable(`oidc_unreachable`).
        """
        provider = self._there()
        if not _is_ours(answer, begun):
            raise Rejection(ErrorCode.OIDC_REFUSED, "state")
        known = await provider.metadata()
        if answer.iss != provider.issuer and (answer.iss is not None or known.names_itself):
            raise Rejection(ErrorCode.OIDC_REFUSED, "iss")
        if not answer.code:
            raise Rejection(ErrorCode.OIDC_REFUSED, "no code")
        token, access = await provider.exchange(answer.code, begun.verifier, begun.redirect_uri)
        claims = await provider.verify(token)
        check_claims(
            claims,
            issuer=provider.issuer,
            client_id=str(self._settings.oidc_client_id),
            nonce=begun.nonce,
            now_s=self._wall_ms() / 1000,
        )
        return await self._more(provider, claims, access)

    async def _more(self, provider: Provider, claims: Claims, access: str | None) -> Claims:
        """With what many providers only tell at their user info."""
        wanted = [self._settings.oidc_login_claim]
        if self._settings.oidc_roles:
            wanted.append(self._settings.oidc_groups_claim)
        if access is None or all(name in claims for name in wanted):
            return claims
        more: Mapping[str, object] = await provider.userinfo(access, str(claims["sub"]))
        return {**more, **claims}

    def _there(self) -> Provider:
        if self.provider is None:
            raise Rejection(ErrorCode.NOT_FOUND, "no identity provider is set")
        return self.provider


def _is_ours(answer: ProviderAnswer, begun: Begun) -> bool:
    return hmac.compare_digest(answer.state.encode(), begun.state.encode())


def _challenge(verifier: str) -> str:
    """RFC 7636 §4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
