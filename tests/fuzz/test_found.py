"""What once broke a parser breaks it no more, nor do the examples and a few hundred malformed ones made of them."""

import time

import pytest

from tests.fuzz.corpus import CORPUS, FOUND, seeds
from tests.fuzz.mangle import malformed
from tests.fuzz.targets import TARGETS

pytestmark = pytest.mark.unit

MANGLED = 200
SLOW_S = 1.0
"""Of CPU, for one input; all of them take less than a hundredth."""


def test_every_folder_of_inputs_belongs_to_a_target() -> None:
    # `dtls` and `candidate` are only sent by tests/media/hostile, `kernel` has a driver of its own in C.
    folders = {path.name for path in (*CORPUS.iterdir(), *FOUND.iterdir())}
    assert folders - {"dtls", "candidate", "kernel"} <= TARGETS.keys()
    assert all(seeds(target) for target in TARGETS), "a target without examples"


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_undocumented_is_raised_and_nothing_takes_long(target: str) -> None:
    inputs = [b"", *seeds(target), *malformed(seeds(target), MANGLED, seed=1)]
    for data in inputs:
        begun = time.process_time()
        TARGETS[target](data)
        assert time.process_time() - begun < SLOW_S, data
