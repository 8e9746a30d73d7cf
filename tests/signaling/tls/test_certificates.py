"""The certificate that is served: kept over restarts, renewed and read again without one."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from contract.alarms import Alarm
from runtime import clock
from runtime.alarms import Alarms
from runtime.settings import Settings, SettingsError
from signaling.tls.authority import Issued, new_authority, new_server
from signaling.tls.certificates import Certificates

pytestmark = pytest.mark.flow

DAY_MS = 24 * 3600 * 1000


def _settings(data: Path, **more: object) -> Settings:
    return Settings.model_validate({"data": data, "tls": True, **more})


@asynccontextmanager
async def _listening(certificates: Certificates) -> AsyncIterator[int]:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=certificates.context) as server:
        yield server.sockets[0].getsockname()[1]


async def _served(port: int) -> bytes:
    """The certificate that a new connection gets, DER."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    der: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    with contextlib.suppress(ConnectionError, ssl.SSLError):  # the server hangs up at the same time
        await writer.wait_closed()
    return der


def test_keys_are_ours_alone_and_a_restart_keeps_the_authority(tmp_path: Path) -> None:
    first = Certificates(_settings(tmp_path)).authority
    assert {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "tls").iterdir()} == {
        "ca.crt": 0o600,
        "ca.key": 0o600,
        "server.pem": 0o600,
    }
    again = Certificates(_settings(tmp_path)).authority
    assert first is not None
    assert again is not None
    assert again.certificate == first.certificate


def test_a_damaged_authority_stops_the_start_instead_of_being_replaced(tmp_path: Path) -> None:
    Certificates(_settings(tmp_path))
    (tmp_path / "tls" / "ca.key").write_text("nothing")
    with pytest.raises(SettingsError, match="PASSLINE_DATA"):
        Certificates(_settings(tmp_path))


def test_a_name_that_no_certificate_can_hold_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="PASSLINE_TLS_NAMES: not a name"):
        Certificates(_settings(tmp_path, tls_names=["not a name"]))


async def test_ours_is_renewed_before_it_ends_without_a_restart(tmp_path: Path) -> None:
    alarms = Alarms(CollectorRegistry())
    later_ms = 0
    certificates = Certificates(_settings(tmp_path), wall_ms=lambda: clock.wall_ms() + later_ms)
    async with _listening(certificates) as port:
        first = await _served(port)
        later_ms = 59 * DAY_MS
        certificates.refresh(alarms)
        assert await _served(port) == first
        later_ms = 61 * DAY_MS
        certificates.refresh(alarms)
        second = await _served(port)
        assert second != first
        certificates.refresh(alarms)
        assert await _served(port) == second
    assert not alarms.is_on(Alarm.CERTIFICATE)


def _give(directory: Path, authority: Issued) -> bytes:
    """Put another pair where `tls_cert` and `tls_key` point; its DER."""
    server = new_server(authority, ["localhost"], datetime.now(UTC) + timedelta(seconds=1))
    for name, content in (("chain.pem", server.certificate_pem()), ("key.pem", server.key_pem())):
        new = directory / f"{name}.new"
        new.write_bytes(content)
        new.rename(directory / name)
    return server.certificate_der()


async def test_a_given_certificate_is_read_again_when_it_changes_and_a_broken_one_is_not_taken(tmp_path: Path) -> None:
    alarms = Alarms(CollectorRegistry())
    authority = new_authority("elsewhere", datetime.now(UTC))
    first = _give(tmp_path, authority)
    given = {"tls_cert": tmp_path / "chain.pem", "tls_key": tmp_path / "key.pem"}
    certificates = Certificates(_settings(tmp_path / "data", **given))
    assert certificates.authority is None
    async with _listening(certificates) as port:
        assert await _served(port) == first
        (tmp_path / "chain.pem").write_text("half a cert")
        certificates.refresh(alarms)
        assert await _served(port) == first
        assert alarms.is_on(Alarm.CERTIFICATE)
        second = _give(tmp_path, authority)
        certificates.refresh(alarms)
        assert await _served(port) == second
        assert not alarms.is_on(Alarm.CERTIFICATE)
    assert not (tmp_path / "data").exists(), "nothing of our own is made"


def test_a_given_certificate_that_nobody_renews_raises_the_alarm(tmp_path: Path) -> None:
    alarms = Alarms(CollectorRegistry())
    _give(tmp_path, new_authority("elsewhere", datetime.now(UTC)))
    later_ms = 0
    certificates = Certificates(
        _settings(tmp_path, tls_cert=tmp_path / "chain.pem", tls_key=tmp_path / "key.pem"),
        wall_ms=lambda: clock.wall_ms() + later_ms,
    )
    for days, on in ((75, False), (77, True)):
        later_ms = days * DAY_MS
        certificates.refresh(alarms)
        assert alarms.is_on(Alarm.CERTIFICATE) is on


def test_a_given_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="PASSLINE_TLS_CERT"):
        Certificates(_settings(tmp_path, tls_cert=tmp_path / "none.pem"))
