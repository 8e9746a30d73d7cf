"""Remembers what was already written down for a browser, within bounds."""

from collections import OrderedDict
from collections.abc import Hashable

KEPT = 10_000
"""Beyond this the oldest are forgotten, and may be written down once more (policy: drop oldest)."""


class Seen:
    """A bounded set that says whether something is new."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._keys: OrderedDict[Hashable, None] = OrderedDict()

    def first(self, key: Hashable) -> bool:
        """Whether `key` was not here before; it is now."""
        if key in self._keys:
            self._keys.move_to_end(key)
            return False
        self._keys[key] = None
        if len(self._keys) > self._kept:
            self._keys.popitem(last=False)
        return True
