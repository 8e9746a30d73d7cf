"""Caddy and nginx in front of the product, with the configuration that docker/ ships and only the test's own places."""

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from signaling.tls.authority import new_authority, new_server
from tests.support.ports import free_port

SHIPPED = Path(__file__).parents[2] / "docker"
START_S = 60.0


@dataclass(frozen=True)
class Proxy:
    """Where it listens, and what makes a client trust it."""

    url: str
    trust: ssl.SSLContext


@contextlib.asynccontextmanager
async def caddy(directory: Path, upstream_port: int) -> AsyncIterator[Proxy]:
    """With a certificate of its own internal authority, which is not installed anywhere."""
    port = free_port()
    local = f"skip_install_trust\n\tadmin off\n\thttp_port {free_port()}"
    text = (SHIPPED / "Caddyfile").read_text().replace("{\n\tservers", f"{{\n\t{local}\n\tservers", 1)
    assert local in text
    (directory / "Caddyfile").write_text(text)
    environ = {
        **os.environ,
        "XDG_DATA_HOME": str(directory / "caddy"),
        "XDG_CONFIG_HOME": str(directory / "caddy"),
        "SITE_NAME": f"localhost:{port}",
        "UPSTREAM": f"127.0.0.1:{upstream_port}",
    }
    command = ["caddy", "run", "--config", str(directory / "Caddyfile"), "--adapter", "caddyfile"]
    root = directory / "caddy" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    async with _running(command, environ, directory / "caddy.log", port):
        yield Proxy(f"https://localhost:{port}", _trusting(root.read_text()))


@contextlib.asynccontextmanager
async def nginx(directory: Path, upstream_port: int) -> AsyncIterator[Proxy]:
    """With a certificate from the outside."""
    port = free_port()
    now = datetime.now(UTC)
    authority = new_authority("tests", now)
    server = new_server(authority, ["localhost"], now)
    (directory / "chain.pem").write_bytes(server.certificate_pem())
    (directory / "key.pem").write_bytes(server.key_pem())
    site = (SHIPPED / "nginx.conf").read_text()
    for theirs, ours in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("    listen [::]:443 ssl;\n", ""),
        ("passline.example", "localhost"),
        ("/etc/ssl/passline/", f"{directory}/"),
        ("127.0.0.1:8080", f"127.0.0.1:{upstream_port}"),
    ):
        assert theirs in site, theirs
        site = site.replace(theirs, ours)
    temporary = "".join(
        f"{kind}_temp_path {directory}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (directory / "nginx.conf").write_text(
        f"daemon off; user root; pid {directory}/nginx.pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off;\n{temporary}{site}}}\n"
    )
    command = ["nginx", "-p", str(directory), "-e", "stderr", "-c", str(directory / "nginx.conf")]
    environ = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin"}
    async with _running(command, environ, directory / "nginx.log", port):
        yield Proxy(f"https://localhost:{port}", _trusting(authority.certificate_pem().decode()))


def _trusting(authority_pem: str) -> ssl.SSLContext:
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.load_verify_locations(cadata=authority_pem)
    return trust


@contextlib.asynccontextmanager
async def _running(command: list[str], environ: dict[str, str], log: Path, port: int) -> AsyncIterator[None]:
    """The process, from when it listens until it has ended. Raises AssertionError with its log."""
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *command, env=environ, stdout=out, stderr=asyncio.subprocess.STDOUT
        )
    try:
        async with asyncio.timeout(START_S):
            while True:
                assert process.returncode is None, log.read_text()
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                    continue
                writer.close()
                break
        yield
    finally:
        process.terminate()
        await process.wait()
