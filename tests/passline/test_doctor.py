"""The doctor finds what is wrong, says what to do, and leaves a healthy machine alone."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract.nodes import CloseMediaRoom, LegState
from passline.doctor import browsers, chain_data, machine, network
from passline.doctor.findings import Finding, Level
from runtime.settings import Settings
from signaling.store.schema import DATABASE
from signaling.tls.authority import new_authority, new_server
from tests.signaling.test_migrate import first_schema
from tests.support.nodes import FakeWorker, connected, until
from tests.support.ports import free_port
from tests.support.server import SignalingServer
from tests.support.stack import Stack, environ, seeded_data

pytestmark = pytest.mark.flow


def doctor(**settings: object) -> tuple[int, list[dict[str, str]]]:
    done = subprocess.run(
        [sys.executable, "-m", "passline", "doctor", "--json"],
        env=environ(settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    answer = json.loads(done.stdout)
    assert answer["ok"] is (done.returncode == 0)
    return done.returncode, answer["findings"]


def levels(findings: list[Finding]) -> list[Level]:
    for finding in findings:
        assert finding.level is Level.OK or finding.cure, f"no cure: {finding}"
    return [finding.level for finding in findings]


async def test_a_running_passline_is_well_and_says_so(tmp_path: Path) -> None:
    async with Stack(tmp_path, hang_s=0) as stack:
        status, findings = doctor(data=stack.data, port=stack.port, media_port=0, media_workers=1)
        found = {(one["check"], one["found"]) for one in findings}
        assert status == 0, findings
        assert {("processes", f"{name} is ready") for name in ("signaling", "recorder", "media-0")} <= found
        assert ("ports", f"TCP {stack.port} is in use by the running Passline") in found
        assert {one["level"] for one in findings if one["check"] == "database"} == {"ok"}
        (looked,) = [one["found"] for one in findings if one["check"] == "browsers"]
        assert f"http://localhost:{stack.port}/doctor" in looked
        os.kill(stack.pid("media-0"), signal.SIGSTOP)  # there, and silent
        try:
            status, findings = doctor(data=stack.data, port=stack.port, media_port=0, media_workers=1)
        finally:
            os.kill(stack.pid("media-0"), signal.SIGCONT)
        assert status == 1
        assert "media-0 does not answer" in [one["found"] for one in findings]


def test_a_stopped_one_is_checked_too_and_a_wrong_setting_is_named(tmp_path: Path) -> None:
    status, findings = doctor(data=tmp_path, port=free_port(), media_port=0)
    assert status == 0, findings
    assert "the first start makes it" in " ".join(one["found"] for one in findings)
    status, findings = doctor(data=tmp_path, prot=1)
    assert status == 1
    assert "PASSLINE_PROT" in findings[0]["found"]


def test_a_port_in_foreign_hands_is_a_problem() -> None:
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        for taken in (tcp, udp):
            taken.bind(("127.0.0.1", 0))
        tcp.listen()
        web, media = tcp.getsockname()[1], udp.getsockname()[1]
        settings = Settings(port=web, media_port=media, media_workers=1)
        assert levels(list(network.ports(settings, running=False)))[:2] == [Level.PROBLEM] * 2
        assert levels(list(network.ports(settings, running=True)))[:2] == [Level.OK] * 2
        by_tcp = list(network.ports(Settings(port=0, media_port=web, media_workers=1), running=False))[2]
        assert (by_tcp.level, by_tcp.found.split(":")[0]) == (Level.PROBLEM, f"TCP {web}")
    assert levels(list(network.ports(settings, running=True))) == [Level.PROBLEM] * 3


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"address": "warning"}),
        ({"host": "0.0.0.0"}, {"https": "problem"}),
        ({"host": "0.0.0.0", "tls": True, "tls_names": ["passline.example"]}, {"address": "ok"}),
        ({"origins": ["https://passline.example"]}, {"address": "ok"}),
        ({"origins": ["http://passline.example"]}, {"address": "problem"}),
        ({"media_addresses": ["8.8.8.8"]}, {"media": "ok"}),
        ({"media_addresses": ["10.0.0.7"]}, {"media": "warning"}),
        ({"media_addresses": ["10.0.0.7", "8.8.8.8"]}, {"media": "ok"}),
    ],
)
def test_addresses_that_browsers_cannot_use_are_told(settings: dict[str, object], expected: dict[str, str]) -> None:
    findings = list(network.addresses(Settings.model_validate(settings)))
    levels(findings)
    assert expected.items() <= {finding.check: finding.level.value for finding in findings}.items()


def test_an_announced_address_of_a_kind_that_the_machine_does_not_have_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "media_hosts", lambda: ["10.0.0.7"])
    told = next(
        finding
        for finding in network.addresses(Settings(media_addresses=["8.8.8.8", "2606:4700::1"]))
        if finding.check == "media"
    )
    assert told.level is Level.WARNING
    assert "8.8.8.8, 2606:4700::1" in told.found
    assert "no IPv6 address" in told.found


def test_a_disk_below_its_reserve_is_a_problem_and_a_look_leaves_nothing_behind(tmp_path: Path) -> None:
    assert levels(list(machine.disk(Settings(data=tmp_path))))[0] is Level.OK
    assert levels(list(machine.disk(Settings(data=tmp_path, disk_reserve_mb=10_000_000)))) == [Level.PROBLEM]
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_databases_that_cannot_serve_are_told(tmp_path: Path) -> None:
    path, settings = tmp_path / DATABASE, Settings(data=tmp_path)
    first_schema(path)
    assert "upgrades" in next(chain_data.database(settings)).found
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE person SET disabled_ms = 1 WHERE role = 'admin'")
    assert [one.check for one in chain_data.database(settings)] == ["database", "people"]
    with path.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(b"\xff" * 8192)
    assert next(chain_data.database(settings)).level is Level.PROBLEM
    path.write_bytes((seeded_data() / DATABASE).read_bytes())
    assert levels(list(chain_data.database(settings))) == [Level.OK]


@pytest.mark.parametrize(("age_days", "level"), [(1, Level.OK), (80, Level.WARNING), (100, Level.PROBLEM)])
def test_a_certificate_that_runs_out_is_told_in_time(tmp_path: Path, age_days: int, level: Level) -> None:
    made = datetime.now(UTC) - timedelta(days=age_days)
    server = new_server(new_authority("machine", made), ["passline.example"], made)
    (tmp_path / "given.pem").write_bytes(server.key_pem() + server.certificate_pem())
    settings = Settings(data=tmp_path, tls_cert=tmp_path / "given.pem")
    assert levels(list(chain_data.certificates(settings))) == [level]


async def test_what_browsers_found_is_told(tmp_path: Path) -> None:
    def told() -> list[Finding]:
        return list(browsers.browsers(Settings(data=tmp_path), running=True))

    near, far = FakeWorker("w0"), FakeWorker("w1", reached=False)
    async with SignalingServer(tmp_path) as server:
        client = await server.sign_in("chen")
        async with connected(tmp_path, near, far):
            for worker in (near, far):
                offer = {"way": "direct", "sdp": "v=0 offer", "worker": worker.id}
                assert (await client.post("/api/probes", json=offer)).status == 201
            await until(lambda: near.of(CloseMediaRoom), "the near one was reached")
            (finding,) = await asyncio.to_thread(told)
            assert (finding.level, finding.found[:6]) == (Level.OK, "1 of 1")
            (leg,) = far.legs.values()
            far.report(leg.model_copy(update={"state": LegState.CLOSED}))
            await until(lambda: far.of(CloseMediaRoom), "the far one was not")
            (finding,) = await asyncio.to_thread(told)
            assert (finding.level, finding.found[:6]) == (Level.WARNING, "1 of 2")
            assert "/doctor" in finding.cure


def test_people_get_the_address_of_the_check_and_a_code_of_it() -> None:
    lines = browsers.next_step(Settings(origins=["https://passline.example"]))
    assert "  https://passline.example/doctor" in lines
    assert sum("█" in line for line in lines) > 10


def test_clock_codecs_and_client_say_how_they_are() -> None:
    for check in (machine.clock_check, machine.codecs, chain_data.client):
        (finding,) = check(Settings())
        assert finding.found
    assert levels(list(machine.codecs(Settings()))) == [Level.OK]
