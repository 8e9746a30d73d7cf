"""`passline serve`: checks that this machine can run Passline with these settings, then supervises it."""

import asyncio
import errno
import itertools
import os
import signal
import socket
import ssl
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from passline.announce import announce
from passline.children import Spec
from passline.data_lock import RESTORING, own_data
from passline.forks import ForkServer
from passline.supervisor import Supervisor
from passline.watch import HangWatch
from runtime import logs
from runtime.settings import CONFIG, Settings, SettingsError, load, to_environ
from runtime.supervise import TaskScope
from signaling.store.schema import DATABASE, SchemaError, found_in, refuse_newer

LOADED = ("signaling.__main__", "media.__main__", "recorder.__main__")
"""What the fork server has at hand: all that any child needs."""


def run(*, demo: bool, config: Path | None, tls: bool, host: str | None, port: int | None, data: Path | None) -> int:
    """Serve until SIGINT or SIGTERM; the exit status. Raises SettingsError before anything was started."""
    environ = dict(os.environ)
    if config is not None:
        environ[CONFIG] = str(config.absolute())
    settings = load(environ, tls=tls or None, host=host, port=port, data=data)
    _check_media_ports(settings)
    logs_at = settings.log_dir.absolute() if settings.log_dir is not None else None
    chosen: dict[str, object] = {
        "data": settings.data.absolute(),
        "log_dir": logs_at,
        "port": _free_port(settings, "port"),
    }
    if settings.https:
        _check_given_certificate(settings)
        chosen["tls_port"] = _free_port(settings, "tls_port")
    settings = settings.model_copy(update=chosen)
    environ |= to_environ(settings)
    logs.setup_by("passline", settings)
    with ExitStack() as stack:
        stack.enter_context(own_data(settings.data))
        _check_schema(settings.data)
        if demo and not _seed(environ):
            return 1
        asyncio.run(_serve(settings, environ, demo=demo))
    return 0


def children_of(settings: Settings) -> list[list[Spec]]:
    """The processes of one machine, in the stages in which they end."""
    workers = [
        Spec(f"media-{index}", ("-m", "media", "--index", str(index))) for index in range(settings.media_worker_count())
    ]
    return [[Spec("signaling", ("-m", "signaling")), *workers], [Spec("recorder", ("-m", "recorder"))]]


async def _serve(settings: Settings, environ: dict[str, str], *, demo: bool) -> None:
    watch = HangWatch(settings.data / "run", settings.hang_s) if settings.hang_s else None
    supervisor = Supervisor(children_of(settings), environ, watch=watch, forks=ForkServer(LOADED, environ))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, supervisor.stop)
    async with TaskScope("serve") as scope:
        scope.spawn(announce(settings, demo=demo), name="announce")
        await supervisor.run()


def _free_port(settings: Settings, key: Literal["port", "tls_port"]) -> int:
    """The port to listen on, chosen now if it is 0, so that a restarted child finds the same. Raises SettingsError."""
    wanted: int = getattr(settings, key)
    try:
        family, kind, proto, _, address = socket.getaddrinfo(settings.host, wanted, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise SettingsError(f"PASSLINE_HOST: {settings.host} is no address of this machine") from error
    with socket.socket(family, kind, proto) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise SettingsError(f"PASSLINE_HOST: {settings.host} is no address of this machine") from error
            why = os.strerror(error.errno or 0)
            raise SettingsError(
                f"PASSLINE_{key.upper()}: cannot listen on {settings.host} port {wanted}: {why}."
                f" Does Passline run already? Choose another port with PASSLINE_{key.upper()}."
            ) from error
        port: int = probe.getsockname()[1]
        return port


def _check_given_certificate(settings: Settings) -> None:
    """Whether `tls_cert` and `tls_key` can be served. Raises SettingsError."""
    if settings.tls_cert is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key)
    except OSError as error:  # ssl.SSLError is one
        raise SettingsError(f"PASSLINE_TLS_CERT, PASSLINE_TLS_KEY: cannot be used: {error}") from error


def _check_media_ports(settings: Settings) -> None:
    """Whether every worker will get its port, UDP and TCP. Raises SettingsError."""
    if settings.media_port == 0:
        return
    ports = range(settings.media_port, settings.media_port + settings.media_worker_count())
    for port, kind in itertools.product(ports, (socket.SOCK_DGRAM, socket.SOCK_STREAM)):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                if kind is socket.SOCK_STREAM:  # connections of the one before may still be in TIME_WAIT
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("", port))
            except (OSError, OverflowError) as error:
                name = "TCP" if kind is socket.SOCK_STREAM else "UDP"
                why = "there is no such port" if isinstance(error, OverflowError) else os.strerror(error.errno or 0)
                raise SettingsError(
                    f"PASSLINE_MEDIA_PORT: cannot use {name} port {port} for a media worker: {why}."
                    " Does Passline run already? Choose another first port, or 0 for any."
                ) from error


def _check_schema(data: Path) -> None:
    """Whether this program may use the database, before a child is started again and again. Raises SettingsError."""
    if (data / RESTORING).exists():
        raise SettingsError(f"PASSLINE_DATA: a restore into {data} was interrupted; run it again with --replace")
    try:
        refuse_newer(found_in(data / DATABASE), str(data / DATABASE))
    except SchemaError as error:
        raise SettingsError(f"PASSLINE_DATA: {error}") from error


def _seed(environ: dict[str, str]) -> bool:
    """Fill the database in a process of its own: the supervisor stays small for as long as it runs."""
    return subprocess.run([sys.executable, "-m", "passline.seed"], env=environ, check=False).returncode == 0
