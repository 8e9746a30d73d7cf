"""The clients that one person has open at once: a browser at the desk, a phone, a tablet."""

from enum import StrEnum

from contract.base import Message
from contract.ids import SessionId


class ClientKind(StrEnum):
    """What a client runs on, as far as it says so."""

    PHONE = "phone"
    TABLET = "tablet"
    COMPUTER = "computer"


class OwnClient(Message):
    """One of them that is connected now."""

    session: SessionId
    kind: ClientKind
    name: str
    """Browser and system as everybody calls them, e.g. `Chrome, Android`; empty if it does not say."""
