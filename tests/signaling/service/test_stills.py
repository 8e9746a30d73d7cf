"""Photos: only JPEG, only from who is there, told once they are on the disk."""

import io
from pathlib import Path

import pytest
from PIL import Image

from contract.client import AskStill
from contract.errors import ErrorCode
from contract.rooms import Still
from contract.server import RoomDelta
from signaling.domain.jpeg import size_px
from tests.signaling.service.world import World, answered
from tests.support.clients import new_cid

JPEG = {"Content-Type": "image/jpeg"}


def jpeg(width: int, height: int, *, progressive: bool = False) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(out, "JPEG", progressive=progressive)
    return out.getvalue()


@pytest.mark.unit
def test_the_size_is_read_from_the_headers() -> None:
    assert size_px(jpeg(640, 360)) == (640, 360)
    assert size_px(jpeg(33, 77, progressive=True)) == (33, 77)


@pytest.mark.unit
def test_every_truncation_of_the_headers_is_refused() -> None:
    whole = jpeg(64, 64)
    frame = whole.index(b"\xff\xc0")
    for length in range(frame + 10):
        with pytest.raises(ValueError):
            size_px(whole[:length])


@pytest.mark.unit
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xff\xd8" + b"\xff" * 5_000_00,
        b"\xff\xd8" + b"\xff\xe0\x00\x02" * 5_000,
        b"\xff\xd8\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x11\x00\x00",
        b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x00\x00\x10\x01\x11\x00\x00",
        b"\xff\xd8\xff\xd9",
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        size_px(data)


@pytest.mark.flow
async def test_a_still_is_asked_taken_told_and_served(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, chen, liu = [await world.tab(login) for login in ("store-0117", "chen", "liu")]
    room = await answered(store, chen)
    await chen.do(AskStill(cid=new_cid(), room=room, of=store.person))
    await store.until(
        lambda: any(isinstance(m, RoomDelta) and m.event.type == "still_requested" for m in store.heard), "the wish"
    )
    picture = jpeg(4000, 3000)
    path = f"/api/rooms/{room}/stills"
    answer = await store.browser.post(f"{path}?asked_by={chen.person}", data=picture, headers=JPEG)
    assert answer.status == 201, answer.body
    still = answer.read(Still)
    assert (still.width_px, still.height_px, still.asked_by) == (4000, 3000, chen.person)
    await chen.room(lambda state: state.stills == [still], "told")
    for who, status in ((chen, 200), (store, 200), (liu, 404)):
        served = await who.browser.get(f"{path}/{still.id}")
        assert served.status == status
        assert status != 200 or Image.open(io.BytesIO(served.body)).size == (4000, 3000)
    with monkeypatch.context() as patched:
        patched.setattr("signaling.live.stills.free_bytes", lambda _path: 1_000_000)
        refused = await store.browser.post(path, data=picture, headers=JPEG)
        assert (refused.status, refused.code) == (507, ErrorCode.DISK_FULL)
    for body, code in ((b"no picture", ErrorCode.BAD_PICTURE), (b"x" * (12 * 1024 * 1024 + 1), ErrorCode.TOO_LARGE)):
        assert (await store.browser.post(path, data=body, headers=JPEG)).code is code
    assert (await liu.browser.post(path, data=picture, headers=JPEG)).code is ErrorCode.NOT_FOUND
    assert [file.name for file in (tmp_path / "objects/stills").iterdir() if file.name == still.id] == [still.id]
