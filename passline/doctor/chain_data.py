"""The chain's own data: database, set-up, certificates, and what the running processes cry about."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from prometheus_client.parser import text_string_to_metric_families

from contract.people import Role
from passline.doctor.findings import Finding, ok, problem, warning
from runtime import clock, health
from runtime.settings import Settings
from signaling.http.static import ROOT
from signaling.store.schema import DATABASE, NEWEST, SchemaError, found_in, refuse_newer

EXPIRES_SOON_DAYS = 14
_ADMINISTRATORS_BEFORE = "SELECT count(*) FROM person WHERE disabled_ms IS NULL AND role = :role"
"""In a schema in which somebody had one role only."""
_ADMINISTRATORS = (
    "SELECT count(*) FROM person WHERE disabled_ms IS NULL"
    " AND (role = :role OR id IN (SELECT person_id FROM role_grant WHERE role = :role))"
)


def database(settings: Settings) -> Iterator[Finding]:
    """Whole, of our schema, in WAL mode, with somebody who can administer."""
    path = settings.data / DATABASE
    try:
        found = found_in(path)
        refuse_newer(found, str(path))
    except SchemaError as error:
        yield problem("database", str(error), "")
        return
    if found is None:
        yield ok("database", f"{path} is not there yet; the first start makes it")
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            wrong = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
            admins = connection.execute(
                _ADMINISTRATORS if found == NEWEST else _ADMINISTRATORS_BEFORE, {"role": Role.ADMIN.value}
            ).fetchone()[0]
    except sqlite3.Error as error:
        yield problem("database", f"{path} cannot be read: {error}", "run this as the user who owns it")
        return
    size = f"{path.stat().st_size / 10**6:.1f} MB, schema {found}"
    if wrong != "ok":
        yield problem("database", f"{path} is damaged: {wrong}", "stop Passline and restore the last backup")
    elif mode != "wal":
        yield warning("database", f"{size}, journal {mode} instead of WAL", "start Passline once; no network share")
    elif found != NEWEST:
        yield ok("database", f"{size}; the next start upgrades it to {NEWEST}")
    else:
        yield ok("database", f"{size}, whole")
    if not admins:
        yield warning("people", "there is no administrator", "open the set-up link in the log of the last start")


def client(_settings: Settings) -> Iterator[Finding]:
    """The web client is part of the package."""
    if (ROOT / "index.html").is_file():
        yield ok("web client", "built")
    else:
        yield problem("web client", "is not built", "install a released package, or `make setup`")


def certificates(settings: Settings) -> Iterator[Finding]:
    """How long the certificate in use lasts."""
    if not settings.https:
        return
    path = settings.tls_cert or settings.data / "tls" / "server.pem"
    own = settings.tls_cert is None
    if own and not path.exists():
        yield ok("certificate", "made at the first start with TLS")
        return
    try:
        last = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        cure = "PASSLINE_TLS_CERT must name a PEM file" if not own else f"remove {path}; the next start makes another"
        yield problem("certificate", f"{path} cannot be read: {error}", cure)
        return
    days = (last - datetime.fromtimestamp(clock.wall_ms() / 1000, UTC)).days
    until = f"{path} lasts until {last:%Y-%m-%d}"
    if days < 0:
        cure = "restart Passline, it renews its own" if own else "put a new one there, and restart"
        yield problem("certificate", f"{path} ran out on {last:%Y-%m-%d}", cure)
    elif days < EXPIRES_SOON_DAYS:
        yield warning("certificate", f"{until}, {days} days", "renew it" if not own else "restart Passline once")
    else:
        yield ok("certificate", until)


def processes(settings: Settings, *, running: bool) -> Iterator[Finding]:
    """Whether every process is ready, and which alarms are on."""
    if not running:
        yield ok("processes", "Passline does not run now")
        return
    run = settings.data.absolute() / "run"
    names = ["signaling", "recorder", *(f"media-{n}" for n in range(settings.media_worker_count()))]
    for name in names:
        yield from asyncio.run(_process(run, name))


async def _process(run: Path, name: str) -> list[Finding]:
    try:
        status, body = await health.ask(run, name, "/readyz")
        _, metrics = await health.ask(run, name, "/metrics")
    except (OSError, TimeoutError, ValueError):
        return [problem("processes", f"{name} does not answer", "look at its log lines; it is started again by itself")]
    if status != 200:
        waits = ", ".join(json.loads(body)["waiting_for"])
        return [warning("processes", f"{name} waits for {waits}", "look at the log if that lasts")]
    alarms = [
        sample.labels["alarm"]
        for family in text_string_to_metric_families(metrics.decode())
        for sample in family.samples
        if sample.name == "passline_alarm" and sample.value
    ]
    raised = [problem("alarm", f"{name}: {alarm}", "see Alarms in docs/operations.md") for alarm in alarms]
    return raised or [ok("processes", f"{name} is ready")]
