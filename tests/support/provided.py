"""A server whose people sign in by an identity provider."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import update

from contract.oidc import ProviderAddress
from signaling.auth.oidc import RETURN
from signaling.store.tables.people import PersonRow
from tests.support.oidc_provider import CLIENT, SECRET, OidcProvider
from tests.support.server import Answer, Client, SignalingServer

ROLES = ["experts=expert", "trainers=trainer@华东", "admins=admin", "chiefs=manager@nowhere", "0117=store_manager@0117"]


def settings(provider: OidcProvider, **more: Any) -> dict[str, Any]:
    return {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_name": "飞书",
        "oidc_scopes": ["openid", "profile", "email", "groups"],
        "oidc_roles": ROLES,
        **more,
    }


async def rename(server: SignalingServer, login: str, new: str) -> None:
    await server.house.database.write(
        lambda session: session.execute(update(PersonRow).where(PersonRow.login == login).values(login=new))
    )


async def begin(client: Client, path: str = "/") -> str:
    """The provider's address that the browser is sent to."""
    return (await client.post("/api/oidc/begin", json={"path": path})).read(ProviderAddress).url


async def there(client: Client, url: str) -> dict[str, str]:
    """Go to the provider and come back: what its redirect carried."""
    async with client.http.get(url, allow_redirects=False) as response:
        assert response.status == 302, await response.text()
        back = urlsplit(response.headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == client.url + RETURN
    return dict(parse_qsl(back.query))


async def sign_in(client: Client, path: str = "/", **changed: str) -> Answer:
    answer = await there(client, await begin(client, path))
    return await client.post("/api/oidc/finish", json={**answer, **changed})
