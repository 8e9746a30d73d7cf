"""The command: every check in turn, one line each, and an exit status."""

import fcntl
import json as json_text
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from passline.chain import Where
from passline.doctor import browsers, chain_data, machine, network
from passline.doctor.findings import Finding, Level, problem
from runtime.settings import Settings, SettingsError


def doctor(
    *,
    json: Annotated[bool, Parameter(negative="")] = False,
    at: Annotated[Where, Parameter(name="*")] = Where(),  # noqa: B008 - frozen
) -> int:
    """Check this machine, with Passline running or stopped; the exit status is 1 if there is a problem.

    Parameters
    ----------
    json
        One JSON object instead of lines for people.
    """
    then: list[str] = []
    try:
        settings = at.settings()
        findings = list(examine(settings))
        then = browsers.next_step(settings)
    except SettingsError as error:
        findings = [problem("settings", str(error), "correct it; docs/operations.md lists all")]
    well = all(finding.level is not Level.PROBLEM for finding in findings)
    if json:
        print(json_text.dumps({"ok": well, "findings": [finding.fields() for finding in findings]}, ensure_ascii=False))
    else:
        for finding in findings:
            print(finding.line())
        for line in then:
            print(line)
    return 0 if well else 1


def examine(settings: Settings) -> Iterator[Finding]:
    """All checks, in the order in which one would cure them."""
    running = _runs(settings.data)
    yield from network.ports(settings, running=running)
    yield from network.addresses(settings)
    yield from chain_data.certificates(settings)
    yield from machine.disk(settings)
    yield from machine.clock_check(settings)
    yield from machine.codecs(settings)
    yield from chain_data.client(settings)
    yield from chain_data.database(settings)
    yield from chain_data.processes(settings, running=running)
    yield from browsers.browsers(settings, running=running)


def _runs(data: Path) -> bool:
    """Whether a Passline holds the data directory; asking takes nothing from it."""
    try:
        with (data / "run" / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
