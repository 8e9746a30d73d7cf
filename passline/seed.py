"""Writes the sample chain into the database of the environment's settings: `python -m passline.seed`.

A program of its own, because what it imports would stay in the supervisor's memory. What is there already stays as it
is, so it may run at every start.
"""

import asyncio
import sys

from contract.ids import PersonId
from contract.people import Name, Person
from passline import demo, demo_call
from passline.demo_equipment import machines
from runtime import clock, logs
from runtime.settings import Settings, SettingsError, load
from signaling.store.seed import ChainSeed, PersonSeed, RegionSeed, seed

CALLED_BEFORE_MS = 26 * 3600 * 1000
"""How long before the first start the sample call was."""


def chain(now_ms: int) -> ChainSeed:
    """The sample chain, with its call a day before `now_ms` (UTC)."""
    people = {
        one.id: Person(
            id=one.id,
            role=one.role,
            name=one.name,
            title=one.title,
            department=one.department,
            store=one.store,
            skills=list(one.skills),
        )
        for one in demo.PEOPLE
    }
    call = demo_call.room(people[PersonId("p-store-0117")], people[PersonId("p-chen")], now_ms - CALLED_BEFORE_MS)
    return ChainSeed(
        name=Name(zh="百味连锁", en="Baiwei Kitchens"),
        regions=[RegionSeed(id, name) for id, name in demo.REGIONS.items()],
        stores=list(demo.STORES),
        people=[PersonSeed(people[one.id], one.login, demo.PASSWORD, one.region, one.pin) for one in demo.PEOPLE],
        rooms=[call],
        equipment=machines(),
    )


async def run(settings: Settings) -> None:
    """Files first: an archive entry never lacks them."""
    sample = chain(clock.wall_ms())
    for room in sample.rooms:
        if room.recording is not None:
            demo_call.place_files(settings.data / "objects", room.recording)
    await seed(settings, sample)


def main() -> int:
    """The exit status."""
    try:
        settings = load()
    except SettingsError as error:
        print(f"passline: {error}", file=sys.stderr)
        return 2
    logs.setup_by("seed", settings)
    asyncio.run(run(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
