"""Passwords, their lock, and what was seen before."""

import asyncio
import os
import threading

import pytest

from contract.errors import ErrorCode, Rejection, Unavailable
from runtime import clock
from signaling.auth.limits import WRONG_PER_ADDRESS, WRONG_PER_LOGIN, SignInLimit
from signaling.auth.passwords import AT_ONCE, NICENESS, RETRY_S, WAITING, Passwords
from signaling.auth.seen import Seen
from tests.support.chain import CHEAP

pytestmark = pytest.mark.unit


async def test_a_hash_is_argon2id_and_matches_only_its_password() -> None:
    passwords = Passwords()
    kept = await passwords.hash("门店 密码")
    assert kept.startswith("$argon2id$v=19$m=65536,")
    assert await passwords.matches("门店 密码", kept)
    assert not await passwords.matches("门店密码", kept)


async def test_nobody_has_a_password_that_matches() -> None:
    assert not await Passwords(CHEAP).matches("nobody has this password", None)


async def test_a_damaged_hash_matches_nothing() -> None:
    assert not await Passwords(CHEAP).matches("x", "not a hash")


async def test_an_unknown_name_takes_as_long_as_a_wrong_password() -> None:
    passwords = Passwords()
    kept = await passwords.hash("right")

    async def seconds(against: str | None) -> float:
        started = clock.now()
        await passwords.matches("wrong", against)
        return clock.now() - started

    took = [(await seconds(kept), await seconds(None)) for _ in range(5)]
    # The quickest of each: what else the machine does only adds to it.
    known, unknown = map(min, zip(*took, strict=True))
    assert 0.3 < unknown / known < 3


async def test_hashes_take_turns() -> None:
    running = most = 0

    class Counting(Passwords):
        def _verify(self, kept: str, password: str) -> bool:
            nonlocal running, most
            running += 1
            most = max(most, running)
            result = super()._verify(kept, password)
            running -= 1
            return result

    passwords = Counting(CHEAP)
    kept = await passwords.hash("right")
    assert all(await asyncio.gather(*(passwords.matches("right", kept) for _ in range(20))))
    assert most <= AT_ONCE


async def test_too_many_sign_ins_at_once_are_told_to_come_again() -> None:
    passwords = Passwords(CHEAP)
    kept = await passwords.hash("right")
    at_once = AT_ONCE + WAITING + 10
    outcomes = await asyncio.gather(*(passwords.matches("right", kept) for _ in range(at_once)), return_exceptions=True)
    busy = [outcome for outcome in outcomes if isinstance(outcome, Unavailable)]
    assert {(error.code, error.retry_after_s) for error in busy} == {(ErrorCode.BUSY, RETRY_S)}
    assert len(busy) == 10
    assert outcomes.count(True) == AT_ONCE + WAITING
    assert await passwords.matches("right", kept), "the places are free again"


async def test_hashes_step_back_behind_calls() -> None:
    niceness: list[int] = []
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    class Asking(Passwords):
        def _verify(self, kept: str, password: str) -> bool:
            niceness.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
            return True

    await Asking(CHEAP).matches("x", "y")
    assert niceness == [NICENESS]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own, "and nobody else does"


def locked(limit: SignInLimit, login: str, address: str) -> bool:
    try:
        limit.check(login, address)
    except Rejection as error:
        return error.code is ErrorCode.LOCKED
    return False


def test_a_name_is_locked_from_every_address() -> None:
    limit = SignInLimit()
    for number in range(WRONG_PER_LOGIN):
        assert not locked(limit, "chen", "a")
        limit.wrong("chen", f"address-{number}")
    assert locked(limit, "chen", "somewhere else")
    assert not locked(limit, "liu", "address-1")


def test_an_address_is_locked_for_every_name() -> None:
    limit = SignInLimit()
    for number in range(WRONG_PER_ADDRESS):
        limit.wrong(f"name-{number}", "a")
    assert locked(limit, "chen", "a")
    assert not locked(limit, "chen", "b")


def test_a_signed_in_browser_is_counted_by_itself() -> None:
    limit = SignInLimit()
    for _ in range(WRONG_PER_ADDRESS):
        limit.wrong("chen", "a")
    limit.check("chen", "a", b"browser")
    for _ in range(WRONG_PER_LOGIN):
        limit.wrong("chen", "a", b"browser")
    with pytest.raises(Rejection):
        limit.check("chen", "a", b"browser")
    limit.check("chen", "a", b"another browser")


def test_the_right_password_forgives() -> None:
    limit = SignInLimit()
    for _ in range(WRONG_PER_LOGIN - 1):
        limit.wrong("chen", "a")
    limit.right("chen")
    limit.wrong("chen", "a")
    assert not locked(limit, "chen", "b")


def test_seen_forgets_the_oldest_first() -> None:
    seen = Seen(kept=2)
    assert [seen.first(key) for key in "ababcba"] == [True, True, False, False, True, False, True]
