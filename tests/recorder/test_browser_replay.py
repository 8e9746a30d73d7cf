"""Recorded parts play and seek in a real browser."""

import asyncio
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from contract.media import Codec, Source
from contract.rooms import RecordingState
from runtime import clock
from tests.recorder.rig import EXPERT, HIRE, STORE, TRAINER, rig, summary_of, until
from tests.support import encoded
from tests.support.browsers import CHROMIUM
from tests.support.flashbeep import READER_JS

EVERY_CODEC = ((STORE, Codec.VP8, 1), (EXPERT, Codec.H264, 2), (TRAINER, Codec.VP9, 3), (HIRE, Codec.AV1, 4))
"""Who shows which clip in it."""

pytestmark = pytest.mark.browser

SEEK_JS = """
async ([name, seconds]) => {
  const video = document.createElement('video');
  video.muted = true;
  video.src = name;
  document.body.append(video);
  await new Promise((done, fail) => { video.onloadeddata = done; video.onerror = () => fail(video.error.message); });
  const read = READER, seen = [];
  for (const at of seconds) {
    // A frame is presented for each seek; ask before seeking, or it may be missed.
    const shown = new Promise((done) => video.requestVideoFrameCallback(done));
    const sought = new Promise((done) => { video.onseeked = done; });
    video.currentTime = at;
    await Promise.all([shown, sought]);
    seen.push(read(video)?.number ?? null);
  }
  await video.play();
  const begun = performance.now();
  while (video.currentTime - seconds.at(-1) <= 0.1 && performance.now() - begun < 20000) {
    await new Promise((done) => setTimeout(done, 50));
  }
  return { seen, duration: video.duration, moved: video.currentTime - seconds.at(-1) };
}
""".replace("READER", READER_JS)


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Files with single byte ranges, as the archive serves them."""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/":
            return self._send(200, b"<!doctype html><body>", "text/html")
        data = Path(self.translate_path(self.path)).read_bytes()
        kind = self.guess_type(self.path)
        asked = self.headers.get("Range", "")
        if not asked.startswith("bytes="):
            return self._send(200, data, kind)
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last or len(data)), len(data) - 1)
        return self._send(206, data[start : end + 1], kind, f"bytes {start}-{end}/{len(data)}")

    def _send(self, status: int, body: bytes, kind: str, place: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Accept-Ranges", "bytes")
        if place:
            self.send_header("Content-Range", place)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_parts_seek_to_the_right_picture_and_play_on(tmp_path: Path) -> None:
    async with rig(tmp_path) as recorder:
        recording = await recorder.begin("call-1")
        tap = await recorder.tap(recording)
        for person, codec, clip in (
            (STORE, Codec.VP8, 1),
            (EXPERT, Codec.H264, 2),
            (TRAINER, Codec.VP9, 3),
            (HIRE, Codec.AV1, 4),
        ):
            numbers = tap.track(person, Source.CAMERA, codec), tap.track(person, Source.MICROPHONE, Codec.OPUS)
            frames = encoded.both(codec, clip, 8.0)
            await tap.play(frames, numbers, clock.wall_ns() - 8_000_000_000)
        await tap.close()
        summary = summary_of(await recorder.end(recording))
        folder = recorder.folder(recording)
    times = [0.5, 6.1, 2.3, 4.98, 1.02]
    with served(folder) as url:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            try:
                page = await browser.new_page()
                await page.goto(url)
                for part in summary.parts:
                    assert await page.evaluate("(mime) => document.createElement('video').canPlayType(mime)", part.mime)
                    result = await page.evaluate(SEEK_JS, [part.file, times])
                    assert result["duration"] == pytest.approx(8.0, abs=0.1)
                    for at, number in zip(times, result["seen"], strict=True):
                        assert number is not None
                        assert abs(number - at * 25) <= 2, (part.file, at, number)
                    assert result["moved"] > 0.1
            finally:
                await browser.close()


async def test_a_part_that_was_recovered_after_a_kill_plays_to_its_end(tmp_path: Path) -> None:
    async with rig(tmp_path) as recorder:
        recording = await recorder.begin("call-2")
        tap = await recorder.tap(recording)
        sent_bytes = 0
        for person, codec, clip in ((STORE, Codec.VP8, 1), (EXPERT, Codec.H264, 2)):
            numbers = tap.track(person, Source.CAMERA, codec), tap.track(person, Source.MICROPHONE, Codec.OPUS)
            frames = encoded.both(codec, clip, 8.0)
            sent_bytes += sum(len(frame.payload) for frame in frames)
            await tap.play(frames, numbers, clock.wall_ns() - 8_000_000_000)
        # The last fragment of an MP4 may wait for a next one: what is on the disk for a second is what a kill leaves.
        await until(lambda: recorder.kept_bytes(recording) > 0.9 * sent_bytes)
        await asyncio.sleep(1.0)
        await recorder.kill()
        await recorder.start()
        summary = summary_of(await recorder.end(recording))
    assert summary.state is RecordingState.RECOVERED
    with served(recorder.folder(recording)) as url:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            try:
                page = await browser.new_page()
                await page.goto(url)
                for part in summary.parts:
                    last = part.duration_s - 0.5
                    result = await page.evaluate(SEEK_JS, [part.file, [2.3, last]])
                    assert result["duration"] == pytest.approx(8.0, abs=0.3)
                    assert abs(result["seen"][1] - last * 25) <= 2
                    assert result["moved"] > 0.1
            finally:
                await browser.close()
