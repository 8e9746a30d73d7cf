"""Signing in by the identity provider as somebody sees it: the button, the way there and back, and what went wrong."""

from pathlib import Path

import pytest

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.browsers import connected
from tests.support.oidc_provider import CLIENT, SECRET, Account, OidcProvider

pytestmark = [pytest.mark.browser, pytest.mark.full_only]


async def test_the_button_leads_to_the_provider_and_back_to_where_one_wanted(tmp_path: Path) -> None:
    with OidcProvider() as provider:
        provider.account = Account("sub-1", {"preferred_username": "chen"})
        settings = {
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_name": "百味账号",
            "oidc_login_claim": "preferred_username",
        }
        async with Scene(tmp_path, **settings) as scene:
            scene.expected += ["status of 403 /api/oidc/finish", "status of 503 /api/oidc/begin"]
            provider.redirect_uris.add(f"{scene.stack.url}/signed-in")
            desk = await scene.browser(size=DESK)
            page = await desk.page("/archive")
            await page.get_by_test_id("to-provider").click()
            await connected(page)
            assert page.url == f"{scene.stack.url}/archive"

            provider.account = Account("sub-2", {"preferred_username": "nobody"})
            stranger = await (await scene.browser(size=DESK)).page()
            await stranger.get_by_test_id("to-provider").click()
            await acts.visible(stranger, "provider-again")
            assert stranger.url == f"{scene.stack.url}/signed-in"
            assert "邀请你" in await stranger.locator("main").inner_text()
            await stranger.get_by_test_id("provider-password").click()
            await acts.visible(stranger, "login")
