"""Who speaks, from the audio level header extension (RFC 6464)."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

SPEECH_DBOV = -45
"""Louder than this is speech; a quiet kitchen is about -60."""
HOLD_S = 1.5
"""A pause shorter than this does not end an utterance."""
_SMOOTH = 0.1

Who = TypeVar("Who", bound=Hashable)


def level_dbov(value: bytes) -> int | None:
    """-127 (silence) to 0 from the extension's first byte; None if it is empty."""
    return -(value[0] & 0x7F) if value else None


class Speakers(Generic[Who]):
    """Remembers for everybody how loud they are and when they last spoke."""

    def __init__(self) -> None:
        self._level: dict[Who, float] = {}
        self._spoke: dict[Who, float] = {}

    def on_level(self, who: Who, dbov: int, now: float) -> None:
        level = self._level.get(who, -127.0)
        level += _SMOOTH * (dbov - level)
        self._level[who] = level
        if level > SPEECH_DBOV:
            self._spoke[who] = now

    def forget(self, who: Who) -> None:
        self._level.pop(who, None)
        self._spoke.pop(who, None)

    def speaking(self, who: Who, now: float) -> bool:
        return now - self._spoke.get(who, float("-inf")) <= HOLD_S

    def all_speaking(self, now: float) -> frozenset[Who]:
        return frozenset(who for who in self._spoke if self.speaking(who, now))

    def ranked(self, among: Iterable[Who], now: float) -> list[Who]:
        """Who speaks now comes first, the loudest before; then who spoke last; then in the given order."""

        def key(who: Who) -> tuple[bool, float]:
            speaking = self.speaking(who, now)
            return not speaking, -self._level[who] if speaking else -self._spoke.get(who, float("-inf"))

        return sorted(among, key=key)
