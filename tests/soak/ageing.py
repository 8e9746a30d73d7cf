"""What a process must not gain by working: memory, open files, tasks; and what must not be in its log."""

import asyncio
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from runtime import clock
from tests.support.stack import Stack

PROCESSES = ("signaling", "media-0", "recorder")
MAX_GAIN_MIB = 30.0
MAX_GAIN = 5
"""Files and tasks."""
SETTLE_S = 90.0
"""Whoever vanished is given up after 30 s; a closed room stays in memory for 60 s."""
_OF_A_BUSY_MACHINE = ('"alarm": "safe_late"',)
"""Recordings are copied at low priority. That all of them become safe is asserted; that it is soon, elsewhere."""
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Age:
    """One process at one moment."""

    rss_mib: float
    open_files: int
    tasks: int

    def since(self, before: "Age") -> str:
        """For a line of figures."""
        return (
            f"{self.rss_mib:.1f} MiB ({self.rss_mib - before.rss_mib:+.1f})"
            f" {self.open_files} files ({self.open_files - before.open_files:+})"
            f" {self.tasks} tasks ({self.tasks - before.tasks:+})"
        )

    def calm(self, before: "Age") -> bool:
        """Whether files and tasks are as they were."""
        files, tasks = self.open_files - before.open_files, self.tasks - before.tasks
        return abs(files) <= MAX_GAIN and abs(tasks) <= MAX_GAIN


@dataclass(frozen=True)
class Ages:
    """Every process as it says itself, and how many PeerConnections there are."""

    of: dict[str, Age]
    legs: int

    def since(self, before: "Ages") -> str:
        return "; ".join(f"{process} {self.of[process].since(before.of[process])}" for process in PROCESSES)

    def calm(self, before: "Ages") -> bool:
        return not self.legs and all(self.of[process].calm(before.of[process]) for process in PROCESSES)


async def ages(stack: Stack) -> Ages:
    """Now; asked again while a process is too busy to answer within the second that signaling gives it."""
    while True:
        async with stack.client() as http, http.get("/metrics") as answer:
            text = await answer.text()
        figures = {
            (sample.labels["process"], sample.name): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if not sample.labels.keys() - {"process"}
        }
        if all(figures.get((process, "passline_up")) for process in PROCESSES):
            break
        await asyncio.sleep(0.2)
    of = {
        process: Age(
            figures[process, "process_resident_memory_bytes"] / _MIB,
            int(figures[process, "process_open_fds"]),
            int(figures[process, "passline_tasks"]),
        )
        for process in PROCESSES
    }
    return Ages(of, int(figures["media-0", "passline_media_legs"]))


async def settled(stack: Stack, before: Ages) -> Ages:
    """The figures once files and tasks are as before and no leg is left, or as they are after SETTLE_S."""
    deadline = clock.now() + SETTLE_S
    while True:
        now = await ages(stack)
        if now.calm(before) or clock.now() >= deadline:
            return now
        await asyncio.sleep(0.5)


def complaints(stack: Stack) -> list[str]:
    """Lines of the log that a healthy system never writes."""
    signs = ('"level": "error"', '"level": "critical"', "never retrieved", "never awaited", "Traceback")
    return [
        line
        for line in stack.log().splitlines()
        if any(sign in line for sign in signs) and not any(alarm in line for alarm in _OF_A_BUSY_MACHINE)
    ]
