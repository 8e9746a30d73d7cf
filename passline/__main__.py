"""The command line: `passline serve` and its relatives."""

import sys
from collections.abc import Sequence
from importlib import import_module
from json import dumps
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from passline.errors import CommandError
from passline.serve import run
from runtime.settings import SettingsError

app = App(name="passline", help="Self-hosted real-time assistance for restaurant and retail chains.", version="0.1.0")
# By name: what a command needs is loaded when it runs, and never into the supervisor.
app.command("passline.user:app", name="user", help="People who sign in.")
app.command("passline.org:app", name="org", help="The chain: regions, stores, tablets.")
app.command("passline.audit:app", name="audit", help="Who did what: verify, export.")
app.command("passline.token:token", name="token", help="Let a device of WHIP or WHEP into a room, or out again.")
app.command("passline.break_glass:break_glass", name="break-glass", help="An administrator's emergency sign-in.")
app.command("passline.doctor.command:doctor", name="doctor", help="Check this machine: what is wrong, what to do.")
app.command("passline.backup:backup", name="backup", help="Everything of the chain into one file, while it runs.")
app.command("passline.restore:restore", name="restore", help="A backup back into the data directory.")
app.command("passline.keep:verify", name="verify", help="Read every recording and compare it with its checksums.")
app.command("passline.keep:retention_command", name="retention", help="Which recordings go because of their age.")

WRONG_USE = 2
"""Exit status for a setting or option that cannot be obeyed; nothing was started."""


@app.command
def serve(
    *,
    demo: Annotated[bool, Parameter(negative="")] = False,
    config: Path | None = None,
    tls: Annotated[bool, Parameter(negative="")] = False,
    host: str | None = None,
    port: int | None = None,
    data: Path | None = None,
) -> int:
    """Run everything on this machine until Ctrl-C or SIGTERM.

    Parameters
    ----------
    demo
        Fill an empty data directory with a sample chain, and print its sign-ins.
    config
        TOML file with settings; docs/operations.md lists them.
    tls
        Serve HTTPS with a certificate of our own authority, to the whole network (PASSLINE_TLS).
    host
        Address to listen on (PASSLINE_HOST).
    port
        TCP port (PASSLINE_PORT); 0 lets the system choose.
    data
        Directory of database and recordings (PASSLINE_DATA).
    """
    return run(demo=demo, config=config, tls=tls, host=host, port=port, data=data)


@app.command
def bench(
    name: Literal["sfu", "room", "join", "call", "calls", "record", "messages"],
    /,
    *,
    peer: Literal["janus"] | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Measure this machine; docs/performance.md says what and how. Needs the development packages.

    Parameters
    ----------
    name
        `sfu` forwarding, `room` twenty watchers on mixed links, `join` what letting somebody in costs, `call` a call in
        Chromium, `calls` calls while 500 stores are connected, `record` recording, `messages` chat of 200 clients.
    peer
        `sfu` beside Janus, which must be installed, in place of aiortc's MediaRelay.
    json
        One JSON object instead of lines for people.
    """
    if peer is not None and name != "sfu":
        raise CommandError(f"--peer is for sfu, not for {name}")
    result = import_module(f"passline.bench.{name if peer is None else f'beside_{peer}'}").run()
    if json:
        print(dumps(result))
        return 0
    for row in result.get("rows", [result]):
        print("  ".join(f"{key}={value}" for key, value in row.items()))
    return 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the `passline` script; `arguments` instead of the process's own are for tests."""
    try:
        status = app(sys.argv[1:] if arguments is None else list(arguments))
    except SettingsError as error:
        print(f"passline: {error}", file=sys.stderr)
        sys.exit(WRONG_USE)
    except CommandError as error:
        print(f"passline: {error}", file=sys.stderr)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
