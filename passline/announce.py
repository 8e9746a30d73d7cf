"""What `passline serve` prints once it can be used: addresses, and the sign-ins of the demo chain."""

import asyncio
import hashlib
import ssl
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from passline.demo import PASSWORD, sign_ins
from passline.qr import terminal_code
from runtime.address import http_url, own_address, told_host
from runtime.settings import Settings

_POLL_S = 0.1


async def announce(settings: Settings, *, demo: bool) -> None:
    """Wait until signaling is ready, then print."""
    while not await _is_ready(settings):  # noqa: ASYNC110 - another process gets ready, nothing here can wake us
        await asyncio.sleep(_POLL_S)
    print(text(settings, demo=demo), flush=True)


def text(settings: Settings, *, demo: bool) -> str:
    """The announcement, ready to print."""
    lines = ["", f"  店线通 Passline  {own_address(settings)}", f"  数据 data        {settings.data}", ""]
    if settings.https:
        lines += tablets(settings)
    if demo:
        lines += [f"  示例账号 Demo sign-ins · 密码 password: {PASSWORD}", ""]
        lines += ["  " + row for row in table(("账号 login", "姓名 name", "身份 role"), sign_ins())]
        lines += [""]
    return "\n".join(lines)


def tablets(settings: Settings) -> list[str]:
    """How a tablet gets there: the address to type or to scan, which first installs our certificate if it is ours."""
    lines, url = [], own_address(settings)
    if settings.tls_cert is None:
        url = http_url(told_host(settings), settings.port) + "/install"
        lines += [
            f"  平板 tablets     {url}",
            f"  指纹 SHA-256     {_fingerprint(settings.data / 'tls' / 'ca.crt')}",
            "",
        ]
    return [*lines, *terminal_code(url)]


def _fingerprint(certificate: Path) -> str:
    """As signaling.tls.authority says it; without its library, which this small process has no other use for."""
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    return hashlib.sha256(der).digest().hex(":").upper()


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns; Chinese characters take two places."""
    widths = [max(_width(row[column]) for row in (head, *rows)) for column in range(len(head))]
    ruler = ["─" * width for width in widths]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, ruler, *rows)
    ]


def _width(cell: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in cell)


async def _is_ready(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    try:
        async with asyncio.timeout(2.0):
            reader, writer = await asyncio.open_connection(host, settings.port)
            try:
                writer.write(
                    f"GET /readyz HTTP/1.1\r\nHost: {host}:{settings.port}\r\nConnection: close\r\n\r\n".encode()
                )
                await writer.drain()
                status = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200 " in status
