"""Screenshots of every screen: `python -m tests.flows.screens OUT [--language en] [--size 800x1280] [--camera FILE]`.

`--camera` is a film for the store's camera (any that ffmpeg reads); without it the numbered clip is shown.
"""

import argparse
import asyncio
import subprocess
import tempfile
from pathlib import Path

from tests.flows.scene import Scene
from tests.flows.walk import SETTINGS, walk
from tests.support.clips import Clip, clip


def _film(path: Path, number: int, directory: Path) -> Clip:
    """`path` as a fake camera of 1280x720."""
    picture = directory / f"film-{number}.mjpeg"
    scale = "scale=1280:720:force_original_aspect_ratio=increase,crop=1280:720"
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(path), "-vf", scale, "-r", "30", "-q:v", "4", str(picture)]
    subprocess.run(command, check=True)
    return Clip(number, picture, clip(number).sound)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--language", default="zh-CN")
    parser.add_argument("--size", default="1280x800")
    parser.add_argument("--desk", default="1440x900")
    parser.add_argument("--camera", type=Path)
    parser.add_argument("--desk-camera", type=Path)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    size, desk_size = (tuple(map(int, text.split("x"))) for text in (asked.size, asked.desk))
    with tempfile.TemporaryDirectory(prefix="passline-screens-") as directory:
        store = _film(asked.camera, 1, Path(directory)) if asked.camera else clip(1)
        desk = _film(asked.desk_camera, 2, Path(directory)) if asked.desk_camera else clip(2)
        async with Scene(Path(directory), **SETTINGS) as scene:
            walking = walk(
                scene,
                store,
                desk,
                size=(size[0], size[1]),
                desk_size=(desk_size[0], desk_size[1]),
                language=asked.language,
            )
            async for screen in walking:
                await screen.page.screenshot(path=asked.out / f"{screen.name}.png")


if __name__ == "__main__":
    asyncio.run(main())
