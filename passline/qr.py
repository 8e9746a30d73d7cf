"""An address as a code that a tablet reads from a terminal."""

from io import StringIO

import segno


def terminal_code(url: str) -> list[str]:
    """Lines to print, indented, with a blank one below."""
    picture = StringIO()
    segno.make(url, micro=False, error="l").terminal(picture, border=2, compact=True)
    return [*("  " + row for row in picture.getvalue().splitlines()), ""]
