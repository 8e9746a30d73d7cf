"""The whole system as an operator starts it: ready, small, watched, and started again piece by piece."""

import asyncio
import re
import socket
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from passline import demo, demo_call
from tests.support.stack import Stack

pytestmark = pytest.mark.flow

IDLE_LIMIT_BYTES = 300 * 1024 * 1024


async def test_everybody_of_the_sample_chain_can_sign_in(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack:
        for person in demo.PEOPLE:
            async with await stack.login(person.login) as http, http.get("/api/me") as answer:
                assert (await answer.json())["person"]["id"] == person.id


async def test_the_new_hire_can_replay_the_sample_call_and_a_store_elsewhere_cannot(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack:
        film = f"/api/archive/{demo_call.ROOM}/files/p-store-0117.webm"
        async with await stack.login("xiaolin") as http:
            async with http.get(f"/api/archive/{demo_call.ROOM}") as answer:
                assert answer.status == 200
                replay = await answer.json()
            assert [part["participant"] for part in replay["parts"]] == ["p-store-0117", "p-chen"]
            assert {chapter["kind"] for chapter in replay["chapters"]} >= {"joined", "left", "still", "chat"}
            async with http.get(film, headers={"Range": "bytes=0-99"}) as answer:
                assert answer.status == 206
                assert await answer.read() == (demo_call.FILMS / "p-store-0117.webm").read_bytes()[:100]
        async with await stack.login("store-0201") as http, http.get(film) as answer:
            assert answer.status == 404
        assert not stack.log_lines("recording cannot be read")


async def test_idle_and_with_two_workers_all_processes_stay_under_300_mib(tmp_path: Path) -> None:
    async with Stack(tmp_path, workers=2) as stack:
        await stack.until(lambda: len(stack.memory_bytes()) == 6, "not all processes were there")
        memory = stack.memory_bytes()
    assert sum(memory.values()) < IDLE_LIMIT_BYTES, memory


async def test_metrics_of_every_process_are_in_one_place(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack, stack.client() as http:
        async with asyncio.timeout(60):
            while True:
                async with http.get("/metrics") as answer:
                    text = await answer.text()
                up = {
                    sample.labels["process"]: sample.value
                    for family in text_string_to_metric_families(text)
                    for sample in family.samples
                    if sample.name == "passline_up"
                }
                if up == {"signaling": 1, "media-0": 1, "recorder": 1}:
                    break
                await asyncio.sleep(0.05)
        assert len(re.findall("^# TYPE process_resident_memory_bytes", text, re.MULTILINE)) == 1


async def test_each_killed_process_is_started_again_and_the_log_says_so(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack:
        for name in ("recorder", "media-0", "signaling"):
            await stack.kill(name)
        await stack.ready()
        async with await stack.login("chen") as http, http.get("/api/me") as answer:
            assert answer.status == 200
        crashed = {line["child"]: line["signal"] for line in stack.log_lines("child crashed, starting it again")}
    assert crashed == {"recorder": "SIGKILL", "media-0": "SIGKILL", "signaling": "SIGKILL"}


async def test_a_second_instance_refuses_the_data_of_the_first(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack:
        second = Stack(tmp_path, log="second.log")
        with pytest.raises(AssertionError, match=f"another Passline runs on {re.escape(str(stack.data))}"):
            await asyncio.to_thread(second.start)
        second.abandon()
        async with stack.client() as http, http.get("/healthz") as answer:
            assert answer.status == 200


async def test_after_the_end_the_port_is_free_and_a_restart_finds_the_data(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack:
        async with await stack.login("chen"):
            pass
        await asyncio.to_thread(stack.stop)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", stack.port))
        await asyncio.to_thread(stack.start)
        async with await stack.login("chen"):
            pass
