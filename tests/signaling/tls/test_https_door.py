"""A certificate that everybody trusts: browsers are told to come by https alone, and nothing is to be installed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from signaling.tls.authority import new_authority, new_server
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow


async def test_a_given_certificate_brings_hsts_and_no_installation(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    given = new_server(new_authority("elsewhere", now), ["127.0.0.1"], now)
    file = tmp_path / "given.pem"
    file.write_bytes(given.key_pem() + given.certificate_pem())
    async with SignalingServer(tmp_path / "data", tls_cert=file) as server:
        client = await server.stranger()
        async with client.http.get(f"{server.https_url}/healthz", ssl=False) as answer:
            assert answer.status == 200
            assert answer.headers["Strict-Transport-Security"] == "max-age=604800"
        async with client.http.get(f"{server.https_url}/api/install", ssl=False) as answer:
            assert answer.status == 404
        plain = await client.get("/healthz")
        assert plain.status == 200
        assert "Strict-Transport-Security" not in plain.headers, "browsers do not believe it without TLS"
        assert (await client.get("/api/me")).status == 308
