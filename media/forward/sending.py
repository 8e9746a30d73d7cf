"""Which layers of its camera one publisher sends."""

from contract.media import LAYER_BPS, Layer

LINGER_S = 2.0
"""A layer that nobody wants any more is sent for so long: somebody may come back to it."""
COMING_S = 3.0
"""A layer that was asked for and is not here by then is not coming: the picture is too small or the uplink too thin."""
AGAIN_S = 30.0
"""Then it is hoped for again."""
TOOK_S = 60.0
"""What a layer took longer ago says nothing of the picture that there is now."""


class Sending:
    """One layer is asked for at once when somebody wants it, and dropped LINGER_S after the last wanted it."""

    def __init__(self) -> None:
        self.layers = frozenset({Layer.FULL})
        """What it was told last; the full one before anything was."""
        self._took: dict[Layer, tuple[float, int, int]] = {}
        """When each came last, and what it took then."""
        self._wanted_at: dict[Layer, float] = {}
        self._asked_at: dict[Layer, float] = {}

    def want(self, layers: frozenset[Layer], now: float, *, least: Layer) -> bool:
        """Somebody wants these, nobody others; `least` goes on when nobody wants any, or the camera would look off.

        Returns whether `self.layers` changed and the publisher must be told.
        """
        for layer in layers:
            self._wanted_at[layer] = now
            if layer not in self.layers:
                self._asked_at[layer] = now
        kept = frozenset(layer for layer in self.layers if now - self._wanted_at.setdefault(layer, now) < LINGER_S)
        before, self.layers = self.layers, kept | layers or frozenset({least})
        return self.layers != before

    def came(self, layer: Layer) -> None:
        """It is here."""
        self._asked_at.pop(layer, None)

    def takes(self, layer: Layer, bps: int, upper_bps: int, now: float) -> None:
        """It takes so many bits a second, and its upper temporal layers so many of these."""
        self._took[layer] = now, bps, upper_bps

    def took(self, layer: Layer, now: float) -> tuple[int, int]:
        """What it, and its upper temporal layers of that, took when it came last; the most that it may if that is too
        long ago."""
        at, bps, upper_bps = self._took.get(layer, (float("-inf"), 0, 0))
        return (bps, upper_bps) if now - at < TOOK_S else (LAYER_BPS[layer], 0)

    def comes(self, layer: Layer, now: float) -> bool:
        """Whether a layer that is not here can be hoped for."""
        return not COMING_S <= now - self._asked_at.get(layer, now) < AGAIN_S
