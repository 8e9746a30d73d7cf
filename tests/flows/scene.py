"""One flow's stage: the whole real system, and as many browsers as it has people.

async with Scene(tmp_path) as scene:
    tablet = await scene.browser(clip(1))
    store = await tablet.sign_in("store-0117")

At the end every browser's console must be clean, but for what `scene.expected` names.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Playwright

from tests.support.browsers import Browser, Firefox, chromium, firefox, playwright
from tests.support.clips import Clip
from tests.support.network import Network
from tests.support.stack import Stack

DESK = (1440, 900)


class Scene:
    """Owns the system and the browsers; `settings` are those of the system."""

    def __init__(self, directory: Path, **settings: object) -> None:
        self.stack = Stack(directory, **settings)  # type: ignore[arg-type]  # settings are checked by the product
        self.expected = ["status of 401", "status of 409", "status of 410", "status of 503 /api/rooms/"]
        """Parts of console messages that are no fault: who is not signed in yet asks who it is; an offer may arrive
        when the ring it was for is over (410) or answered elsewhere (409), or when a worker that starves beside other
        browsers was silent for too long (503; the client asks again); and more per flow."""
        self._owned = contextlib.AsyncExitStack()
        self.browsers: list[Browser] = []
        self._driver: Playwright | None = None

    async def __aenter__(self) -> Self:
        await self._owned.__aenter__()
        await self._owned.enter_async_context(self.stack)
        self._driver = await self._owned.enter_async_context(playwright())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            await self._picture()
        problems = [problem for browser in self.browsers for problem in browser.problems]
        await self._owned.__aexit__(kind, error, trace)
        if kind is None:
            strange = [problem for problem in problems if not any(part in problem for part in self.expected)]
            assert not strange, strange
        else:
            print("browser consoles:", *problems, sep="\n  ")

    async def _picture(self) -> None:
        """Screenshots of every tab beside the log, for whoever looks into a failure."""
        for number, browser in enumerate(self.browsers):
            for tab, page in enumerate(browser.context.pages):
                with contextlib.suppress(PlaywrightError):
                    path = self.stack.log_file.with_name(f"browser-{number}-{tab}.png")
                    await page.screenshot(path=path, timeout=5_000)
                    print(path, await page.evaluate("JSON.stringify(window.passline?.snapshot() ?? null)"))

    async def browser(
        self,
        shows: Clip | None = None,
        *,
        size: tuple[int, int] = (1280, 800),
        camera: str = "640x360@15",
        language: str = "zh-CN",
        url: str | None = None,
        trusts: Path | None = None,
        flags: Sequence[str] = (),
        network: Network | None = None,
        profile: Path | None = None,
    ) -> Browser:
        """A Chromium of its own; `shows` is what its camera and microphone play, `url` another way to the system.

        `profile` is a directory that outlives it, for the same person's next one.

        `network` is where it is; the system must listen there: `Scene(…, host="0.0.0.0")`.
        """
        assert self._driver is not None
        if network:
            url = f"http://{network.server}:{self.stack.port}"
        picture, sound = (shows.picture, shows.sound) if shows else (None, None)
        browser = await self._owned.enter_async_context(
            chromium(
                self._driver,
                url or self.stack.url,
                picture=picture,
                sound=sound,
                size=size,
                camera=camera,
                language=language,
                trusts=trusts,
                flags=flags,
                network=network,
                profile=profile,
            )
        )
        self.browsers.append(browser)
        return browser

    async def firefox(self) -> Firefox:
        """A Firefox ESR of its own, with its built-in test picture and tone."""
        return await self._owned.enter_async_context(firefox(self.stack.url))
