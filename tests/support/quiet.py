"""What a log must never hold: passwords, tokens, session descriptions, names, and what people wrote."""

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from passline.demo import PASSWORD

TOKEN = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{43}(?![\w-])")
"""Cookies, tickets and resume tokens are 256 bits in base64url; nothing else in a log has that form."""
SDP = re.compile(
    r"a=(ice-pwd|ice-ufrag|fingerprint|candidate|ssrc)|m=(audio|video|application) |typ (host|srflx|relay)"
)
HASH = re.compile(r"\$argon2")
MEANT_TO_BE_READ = "/setup"
"""The one line with a secret for whoever reads the log: the link for the first administrator."""
COMMON = re.compile(r".{0,4}|[a-z0-9-]+")
"""Texts that are found in anything, such as `ok` or a name that is also a login."""
MOST_TEXTS = 2_000


def secrets_in(log: str, database: Path) -> list[str]:
    """What of it is in `log`, with the line; `database` says who is called what, and what was written."""
    lines = [line for line in map(_plain, log.splitlines()) if MEANT_TO_BE_READ not in line]
    whole = "\n".join(lines)
    found = [
        f"{match.group()}: {line}" for line in lines for kind in (TOKEN, SDP, HASH) if (match := kind.search(line))
    ]
    for text in {PASSWORD, *_texts(database)}:
        if text in whole:
            found.append(f"{text}: {next((line for line in lines if text in line), '')}")
    return found


def _plain(line: str) -> str:
    """A line of JSON without its escapes."""
    with contextlib.suppress(ValueError):
        return json.dumps(json.loads(line), ensure_ascii=False)
    return line


def _texts(path: Path) -> Iterator[str]:
    """Names of people, stores and sessions, and chat, as the database has them."""
    if not path.exists():
        return
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        for query in (
            "select name_zh from person union select name_en from person",
            "select name_zh from store union select name_en from store",
            f"select distinct body from message limit {MOST_TEXTS}",
        ):
            for (text,) in database.execute(query):
                if not COMMON.fullmatch(text) or not text.isascii():
                    yield text
