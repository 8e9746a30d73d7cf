"""A page of another origin that publishes with npm's `@eyevinn/whip-web-client`, as it is on npm."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from aiohttp import web

ROOT = Path(__file__).parents[2]
PAGE = Path(__file__).with_name("whip_page.html")
_CLIENT = "node_modules/@eyevinn/whip-web-client/dist/whip-client.modern.js"


@cache
def _bundle() -> str:
    """The client with what it imports, in one module."""
    with tempfile.TemporaryDirectory() as directory:
        made = Path(directory) / "whip.js"
        command = [sys.executable, "tools/web.py", "exec", "rolldown", _CLIENT, "--format", "esm", "--file", str(made)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
        return made.read_text()


@asynccontextmanager
async def studio() -> AsyncIterator[str]:
    """The page's address while it is served."""
    client = await asyncio.to_thread(_bundle)

    async def page(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE)

    async def script(_: web.Request) -> web.StreamResponse:
        return web.Response(text=client, content_type="text/javascript")

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/whip.js", script)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
