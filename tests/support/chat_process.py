"""A chatting client in a process of its own, to be stopped and continued: python -m tests.support.chat_process.

Arguments: the server's address, the cookie, and a file that it keeps saying what it has: JSON with `cursors` by
channel, `connections` and `close_codes`.
"""

import asyncio
import json
import socket
import sys
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, TCPConnector

from passline.bench.chat_client import ChatClient

TELL_S = 0.1
RECEIVE_BYTES = 256 * 1024
"""A small receive buffer, as a slow device has: the sender feels soon that nobody reads."""


def _small_socket(address: Any) -> socket.socket:
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    return made


async def main(url: str, cookie: str, path: Path) -> None:
    """Stay connected and tell, until killed."""
    connector = TCPConnector(socket_factory=_small_socket)
    async with ClientSession(connector=connector, cookie_jar=DummyCookieJar()) as http:
        client = ChatClient(http, url, cookie)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(client.stay())
            while True:
                state = {
                    "cursors": client.rule.cursors,
                    "connections": client.connections,
                    "close_codes": client.close_codes,
                }
                fresh = path.with_suffix(".new")
                fresh.write_text(json.dumps(state))
                fresh.replace(path)
                await asyncio.sleep(TELL_S)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
