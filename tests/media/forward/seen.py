"""What a subscriber got, judged: whether it went on without a hole, and whose it was."""

from itertools import pairwise

from tests.media.forward.client import Heard


def assert_continuous(heard: Heard) -> None:
    """Sequence, timestamp and picture id go on without a hole or a step back, over switches too."""
    rows = heard.media()
    assert heard.missing() == []
    for before, after in pairwise(rows):
        assert after[0] == before[0] + 1
        ahead = (after[1] - before[1]) & 0xFFFFFFFF
        same_frame = after[4:6] == before[4:6]
        assert (ahead == 0) == same_frame, "one timestamp per frame"
        assert ahead < 2**31
        if heard.section.kind == "video":
            assert (after[3] - before[3]) & 0x7FFF == (0 if same_frame else 1)


def shows(heard: Heard) -> list[str]:
    """Whose picture, in order, each once."""
    names: list[str] = []
    for row in heard.media():
        if not names or names[-1] != row[4]:
            names.append(row[4])
    return names


def whole_frames(heard: Heard) -> list[tuple[str, int, float]]:
    """Who, which frame and when it was complete, in order; only those that came whole."""
    frames: dict[tuple[str, int], list[tuple[int, bool, float]]] = {}
    for number, _ticks, marker, _picture, who, frame, part in heard.media():
        frames.setdefault((who, frame), []).append((part, marker, heard.arrived[number]))
    return [
        (who, frame, max(at for _, _, at in parts))
        for (who, frame), parts in frames.items()
        if parts[-1][1] and [part for part, _, _ in parts] == list(range(len(parts)))
    ]
