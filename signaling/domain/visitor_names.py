"""What is left of a name that a stranger typed: one short line of characters that can be seen.

A name is shown beside those of the house, in sentences of both languages. So nothing may hide in it, break the line,
turn the text around it (Unicode's bidirectional controls, UAX #9), or grow over its neighbours by stacked marks.
"""

import unicodedata

from contract.errors import ErrorCode, Rejection

MAX_CHARACTERS = 40
"""Of a name, and of a company."""
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a symbol to Unicode, nothing to the eye: the Hangul fillers (Default_Ignorable_Code_Point) and the empty
pattern of Braille."""
MAX_MARKS = 2
"""On one letter: more than any script needs in a name that NFC has composed."""


def visible(typed: str) -> str:
    """`typed` as it may be shown, perhaps empty.

    Composed (NFC); controls, format characters (zero width, direction), private, unassigned and blank ones are taken
    out, every space and line break is one space.
    """
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", typed):
        kind = unicodedata.category(character)
        if kind.startswith("Z") or character in "\t\n\r\v\f":
            kept.append(" ")
        elif kind.startswith("C") or character in BLANKS:
            continue
        elif kind in ("Mn", "Me"):
            marks += 1
            if marks <= MAX_MARKS and kept and kept[-1] != " ":
                kept.append(character)
            continue
        else:
            kept.append(character)
        marks = 0
    composed = unicodedata.normalize("NFC", "".join(kept))  # again: what stood between may be gone
    return " ".join(composed.split())[:MAX_CHARACTERS].strip()


def check_name(typed: str) -> str:
    """The same of somebody's name. Raises Rejection(`bad_message`) if no letter is left."""
    name = visible(typed)
    if not any(character.isalpha() for character in name):
        raise Rejection(ErrorCode.BAD_MESSAGE, "a name has a letter")
    return name
