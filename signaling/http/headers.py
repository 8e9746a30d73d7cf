"""What every response tells the browser: load only what is ours, guess nothing, tell nobody where we are."""

import re

from aiohttp import web

_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")
HSTS_S = 7 * 24 * 3600
"""Long enough for daily use; a machine that goes back to plain http can be reached again after it."""

CODE_READER = "/assets/scan.worker-"
"""How the build calls that worker, but for the hash of what is in it."""
_PERMISSIONS = ", ".join(
    (
        "camera=(self)",
        "microphone=(self)",
        "display-capture=(self)",
        *(f"{nobody}=()" for nobody in ("geolocation", "payment", "usb", "serial", "hid", "midi")),
    )
)


def is_host(host: str) -> bool:
    """Whether a `Host` header can be written into a header or an address of ours."""
    return _HOST.fullmatch(host) is not None


def policy(host: str, *, reads_codes: bool = False) -> str:
    """The Content-Security-Policy; the WebSocket's address is named because older Safari keeps `'self'` to http.

    `reads_codes` is for the one worker that runs WebAssembly: a worker has the policy of its own script's response, so
    no page is ever allowed to (https://www.w3.org/TR/CSP3/#initialize-global-object-csp).
    """
    sockets = f" ws://{host} wss://{host}" if is_host(host) else ""
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'wasm-unsafe-eval'" if reads_codes else "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob:",
            "media-src 'self' blob:",
            f"connect-src 'self'{sockets}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types passline",
        )
    )


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """A signal handler of aiohttp, run before any response starts."""
    headers = response.headers
    reads_codes = request.path.startswith(CODE_READER)
    headers["Content-Security-Policy"] = policy(request.host, reads_codes=reads_codes)
    headers["Server"] = "Passline"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Permissions-Policy"] = _PERMISSIONS
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.path.startswith("/api/"):
        headers.setdefault("Cache-Control", "private, no-store")


async def add_hsts(request: web.Request, response: web.StreamResponse) -> None:
    """The same, with a certificate that everybody trusts: from now on only https (RFC 6797).

    Not with our own authority: to a device that trusts it already, the plain page that installs it on the next device
    would be gone, for it is on the same host.
    """
    if request.secure:
        response.headers["Strict-Transport-Security"] = f"max-age={HSTS_S}"
