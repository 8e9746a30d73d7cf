"""Sends junk as fast as it can: `python -m tests.media.hostile.flood PORT SECONDS KIND`; prints how many datagrams.

A process of its own, so that who measures is not slowed by it.
"""

import socket
import sys
import time
from itertools import cycle

from tests.fuzz.corpus import seeds
from tests.fuzz.mangle import malformed

ADDRESSES = 8
BATCH = 256


def main(port: int, seconds: float, kind: str) -> int:
    """How many were sent."""
    inputs = cycle(list(malformed(seeds(kind), 1_000, 7)))
    sockets = []
    for number in range(ADDRESSES):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind((f"127.0.0.{number + 2}", 0))
        one.connect(("127.0.0.1", port))
        sockets.append(one)
    sent = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for one in sockets:
            send = one.send
            for _ in range(BATCH):
                send(next(inputs))
            sent += BATCH
    return sent


if __name__ == "__main__":
    print(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]))
