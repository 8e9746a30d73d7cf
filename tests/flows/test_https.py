"""`passline serve --tls`, as a tablet meets it: install the authority, then sign in and call without any warning."""

import ssl
from pathlib import Path

import aiohttp
import pytest

from passline.demo import PASSWORD
from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip
from tests.support.ports import free_port
from tests.support.stack import Stack

pytestmark = pytest.mark.browser

NAME = "kitchen.passline.test"
"""No secure context by itself, unlike localhost: without a trusted certificate there is no camera."""


def _only_ours(pem: bytes) -> aiohttp.TCPConnector:
    """Trusts our authority and nobody else."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.load_verify_locations(cadata=pem.decode())
    return aiohttp.TCPConnector(ssl=trust)


async def test_devices_that_installed_the_authority_sign_in_and_call(tmp_path: Path) -> None:
    store_clip, expert_clip = clip(1), clip(2)
    tls_port = free_port()
    async with Scene(tmp_path, tls="true", tls_port=tls_port, tls_names=NAME) as scene:
        await _doors(scene.stack, tls_port)
        scene.expected.append("Cross-Origin-Opener-Policy")  # has no effect on the plain page
        mapped = [f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]
        stranger = await scene.browser(url=f"http://{NAME}:{scene.stack.port}", flags=mapped, language="en")
        page = await stranger.page("/install")
        assert (await page.get_by_test_id("fingerprint").inner_text()) in scene.stack.log()
        async with page.expect_download() as download:
            await page.get_by_test_id("download").click()
        authority = tmp_path / "ca.crt"
        await (await download.value).save_as(authority)
        assert await page.get_by_test_id("open").get_attribute("href") == f"https://{NAME}:{tls_port}"

        https = f"https://{NAME}:{tls_port}"
        tablet = await scene.browser(store_clip, url=https, trusts=authority, flags=mapped)
        desk = await scene.browser(expert_clip, url=https, trusts=authority, flags=mapped, size=DESK)
        store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
        assert await store.evaluate("isSecureContext")
        await acts.sees(expert, "p-store-0117", store_clip)
        await acts.sees(store, "p-chen", expert_clip)
        await acts.hang_up(store)
        await acts.ended(expert, "hung_up")


async def _doors(stack: Stack, tls_port: int) -> None:
    """The plain door installs and redirects; the https door serves whoever trusts our authority alone."""
    plain, https = f"http://127.0.0.1:{stack.port}", f"https://127.0.0.1:{tls_port}"
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{plain}/api/archive?before=1~x", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (308, f"{https}/api/archive?before=1~x")
        async with http.get(plain, headers={"Host": "a b"}, allow_redirects=False) as answer:
            assert answer.status in (400, 403)
        sign_in = {"login": "chen", "password": PASSWORD}
        async with http.post(f"{plain}/api/signin", json=sign_in, headers={"Origin": plain}) as answer:
            assert (answer.status, answer.headers.getall("Set-Cookie", [])) == (403, [])
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await http.ws_connect(f"{plain}/ws", origin=plain)
        async with http.get(f"{plain}/api/install") as answer:
            install = await answer.json()
        assert install["address"] == f"https://{NAME}:{tls_port}"
        assert install["install_address"] == f"http://{NAME}:{stack.port}/install"
        async with http.get(f"{plain}/api/install/ca.crt") as answer:
            assert answer.content_type == "application/x-x509-ca-cert"
            der = await answer.read()
        async with http.get(f"{plain}/api/install/ca.pem") as answer:
            pem = await answer.read()
        assert ssl.PEM_cert_to_DER_cert(pem.decode()) == der
        await stack.until(lambda: install["fingerprint"] in stack.log(), "the fingerprint was not announced")
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await http.get(https)
    async with aiohttp.ClientSession(
        https, connector=_only_ours(pem), cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as http:
        for origin, status in ((plain, 403), (f"http://127.0.0.1:{tls_port}", 403), (https, 200)):
            async with http.post("/api/signin", json=sign_in, headers={"Origin": origin}) as answer:
                assert answer.status == status, origin
                cookie = answer.cookies.get("__Host-passline")
                assert "Strict-Transport-Security" not in answer.headers, "the plain page must stay in reach"
        assert cookie is not None
        assert cookie["secure"]
        async with http.get("/api/me") as answer:
            assert answer.status == 200
        async with http.ws_connect("/ws", origin=https) as socket:
            assert not socket.closed
    could_be_planted = {"Cookie": f"passline={cookie.value}"}  # a plain page of this host can set this name
    async with (
        aiohttp.ClientSession(connector=_only_ours(pem), cookie_jar=aiohttp.DummyCookieJar()) as http,
        http.get(f"{https}/api/me", headers=could_be_planted) as answer,
    ):
        assert answer.status == 401
