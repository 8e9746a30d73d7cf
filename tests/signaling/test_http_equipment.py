"""Machines by HTTP: kept one by one and from a list, found by sticker, printed; each within its reader's reach."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Set
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from contract.audit import AuditPage
from contract.errors import ErrorCode
from contract.ids import StoreId
from contract.inventory import EquipmentMade, EquipmentRecord, EquipmentTaken, Inventory, KeptEquipment
from contract.lists import ListFault
from signaling import inventory
from signaling.domain.equipment_list import EquipmentLine, Kept, Key, Plan, planned
from tests.support import chain
from tests.support.server import Answer, Client, SignalingServer

pytestmark = pytest.mark.flow

WISH = {
    "name": {"zh": "蒸烤箱", "en": "Combi oven"},
    "make": "Rational",
    "model": "iCombi Pro",
    "serial": "E11-1",
    "installed_on": "2024-04-01",
    "warranty_until": "2026-04-01",
    "store": "s-0117",
    "reason": "dishes",
}
LIST = (
    "门店号,设备名称,品牌,型号,序列号,保修到期,备注\n"
    "0117,双缸炸炉,Henny Penny,OFE-322,HP-0117FRYER0,2027-03-31,总闸在左后方\n"
    "0201,=1+1,Hobart,AM15,HB-1,,\n"
)
ID = chain.FRYER.machine.id


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[]) as started:
        yield started


async def machines(client: Client, query: str = "") -> list[KeptEquipment]:
    return (await client.get(f"/api/equipment{query}")).read(Inventory).equipment


async def send(client: Client, text: str, query: str = "") -> Answer:
    return await client.post(
        f"/api/lists/equipment{query}", data=text.encode("gb18030"), headers={"Content-Type": "text/csv"}
    )


async def acts(server: SignalingServer) -> list[tuple[str, str | None, str]]:
    page = (await (await server.sign_in("admin")).get("/api/audit")).read(AuditPage)
    return [
        (line.action, line.object, line.detail)
        for line in reversed(page.lines)
        if line.action.startswith(("equipment", "stickers"))
    ]


async def test_a_machine_is_added_changed_moved_retired_and_brought_back(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    made = (await admin.post("/api/equipment", json=WISH)).read(EquipmentMade).id
    assert (await admin.post("/api/equipment", json=WISH)).code is ErrorCode.CONFLICT
    [oven] = await machines(admin, "?sought=rational%200117")
    code = oven.machine.code
    assert (oven.machine.id, oven.store.number, oven.reason, str(oven.machine.warranty_until)) == (
        made,
        "0117",
        "dishes",
        "2026-04-01",
    )
    taken = {**WISH, "make": "Henny Penny", "serial": chain.FRYER.machine.serial}
    assert (await admin.put(f"/api/equipment/{made}", json=taken)).code is ErrorCode.CONFLICT
    assert (await admin.put(f"/api/equipment/{made}", json={**WISH, "store": "s-0201"})).status == 204
    for retired in (True, True, False):
        assert (await admin.put(f"/api/equipment/{made}/retired", json={"retired": retired})).status == 204
        [oven] = await machines(admin, f"?sought={code[:5].lower()}-{code[5:]}")
        assert (oven.retired, oven.store.number, oven.machine.code) == (retired, "0201", code)
    assert await acts(server) == [
        ("equipment_added", made, code),
        ("equipment_changed", made, code),
        ("equipment_retired", made, code),
        ("equipment_brought_back", made, code),
    ]


async def test_a_list_is_shown_then_applied_and_the_same_list_again_changes_nothing(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    before = await machines(admin)
    wanted = EquipmentTaken(problems=[], added=["Hobart HB-1"], changed=["Henny Penny HP-0117FRYER0"], same=0)
    assert (await send(admin, LIST)).read(EquipmentTaken) == wanted
    assert await machines(admin) == before
    assert (await send(admin, LIST, "?apply=true")).read(EquipmentTaken) == wanted
    again = (await send(admin, LIST, "?apply=true")).read(EquipmentTaken)
    assert again == EquipmentTaken(problems=[], added=[], changed=[], same=2)
    codes = {one.machine.serial: one.machine.code for one in await machines(admin)}
    assert codes["HP-0117FRYER0"] == chain.FRYER.machine.code, "a sticker that is stuck on stays good"
    [mixer] = await machines(admin, "?store=s-0201&sought=hobart")
    assert mixer.machine.name.zh == "=1+1"


async def test_a_list_is_planned_anew_if_its_machines_change_before_it_is_applied(
    server: SignalingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await server.sign_in("admin")
    loop = asyncio.get_running_loop()
    plans: list[Plan] = []

    def overtaken(
        lines: list[EquipmentLine], stores: Mapping[str, StoreId], closed: Set[StoreId], known: Mapping[Key, Kept]
    ) -> Plan:
        plans.append(planned(lines, stores, closed, known))
        if len(plans) == 1:
            adding = admin.post("/api/equipment", json={**WISH, "make": "Hobart", "serial": "HB-1"})
            assert asyncio.run_coroutine_threadsafe(adding, loop).result().status == 201
        return plans[-1]

    monkeypatch.setattr(inventory, "planned", overtaken)
    taken = (await send(admin, LIST, "?apply=true")).read(EquipmentTaken)
    changed = ["Henny Penny HP-0117FRYER0", "Hobart HB-1"]
    assert taken == EquipmentTaken(problems=[], added=[], changed=changed, same=0)
    assert [len(plan.added) for plan in plans] == [1, 0]


async def test_a_bad_line_is_named_and_nothing_of_its_list_is_taken(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    before = await machines(admin)
    bad = (await send(admin, LIST + "0999,x,y,z,1,,\n", "?apply=true")).read(EquipmentTaken)
    assert [(one.line, one.fault) for one in bad.problems] == [(4, ListFault.NO_STORE)]
    assert await machines(admin) == before
    assert await acts(server) == []


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("store-0117", ["e-fryer", "e-retired"]),
        ("store-0201", ["e-foreign"]),
        ("tang", ["e-fryer", "e-retired"]),
        ("wu", ["e-fryer", "e-retired"]),
        ("fang", ["e-fryer", "e-retired", "e-foreign"]),
    ],
)
async def test_everybody_sees_the_machines_of_their_own_stores(
    server: SignalingServer, who: str, seen: list[str]
) -> None:
    client = await server.sign_in(who)
    assert [one.machine.id for one in await machines(client)] == seen
    assert await machines(client, f"?store={'s-0117' if who == 'store-0201' else 's-0201'}&sought=0000") == []


async def test_a_sticker_of_another_store_is_as_unknown_as_none(server: SignalingServer) -> None:
    tablet = await server.sign_in("store-0117")
    found = (await tablet.get("/api/stickers/0117f-ryero")).read(EquipmentRecord)
    assert found == chain.FRYER
    assert (await tablet.get(f"/api/stickers/{chain.RETIRED.machine.code}")).read(EquipmentRecord).retired
    foreign = await tablet.get(f"/api/stickers/{chain.FOREIGN.machine.code}")
    unknown = await tablet.get("/api/stickers/ZZZZZZZZZZ")
    nonsense = await tablet.get("/api/stickers/uuuu")
    assert foreign.status == unknown.status == nonsense.status == 404
    assert foreign.body == unknown.body == nonsense.body
    body = {"equipment": [ID, chain.FOREIGN.machine.id]}
    assert (await tablet.post("/api/stickers", json=body)).status == 404


async def test_printed_stickers_can_be_scanned(server: SignalingServer) -> None:
    operations = await server.sign_in("fang")
    body = {"equipment": [ID, chain.FOREIGN.machine.id, ID]}
    printed = await operations.post("/api/stickers", json=body)
    assert printed.status == 200
    assert printed.headers["Content-Type"] == "application/pdf"
    page = pypdfium2.PdfDocument(printed.body)[0]
    codes = zxingcpp.read_barcodes(page.render(scale=2).to_pil())
    addresses = sorted(code.text for code in codes)
    assert [address.rsplit("/q/")[1] for address in addresses] == ["0117FRYER0", "0201FRYER0"]
    assert all(address.startswith(("http://", "https://")) for address in addresses)
    text = page.get_textpage().get_text_bounded()
    for words in ("0117F-RYER0", "双缸炸炉", "Henny Penny OFE-322", "0201 国贸店"):
        assert words in text
    assert await acts(server) == [("stickers_printed", "s-0117", "1"), ("stickers_printed", "s-0201", "1")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"make": ""},
        {"serial": "x" * 201},
        {"installed_on": "31.3.2026"},
        {"reason": "coffee"},
        {"name": {"zh": "", "en": "x"}},
    ],
)
async def test_what_cannot_be_is_refused(server: SignalingServer, wrong: dict[str, object]) -> None:
    admin = await server.sign_in("admin")
    assert (await admin.post("/api/equipment", json={**WISH, **wrong})).code is ErrorCode.BAD_MESSAGE
    too_many = {"equipment": [f"e-{number}" for number in range(481)]}
    assert (await admin.post("/api/stickers", json=too_many)).code is ErrorCode.BAD_MESSAGE
