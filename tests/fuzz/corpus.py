"""Valid examples and inputs that once broke something, one file each, by the format they are of."""

from functools import cache
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")
FOUND = Path(__file__).with_name("found")
"""Inputs that broke a parser, or would have; they stay here and are tried with every test run."""


@cache
def seeds(target: str) -> tuple[bytes, ...]:
    """Every file of `corpus/<target>` and `found/<target>`, in order of name."""
    files = [*(CORPUS / target).glob("*"), *(FOUND / target).glob("*")]
    return tuple(path.read_bytes() for path in sorted(files))
