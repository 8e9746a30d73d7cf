"""The web client's files: every page of the app is its one page, nothing outside of the build is served."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from signaling.http.errors import answer_errors
from signaling.http.headers import add_headers, policy
from signaling.http.static import add_static

pytestmark = pytest.mark.flow

Get = Callable[[str], Awaitable[tuple[int, str, str, str]]]
"""Path → status, content type, cache control, text."""


async def serve(root: Path) -> AsyncIterator[Get]:
    app = web.Application(middlewares=[answer_errors])
    app.on_response_prepare.append(add_headers)
    add_static(app, root)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    async with ClientSession() as http:

        async def get(path: str) -> tuple[int, str, str, str]:
            async with http.get(f"http://127.0.0.1:{port}{path}") as answer:
                cache = answer.headers.get("Cache-Control", "")
                return answer.status, answer.content_type, cache, await answer.text("utf-8", "replace")

        yield get
    await runner.cleanup()


@pytest.fixture
async def built(tmp_path: Path) -> AsyncIterator[Get]:
    root = tmp_path / "static"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<title>Passline</title>")
    (root / "docs.html").write_text("<title>API</title>")
    (root / "manifest.webmanifest").write_text("{}")
    (root / "assets" / "index-4f2a.js").write_text("1")
    (tmp_path / "passline.db").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "passline.db")
    async for get in serve(root):
        yield get


@pytest.fixture
async def unbuilt(tmp_path: Path) -> AsyncIterator[Get]:
    async for get in serve(tmp_path / "nowhere"):
        yield get


@pytest.mark.parametrize("path", ["/", "/archive", "/room/01900000-0000-7000-8000-000000000001", "/healthzz"])
async def test_every_page_of_the_app_is_its_one_page(built: Get, path: str) -> None:
    status, kind, cache, text = await built(path)
    assert (status, kind, cache) == (200, "text/html", "no-cache")
    assert "Passline" in text


async def test_assets_are_kept_for_good_and_pages_are_asked_for_again(built: Get) -> None:
    assert (await built("/assets/index-4f2a.js"))[2] == "public, max-age=31536000, immutable"
    assert (await built("/manifest.webmanifest"))[1:3] == ("application/manifest+json", "no-cache")
    assert "API" in (await built("/docs"))[3]


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone-1111.js",
        "/..%2fpassline.db",
        "/%2e%2e/passline.db",
        "/assets/..%2f..%2fpassline.db",
        "/link.txt",
        "/.env",
        "/assets%5c..%5cpassline.db",
        "//passline.db",
        "/index.html%00.js",
    ],
)
async def test_nothing_but_the_build_is_served(built: Get, path: str) -> None:
    status, _, _, text = await built(path)
    assert status == 404
    assert "secret" not in text


async def test_without_a_build_the_page_says_what_to_do(unbuilt: Get) -> None:
    status, kind, _, text = await unbuilt("/")
    assert (status, kind) == (503, "text/html")
    assert "make setup" in text
    assert (await unbuilt("/docs"))[0] == 503


def test_a_strange_host_does_not_get_into_the_policy() -> None:
    assert "ws://kitchen.example:8443" in policy("kitchen.example:8443")
    assert policy("x; script-src *") == policy("")
