"""Which version of a document somebody has before them, so that nobody undoes unseen what somebody else has set.

Who sends a whole document back says with `If-Match` (RFC 9110 §13.1.1) which version it replaces; the route table marks
such doors as `tagged`.
"""

import hashlib
from collections.abc import Callable

from contract.base import Message, Tag

Check = Callable[[Tag], None]
"""Says no, by raising, to who replaces another version than this one."""
_HEX_DIGITS = 16
"""64 bits: versions of one document, told apart by whoever may read them all."""


def tag_of(document: Message) -> Tag:
    """The same for what says the same."""
    return hashlib.sha256(document.model_dump_json().encode()).hexdigest()[:_HEX_DIGITS]


def whatever(_current: Tag) -> None:
    """The check of whoever replaces what is there, whichever version it is."""
