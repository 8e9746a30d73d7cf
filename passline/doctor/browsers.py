"""What no check of this machine can see: whether media gets through from a browser, which says so itself."""

import asyncio
from collections.abc import Iterator

from prometheus_client.parser import text_string_to_metric_families

from passline.doctor.findings import Finding, ok, warning
from passline.qr import terminal_code
from runtime import health
from runtime.address import own_address
from runtime.settings import Settings


def page(settings: Settings) -> str:
    """Where a browser looks for itself."""
    return own_address(settings) + "/doctor"


def browsers(settings: Settings, *, running: bool) -> Iterator[Finding]:
    """What browsers have found since the start; one bad network somewhere is no problem of this machine."""
    if not running:
        return
    reached, lost = asyncio.run(_found(settings))
    tried = reached + lost
    seen = f"{reached} of {tried} ways of media that browsers tried since the start got through"
    if not tried:
        yield ok("browsers", f"none has looked since the start whether media gets through; {page(settings)} does")
    elif lost:
        cure = f"{page(settings)} on such a device says which ports to open, and where; or set up TURN"
        yield warning("browsers", seen, cure)
    else:
        yield ok("browsers", seen)


async def _found(settings: Settings) -> tuple[int, int]:
    """Probes that got through, and that did not. A signaling that does not answer is told elsewhere."""
    try:
        _, body = await health.ask(settings.data.absolute() / "run", "signaling", "/metrics")
    except (OSError, TimeoutError, ValueError):
        return 0, 0
    found = {"reached": 0, "not_reached": 0}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            if sample.name == "passline_probes_total":
                found[sample.labels["found"]] += int(sample.value)
    return found["reached"], found["not_reached"]


def next_step(settings: Settings) -> list[str]:
    """For people, below the findings: the page, with a code that a tablet reads."""
    lines = ["", "From a store's tablet or any other browser, signed in, see whether sound and picture get through:"]
    return [*lines, f"  {page(settings)}", "", *terminal_code(page(settings))]
