"""Every message of every union survives the wire; strangers' bytes are refused, newer peers' are understood."""

import json
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from contract import client, data, http, nodes, recording, rooms, server, tap
from contract.base import Message, decode, encode
from contract.errors import BYE_CLOSE, REPLIES, ByeCode, ErrorCode, ProtocolViolation
from tests.contract.any_message import messages

pytestmark = pytest.mark.unit

UNIONS: dict[str, tuple[Any, TypeAdapter[Any]]] = {
    "client": (client.ClientMessage, client.CLIENT_MESSAGE),
    "server": (server.ServerMessage, server.SERVER_MESSAGE),
    "client data": (data.ClientData, data.CLIENT_DATA),
    "server data": (data.ServerData, data.SERVER_DATA),
    "to worker": (nodes.ToWorker, nodes.TO_WORKER),
    "from worker": (nodes.FromWorker, nodes.FROM_WORKER),
    "to recorder": (nodes.ToRecorder, nodes.TO_RECORDER),
    "from recorder": (nodes.FromRecorder, nodes.FROM_RECORDER),
    "node hello": (nodes.NodeHello, nodes.NODE_HELLO),
    "manifest": (recording.ManifestLine, recording.MANIFEST_LINE),
    "tap": (tap.TapMessage, tap.TAP_MESSAGE),
    "room event": (rooms.RoomEvent, TypeAdapter(rooms.RoomEvent)),
}
BODIES: tuple[type[Message], ...] = (
    http.ErrorBody,
    http.SignIn,
    http.Me,
    http.Ticket,
    http.PeerOffer,
    http.PeerAnswer,
    http.Directory,
    http.ArchivePage,
    http.Replay,
    http.CallQuality,
    http.Publish,
    http.Progress,
    http.Health,
)
MEMBERS = [
    pytest.param(member, adapter, id=f"{name}-{member.__name__}")
    for name, (union, adapter) in UNIONS.items()
    for member in get_args(get_args(union)[0])
]
few = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@few
@given(choice=st.data())
@pytest.mark.parametrize(("member", "adapter"), MEMBERS)
def test_a_message_comes_out_as_it_went_in(
    member: type[Message], adapter: TypeAdapter[Any], choice: st.DataObject
) -> None:
    message = choice.draw(messages(member))
    assert decode(adapter, encode(message)) == message


@few
@given(choice=st.data())
@pytest.mark.parametrize("body", BODIES)
def test_a_body_comes_out_as_it_went_in(body: type[Message], choice: st.DataObject) -> None:
    message = choice.draw(messages(body))
    assert decode(TypeAdapter(body), encode(message)) == message


@few
@given(choice=st.data())
@pytest.mark.parametrize(("member", "adapter"), MEMBERS)
def test_a_field_from_the_future_is_ignored(
    member: type[Message], adapter: TypeAdapter[Any], choice: st.DataObject
) -> None:
    message = choice.draw(messages(member))
    newer = json.dumps({**json.loads(encode(message)), "from_the_future": [1]})
    assert decode(adapter, newer) == message


@pytest.mark.parametrize("name", UNIONS)
@pytest.mark.parametrize(
    "text", ['{"type": "never_heard_of"}', '{"no": "type"}', "[]", "7", "", "{", '"\\ud800"', '{"type": 3}', "\x00"]
)
def test_what_is_no_message_is_refused_by_its_code(name: str, text: str) -> None:
    with pytest.raises(ProtocolViolation) as refused:
        decode(UNIONS[name][1], text)
    assert refused.value.code is ErrorCode.BAD_MESSAGE


def test_a_refusal_names_the_field_and_not_its_value() -> None:
    with pytest.raises(ProtocolViolation) as refused:
        decode(client.CLIENT_MESSAGE, '{"type": "send", "cid": "s3cret", "ch": "room:1", "body": "x"}')
    assert "cid" in refused.value.detail
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-0.1", "1.1"])
def test_a_pointer_outside_the_picture_is_refused(text: str) -> None:
    with pytest.raises(ProtocolViolation):
        decode(data.CLIENT_DATA, f'{{"type": "point", "on": "p", "x": {text}, "y": 0.5}}')


@pytest.mark.parametrize(("member", "adapter"), MEMBERS)
def test_building_with_an_undeclared_field_is_a_bug(member: type[BaseModel], adapter: TypeAdapter[Any]) -> None:
    with pytest.raises(ValidationError, match="undeclared"):
        member.model_validate({"undeclared": 1})


@pytest.mark.parametrize("name", UNIONS)
def test_each_type_names_one_message_of_its_union(name: str) -> None:
    members = get_args(get_args(UNIONS[name][0])[0])
    types = [member.model_fields["type"].default for member in members]
    assert len(set(types)) == len(types)


def test_every_error_has_a_status_and_every_bye_a_close_code() -> None:
    assert set(REPLIES) == set(ErrorCode)
    assert set(BYE_CLOSE) == set(ByeCode)
    assert all(400 <= reply.http_status < 600 for reply in REPLIES.values())
    assert all(code == 1012 or 4000 <= code < 5000 for code in BYE_CLOSE.values())
