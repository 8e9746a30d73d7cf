"""`passline break-glass`: an administrator's emergency sign-in, for whoever has this server's shell."""

import sys
from typing import Annotated

from cyclopts import Parameter

from passline.chain import Where, carry_out
from runtime.address import own_address
from signaling.auth.break_glass import LIFE_MS, BreakGlass
from signaling.store.engine import Database
from signaling.store.organisation import By

At = Annotated[Where, Parameter(name="*")]
HERE = Where()


def break_glass(login: str, *, at: At = HERE) -> int:
    """Print a link with which an administrator signs in once, within 15 minutes, without password or provider.

    For when nobody can: the identity provider is down and nobody knows a password. It changes nothing else. That it was
    made and that it was used is in the audit, and using it in the log.

    Parameters
    ----------
    login
        Of an administrator of the whole chain.
    """

    async def work(database: Database) -> str:
        return await BreakGlass(database).make(login, By())

    secret = carry_out(at, work, about=login)
    print(f"{own_address(at.settings())}/break-glass#{secret}")
    print(f"Works once, for {LIFE_MS // 60_000} minutes. This is in the audit.", file=sys.stderr)
    return 0
