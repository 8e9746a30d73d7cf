"""A sticker that was printed, before a tablet's camera: the machine is found, called about, and shown to the expert."""

from pathlib import Path

import numpy as np
import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Page

from contract.inventory import Inventory
from tests.flows import acts
from tests.flows.scene import Scene
from tests.flows.test_access import violations
from tests.support.clips import Clip, clip
from tests.support.stack import Stack

pytestmark = pytest.mark.browser

WIDTH, HEIGHT, FRAMES, FPS = 640, 360, 30, 15


async def printed(stack: Stack, number: str, kind: str) -> tuple[str, Image.Image]:
    """The code and the picture of one sticker, out of the PDF that operations print."""
    async with await stack.login("admin") as http:
        found = Inventory.model_validate_json(await (await http.get(f"/api/equipment?sought={number}%20{kind}")).read())
        [record] = found.equipment
        headers = {"Origin": stack.url}
        answer = await http.post("/api/stickers", json={"equipment": [record.machine.id]}, headers=headers)
        sheet = await answer.read()
    page = pypdfium2.PdfDocument(sheet)[0].render(scale=3).to_pil().convert("L")
    return record.machine.code, page.crop((0, 0, round(70 / 25.4 * 72 * 3), round(37.5 / 25.4 * 72 * 3)))


def film(path: Path, sticker: Image.Image) -> Path:
    """A kitchen camera's clip (y4m) in which a hand turns the sticker a little before a grey wall."""
    frames = []
    for number in range(FRAMES):
        wall = np.full((HEIGHT, WIDTH), 96, np.uint8)
        picture = Image.fromarray(wall)
        angle = 8 * np.sin(2 * np.pi * number / FRAMES)
        turned = sticker.resize((560, 300)).rotate(angle, expand=True, fillcolor=96)
        picture.paste(turned, (30 + number % 10, 10 + number % 7))
        frames.append(np.asarray(picture))
    grey = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8).tobytes()
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in frames:
            out.write(b"FRAME\n" + frame.tobytes() + grey + grey)
    return path


async def scan(tablet: Page) -> None:
    await tablet.get_by_test_id("scan").click()
    await acts.visible(tablet, "scan-dialog")


@pytest.mark.full_only
async def test_a_printed_sticker_before_the_camera_calls_about_its_machine(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        code, picture = await printed(scene.stack, "0117", "FRYER")
        [read] = zxingcpp.read_barcodes(picture)
        assert read.text == f"{scene.stack.url}/q/{code}"
        camera = film(tmp_path / "sticker.y4m", picture)
        tablet = await scene.browser(Clip(0, camera, clip(1).sound))
        desk = await scene.browser(clip(2), size=(1440, 900))
        store, chen = await tablet.sign_in("store-0117"), await desk.sign_in("chen")
        await scan(store)
        await store.locator(f"[data-testid=scan-found][data-code='{code}']").wait_for(timeout=60_000)
        facts = store.get_by_test_id("scan-found").get_by_test_id("machine-facts")
        assert "OFE-322-0117" in (await facts.text_content() or "")
        await store.get_by_test_id("scan-call").click()
        await acts.visible(chen, "incoming")
        ringing = chen.get_by_test_id("incoming")
        for words in ("双缸炸炉", "Henny Penny", "OFE-322-0117", "保修到 2027-03-31", "总闸在左后方"):
            await ringing.get_by_text(words).first.wait_for()
        await ringing.get_by_test_id("recent-replay").first.wait_for()
        await acts.answer(chen)
        panel = chen.get_by_test_id("machine-panel")
        await panel.get_by_text("OFE-322-0117").first.wait_for()
        async with desk.context.expect_page() as opened:
            await panel.get_by_test_id("recent-replay").first.click()
        replay = await opened.value
        await replay.get_by_test_id("replay").first.wait_for()
        await acts.hang_up(store)
        await acts.ended(chen, "hung_up")
        assert not await violations(store)


async def test_a_code_by_hand_and_the_next_step_where_it_is_none_of_ours(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser()
        store = await tablet.sign_in("store-0117")
        await scan(store)
        await store.get_by_test_id("scan-type").click()
        await store.get_by_test_id("scan-code").fill("0201f-ryero")
        await store.get_by_test_id("scan-find").click()
        await acts.visible(store, "scan-failed")
        await store.goto(f"{tablet.url}/q/0117FRYER0")
        await store.locator("[data-testid=scan-found][data-code='0117FRYER0']").wait_for()
        await store.get_by_test_id("scan-close").click()
        await acts.gone(store, "scan-dialog")
        await acts.visible(store, "call-hq")
        assert not await violations(store)
        scene.expected.append("status of 404 /api/stickers/0201FRYER0")
