"""The client's rule of docs/protocol.md: every order of frames shows the same, and nothing waits for ever."""

import random

import pytest

from contract.client import Ack, Send, Sync
from contract.errors import ErrorCode
from contract.ids import ChannelId, PersonId
from contract.server import ChatMessage, Error, Sent, Synced, Welcome
from passline.bench.chat_rule import EARLY_MESSAGES, ChatRule, new_cid

pytestmark = pytest.mark.unit

CH = ChannelId("room:1")


def message(seq: int) -> ChatMessage:
    return ChatMessage(ch=CH, seq=seq, cid=new_cid(), sender=PersonId("p"), ts=0, body="x")


def welcome(**heads: int) -> Welcome:
    channels = {ChannelId(f"room:{name.removeprefix('r')}"): head for name, head in heads.items()}
    return Welcome(session="s", resumed=False, resume="r", resume_ttl_s=120, heads=channels, now=0, boot="b")


@pytest.mark.parametrize("seed", range(20))
def test_any_order_with_doubles_shows_each_once_and_asks_for_a_gap_once(seed: int) -> None:
    frames = [message(seq) for seq in range(1, 11)] * 2
    random.Random(seed).shuffle(frames)
    rule, shown, syncs = ChatRule(), [], 0
    for frame in frames:
        taken = rule.take(frame, 0.0)
        shown += [one.seq for one in taken.shown]
        syncs += sum(isinstance(said, Sync) for said in taken.say)
    assert shown == list(range(1, 11))
    assert rule.cursors == {CH: 10}
    assert syncs <= 1


def test_a_page_is_acknowledged_once_and_live_messages_in_groups() -> None:
    rule = ChatRule()
    assert rule.welcome(welcome(r1=200)) == [Sync(ch=CH, after=0)]
    caught_up = [said for seq in range(1, 201) for said in rule.take(message(seq), 0.0).say]
    assert caught_up == []
    assert rule.take(Synced(ch=CH, upto=200, more=False), 0.0).say == []
    assert rule.deadline == 0.5
    assert rule.due(0.5) == [Ack(ch=CH, seq=200)]
    live = [said for seq in range(201, 241) for said in rule.take(message(seq), 1.0).say]
    assert live == [Ack(ch=CH, seq=220), Ack(ch=CH, seq=240)]


def test_a_sync_that_the_limit_refused_is_asked_again() -> None:
    rule = ChatRule()
    rule.welcome(welcome(r1=3))
    assert rule.take(Error(code=ErrorCode.TOO_MANY, retry_after_s=0.2), 1.0).say == []
    assert rule.deadline == pytest.approx(1.2)
    assert rule.due(1.2) == [Sync(ch=CH, after=0)]
    assert rule.deadline is None


def test_the_buffer_before_a_gap_is_bounded() -> None:
    rule = ChatRule()
    for seq in range(2, EARLY_MESSAGES + 10):
        rule.take(message(seq), 0.0)
    assert rule.take(message(1), 0.0).shown[0].seq == 1
    assert rule.cursors[CH] < EARLY_MESSAGES


def test_the_outbox_keeps_what_is_not_acknowledged_and_sends_it_in_order() -> None:
    rule = ChatRule()
    first, second, third = (rule.write(CH, text, new_cid()) for text in "abc")
    rule.take(Sent(cid=second.cid, ch=CH, seq=1, ts=0), 0.0)
    rule.take(Error(code=ErrorCode.BUSY, cid=third.cid, retry_after_s=1.0), 5.0)
    assert rule.due(6.0) == [third]
    assert [said for said in rule.welcome(welcome()) if isinstance(said, Send)] == [first, third]
    rule.take(Error(code=ErrorCode.OVER, cid=first.cid), 7.0)
    assert rule.failed == {first.cid: ErrorCode.OVER}
    assert rule.welcome(welcome()) == [third]
