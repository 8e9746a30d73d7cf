"""What forwarding costs: our rooms on each of the planes beside aiortc's MediaRelay, with real SRTP, on two cores.

The server runs in a process of its own on core 0, its clients in this one on core 1; docs/performance.md says how to
read the figures. beside_janus.py is the same beside Janus.
"""

from typing import Any

from media.plane.native import HAS_KERNEL
from passline.bench.sfu_media import make_clip
from passline.bench.sfu_row import measure, ratios
from passline.bench.sfu_side import Bench
from passline.bench.sfu_subject import OwnServer

HOST = "127.0.0.1"
RUNS: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...] = (
    (("native", "python"), (1, 10)),
    (("native", "native-nogso", "python"), (100,)),
    (("mediarelay",), (1, 3)),
)
"""Subjects that take turns, and with how many subscribers."""
WINDOWS = 3


def run(seconds: float = 90.0) -> dict[str, Any]:
    """The rows of `passline bench sfu`; takes about twice `seconds`."""
    bench = Bench(OwnServer, make_clip(), HOST, max(1.0, seconds / 36))
    rows: list[dict[str, Any]] = []
    for named, counts in RUNS:
        subjects = tuple(subject for subject in named if HAS_KERNEL or not subject.startswith("native"))
        for count in counts:
            rows += measure(bench, subjects, count, windows=WINDOWS, ladder=subjects)
    return {"rows": rows, "ratios": ratios(rows, "python")}
