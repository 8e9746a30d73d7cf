"""Who speaks, from the audio level header extension (RFC 6464)."""

from collections.abc import Hashable, Iterable
from math import exp
from typing import Generic, TypeVar

SPEECH_DBOV = -45
"""Louder than this is speech; a quiet kitchen is about -60."""
ABOVE_NOISE_DB = 9.0
"""And louder than its own noise by this: an open microphone beside a fan must not hold a place for ever."""
NOISE_RISES_DB_S = 1.0
"""What never falls silent for so long that this takes it there is noise; every pause of a voice takes it down again."""
QUIET_DBOV = -60.0
"""Nobody's noise is taken for less."""
HOLD_S = 1.5
"""A pause shorter than this does not end an utterance."""
ATTACK = 0.3
"""Of the step up, with each packet: a voice of -35 dBov is speech after 0.14 s, a single click is none."""
RELEASE_S = 0.2
"""Time constant of the way down; by time, for in silence only a few packets come (DTX)."""
_SILENT_DBOV = -127.0

Who = TypeVar("Who", bound=Hashable)


def level_dbov(value: bytes) -> int | None:
    """-127 (silence) to 0 from the extension's first byte; None if it is empty."""
    return -(value[0] & 0x7F) if value else None


class Speakers(Generic[Who]):
    """Remembers for everybody how loud they are and when they last spoke."""

    def __init__(self) -> None:
        self._level: dict[Who, float] = {}
        self._noise: dict[Who, float] = {}
        self._at: dict[Who, float] = {}
        self._spoke: dict[Who, float] = {}

    def on_level(self, who: Who, dbov: int, now: float) -> None:
        passed_s = max(0.0, now - self._at.get(who, now))
        level = self._level.get(who, _SILENT_DBOV)
        level += (dbov - level) * (ATTACK if dbov > level else 1 - exp(-passed_s / RELEASE_S))
        noise = min(level, self._noise.get(who, QUIET_DBOV) + NOISE_RISES_DB_S * passed_s)
        self._at[who], self._level[who], self._noise[who] = now, level, max(QUIET_DBOV, noise)
        if level > max(SPEECH_DBOV, noise + ABOVE_NOISE_DB):
            self._spoke[who] = now

    def forget(self, who: Who) -> None:
        for known in (self._level, self._noise, self._at, self._spoke):
            known.pop(who, None)

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
