"""What can be wrong with a list that somebody imports, line by line."""

from enum import StrEnum

from pydantic import Field

from contract.base import Message


class ListFault(StrEnum):
    """Every reason has words of its own on the screen."""

    NO_CSV = "no_csv"
    ENCODING = "encoding"
    TOO_LARGE = "too_large"
    TOO_MANY_LINES = "too_many_lines"
    COLUMN_UNKNOWN = "column_unknown"
    COLUMN_TWICE = "column_twice"
    COLUMN_MISSING = "column_missing"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    TWICE = "twice"
    LOGIN = "login"
    ROLE = "role"
    MANAGER_REGION = "manager_region"
    SKILL = "skill"
    ONLY_EXPERTS = "only_experts"
    PASSWORD_ALONE = "password_alone"
    WEAK_PASSWORD = "weak_password"
    NO_REGION = "no_region"
    IS_TABLET = "is_tablet"
    OTHER_ROLE = "other_role"
    LOGIN_TAKEN = "login_taken"
    STORE_CLOSED = "store_closed"
    NO_STORE = "no_store"
    REASON = "reason"
    DATE = "date"


class ListProblem(Message):
    """What is wrong with a line of a list; the titles are line 1."""

    line: int
    fault: ListFault
    about: dict[str, str] = Field(default_factory=dict)
    """What the words leave open: `column` by its English title, `value`, `most`, `first` (an earlier line)."""
    text: str
    """The same in English, for logs and tools."""
