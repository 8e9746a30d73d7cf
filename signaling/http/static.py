"""The web client's files, and every path of the app to its one page."""

import re
from pathlib import Path

from aiohttp import web

from contract.errors import ErrorCode, Rejection

ROOT = Path(__file__).parents[1] / "static"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*){0,4}")
_FOREVER = "public, max-age=31536000, immutable"
_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Passline</title>
<h1>The web client is not built</h1>
<p>The server runs, and its API answers at <a href="/openapi.json">/openapi.json</a>.</p>
<p>Build the client with <code>make setup</code>, then load this page again.</p></html>
"""


def add_static(app: web.Application, root: Path = ROOT) -> None:
    """Serve the built client from `root`. Added last: it takes every GET that nothing else took, but for the API."""

    async def docs(_request: web.Request) -> web.StreamResponse:
        return _file(root, "docs.html") or _not_built()

    async def install(_request: web.Request) -> web.StreamResponse:
        return _file(root, "install.html") or _not_built()

    async def page(request: web.Request) -> web.StreamResponse:
        name = request.match_info["path"]
        found = _file(root, name) if name else None
        if found is not None:
            return found
        if "." in name.rsplit("/", 1)[-1]:
            raise Rejection(ErrorCode.NOT_FOUND)
        return _file(root, "index.html") or _not_built()

    app.router.add_get("/docs", docs)
    app.router.add_get("/install", install)
    app.router.add_get(r"/{path:(?!api/|api$|ws$|whip/|whep/)[^\x00]*}", page)


def _file(root: Path, name: str) -> web.StreamResponse | None:
    """A file of the build by its name, never outside of it; None if there is none."""
    if not _NAME.fullmatch(name):
        return None
    path = root / name
    if not path.is_file() or not path.resolve().is_relative_to(root.resolve()):
        return None
    cache = _FOREVER if name.startswith("assets/") else "no-cache"
    response = web.FileResponse(path, headers={"Cache-Control": cache})
    if path.suffix == ".webmanifest":
        response.headers["Content-Type"] = "application/manifest+json"
    return response


def _not_built() -> web.Response:
    return web.Response(text=_NOT_BUILT, content_type="text/html", status=503)
