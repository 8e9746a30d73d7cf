"""What happens around a call: a tablet changes hands, a call in vain or waiting, hold, a guest, another device."""

from collections.abc import AsyncIterator

from playwright.async_api import Page

from tests.flows import acts
from tests.flows.walks.screen import Screen
from tests.support.browsers import Browser

OWN_PIN, WRONG_PIN = "2846", "9204"
"""The first one is the sample chain's."""


async def in_vain(store: Page) -> AsyncIterator[Screen]:
    """Nobody is there: the store is promised a call."""
    await store.get_by_test_id("call-equipment").click()
    await acts.visible(store, "promised")
    yield Screen("summary-promised", store)
    await store.get_by_test_id("home").click()
    await acts.visible(store, "call-hq")
    yield Screen("store-home-promised", store)


async def callback(expert: Page) -> AsyncIterator[Screen]:
    """Headquarters has promised a call, somebody takes it over and says that it is done."""
    await acts.visible(expert, "callback-take")
    yield Screen("console-callback", expert)
    await expert.get_by_test_id("callback-take").click()
    await acts.visible(expert, "callback-done")
    yield Screen("console-callback-taken", expert)
    await expert.get_by_test_id("callback-done").click()
    await acts.gone(expert, "callbacks")


async def hands(store: Page) -> AsyncIterator[Screen]:
    """Somebody takes the tablet over with a PIN, wrong at first, and hands it back."""
    await store.get_by_test_id("who-are-you").click()
    await acts.visible(store, "taker-p-meng")
    yield Screen("pin-who", store)
    await store.get_by_test_id("taker-p-meng").click()
    await _typed(store, WRONG_PIN)
    await store.get_by_test_id("pin-problem").get_by_text("PIN").wait_for()
    yield Screen("pin-pad", store)
    await _typed(store, OWN_PIN)
    await acts.visible(store, "holder")
    yield Screen("store-home-taken", store)
    await store.get_by_test_id("hand-back").click()
    await acts.visible(store, "who-are-you")


async def _typed(store: Page, pin: str) -> None:
    for digit in pin:
        await store.get_by_test_id(f"pin-{digit}").click()
    await store.get_by_test_id("pin-done").click()


async def called(expert: Page, store: Page) -> AsyncIterator[Screen]:
    """Headquarters calls the store, which cannot answer now."""
    await expert.get_by_test_id("nav-call").click()
    await expert.get_by_test_id("store-search").fill("jas")
    await expert.get_by_test_id("call-store").click()
    await acts.visible(expert, "call-store-yes")
    yield Screen("call-dialog", expert)
    await expert.get_by_test_id("call-store-yes").click()
    await acts.visible(store, "called")
    await acts.visible(expert, "calling")
    yield Screen("called", store)
    yield Screen("calling", expert)
    await store.get_by_test_id("decline").click()
    await acts.visible(expert, "summary")
    yield Screen("summary-calling", expert)
    await expert.get_by_test_id("home").click()


async def colleague(expert: Page, spare: Browser) -> AsyncIterator[Screen]:
    """Somebody at headquarters calls somebody else there, who misses it."""
    zhang = await spare.sign_in("zhang")
    await expert.get_by_test_id("nav-call").click()
    await acts.visible(expert, "people")
    yield Screen("directory", expert)
    await expert.get_by_test_id("call-p-zhang").click()
    await acts.visible(zhang, "accept")
    await acts.visible(expert, "calling")
    yield Screen("console-colleague", zhang)
    yield Screen("calling-colleague", expert)
    await expert.get_by_test_id("cancel").click()
    await expert.get_by_test_id("home").click()
    await acts.visible(zhang, "missed-call")
    yield Screen("console-missed", zhang)
    await zhang.close()
    await spare.context.clear_cookies()


async def booked(expert: Page, store: Page) -> AsyncIterator[Screen]:
    """The store says when it wants to be called."""
    await store.get_by_test_id("book").click()
    await store.locator("[data-testid^=book-at-]").nth(1).check()
    yield Screen("book", store)
    await store.get_by_test_id("book-yes").click()
    await store.get_by_test_id("booking-change").wait_for()
    await acts.visible(expert, "callbacks")
    yield Screen("store-home-booked", store)
    yield Screen("console-booked", expert)
    await store.get_by_test_id("booking-change").click()
    await store.locator("[data-testid^=book-at-]").first.wait_for()
    yield Screen("book-change", store)
    await store.keyboard.press("Escape")
    await acts.gone(store, "book-dialog")


async def held(expert: Page, store: Page) -> AsyncIterator[Screen]:
    """The store waits with music."""
    await expert.get_by_test_id("hold").click()
    await acts.visible(expert, "on-hold")
    await acts.visible(store, "waits")
    yield Screen("hold-expert", expert)
    yield Screen("hold-store", store)
    await expert.get_by_test_id("resume").click()
    await acts.gone(store, "waits")


async def devices(expert: Page, second: Browser) -> AsyncIterator[Screen]:
    """The call could go on at another device of the same person, which is asked and does not want to."""
    elsewhere = await second.sign_in("chen")
    await acts.visible(elsewhere, "rejoin")
    yield Screen("console-elsewhere", elsewhere)
    await expert.get_by_test_id("continue-on").click()
    await acts.visible(expert, "continue-on-dialog")
    yield Screen("continue-on", expert)
    await expert.locator("button[data-testid^=continue-on-]").click()
    await acts.visible(elsewhere, "go-on-here")
    yield Screen("go-on-here", elsewhere)
    await elsewhere.get_by_test_id("not-here").click()
    await acts.gone(elsewhere, "go-on-here")
    await expert.keyboard.press("Escape")
    await elsewhere.close()


async def waits(waiting: Page, expert: Page) -> AsyncIterator[Screen]:
    """Everybody is in a call: another store waits, says that it is urgent, and rather is called back."""
    await acts.call(waiting)
    await acts.visible(waiting, "queue-position")
    yield Screen("waiting", waiting)
    await waiting.get_by_test_id("urgent").click()
    await acts.visible(waiting, "urgent-yes")
    yield Screen("urgent", waiting)
    await waiting.get_by_test_id("urgent-yes").click()
    await acts.visible(waiting, "is-urgent")
    yield Screen("waiting-urgent", waiting)
    await acts.visible(expert, "urgent-later")
    yield Screen("call-expert-urgent", expert)
    await expert.get_by_test_id("urgent-later").click()
    await waiting.get_by_test_id("leave-queue").click()
    await acts.visible(waiting, "summary")
    yield Screen("summary-left-queue", waiting)


async def guest(expert: Page, browser: Browser) -> AsyncIterator[Screen]:
    """A vendor's technician comes by a link."""
    await expert.get_by_test_id("bring-in").click()
    await acts.visible(expert, "bring-in-dialog")
    yield Screen("bring-in", expert)
    await expert.keyboard.press("Escape")
    await expert.get_by_test_id("invite-visitor").click()
    await acts.visible(expert, "visit-make")
    yield Screen("invite", expert)
    await expert.get_by_test_id("visit-make").click()
    address = await expert.get_by_test_id("visit-address").text_content()
    assert address is not None
    yield Screen("invite-link", expert)
    await expert.get_by_test_id("visit-close").click()
    visitor = await browser.page("/g#" + address.rpartition("/g#")[2])
    await acts.visible(visitor, "visit-preview")
    yield Screen("visit", visitor)
    await visitor.get_by_test_id("visit-name").fill("王师傅")
    await visitor.get_by_test_id("visit-company").fill("Rational")
    await visitor.get_by_test_id("visit-go").click()
    await acts.visible(visitor, "visit-waiting")
    await acts.visible(expert, "admit")
    yield Screen("visit-waiting", visitor)
    yield Screen("call-expert-knock", expert)
    await expert.get_by_test_id("admit").click()
    await acts.visible(visitor, "hang-up")
    await visitor.wait_for_timeout(2_000)
    yield Screen("call-visitor", visitor)
    yield Screen("call-expert-guest", expert)
    await visitor.get_by_test_id("hang-up").click()
    await acts.gone(visitor, "call")
    yield Screen("visit-over", visitor)
