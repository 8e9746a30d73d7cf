"""One test holds a promise twice: quickly with one seed in `make test`, in full and three times in `make promises`.

A promise's time limit is asserted at twice its value, because a machine that also runs browsers has bad moments. Once
such a moment was worse than that, the quick run measures two rounds more, and both must be good: what is slow itself is
slow again. With `--full` no round may miss twice the limit, and the median of all must keep the limit itself. What must
be exact (nothing lost, one order) is a plain assert of the test.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import TypeVar

T = TypeVar("T")

FULL_ROUNDS = 3
SLACK = 2.0
"""How far a single round may miss the limit."""


@dataclass
class Figure:
    """One promised figure and what the rounds measured of it, in `unit`."""

    row: str
    what: str
    limit: float
    unit: str
    values: list[float] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Whether the median keeps the limit and the worst keeps twice the limit."""
        return median(self.values) <= self.limit and max(self.values) <= SLACK * self.limit

    def line(self) -> str:
        """For the table at the end of a run."""
        values = ", ".join(f"{value:.3g}" for value in self.values)
        return (
            f"{self.row:4} {self.what}: median {median(self.values):.3g} {self.unit}, worst {max(self.values):.3g}"
            f" (limit {self.limit:g} {self.unit}; {values}){'' if self.kept else '  MISSED'}"
        )


class Promise:
    """What a test marked `promise("<row>")` measures. Iterate over `rounds`, call `measured` in each.

    Outside of rounds there is no second chance.
    """

    def __init__(self, row: str, *, full: bool) -> None:
        self.row = row
        self.full = full
        self.figures: dict[str, Figure] = {}
        self._forgives = False
        self._misses: list[str] = []

    def rounds(self) -> Iterator[int]:
        """The seed of each round. Raises AssertionError after the last one if figures were too high."""
        bad: list[str] = []
        for seed in range(1, FULL_ROUNDS + 1):
            self._forgives, self._misses = not self.full and not bad, []
            yield seed
            bad += self._misses
            if not self.full and not bad:
                break
        self._forgives = False
        if self.full:
            missed = [figure.line() for figure in self.figures.values() if not figure.kept]
            assert not missed, "\n".join(missed)

    def size(self, small: T, *, full: T) -> T:
        """`small` in `make test`, `full` in `make promises`."""
        return full if self.full else small

    def measured(self, what: str, value: float, *, limit: float, unit: str = "s") -> None:
        """Note a figure that is better the lower it is. Raises AssertionError beyond twice its limit, but for the first
        round of a quick run, which is then repeated."""
        figure = self.figures.setdefault(what, Figure(self.row, what, limit, unit))
        assert figure.limit == limit, "one figure has one limit"
        figure.values.append(value)
        if value > SLACK * limit:
            miss = f"{self.row} {what}: {value:.3g} {unit}, promised {limit:g} {unit}"
            assert self._forgives, "; ".join([*self._misses, miss])
            self._misses.append(miss)
