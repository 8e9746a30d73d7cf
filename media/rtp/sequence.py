"""Counters that wrap on the wire, made to count on."""

SEQUENCE_BITS = 16
TIMESTAMP_BITS = 32


class Unwrapper:
    """Turns a `bits`-wide counter into a growing number: each value is read as the one nearest to the highest so far.

    The first value comes out one lap up, so that numbers a little before it stay positive.
    """

    __slots__ = ("_bits", "_half", "_mask", "highest")

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._mask = (1 << bits) - 1
        self._half = 1 << (bits - 1)
        self.highest = -1
        """Highest number so far, -1 before the first."""

    def peek(self, value: int) -> int:
        """What `value` would be, without remembering it."""
        if self.highest < 0:
            return value + self._mask + 1
        return self.highest + ((value - self.highest + self._half) & self._mask) - self._half

    def unwrap(self, value: int) -> int:
        """What `value` is; remembers it if it is the highest."""
        number = self.peek(value)
        if number > self.highest:
            self.highest = number
        return number
