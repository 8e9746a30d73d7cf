"""Keeps the books of a chat under load: what was written, when it was acknowledged, who was shown what and when."""

import statistics
from collections.abc import Iterable, Mapping

from contract.ids import ChannelId, ClientMessageId, PersonId
from contract.server import ChatMessage, Sent, ServerMessage
from runtime import clock


class Ledger:
    """A listener of a Crowd; call `wrote` for every message."""

    def __init__(self) -> None:
        self.written: dict[ChannelId, set[ClientMessageId]] = {}
        self.shown: dict[tuple[PersonId, ChannelId], list[ClientMessageId]] = {}
        self.ack_s: dict[ClientMessageId, float] = {}
        """From writing to the acknowledgement, or the own message if that came first."""
        self.fanout_s: list[float] = []
        """From writing to showing, for everybody, the writer included."""
        self._at: dict[ClientMessageId, float] = {}

    def wrote(self, channel: ChannelId, cid: ClientMessageId) -> None:
        """The next thing is that the client writes it."""
        self.written.setdefault(channel, set()).add(cid)
        self._at[cid] = clock.now()

    def on_shown(self, person: PersonId, message: ChatMessage) -> None:
        self.shown.setdefault((person, message.ch), []).append(message.cid)
        at = self._at.get(message.cid)
        if at is not None:
            self.fanout_s.append(clock.now() - at)
            if message.sender == person:
                self.ack_s.setdefault(message.cid, clock.now() - at)

    def on_heard(self, _person: PersonId, message: ServerMessage) -> None:
        if isinstance(message, Sent) and message.cid in self._at:
            self.ack_s.setdefault(message.cid, clock.now() - self._at[message.cid])

    def start_over(self) -> None:
        """What was measured so far was the warming up."""
        self._at.clear()
        self.ack_s.clear()
        self.fanout_s.clear()

    @property
    def messages(self) -> int:
        return len(self._at)

    def complete(self, readers: Mapping[ChannelId, Iterable[PersonId]]) -> bool:
        """Whether every reader was shown as many messages as were written."""
        return all(
            len(self.shown.get((person, channel), ())) >= len(cids)
            for channel, cids in self.written.items()
            for person in readers[channel]
        )

    def problems(self, readers: Mapping[ChannelId, Iterable[PersonId]]) -> list[str]:
        """What is lost, shown twice, invented, or in another order than somebody else saw."""
        found = []
        for channel, cids in self.written.items():
            order: list[ClientMessageId] | None = None
            for person in readers[channel]:
                seen = self.shown.get((person, channel), [])
                order = order or seen
                for what, count in (
                    ("lost", len(cids - set(seen))),
                    ("shown twice", len(seen) - len(set(seen))),
                    ("never written", len(set(seen) - cids)),
                    ("in another order", int(seen != order)),
                ):
                    if count:
                        found.append(f"{person} {channel}: {count} {what}")
        return found


def percentiles_ms(times_s: Iterable[float]) -> dict[str, float]:
    """`{"p50", "p95", "max"}` in ms."""
    times = sorted(times_s)
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return {
        "p50": round(statistics.median(times) * 1e3, 1),
        "p95": round(cuts[18] * 1e3, 1),
        "max": round(times[-1] * 1e3, 1),
    }
