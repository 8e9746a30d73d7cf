"""When sound carries what went before, and what is the better way to send it twice: rules, and a lossy link."""

from random import Random

import pytest

from media.rtp.redundancy import BEGIN_AT, EARLIER, LEAST_PACKETS, ROOM_BPS, Redundancy

PACKETS = 5_000
FRAME_S, PLAYED_AFTER_S = 0.02, 0.15
SOUND_BYTES = 80
"""20 ms at 32 kbit/s."""
ALONE_BYTES = 28 + 12 + 8 + SOUND_BYTES + 16
"""IPv4 and UDP, RTP, extensions, sound, SRTP's tag."""
LINKS = {"5 %": 0.05, "10 %": 0.10, "20 %": 0.20, "30 %": 0.30, "bursts": None}


class Loss:
    """Of a packet at a time: at random, or in bursts (Gilbert-Elliott) of what is in the air, whoever sends how much:
    with the 130 packets a second of a call p = 0.02 and r = 0.15 at each, which is 12 % in bursts of 50 ms."""

    STEP_S = 1 / 130

    def __init__(self, share: float | None, seed: int) -> None:
        self._random = Random(seed)
        self._share = share
        self._bad = False
        self._at = 0.0

    def takes(self, at: float) -> bool:
        if self._share is not None:
            return self._random.random() < self._share
        while self._at < at:
            self._at += self.STEP_S
            self._bad = self._random.random() >= 0.15 if self._bad else self._random.random() < 0.02
        return self._bad


def concealed(loss: Loss, earlier: tuple[int, ...], *, repeats: bool) -> float:
    """The share that is missing when it must be played: `repeats` are packets of their own, else it is RED."""
    there = set[int]()
    latest = int(PLAYED_AFTER_S / FRAME_S)
    for number in range(PACKETS):
        packets = [(number,), *((number - one,) for one in earlier)]
        for carried in packets if repeats else [tuple(one for (one,) in packets)]:
            if not loss.takes(number * FRAME_S):
                there.update(one for one in carried if number - one <= latest)
    return sum(one not in there for one in range(PACKETS)) / PACKETS


def kbps(earlier: int, *, repeats: bool) -> float:
    more = ALONE_BYTES if repeats else SOUND_BYTES + 4
    return (ALONE_BYTES + earlier * more + (not repeats and earlier > 0)) * 8 / FRAME_S / 1000


@pytest.mark.link
@pytest.mark.parametrize("link", LINKS)
def test_one_packet_with_what_went_before_saves_as_much_as_repeats_for_less(link: str) -> None:
    found = {
        (earlier, repeats): concealed(Loss(LINKS[link], 1), earlier, repeats=repeats)
        for earlier in ((), (1, 2), EARLIER)
        for repeats in (False, True)
    }
    plain, red, repeated = found[(), False], found[EARLIER, False], found[EARLIER, True]
    assert red < plain / 4
    assert red < 1.5 * repeated + 0.002
    assert found[EARLIER, False] <= found[(1, 2), False] + 0.002
    assert kbps(2, repeats=False) < 0.75 * kbps(2, repeats=True)


def told(redundancy: Redundancy, loss: float, *, seconds: int = 1, room_bps: int | None = None) -> list[int]:
    """What it says after each second in which this share of 100 packets was lost."""
    said = []
    for _ in range(seconds):
        redundancy.heard(100 * loss, 100)
        said.append(redundancy.settle(room_bps))
    return said


@pytest.mark.unit
def test_it_begins_with_the_first_bad_second_and_ends_when_little_is_lost_for_some() -> None:
    redundancy = Redundancy()
    assert told(redundancy, BEGIN_AT - 0.01, seconds=20) == [0] * 20
    assert told(redundancy, BEGIN_AT) == [2]
    assert told(redundancy, 0.03, seconds=20) == [2] * 20, "what lies between changes nothing"
    said = told(redundancy, 0.0, seconds=20)
    assert said[0] == 2
    assert said[-1] == 0
    assert said == sorted(said, reverse=True)
    assert told(redundancy, 0.03, seconds=20) == [0] * 20


@pytest.mark.unit
def test_a_few_packets_say_nothing() -> None:
    redundancy = Redundancy()
    for _ in range(3):
        redundancy.heard(LEAST_PACKETS / 4, LEAST_PACKETS // 4)
        assert redundancy.settle(None) == 0
    redundancy.heard(LEAST_PACKETS / 4, LEAST_PACKETS // 4)
    assert redundancy.settle(None) == 2
    assert redundancy.settle(None) == 2, "nothing new was heard"


@pytest.mark.unit
def test_what_a_full_queue_lost_is_no_reason_for_it() -> None:
    redundancy = Redundancy()
    redundancy.heard(LEAST_PACKETS, LEAST_PACKETS)
    assert redundancy.settle(None) > 0
    redundancy.forget()
    redundancy.heard(0, LEAST_PACKETS)
    assert redundancy.settle(None) == 0


@pytest.mark.unit
def test_a_link_gets_no_more_than_it_carries() -> None:
    redundancy = Redundancy()
    assert told(redundancy, 0.3, room_bps=ROOM_BPS[1]) == [2]
    assert told(redundancy, 0.3, room_bps=ROOM_BPS[1] - 1) == [1]
    assert told(redundancy, 0.3, room_bps=ROOM_BPS[0] - 1) == [0]
    assert told(redundancy, 0.3) == [2]
