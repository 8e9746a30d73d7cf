"""What a tablet needs to trust this machine: the authority's certificate, and how to recognise it.

Open to everybody, also without TLS: a certificate is public, and the fingerprint is compared by a person.
"""

from io import BytesIO

import segno
from aiohttp import web

from contract.errors import ErrorCode, Rejection
from contract.http import Install
from runtime.address import http_url, https_url, own_names, told_host
from signaling.http.plain import host_of
from signaling.http.route import Route, Visit
from signaling.tls.authority import Issued, fingerprint

CERTIFICATE = "application/x-x509-ca-cert"
"""With this type Android, iPadOS and Windows offer to install what they get."""
PEM = "application/x-pem-file"


def _authority(visit: Visit) -> Issued:
    """Ours. Raises Rejection(`not_found`) if HTTPS is somebody else's work here."""
    if visit.house.authority is None:
        raise Rejection(ErrorCode.NOT_FOUND)
    return visit.house.authority


def _host(visit: Visit) -> str:
    """The visitor's own word for us if our certificate has it: what brought one tablet here brings the next."""
    settings = visit.house.settings
    asked = host_of(visit.raw).lower()
    usable = asked.strip("[]") in own_names(settings) and asked not in ("localhost", "127.0.0.1", "[::1]")
    return asked if usable else told_host(settings)


async def install(visit: Visit) -> Install:
    """What the installation page shows."""
    certificate = _authority(visit).certificate
    settings, host = visit.house.settings, _host(visit)
    return Install(
        address=https_url(host, settings.tls_port),
        install_address=http_url(host, settings.port) + "/install",
        fingerprint=fingerprint(certificate),
        until=round(certificate.not_valid_after_utc.timestamp() * 1000),
    )


async def certificate_der(visit: Visit) -> web.Response:
    """The authority's certificate, DER: for tablets."""
    return _download(_authority(visit).certificate_der(), CERTIFICATE, "passline-ca.crt")


async def certificate_pem(visit: Visit) -> web.Response:
    """The authority's certificate, PEM: for programs."""
    return _download(_authority(visit).certificate_pem(), PEM, "passline-ca.pem")


async def code(visit: Visit) -> web.Response:
    """The installation page's address as a QR code."""
    _authority(visit)
    picture = BytesIO()
    address = http_url(_host(visit), visit.house.settings.port) + "/install"
    segno.make(address, micro=False, error="m").save(picture, kind="svg", scale=8, border=4, light="#fff")
    return web.Response(body=picture.getvalue(), content_type="image/svg+xml")


def _download(content: bytes, kind: str, name: str) -> web.Response:
    headers = {"Content-Type": kind, "Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=content, headers=headers)


_ERRORS = (ErrorCode.NOT_FOUND,)
ROUTES = [
    Route(method="GET", path="/api/install", handler=install, act=None, answer=Install, errors=_ERRORS),
    Route(
        method="GET",
        path="/api/install/ca.crt",
        handler=certificate_der,
        act=None,
        gives=CERTIFICATE,
        errors=_ERRORS,
    ),
    Route(method="GET", path="/api/install/ca.pem", handler=certificate_pem, act=None, gives=PEM, errors=_ERRORS),
    Route(method="GET", path="/api/install/code.svg", handler=code, act=None, gives="image/svg+xml", errors=_ERRORS),
]
