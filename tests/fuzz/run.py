"""`python -m tests.fuzz.run TARGET SECONDS`: guided fuzzing of one target; exits with 0 if it found nothing.

What it finds is written to tests/fuzz/found/TARGET/ and belongs into version control together with its mending.
"""

import sys
import tempfile

import atheris

from tests.fuzz.corpus import CORPUS, FOUND

HANG_S = 5
"""A single input that takes longer is a finding too."""


def main(name: str, seconds: int) -> None:
    """Does not return: libFuzzer ends the process."""
    with atheris.instrument_imports(include=["contract", "media", "recorder", "runtime", "signaling", "aiortc"]):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - instrumented while it is imported
    found = FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    new = tempfile.mkdtemp(prefix=f"passline-fuzz-{name}-")
    arguments = [
        sys.argv[0],
        f"-max_total_time={seconds}",
        f"-timeout={HANG_S}",
        "-max_len=12288",
        "-print_final_stats=1",
        "-verbosity=0",
        f"-artifact_prefix={found}/",
        new,
        str(CORPUS / name),
        str(found),
    ]
    atheris.Setup(arguments, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
