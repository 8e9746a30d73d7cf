"""What a watcher is shown over time, and what it came to."""

from typing import NamedTuple

from contract.media import Layer

PAUSED_S = 1.5
"""No picture for so long: it is paused."""
SETTLED_S = 10.0
"""A layer that stays so long has been found."""


class Settled(NamedTuple):
    layer: Layer | None
    """Shown most of the second half; None: no picture."""
    settle_s: float
    """From the first picture to when that layer came for SETTLED_S or for good."""
    changes: int
    """Of layer, pauses among them."""


class Shown:
    """Give it every packet of the picture; `settled` at the end. Pure."""

    def __init__(self) -> None:
        self._runs: list[tuple[float, Layer | None]] = []
        """Since when it shows what."""
        self._last_at = 0.0

    def see(self, layer: Layer, now: float) -> None:
        self._pause(now)
        if not self._runs or self._runs[-1][1] is not layer:
            self._runs.append((now, layer))
        self._last_at = now

    def _pause(self, now: float) -> None:
        if self._runs and self._runs[-1][1] is not None and now - self._last_at > PAUSED_S:
            self._runs.append((self._last_at, None))

    def settled(self, began: float, end: float) -> Settled:
        """Of the time from `began` to `end`."""
        self._pause(end)
        if not self._runs:
            return Settled(None, 0.0, 0)
        ends = [since for since, _ in self._runs[1:]] + [end]
        half = (began + end) / 2
        lasted: dict[Layer | None, float] = {}
        for (since, layer), until in zip(self._runs, ends, strict=True):
            lasted[layer] = lasted.get(layer, 0.0) + max(0.0, until - max(since, half))
        found = max(lasted, key=lambda layer: lasted[layer])
        first = next(
            (
                since
                for (since, layer), until in zip(self._runs, ends, strict=True)
                if layer is found and (until - since >= SETTLED_S or until == end)
            ),
            end,
        )
        return Settled(found, first - self._runs[0][0], len(self._runs) - 1)
