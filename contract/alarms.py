"""What a process may cry out about: every alarm has one entry in docs/operations.md that says what to do."""

from enum import StrEnum


class Alarm(StrEnum):
    """Something that a person has to look at; it stays until it is over, unlike a log line."""

    DISK_LOW = "disk_low"
    SAFE_LATE = "safe_late"
    INTEGRITY = "integrity"
    AUDIT = "audit"
    CERTIFICATE = "certificate"
