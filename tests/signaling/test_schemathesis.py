"""Generated requests by the API's own description: every answer is one that it announces, whoever asks."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.people import Role
from tests.support import chain
from tests.support.nodes import FakeWorker, connected
from tests.support.promise import Promise
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow

ROOT = Path(__file__).parents[2]

VISITORS = ("chen", "store-0117", "nobody", "store-0201", "he", "wu", "xiaolin", "admin")
"""The first, who reaches most, also in the short run; each round takes a third of them."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    data = tmp_path / "data"
    async with (
        SignalingServer(data, rooms=[chain.finished_call(published=[Role.LEARNER])]) as started,
        connected(data, FakeWorker()),  # without one an offer's answer is 503, which is right and looks like a fault
    ):
        yield started


@pytest.mark.beside
@pytest.mark.promise("D3")
async def test_the_api_keeps_to_its_own_description(promise: Promise, server: SignalingServer, tmp_path: Path) -> None:
    configs = {name: await _config(server, name) for name in VISITORS}  # before guesses lock the sign-in
    for seed in promise.rounds():
        for name in promise.size(VISITORS[:1], full=VISITORS[seed - 1 :: 3]):
            config = tmp_path / f"{name}.toml"
            config.write_text(configs[name])
            run = await asyncio.create_subprocess_exec(
                str(Path(sys.executable).with_name("schemathesis")),
                *("--config-file", str(config), "--no-color", "run", f"{server.url}/openapi.json"),
                *("--header", f"Origin: {server.url}", "--seed", str(seed), "--request-timeout", "10"),
                *("--max-examples", str(promise.size(3, full=20)), "--phases", "coverage,fuzzing"),
                *("--exclude-path", "/ws", "--exclude-path", "/api/signout", "--suppress-health-check", "all"),
                *("--exclude-checks", "positive_data_acceptance"),  # we are stricter: 1.0 is no integer, an id no text
                *("--continue-on-failure", "--generation-database", "none"),
                cwd=tmp_path,
                env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.support.sdp_serializer", "PYTHONPATH": str(ROOT)},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            said, _ = await run.communicate()
            assert run.returncode == 0, f"{name}, seed {seed}\n{said.decode()}"


async def _config(server: SignalingServer, name: str) -> str:
    """Schemathesis' settings: who asks, and ids that exist."""
    lines = ["[parameters]"]
    lines += [
        f"{key} = {json.dumps(value)}"
        for key, value in (("room", chain.ROOM), ("file", chain.FILE), ("still", chain.STILL))
    ]
    if name != "nobody":
        client = await server.sign_in(name)
        [cookie] = [cookie.value for cookie in client.http.cookie_jar]
        lines += ["[auth.openapi.signIn]", f"api_key = {json.dumps(cookie)}"]
    return "\n".join(lines)
