"""The TLS context of the HTTPS door, and the files below `data/tls` from which it is made again after a restart.

    ca.crt ca.key   our authority, made once, ten years
    server.pem      key and certificate of this server, replaced by itself

With `tls_cert` nothing is made: that file is served, and read again when it changes.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from contract.alarms import Alarm
from runtime import clock
from runtime.address import is_name, own_names
from runtime.alarms import Alarms
from runtime.logs import get_logger
from runtime.settings import Settings, SettingsError
from signaling.tls.authority import Issued, is_due, new_authority, new_server, read

log = get_logger(__name__)

WATCH_S = 30.0
"""How often dates, addresses of this machine and given files are looked at."""
ALARM_BEFORE = timedelta(days=14)
"""Whoever renews them elsewhere does so earlier; ours is renewed twice as early."""


class Certificates:
    """`context` for the listening socket; `refresh` changes what the next handshake sees, without a restart."""

    def __init__(self, settings: Settings, wall_ms: Callable[[], int] = clock.wall_ms) -> None:
        """Raises SettingsError when there is no usable certificate and none can be made."""
        self._settings = settings
        self._wall_ms = wall_ms
        self._seen: tuple[object, ...] = ()
        self._ends = datetime.min.replace(tzinfo=UTC)
        self.authority: Issued | None = None
        """Ours, to be installed on tablets; None with a given certificate."""
        for name in settings.tls_names:
            if not is_name(name):
                raise SettingsError(f"PASSLINE_TLS_NAMES: {name} is neither a DNS name nor an IP address")
        self.context = _empty_context()
        try:
            if settings.tls_cert is None:
                self.authority = _authority(settings.data / "tls", self._now())
            self._load()
        except (OSError, ValueError) as error:
            key = "TLS_CERT" if settings.tls_cert is not None else "DATA"
            raise SettingsError(f"PASSLINE_{key}: no usable certificate: {error}") from error

    def refresh(self, alarms: Alarms) -> None:
        """Look once. What is given and broken now raises the alarm, as one does that ends soon; the old one stays."""
        cause = None
        try:
            self._load()
        except (OSError, ValueError) as error:
            cause = str(error)
        left = self._ends - self._now()
        alarms.set(Alarm.CERTIFICATE, on=cause is not None or left < ALARM_BEFORE, days_left=left.days, cause=cause)

    async def watch(self, alarms: Alarms) -> None:
        """`refresh` for as long as the server runs."""
        while True:
            self.refresh(alarms)
            await asyncio.sleep(WATCH_S)

    def _load(self) -> None:
        if self.authority is not None:
            self._renew(self.authority, self._settings.data / "tls" / "server.pem")
            return
        cert, key = self._settings.tls_cert, self._settings.tls_key
        assert cert is not None
        seen = tuple((at.stat().st_mtime_ns, at.stat().st_ino) for at in (cert, key or cert))
        if seen != self._seen:
            _empty_context().load_cert_chain(cert, key)  # a broken pair must not reach the living context
            self.context.load_cert_chain(cert, key)
            self._seen = seen
            self._ends = x509.load_pem_x509_certificates(cert.read_bytes())[0].not_valid_after_utc
            log.info("certificate loaded", file=cert.name)

    def _renew(self, authority: Issued, file: Path) -> None:
        """Load ours, made anew if need be."""
        names, now = own_names(self._settings), self._now()
        issued = _server(file)
        if issued is None or is_due(issued, authority, names, now):
            issued = new_server(authority, names, now)
            _write(file, issued.key_pem() + issued.certificate_pem())
            log.info("certificate issued", names=len(names), until=issued.certificate.not_valid_after_utc.isoformat())
        serial = (issued.certificate.serial_number,)
        if serial != self._seen:
            self.context.load_cert_chain(file)
            self._seen = serial
            self._ends = issued.certificate.not_valid_after_utc

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._wall_ms() / 1000, UTC)


def _empty_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _authority(directory: Path, now: datetime) -> Issued:
    """The one on disk, or a new one. A damaged one raises: silently making another would lock all tablets out."""
    certificate, key = directory / "ca.crt", directory / "ca.key"
    if certificate.exists():
        return read(certificate.read_bytes(), key.read_bytes())
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    issued = new_authority(socket.gethostname(), now)
    _write(key, issued.key_pem())
    _write(certificate, issued.certificate_pem())
    return issued


def _server(file: Path) -> Issued | None:
    """What was issued last; None if there is none, or it is damaged."""
    try:
        pem = file.read_bytes()
        return read(pem, pem)
    except (OSError, ValueError):
        return None


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, readable only for us."""
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)
