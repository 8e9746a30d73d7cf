"""Leaves out a module that a library would load if it could, for something that servers do not need."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(module: str) -> Iterator[None]:
    """Inside, importing `module` fails as if it were not installed; whoever loaded it before keeps it."""
    before = sys.modules.get(module)
    sys.modules[module] = None  # type: ignore[assignment] # what the import system takes for "not there"
    try:
        yield
    finally:
        if before is None:
            del sys.modules[module]
        else:
            sys.modules[module] = before
