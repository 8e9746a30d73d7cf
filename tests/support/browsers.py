"""Real browsers with a camera and a microphone fed from files.

Every Chromium has its own process and profile, because the fake capture files belong to the process. Firefox has no
file capture: it sends its own moving test picture and tone.
"""

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from playwright.async_api import BrowserContext, ConsoleMessage, Page, Playwright, async_playwright

from tests.support.network import Network
from tests.support.ports import free_port
from tests.support.probe import PROBE

with warnings.catch_warnings():
    # Its mozinfo has invalid escapes, which a first import compiles into warnings.
    warnings.simplefilter("ignore")
    from marionette_driver.marionette import Marionette

CHROMIUM = "/usr/bin/chromium"
FIREFOX = "/usr/bin/firefox-esr"
PATIENCE_S = 30.0
"""For what takes a second on an idle machine."""
START_S = 90.0
"""For a browser that starts with a new profile; on an idle machine it takes a few seconds."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--no-default-browser-check",
    "--disable-features=OptimizationHints,MediaRouter,Translate",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--allow-loopback-in-peer-connection",
]


class Browser:
    """One Chromium process of one person."""

    def __init__(self, context: BrowserContext, url: str, language: str, home: Path) -> None:
        self.context = context
        self.home = home
        self.url = url
        self.language = language
        self.problems: list[str] = []
        """Page errors and console errors, to be empty at the end of a flow."""

    async def vanish(self) -> None:
        """kill -9 of all of it: no goodbye, as when a battery is pulled or the system needs the memory."""
        family = [one for one in psutil.process_iter(["cmdline"]) if self._owns(one)]
        gone = asyncio.Event()
        self.context.on("close", lambda _: gone.set())
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        async with asyncio.timeout(PATIENCE_S):
            await gone.wait()

    def _owns(self, process: psutil.Process) -> bool:
        """Whether it was started for this profile: Chromium itself, not who started it."""
        words = process.info["cmdline"] or []
        return f"--user-data-dir={self.home}" in words and "chromium" in words[0]

    async def page(self, path: str = "/") -> Page:
        """A new tab on the product, with the probe in it."""
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.problems.append(f"pageerror {error}"))
        page.on("console", self._said)
        await page.goto(self.url + path)
        return page

    def _said(self, message: ConsoleMessage) -> None:
        """Keep an error. A failed request is said without its address, so that is put where its reason begins."""
        if message.type == "error":
            path = urlsplit(message.location["url"]).path
            self.problems.append(re.sub(r"(?<=status of \d{3}) ", f" {path} ", message.text, count=1))

    async def sign_in(self, login: str, password: str = "passline-demo") -> Page:
        """Sign in through the sign-in page and wait until this person can be called."""
        page = await self.page()
        await page.get_by_test_id("login").fill(login)
        await page.get_by_test_id("password").fill(password)
        await page.get_by_test_id("sign-in").click()
        await connected(page)
        return page


async def connected(page: Page) -> None:
    """Wait until whoever signs in on this page can be called."""
    await page.get_by_test_id("sign-out").first.wait_for(state="attached", timeout=PATIENCE_S * 1000)
    async with asyncio.timeout(PATIENCE_S):
        while await page.evaluate("passline.snapshot().link") != "online":
            await page.wait_for_timeout(20)


@contextlib.asynccontextmanager
async def chromium(
    driver: Playwright,
    url: str,
    *,
    picture: Path | None = None,
    sound: Path | None = None,
    size: tuple[int, int] = (1280, 800),
    camera: str = "640x360@15",
    language: str = "zh-CN",
    autoplay: bool = True,
    profile: Path | None = None,
    trusts: Path | None = None,
    flags: Sequence[str] = (),
    network: Network | None = None,
) -> AsyncIterator[Browser]:
    """A fresh Chromium; `picture` (.y4m or .mjpeg) and `sound` (.wav) play in a loop as camera and microphone.

    `trusts` is an authority (PEM or DER) installed on this device, `flags` are further ones of the command line.
    `camera` is what the product asks the camera for: several encoders share the cores of a small test machine. It runs
    inside `network` if one is given; `url` is then an address there, which it treats like https.
    """
    home = profile or Path(tempfile.mkdtemp(prefix="passline-chromium-"))
    arguments = [*FLAGS, *flags]
    if picture:
        arguments.append(f"--use-file-for-fake-video-capture={picture}")
    if sound:
        arguments.append(f"--use-file-for-fake-audio-capture={sound}")
    if autoplay:
        arguments.append("--autoplay-policy=no-user-gesture-required")
    if trusts:
        await asyncio.to_thread(_install_authority, home, trusts)
    if network:
        arguments.append(f"--unsafely-treat-insecure-origin-as-secure={url}")
    context = await driver.chromium.launch_persistent_context(
        str(home),
        executable_path=network.command(CHROMIUM) if network else CHROMIUM,
        headless=True,
        args=arguments,
        env={**os.environ, "HOME": str(home)},
        chromium_sandbox=False,
        viewport={"width": size[0], "height": size[1]},
        locale=language,
        permissions=["camera", "microphone"],
    )
    await context.add_init_script(f"sessionStorage.setItem('passline.video', '{camera}')")
    await context.add_init_script(PROBE)
    try:
        yield Browser(context, url, language, home)
    finally:
        await context.close()
        if profile is None:
            shutil.rmtree(home, ignore_errors=True)


def _install_authority(home: Path, authority: Path) -> None:
    """As a person would in the device's settings: Chromium on Linux reads this database of its user."""
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True, exist_ok=True)
    certutil = ["certutil", "-d", f"sql:{database}"]
    subprocess.run([*certutil, "-N", "--empty-password"], check=True)
    subprocess.run([*certutil, "-A", "-n", "passline", "-t", "C,,", "-i", str(authority)], check=True)


@contextlib.asynccontextmanager
async def playwright() -> AsyncIterator[Playwright]:
    """The driver of all Chromiums of one test."""
    async with async_playwright() as driver:
        yield driver


FIREFOX_PREFS = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "intl.accept_languages": "zh-CN",
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.aboutwelcome.enabled": False,
    "app.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


class Firefox:
    """One Firefox ESR, driven by Marionette; every call runs in one thread of its own."""

    def __init__(self, port: int, url: str) -> None:
        self.url = url
        self._port = port
        self._marionette = Marionette(host="127.0.0.1", port=port)
        self._thread = ThreadPoolExecutor(1, "firefox")

    async def _run(self, work: Any, *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    async def start(self) -> None:
        await _listening(self._port, within_s=START_S)
        await self._run(self._marionette.start_session)
        self._marionette.timeout.script = 60
        await self.goto("/")

    async def goto(self, path: str) -> None:
        await self._run(self._marionette.navigate, self.url + path)

    async def evaluate(self, expression: str) -> Any:
        """The JSON value of an (async) JavaScript expression, run beside the page with its own globals."""
        script = (
            "const done = arguments[arguments.length - 1];"
            f"(async () => JSON.stringify([await ({expression})]))().then(done, (error) => done('!' + error));"
        )

        def run() -> str:
            return str(self._marionette.execute_async_script(script, sandbox="probe", new_sandbox=False))

        text = await self._run(run)
        if text.startswith("!"):
            raise AssertionError(f"firefox: {text[1:]}")
        return json.loads(text)[0]

    async def click(self, test_id: str) -> None:
        """Once it is there and may be clicked."""
        found = f"document.querySelector('[data-testid=\"{test_id}\"]')"
        await self.wait(f"({found}?.disabled === false)")
        await self.evaluate(f"{found}.click()")

    async def fill(self, test_id: str, text: str) -> None:
        """Type into a field the way a framework notices."""
        await self.evaluate(
            f"(() => {{ const field = document.querySelector('[data-testid=\"{test_id}\"]');"
            f"field.value = {json.dumps(text)};"
            "field.dispatchEvent(new Event('input', { bubbles: true })); })()"
        )

    async def wait(self, expression: str, seconds: float = PATIENCE_S) -> Any:
        """Poll `expression` until it is truthy."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            value = await self.evaluate(expression)
            if value:
                return value
            assert asyncio.get_running_loop().time() < deadline, f"never true in {seconds} s: {expression}"
            await asyncio.sleep(0.1)

    async def sign_in(self, login: str, password: str = "passline-demo") -> None:
        """Sign in through the sign-in page and wait until this person can be called."""
        await self.wait("document.querySelector('[data-testid=sign-in]') !== null")
        await self.fill("login", login)
        await self.fill("password", password)
        await self.click("sign-in")
        await self.wait("window.wrappedJSObject.passline?.snapshot().link === 'online'")

    async def quit(self) -> None:
        await self._run(lambda: self._marionette.delete_session())
        self._thread.shutdown(wait=False)


async def _listening(port: int, *, within_s: float) -> None:
    """Wait for Firefox to open its door (Marionette's own wait leaks sockets). Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while True:
            try:
                _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            await writer.wait_closed()
            return


@contextlib.asynccontextmanager
async def firefox(url: str) -> AsyncIterator[Firefox]:
    """A fresh headless Firefox ESR on the product."""
    home = Path(tempfile.mkdtemp(prefix="passline-firefox-"))
    port = free_port()
    prefs = {**FIREFOX_PREFS, "marionette.port": port}
    (home / "user.js").write_text(
        "".join(f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in prefs.items())
    )
    process = await asyncio.to_thread(_start_firefox, home)
    try:
        browser = Firefox(port, url)
        await browser.start()
        await browser.evaluate(f"(() => {{ {PROBE} ; return true }})()")
        yield browser
        await browser.quit()
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        if process.poll() is None:
            process.kill()
            process.wait()
        shutil.rmtree(home, ignore_errors=True)


def _start_firefox(home: Path) -> "subprocess.Popen[bytes]":
    command = [FIREFOX, "--headless", "--no-remote", "--marionette", "--profile", str(home)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
