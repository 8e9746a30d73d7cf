"""Group chats hear of calls: through the public doors, posts over real sockets, over a kill and a chat that is away."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from contract.bots import Bot, Bots, BotTried
from contract.callbacks import CallbackState
from contract.client import DeclineCall, StartCall
from contract.errors import ErrorCode
from contract.rooms import Reason
from contract.server import Done
from signaling.live import bots as live
from signaling.store.tables.audit import AuditRow
from tests.signaling.service.world import World, answered, ring
from tests.support import chain
from tests.support.clients import Tab, new_cid, tab
from tests.support.group_chat import GroupChat
from tests.support.server import Client, SignalingServer
from tests.support.signaling_process import SignalingProcess

pytestmark = pytest.mark.flow

SECRET = "SEC-of-the-group"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks, rests and second tries come soon."""
    for name in ("LOOK_S", "EVERY_S", "AGAIN_S", "LONGEST_S"):
        monkeypatch.setattr(live, name, 0.1)


def draft(chat: GroupChat, kind: str = "wecom", **more: Any) -> dict[str, Any]:
    return {
        "name": "设备群",
        "kind": kind,
        "url": chat.url(kind),
        "occasions": ["calling", "waiting", "callback"],
        "language": "zh",
        **more,
    }


async def add(admin: Client, one: dict[str, Any]) -> Bot:
    answer = await admin.post("/api/bots", json=one)
    assert answer.status == 201, answer.body
    return answer.read(Bot)


async def listed(admin: Client) -> Bot:
    (one,) = (await admin.get("/api/bots")).read(Bots).bots
    return one


async def in_vain(store: Tab) -> None:
    """Nobody is there: it is over at once."""
    assert isinstance(await store.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT)), Done)
    await store.until(lambda: any(one.state is CallbackState.OPEN for one in store.callbacks.values()), "it is owed")


@pytest.mark.parametrize("kind", ["wecom", "feishu", "dingtalk"])
async def test_a_group_hears_of_a_call_and_of_the_callback_that_becomes_of_it(tmp_path: Path, kind: str) -> None:
    async with (
        GroupChat(SECRET) as chat,
        SignalingServer(tmp_path, bot_servers=[chat.origin], origins=["https://passline.example"]) as server,
        tab(await server.sign_in("store-0117")) as store,
        tab(await server.sign_in("chen")) as chen,
    ):
        admin = await server.sign_in("admin")
        made = await add(admin, draft(chat, kind, secret=SECRET))
        assert (await admin.post(f"/api/bots/{made.id}/try")).read(BotTried).problem is None
        room = await ring(store, chen)
        texts = await chat.hears(lambda texts: any("正在呼叫" in text for text in texts))
        assert "测试消息" in texts[0]
        await chen.do(DeclineCall(cid=new_cid(), room=room))
        texts = await chat.hears(lambda texts: any("回电" in text for text in texts))
        assert sum("0117" in text for text in texts) == 2
        assert all(text.startswith("【店线通】") and "https://passline.example" in text for text in texts)
        shown = await listed(admin)
        assert (shown.problem, shown.signed, shown.host) == (None, True, chat.origin.removeprefix("http://"))
        assert shown.told_at is not None


async def test_a_group_of_another_region_or_for_callbacks_only_hears_no_ring(tmp_path: Path) -> None:
    async with (
        GroupChat() as chat,
        SignalingServer(tmp_path, bot_servers=[chat.origin]) as server,
        tab(await server.sign_in("store-0117")) as store,
        tab(await server.sign_in("store-0201")) as north,
        tab(await server.sign_in("chen")) as chen,
    ):
        admin = await server.sign_in("admin")
        await add(admin, draft(chat, "wecom", region=chain.NORTH))
        await add(admin, draft(chat, "feishu", occasions=["callback"], language="en"))
        await answered(store, chen)
        await in_vain_while_busy(north)
        texts = await chat.hears(lambda texts: sum("0201" in text for text in texts) >= 1)
        assert not any("0117" in text for text in texts)
        assert not any("Passline" in text for text in texts), "whoever waits is owed nothing yet"


async def in_vain_while_busy(store: Tab) -> None:
    assert isinstance(await store.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT)), Done)


async def test_what_a_chat_did_not_take_is_told_once_it_is_back_and_nothing_twice(tmp_path: Path) -> None:
    async with (
        GroupChat() as chat,
        SignalingServer(tmp_path, bot_servers=[chat.origin]) as server,
        tab(await server.sign_in("store-0117")) as store,
    ):
        admin = await server.sign_in("admin")
        chat.broken = True
        made = await add(admin, draft(chat))
        await in_vain(store)
        await chat.posted(2)
        assert (await listed(admin)).problem == "HTTP 502"
        chat.broken, chat.elsewhere = False, f"{chat.origin}/robot/send"
        before = chat.posts
        await chat.posted(before + 2)
        assert (await admin.post(f"/api/bots/{made.id}/try")).read(BotTried).problem == "HTTP 307", "never redirected"
        chat.elsewhere = None
        await chat.hears(lambda texts: any("回电" in text for text in texts))
        other = await add(admin, draft(chat, name="晚到的群"))
        assert (await admin.post(f"/api/bots/{other.id}/try")).read(BotTried).problem is None
        texts = await chat.hears(lambda texts: any("测试" in text for text in texts))
        assert sum("回电" in text for text in texts) == 1, "a group that came later has not missed it"


@pytest.mark.full_only
async def test_a_kill_loses_no_telling_and_repeats_none(tmp_path: Path) -> None:
    async with GroupChat() as chat, SignalingProcess(tmp_path, bot_servers=chat.origin) as signaling:
        admin = await signaling.sign_in("admin")
        chat.broken = True
        await add(admin, draft(chat))
        async with tab(await signaling.sign_in("store-0117")) as store:
            await in_vain(store)
        await chat.posted(1)
        await signaling.kill()
        chat.broken = False
        await signaling.start()
        await chat.hears(lambda texts: any("0117" in text and "回电" in text for text in texts))
        admin = await signaling.sign_in("admin")
        while (await listed(admin)).told_at is None:  # noqa: ASYNC110 - what another process writes
            await asyncio.sleep(0.05)
        await signaling.kill()
        await signaling.start()
        async with tab(await signaling.sign_in("store-0108")) as store:
            await in_vain(store)
        texts = await chat.hears(lambda texts: any("0108" in text for text in texts))
        assert sum("0117" in text for text in texts) == 1, "what it heard was written down"


async def test_an_address_is_never_answered_and_goes_nowhere_else(world: World) -> None:
    admin = await world.server.sign_in("admin")
    url = "https://open.feishu.cn/open-apis/bot/v2/hook/very-secret"
    one = {"name": "群", "kind": "feishu", "url": url, "secret": "hush", "occasions": ["callback"], "language": "zh"}
    made = await add(admin, {**one, "enabled": False})
    path = f"/api/bots/{made.id}"
    for wrong in (
        {**one, "url": "http://169.254.169.254/latest/meta-data"},
        {**one, "url": "https://open.feishu.cn.evil.example/hook"},
        {**one, "kind": "wecom"},
        {**one, "occasions": []},
        {**one, "name": ""},
        {**one, "language": "fr"},
        {**one, "url": "https://open.feishu.cn/" + "x" * 500},
    ):
        for refused in (await admin.post("/api/bots", json=wrong), await admin.put(path, json=wrong)):
            assert refused.code is ErrorCode.BAD_MESSAGE
            assert b"very-secret" not in refused.body
    gone = {**one, "region": "r-nowhere"}
    assert (await admin.put(path, json=gone)).code is ErrorCode.NOT_FOUND
    kept = await admin.put(path, json={**one, "url": None, "secret": None, "name": "新名", "enabled": False})
    assert kept.status == 200
    assert (kept.read(Bot).signed, kept.read(Bot).host) == (True, "open.feishu.cn")
    unsigned = await admin.put(path, json={**one, "url": None, "secret": "", "enabled": False})
    assert not unsigned.read(Bot).signed
    for body in (kept.body, unsigned.body, (await admin.get("/api/bots")).body):
        assert b"very-secret" not in body
        assert b"hush" not in body
    assert (await admin.ask("DELETE", path)).status == 204
    assert (await admin.ask("DELETE", path)).status == 404
    async with world.server.house.database.read() as session:
        rows = [row for row in await session.scalars(select(AuditRow)) if row.action.startswith("bot_")]
    assert [row.action for row in rows] == ["bot_added", "bot_changed", "bot_changed", "bot_removed"]
    assert not any("very-secret" in str(vars(row)) or "hush" in str(vars(row)) for row in rows)
