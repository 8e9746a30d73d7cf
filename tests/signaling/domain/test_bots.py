"""What group chats hear, in which words, and how each wants to be posted to."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from contract.bots import BotKind, Occasion
from contract.callbacks import Callback, CallbackState, Urgency
from contract.client import AcceptCall
from contract.errors import ErrorCode, Rejection
from contract.ids import RegionId
from contract.people import Name
from contract.rooms import CallStage, RoomState
from contract.routing import Language
from signaling.domain.bot_posts import HOSTS, check_url, post, problem
from signaling.domain.bots import MOST_LINES, Telling, tellings, text, trial
from tests.signaling.domain.people import CHEN, CID, NOW, ROOM, ask, called, entries
from tests.signaling.domain.test_callbacks import item

pytestmark = pytest.mark.unit

URLS = {
    BotKind.WECOM: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k",
    BotKind.FEISHU: "https://open.feishu.cn/open-apis/bot/v2/hook/h",
    BotKind.DINGTALK: "https://oapi.dingtalk.com/robot/send?access_token=t",
}


def changed(state: RoomState, **call: object) -> RoomState:
    assert state.call is not None
    return state.model_copy(update={"call": state.call.model_copy(update=call)})


def owed(**more: object) -> Callback:
    return item().model_copy(update=more)


def of(*states: RoomState) -> list[Telling]:
    return tellings(states, [])


def test_a_call_is_told_while_it_rings_and_again_when_it_waits() -> None:
    ringing = called(entries(CHEN))
    waiting = changed(ringing, stage=CallStage.WAITING)
    assert [one.occasion for one in of(ringing)] == [Occasion.CALLING]
    assert [one.occasion for one in of(waiting)] == [Occasion.WAITING]
    assert of(ringing)[0].key != of(waiting)[0].key
    answered = ask(ringing, CHEN, AcceptCall(cid=CID, room=ROOM)).state
    assert of(answered) == []
    assert of(ringing.model_copy(update={"closed_at": NOW})) == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, True),
        ({"state": CallbackState.DONE}, False),
        ({"state": CallbackState.TAKEN}, False),
        ({"state": CallbackState.TAKEN, "urgency": Urgency.DUE}, True),
    ],
)
def test_a_callback_is_told_until_somebody_has_it_and_again_when_it_is_late(
    more: dict[str, object], told: bool
) -> None:
    assert bool(tellings([], [owed(**more)])) is told


def test_each_step_of_lateness_is_told_once() -> None:
    keys = {tellings([], [owed(urgency=urgency, calls=calls)])[0].key for urgency in Urgency for calls in (1, 2)}
    assert len(keys) == len(Urgency), "a further call of the same store is no news"


def test_what_is_booked_anew_is_told_anew_also_to_a_bot_that_came_meanwhile() -> None:
    once, again = [tellings([], [owed(at=NOW + hours * 3_600_000, urgency=Urgency.SOON)])[0] for hours in (1, 2)]
    assert once.key != again.key
    assert once.concerns([Occasion.CALLBACK], None, NOW + 60_000)


def test_a_bot_hears_of_its_occasions_and_its_region_and_of_nothing_older_than_itself() -> None:
    (one,) = of(called(entries(CHEN)))
    assert one.concerns([Occasion.CALLING], None, one.since_ms)
    assert one.concerns([Occasion.CALLING], one.store.region, one.since_ms)
    assert not one.concerns([Occasion.CALLBACK, Occasion.WAITING], None, one.since_ms)
    assert not one.concerns([Occasion.CALLING], RegionId("elsewhere"), one.since_ms)
    assert not one.concerns([Occasion.CALLING], None, one.since_ms + 1)


def test_words_say_who_why_and_by_when() -> None:
    due = owed(calls=3)
    late = due.model_copy(update={"urgency": Urgency.DUE})
    zh = text(tellings([], [due]), Language.ZH, due.rung_at + 1, "https://p.example")
    assert zh.splitlines() == [
        "【店线通】",
        "0117 0117（设备坏了）：没人接听，请在 15 分钟内回电，共呼叫 3 次",
        "打开店线通：https://p.example",
    ]
    assert "回电超时，已经等了 16 分钟" in text(tellings([], [late]), Language.ZH, late.rung_at + 901_000, None)
    en = text(of(called(entries(CHEN))), Language.EN, NOW, None)
    assert en == "Passline\n0117 0117 (equipment): is calling, nobody has answered yet"
    assert "测试消息" in trial(Language.ZH, None)


def test_a_crowd_is_one_message_of_bounded_length() -> None:
    (one,) = of(called(entries(CHEN)))
    said = text([one] * 100, Language.ZH, NOW, None).splitlines()
    assert len(said) == MOST_LINES + 2
    assert said[-1] == "还有 85 条"


def test_a_name_has_no_marks_of_a_chat_in_it() -> None:
    state = called(entries(CHEN))
    assert state.call is not None
    assert state.call.store is not None
    name = Name(zh='<at user_id="all"></at>\n@所有人', en="x")
    hostile = changed(state, store=state.call.store.model_copy(update={"name": name}))
    said = text(of(hostile), Language.ZH, NOW, None)
    assert not set("<>@") & set(said)
    assert len(said.splitlines()) == 2


@pytest.mark.parametrize("kind", BotKind)
def test_posts_go_to_the_servers_of_the_chat_only(kind: BotKind) -> None:
    check_url(kind, URLS[kind], [])
    check_url(kind, "http://10.0.0.5:8080/hook", ["http://10.0.0.5:8080"])
    host = sorted(HOSTS[kind])[0]
    for url in (
        "http://169.254.169.254/latest",
        host.replace("https", "http") + "/x",
        host + ".evil.example/x",
        host.replace("https://", "https://user@") + "/x",
        host + ":8443/x",
        host + "/x y",
        host + "/\nHost: evil",
        "https://[bad/x",
        "file:///etc/passwd",
        "",
    ):
        with pytest.raises(Rejection) as refused:
            check_url(kind, url, [])
        assert refused.value.code is ErrorCode.BAD_MESSAGE
        assert host in str(refused.value.detail)


def test_feishu_signs_in_the_body() -> None:
    """Key and message as in Feishu's document; the value is the one that its sample has for these."""
    body = json.loads(post(BotKind.FEISHU, URLS[BotKind.FEISHU], "demo", "hi", 1_599_360_473_123).body)
    assert body["timestamp"] == "1599360473"
    assert body["sign"] == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="
    assert body["content"] == {"text": "hi"}
    assert "sign" not in json.loads(post(BotKind.FEISHU, URLS[BotKind.FEISHU], "", "hi", 0).body)


def test_dingtalk_signs_in_the_address_and_wecom_not_at_all() -> None:
    url = URLS[BotKind.DINGTALK]
    query = parse_qs(urlsplit(post(BotKind.DINGTALK, url, "SECabc", "hi", 1_600_000_000_000).url).query)
    assert query["access_token"] == ["t"]
    assert query["timestamp"] == ["1600000000000"]
    assert query["sign"][0].endswith("=")
    assert post(BotKind.DINGTALK, url, None, "hi", 0).url == url
    assert post(BotKind.WECOM, URLS[BotKind.WECOM], "s", "hi", 0).url == URLS[BotKind.WECOM]


@pytest.mark.parametrize(
    ("kind", "status", "answer", "why"),
    [
        (BotKind.WECOM, 200, b'{"errcode":0,"errmsg":"ok"}', None),
        (BotKind.WECOM, 200, b'{"errcode":93000,"errmsg":"invalid webhook url"}', "93000: invalid webhook url"),
        (BotKind.FEISHU, 200, b'{"code":0,"msg":"success","data":{}}', None),
        (BotKind.FEISHU, 400, b'{"code":19021,"msg":"sign match fail"}', "19021: sign match fail"),
        (BotKind.DINGTALK, 200, b'{"errcode":0,"errmsg":"ok"}', None),
        (BotKind.DINGTALK, 502, b"<html>", "HTTP 502"),
        (BotKind.DINGTALK, 200, b"[]", "HTTP 200"),
        (BotKind.DINGTALK, 200, b"[" * 16_000, "HTTP 200"),
        (BotKind.WECOM, 200, b'{"errcode":1,"errmsg":"' + b"x" * 5000 + b'"}', "1: " + "x" * 197),
    ],
)
def test_what_a_chat_answers_is_read(kind: BotKind, status: int, answer: bytes, why: str | None) -> None:
    assert problem(kind, status, answer) == why
