"""The rules of one WebSocket, without a socket."""

import json

import pytest

from contract.client import Hello, Ping
from contract.errors import ByeCode, ErrorCode
from contract.server import Reconnect
from signaling.ws.session import BURST, HELLO_S, IDLE_S, MAX_STRIKES, Close, Deliver, Greet, Output, Say, SessionRules

pytestmark = pytest.mark.unit

CID = "0192f000-0000-7000-8000-000000000001"


def hello(proto: int = 1) -> str:
    return Hello(ticket="t", proto=proto, device="device-1").model_dump_json()


def greeted(now: float = 0.0) -> SessionRules:
    rules = SessionRules(now)
    assert isinstance(rules.receive(hello(), now)[0], Greet)
    return rules


def closed(outputs: list[Output]) -> tuple[ByeCode, Reconnect]:
    (output,) = outputs
    assert isinstance(output, Close)
    return output.code, output.reconnect


def refused(outputs: list[Output]) -> tuple[ErrorCode, str | None]:
    (output,) = outputs
    assert isinstance(output, Say)
    return output.error.code, output.error.cid


def test_hello_comes_first_and_soon() -> None:
    rules = SessionRules(10.0)
    assert rules.deadline == 10.0 + HELLO_S
    assert rules.expire(14.9) == []
    assert closed(rules.expire(15.0)) == (ByeCode.SILENT, Reconnect.NOW)
    assert closed(SessionRules(0.0).receive('{"type":"ping","n":1}', 0.0)) == (ByeCode.BAD_MESSAGE, Reconnect.LATER)


def test_another_protocol_never_comes_back_by_itself() -> None:
    assert closed(SessionRules(0.0).receive(hello(proto=2), 0.0)) == (ByeCode.BAD_MESSAGE, Reconnect.NEVER)


def test_a_second_hello_ends_it() -> None:
    assert closed(greeted().receive(hello(), 1.0))[0] is ByeCode.BAD_MESSAGE


def test_messages_are_delivered_and_silence_ends_it() -> None:
    rules = greeted()
    assert rules.receive('{"type":"ping","n":7,"new_field":1}', 3.0) == [Deliver(Ping(n=7))]
    before = rules.deadline
    assert closed(rules.expire(18.0)) == (ByeCode.SILENT, Reconnect.NOW)
    assert (before, rules.deadline) == (3.0 + IDLE_S, None)
    assert rules.receive('{"type":"ping","n":8}', 19.0) == []


@pytest.mark.parametrize("frame", ["", "{", "[]", "null", '"x"', "\x00", "[" * 60_000, b"\x01\x02"])
def test_what_is_no_message_at_all_ends_it(frame: str | bytes) -> None:
    assert closed(greeted().receive(frame, 1.0)) == (ByeCode.BAD_MESSAGE, Reconnect.LATER)


def test_an_unknown_message_is_refused_by_its_cid_and_not_for_ever() -> None:
    rules = greeted()
    frame = json.dumps({"type": "dance", "cid": CID})
    for _ in range(MAX_STRIKES):
        assert refused(rules.receive(frame, 100.0)) == (ErrorCode.BAD_MESSAGE, CID)
    assert closed(rules.receive(frame, 100.0))[0] is ByeCode.BAD_MESSAGE


def test_a_flood_is_refused_message_by_message() -> None:
    rules = greeted()
    send = json.dumps({"type": "send", "cid": CID, "ch": "room:1", "body": "x"})
    for _ in range(BURST - 1):
        assert isinstance(rules.receive(send, 0.0)[0], Deliver)
    assert refused(rules.receive(send, 0.0)) == (ErrorCode.TOO_MANY, CID)
    assert isinstance(rules.receive(send, 0.02)[0], Deliver)
