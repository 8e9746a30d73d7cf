"""What forwarding costs beside Janus: `passline bench sfu --peer janus`, under six minutes.

All subjects get the same clients, the same clock and the same network, a private one (Janus refuses loopback).
docs/performance.md says how to read the figures.
"""

import json
import os
import resource
import shutil
import sys
from typing import Any, NamedTuple

from media.plane.native import HAS_KERNEL
from passline.bench import janus_libsrtp, private_network
from passline.bench.janus_config import libraries
from passline.bench.janus_room import Janus, version
from passline.bench.sfu_fit import fits
from passline.bench.sfu_media import make_clip
from passline.bench.sfu_rooms import measure_rooms
from passline.bench.sfu_row import measure, ratios
from passline.bench.sfu_side import Bench
from passline.bench.sfu_subject import OwnServer, Server
from passline.errors import CommandError


class Plan(NamedTuple):
    """What is measured, and how long."""

    subjects: tuple[str, ...] = ("native", "native-nogso", "python", "janus")
    last_subjects: tuple[str, ...] = ("janus-nss",)
    """With the most subscribers only, and without the search for the most packets."""
    counts: tuple[int, ...] = (1, 10, 50, 100)
    """Of subscribers."""
    windows: int = 5
    room_subjects: tuple[str, ...] = ("native", "janus")
    rooms: tuple[int, ...] = (1, 5, 10, 20, 40)
    room_subscribers: int = 10
    room_windows: int = 3
    window_s: float = 1.0


def missing() -> list[str]:
    """Packages of Debian that this needs and that are not here."""
    needed = {
        "janus": shutil.which("janus") is not None and libraries() is not None,
        "gcc libc6-dev": janus_libsrtp.compiler() is not None,
        "iproute2": shutil.which("ip") is not None,
        "util-linux": shutil.which("unshare") is not None,
    }
    return [package for package, there in needed.items() if not there]


def run() -> dict[str, Any]:
    """All figures. Raises CommandError if something must be installed first."""
    if packages := missing():
        raise CommandError(f"this needs what is not installed: apt-get install {' '.join(packages)}")
    if not HAS_KERNEL:
        raise CommandError("there is no native plane to compare: install gcc and python3-dev, then `make setup`")
    result: dict[str, Any] = json.loads(private_network.run_module(__name__))
    return result


def start(subject: str) -> Server:
    return Janus(subject) if subject.startswith("janus") else OwnServer(subject)


def everything(plan: Plan = Plan()) -> dict[str, Any]:  # noqa: B008 - immutable
    """What runs inside the private network."""
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))  # a socket for each of hundreds of clients
    clip, load_before = make_clip(), os.getloadavg()[0]
    bench = Bench(start, clip, private_network.HOST, plan.window_s)
    rows: list[dict[str, Any]] = []
    for count in plan.counts:
        last = count == plan.counts[-1]
        subjects = (*plan.subjects, *plan.last_subjects) if last else plan.subjects
        rows += measure(bench, subjects, count, windows=plan.windows, ladder=plan.subjects if last else ())
    rooms = measure_rooms(
        bench, plan.room_subjects, plan.rooms, subscribers=plan.room_subscribers, windows=plan.room_windows
    )
    return {
        "peer": {
            "janus": version(),
            "event_loops": 1,
            "libsrtp": "pylibsrtp's, built on OpenSSL, as ours; janus-nss: Debian's, built on NSS",
            "srtp": "AEAD_AES_128_GCM",
        },
        "load": [round(load_before, 2), round(os.getloadavg()[0], 2)],
        "rows": rows,
        "ratios": ratios(rows, "janus"),
        "rooms": rooms,
        "fits": {"subscribers": fits(rows, "subscribers"), "rooms": fits(rooms, "rooms")},
    }


if __name__ == "__main__":
    json.dump(everything(), sys.stdout)
