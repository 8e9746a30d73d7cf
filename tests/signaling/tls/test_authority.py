"""Certificates: what a client that trusts only the authority accepts, and when a server needs another one."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from signaling.tls.authority import (
    AUTHORITY_LIFE,
    RENEW_BEFORE,
    SERVER_LIFE,
    Issued,
    fingerprint,
    is_due,
    new_authority,
    new_server,
)
from signaling.tls.authority import read as read_pem

pytestmark = pytest.mark.unit

NOW = datetime.now(UTC).replace(microsecond=0)  # OpenSSL checks the dates by the real clock
NAMES = ["kitchen.passline.test", "127.0.0.1", "::1"]


@pytest.fixture(scope="module")
def authority() -> Issued:
    return new_authority("vm", NOW)


def _shakes_hands(server: Issued, trusted: Issued, name: str, tmp_path: Path) -> None:
    """One TLS handshake in memory. Raises ssl.SSLCertVerificationError."""
    file = tmp_path / "server.pem"
    file.write_bytes(server.key_pem() + server.certificate_pem())
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(file)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    theirs.verify_flags |= ssl.VERIFY_X509_STRICT
    theirs.load_verify_locations(cadata=trusted.certificate_pem().decode())
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = theirs.wrap_bio(down, up, server_hostname=name)
    peer = ours.wrap_bio(up, down, server_side=True)
    for _ in range(3):
        for side in (client, peer):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue


@pytest.mark.parametrize("name", NAMES)
def test_a_client_that_trusts_only_the_authority_takes_each_name(authority: Issued, name: str, tmp_path: Path) -> None:
    _shakes_hands(new_server(authority, NAMES, NOW), authority, name, tmp_path)


@pytest.mark.parametrize("name", ["elsewhere.test", "127.0.0.2"])
def test_another_name_is_refused(authority: Issued, name: str, tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        _shakes_hands(new_server(authority, NAMES, NOW), authority, name, tmp_path)


def test_the_authority_of_another_machine_is_refused(authority: Issued, tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        _shakes_hands(new_server(new_authority("vm", NOW), NAMES, NOW), authority, NAMES[0], tmp_path)


def test_the_authority_can_sign_servers_but_no_further_authority(authority: Issued) -> None:
    limits = authority.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert limits.critical
    assert (limits.value.ca, limits.value.path_length) == (True, 0)
    assert authority.certificate.not_valid_after_utc - NOW > timedelta(days=3600)


def test_a_server_certificate_is_due_before_its_end_and_no_earlier(authority: Issued) -> None:
    server = new_server(authority, NAMES, NOW)
    last = NOW + SERVER_LIFE - RENEW_BEFORE
    assert not is_due(server, authority, NAMES, NOW)
    assert not is_due(server, authority, NAMES, last - timedelta(seconds=1))
    assert is_due(server, authority, NAMES, last + timedelta(seconds=1))


def test_at_the_end_of_the_authority_nothing_is_issued_again_and_again() -> None:
    authority = new_authority("vm", NOW - AUTHORITY_LIFE + timedelta(days=5))
    server = new_server(authority, NAMES, NOW)
    assert server.certificate.not_valid_after_utc == authority.certificate.not_valid_after_utc
    assert not is_due(server, authority, NAMES, NOW)


def test_another_address_or_authority_makes_it_due(authority: Issued) -> None:
    server = new_server(authority, NAMES, NOW)
    assert not is_due(server, authority, list(reversed(NAMES)), NOW)
    assert is_due(server, authority, [*NAMES, "192.0.2.7"], NOW)
    assert is_due(server, new_authority("vm", NOW), NAMES, NOW)


def test_it_is_read_back_and_a_foreign_key_is_not_taken(authority: Issued) -> None:
    server = new_server(authority, NAMES, NOW)
    assert read_pem(server.certificate_pem(), server.key_pem()).certificate == server.certificate
    with pytest.raises(ValueError, match="not that of the certificate"):
        read_pem(server.certificate_pem(), authority.key_pem())


def test_the_fingerprint_reads_as_devices_show_it(authority: Issued) -> None:
    pairs = fingerprint(authority.certificate).split(":")
    assert len(pairs) == 32
    assert all(len(pair) == 2 and pair == pair.upper() for pair in pairs)
