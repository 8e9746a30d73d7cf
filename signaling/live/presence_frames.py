"""What is told of presence, as frames: an entry is encoded once, however many people hear of it.

When a whole chain connects again, everybody is told of everybody.
"""

from collections.abc import Container, Iterable

from contract.ids import PersonId
from contract.people import PresenceEntry
from contract.server import PresenceChanged

_BEFORE, _AFTER = PresenceChanged(entries=[]).model_dump_json().split("[]")


class PresenceFrames:
    """Keeps the newest entry of each person, of who is gone until the next `keep`; nothing else leaves the board."""

    def __init__(self) -> None:
        self._encoded: dict[PersonId, tuple[PresenceEntry, str]] = {}

    def of(self, entries: Iterable[PresenceEntry]) -> str:
        """`PresenceChanged` with these, as JSON."""
        return f"{_BEFORE}[{','.join(map(self._entry, entries))}]{_AFTER}"

    def keep(self, people: Container[PersonId]) -> None:
        """Forget everybody else."""
        self._encoded = {person: known for person, known in self._encoded.items() if person in people}

    def _entry(self, entry: PresenceEntry) -> str:
        known = self._encoded.get(entry.person.id)
        if known is None or known[0] is not entry:
            known = self._encoded[entry.person.id] = (entry, entry.model_dump_json())
        return known[1]
