"""Makes certificates: a local authority once, and server certificates that it signs.

A bare self-signed certificate would not do: browsers give no service worker and no push to a page whose certificate
was merely clicked away. An authority is installed once on a tablet, and what it signs may change.
"""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE = timedelta(days=3650)
"""Installing it again on every tablet is the expensive part."""
SERVER_LIFE = timedelta(days=90)
RENEW_BEFORE = timedelta(days=30)
BACKDATED = timedelta(days=2)
"""A tablet whose clock is slow must not refuse what was made today."""


@dataclass(frozen=True)
class Issued:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def certificate_der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def read(certificate_pem: bytes, key_pem: bytes) -> Issued:
    """The inverse of the two PEMs. Raises ValueError if they are damaged or do not belong together."""
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    key = serialization.load_pem_private_key(key_pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise ValueError("the key is not that of the certificate")
    return Issued(certificate, key)


def new_authority(machine: str, now: datetime) -> Issued:
    """An authority named after the machine; it can sign servers, but no further authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Passline"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Passline {machine} {now:%Y-%m-%d}"[:64]),
        ]
    )
    builder = _builder(name, name, key.public_key(), now, AUTHORITY_LIFE).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    return Issued(_usage(builder, signs=True).sign(key, hashes.SHA256()), key)


def new_server(authority: Issued, names: Collection[str], now: datetime) -> Issued:
    """A certificate for these DNS names and IP addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Passline")])
    life = min(SERVER_LIFE, authority.certificate.not_valid_after_utc - now)
    builder = (
        _builder(subject, authority.certificate.subject, key.public_key(), now, life)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in sorted(names)]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )
    return Issued(_usage(builder, signs=False).sign(authority.key, hashes.SHA256()), key)


def is_due(server: Issued, authority: Issued, names: Collection[str], now: datetime) -> bool:
    """Whether a server certificate must be replaced: it ends soon, lacks a name, or is of another authority."""
    alternatives = server.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    signer = server.certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    end, last = server.certificate.not_valid_after_utc, authority.certificate.not_valid_after_utc
    return (
        (end - now < RENEW_BEFORE and end < last)
        or set(alternatives) != {_general(name) for name in names}
        or signer != x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    )


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 as tablets show it: pairs of hexadecimal digits with colons."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(builder: x509.CertificateBuilder, *, signs: bool) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return builder.add_extension(usage, critical=True)
