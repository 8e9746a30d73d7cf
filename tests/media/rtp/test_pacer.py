"""Packets towards a narrow link leave as it can take them, in order, and none waits long."""

import pytest

from media.rtp.pacer import BURST_S, FACTOR, MOST_PACKETS, MOST_WAIT_S, Pacer

pytestmark = pytest.mark.unit

BPS = 240_000


def sent_by(pacer: Pacer, sent: list[bytes], seconds: float) -> list[tuple[float, int]]:
    """Release every 10 ms; when how many had left."""
    found = []
    for step in range(int(seconds * 100) + 1):
        pacer.release(BPS, step / 100)
        found.append((step / 100, len(sent)))
    return found


def test_a_burst_leaves_at_the_speed_of_the_link_in_order() -> None:
    sent: list[bytes] = []
    pacer = Pacer(sent.append)
    pacer.release(BPS, 0.0)
    packets = [bytes([number]) * 1000 for number in range(10)]
    for packet in packets:
        pacer.put(packet)
    left = sent_by(pacer, sent, 0.4)
    assert sent == packets
    for at, count in left:
        assert count * 1000 <= FACTOR * BPS / 8 * (at + BURST_S) + 1000
        assert count * 1000 >= min(10_000, FACTOR * BPS / 8 * (at - 0.01) - 1000)


def test_what_would_wait_too_long_goes_faster() -> None:
    sent: list[bytes] = []
    pacer = Pacer(sent.append)
    pacer.release(BPS, 0.0)
    for _ in range(100):
        pacer.put(bytes(1000))
    left = sent_by(pacer, sent, 2.5 * MOST_WAIT_S)
    assert next(at for at, count in left if count >= 60) <= 1.1 * MOST_WAIT_S


def test_after_a_pause_no_more_than_a_little_is_saved_up() -> None:
    sent: list[bytes] = []
    pacer = Pacer(sent.append)
    for step in range(1000):
        pacer.release(BPS, step / 100)
    for _ in range(5):
        pacer.put(bytes(1000))
    pacer.release(BPS, 10.0)
    assert len(sent) == 1


def test_too_much_pushes_the_oldest_out_and_a_flush_sends_the_rest() -> None:
    sent: list[bytes] = []
    pacer = Pacer(sent.append)
    packets = [number.to_bytes(2) for number in range(MOST_PACKETS + 3)]
    for packet in packets:
        pacer.put(packet)
    assert sent == packets[:3]
    pacer.flush()
    assert sent == packets


def test_a_stream_that_ends_takes_what_waits_of_it_along() -> None:
    sent: list[bytes] = []
    pacer = Pacer(sent.append)
    one, two = bytes(8) + (1).to_bytes(4), bytes(8) + (2).to_bytes(4)
    for packet in (one, two, one, two):
        pacer.put(packet)
    pacer.drop(1)
    pacer.flush()
    assert sent == [two, two]
