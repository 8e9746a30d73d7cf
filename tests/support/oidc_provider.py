"""A real OpenID provider on a port of its own: authlib's authorization server, real sockets and real signatures.

It asks nobody for a password: whoever comes is `account`. What a hostile or broken provider does is set in the fields.
"""

import base64
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from types import TracebackType
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

CLIENT = "passline"
SECRET = "only the two know: it/is+odd"
"""With what must be escaped in the header."""
CLAIMS = {"profile": ("name", "preferred_username"), "email": ("email", "email_verified"), "groups": ("groups",)}


Forger = Callable[[dict[str, Any], dict[str, Any]], str]


@cache
def new_key(number: int) -> RSAKey:
    """Making one takes a while, so a test process makes each once."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


@dataclass
class Account:
    """Somebody whom the provider knows."""

    sub: str
    claims: dict[str, object] = field(default_factory=dict)


@dataclass
class _Code:
    """What authlib asks of a code that was given out."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    user: Account

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> None:
        return None

    get_acr = get_amr = get_auth_time


class _Client:
    """The one client that is registered."""

    client_id = CLIENT

    def __init__(self, redirect_uris: set[str]) -> None:
        self._redirect_uris = redirect_uris

    def get_client_id(self) -> str:
        return CLIENT

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, uri: str) -> bool:
        return uri in self._redirect_uris

    def check_client_secret(self, secret: str) -> bool:
        return secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return endpoint == "token" and method == "client_secret_basic"

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return kind == "authorization_code"


class OidcProvider:
    """`with OidcProvider() as provider:`; its issuer is then at `provider.issuer`."""

    def __init__(self) -> None:
        self.account = Account("sub-chen", {"email": "chen@chain.example", "email_verified": True, "name": "Chen"})
        self.redirect_uris: set[str] = set()
        self.only_at_userinfo = False
        """Claims of the scopes are not in the ID token."""
        self.forge: Forger | None = None
        """Makes another ID token of the header and the claims of the right one."""
        self.metadata: dict[str, object] = {}
        """Replaces parts of the right ones."""
        self.says_no = False
        self.down = False
        self.asked: list[str] = []
        """Paths, as they came."""
        self.keys = [new_key(0)]
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, tuple[Account, str]] = {}
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def issuer(self) -> str:
        assert self._server is not None
        return f"http://localhost:{self._server.server_port}"

    @property
    def key(self) -> RSAKey:
        """What it signs with now."""
        return self.keys[-1]

    def rotate(self) -> None:
        """Sign with a new key from now on, and forget the old one."""
        self.keys = [new_key(1)]

    def sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """As the real one does."""
        return jwt.encode(header, claims, self.key, ["RS256"])

    def __enter__(self) -> "OidcProvider":
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="oidc provider")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Nothing answers at its port any more; stopping twice is stopping."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._thread = None

    def _app(self) -> Flask:
        app = Flask("oidc_provider")
        server = AuthorizationServer(app, lambda _: _Client(self.redirect_uris), self._keep_token)
        server.register_grant(_grant(self), [_id_tokens(self), CodeChallenge(required=True)])
        server.register_extension(_issuer(self))

        @app.before_request
        def note() -> Response | None:
            self.asked.append(request.path)
            return Response("not now", 503) if self.down else None

        @app.get("/.well-known/openid-configuration")
        def configuration() -> Response:
            return jsonify(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "userinfo_endpoint": f"{self.issuer}/userinfo",
                    "jwks_uri": f"{self.issuer}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                    "authorization_response_iss_parameter_supported": True,
                    **self.metadata,
                }
            )

        @app.get("/keys")
        def keys() -> Response:
            return jsonify(KeySet(list(self.keys)).as_dict(private=False))

        @app.get("/authorize")
        def authorize() -> Any:
            grant = server.get_consent_grant(end_user=self.account)
            return server.create_authorization_response(grant_user=None if self.says_no else self.account, grant=grant)

        @app.post("/token")
        def token() -> Any:
            return server.create_token_response()

        @app.get("/userinfo")
        def userinfo() -> Any:
            account, scope = self._access[request.headers["Authorization"].removeprefix("Bearer ")]
            return jsonify({"sub": account.sub, **self.claims_of(account, scope)})

        return app

    def claims_of(self, account: Account, scope: str) -> dict[str, object]:
        """What the scopes stand for."""
        names = {name for one in scope.split() for name in CLAIMS.get(one, ())}
        return {name: value for name, value in account.claims.items() if name in names}

    def _keep_token(self, token: dict[str, Any], asked: Any) -> None:
        self._access[token["access_token"]] = (asked.user, token["scope"])

    def keep_code(self, code: str, asked: Any) -> None:
        data = asked.payload.data
        self._codes[code] = _Code(
            code,
            asked.payload.redirect_uri,
            asked.scope,
            data.get("nonce"),
            data.get("code_challenge"),
            data.get("code_challenge_method"),
            asked.user,
        )

    def find_code(self, code: str) -> _Code | None:
        return self._codes.get(code)

    def use_up(self, code: _Code) -> None:
        del self._codes[code.code]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing: a test says what it saw."""


def _grant(provider: OidcProvider) -> type:
    class Grant(AuthorizationCodeGrant):  # type: ignore[misc] # authlib has no types
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

        def save_authorization_code(self, code: str, asked: Any) -> None:
            provider.keep_code(code, asked)

        def query_authorization_code(self, code: str, _client: Any) -> _Code | None:
            return provider.find_code(code)

        def delete_authorization_code(self, code: _Code) -> None:
            provider.use_up(code)

        def authenticate_user(self, code: _Code) -> Account:
            return code.user

    return Grant


def _id_tokens(provider: OidcProvider) -> Any:
    class IdTokens(OpenIDCode):  # type: ignore[misc] # authlib has no types
        def exists_nonce(self, _nonce: str, _asked: Any) -> bool:
            return False

        def resolve_client_private_key(self, _client: Any) -> RSAKey:
            return provider.key

        def get_encode_header(self, _client: Any) -> dict[str, Any]:
            return {"alg": "RS256", "kid": provider.key.kid}

        def get_client_claims(self, _client: Any) -> dict[str, Any]:
            return {"iss": provider.issuer, "aud": [CLIENT]}

        def generate_user_info(self, user: Account, scope: str) -> UserInfo:
            more = {} if provider.only_at_userinfo else provider.claims_of(user, scope)
            return UserInfo(sub=user.sub, **more)

        def encode_id_token(self, token: Any, asked: Any) -> str:
            made: str = super().encode_id_token(token, asked)
            if provider.forge is None:
                return made
            header, claims = (part_of(made, number) for number in (0, 1))
            return provider.forge(header, claims)

    return IdTokens(require_nonce=True)


def _issuer(provider: OidcProvider) -> Any:
    class Issuer(IssuerParameter):  # type: ignore[misc] # authlib has no types
        def get_issuer(self) -> str:
            return provider.issuer

    return Issuer()


def part_of(token: str, number: int) -> dict[str, Any]:
    """The header (0) or the claims (1) of a token, not verified."""
    text = token.split(".")[number]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return read


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token that says it needs no signature."""
    parts = ({**header, "alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."
