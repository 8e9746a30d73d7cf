"""What a check says: how it is, what was seen, and the cure."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not as well or as long as it should."""
    PROBLEM = "problem"
    """Something does not work."""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor."""

    check: str
    level: Level
    found: str
    cure: str = ""
    """What to do; names the setting, if one helps."""

    def line(self) -> str:
        """For people."""
        cure = f"\n           → {self.cure}" if self.cure else ""
        return f"{self.level:8}  {self.check}: {self.found}{cure}"

    def fields(self) -> dict[str, str]:
        """For machines."""
        return {key: str(value) for key, value in asdict(self).items()}


def ok(check: str, found: str) -> Finding:
    return Finding(check, Level.OK, found)


def warning(check: str, found: str, cure: str) -> Finding:
    return Finding(check, Level.WARNING, found, cure)


def problem(check: str, found: str, cure: str) -> Finding:
    return Finding(check, Level.PROBLEM, found, cure)
