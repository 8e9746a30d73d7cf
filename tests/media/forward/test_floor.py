"""A session with more open microphones than floor sounds, in virtual time: who is heard, how soon, and for how long."""

from itertools import pairwise
from random import Random

import pytest

from contract.data import Slots
from contract.media import Source
from tests.media.forward.seen import assert_continuous
from tests.media.forward.sounding import Listener, Speaker, listening, speaking
from tests.media.forward.world import World

pytestmark = pytest.mark.link

STORES = 12
PLACES = 3
HEARD_WITHIN_S = 0.3
LOUD, ROOM_NOISE = 30, 62
"""-dBov: a voice, and a shop that is open."""


class Talker:
    """Opens the microphone of a store; says words with pauses between them while it `talks`."""

    def __init__(self, world: World, number: int, *, dtx: bool = False, noise: int = ROOM_NOISE) -> None:
        speaker = world.join(f"store-{number}", kind=Speaker, parts=speaking(first_ssrc=10_000 * number))
        assert isinstance(speaker, Speaker)
        speaker.sent[Source.CAMERA].on = False
        speaker.dtx, speaker.level = dtx, noise
        self.speaker = speaker
        self.name = speaker.participant
        self.talks = False
        self._noise = noise
        self._random = Random(number)
        self._word_ends = 0.0
        self._world = world
        world.every(0.02, self._breathe)

    def _breathe(self) -> None:
        now = self._world.now
        if now > self._word_ends + 0.4:
            self._word_ends = now + 0.2 + self._random.random()
        word = self.talks and now < self._word_ends
        self.speaker.level = (LOUD if word else self._noise) + self._random.randrange(-3, 4)

    def begin(self) -> None:
        """With a word."""
        self.talks = True
        self._word_ends = self._world.now + 0.6


def session(*, dtx: bool = False) -> tuple[World, Listener, list[Talker]]:
    """One who listens and shows only the trainer, who is silent; twelve stores with open microphones."""
    world = World()
    trainer = world.join("trainer", host=True, parts=speaking(first_ssrc=500))
    trainer.sent[Source.CAMERA].on = False
    listener = world.join("listener", kind=Listener, parts=listening(floor=PLACES, first_ssrc=200_000), publishes=False)
    assert isinstance(listener, Listener)
    stores = [Talker(world, number, dtx=dtx) for number in range(1, STORES + 1)]
    world.run(3)
    return world, listener, stores


def on_floor(message: Slots, listener: Listener) -> list[str | None]:
    """Whom a message names in the floor slots."""
    mids = [heard.section.mid for heard in listener.heard.values() if heard.section.floor is not None]
    return [next(fill.participant for fill in message.slots if fill.mid == mid) for mid in mids]


def floors(listener: Listener, *, since: int = 0) -> list[list[str | None]]:
    """The floor as each message told it, from number `since` on."""
    return [on_floor(message, listener) for message in listener.told if isinstance(message, Slots)][since:]


def heard_after(world: World, listener: Listener, talker: Talker, began: float) -> float | None:
    """How long after it began the listener got the first sound of `talker` that was said since then."""
    said = {(talker.name, frame) for frame, at in talker.speaker.said.items() if at >= began}
    times = [at for there in listener.sound_at.values() for sound, at in there.items() if sound in said]
    return min(times) - began if times else None


@pytest.mark.parametrize("dtx", [False, True], ids=["all the time", "dtx"])
def test_only_as_many_as_there_are_places_are_forwarded_and_who_begins_is_heard_at_once(*, dtx: bool) -> None:
    world, listener, stores = session(dtx=dtx)
    settled = len(floors(listener)) - 1
    for talker in (stores[3], stores[8], stores[11], stores[6]):
        world.run(1)
        talker.begin()
        began, told = world.now, len(floors(listener))
        world.run(HEARD_WITHIN_S)
        assert talker.name in floors(listener)[-1], "has its place"
        after_s = heard_after(world, listener, talker, began)
        assert after_s is not None
        assert after_s <= HEARD_WITHIN_S
        assert len(floors(listener)) <= told + 1, "nobody else moved"
        world.run(2)
        talker.talks = False
    assert all(len(set(names)) == PLACES for names in floors(listener)[settled:])
    slots = [heard for heard in listener.heard.values() if heard.packets]
    assert len(slots) == PLACES + 1, "the trainer's, and the floor"
    for heard in slots:
        assert_continuous(heard)


def test_as_many_talkers_as_places_keep_them_through_every_pause() -> None:
    world, listener, stores = session()
    for talker in stores[4 : 4 + PLACES]:
        talker.begin()
    world.run(2)
    told = len(floors(listener))
    assert set(floors(listener)[-1]) == {talker.name for talker in stores[4 : 4 + PLACES]}
    world.run(6)
    assert len(floors(listener)) == told, "no flapping"


def test_more_talkers_than_places_wait_for_a_pause_and_do_not_flap() -> None:
    world, listener, stores = session()
    for talker in stores:
        talker.begin()
    world.run(2)
    told = len(floors(listener))
    world.run(6)
    assert len(floors(listener)) == told, "who holds the floor keeps it while it talks"
    [first, *_] = [talker for talker in stores if talker.name in floors(listener)[-1]]
    first.talks = False
    world.run(3)
    assert first.name not in floors(listener)[-1]
    assert len(floors(listener)) == told + 1


def test_a_fan_beside_a_microphone_holds_no_place() -> None:
    world, listener, stores = session()
    noisy = stores[:PLACES]
    for talker in noisy:
        talker._noise = 40
    world.run(16)
    stores[9].begin()
    world.run(HEARD_WITHIN_S)
    assert stores[9].name in floors(listener)[-1]


def test_the_floor_changes_one_place_at_a_time() -> None:
    world, listener, stores = session()
    settled, random = len(floors(listener)) - 1, Random(1)
    for _ in range(12):
        random.choice(stores).begin()
        world.run(1 + random.random())
        for talker in stores:
            talker.talks = talker.talks and random.random() < 0.5
    for before, after in pairwise(floors(listener)[settled:]):
        stayed = [name for name in before if name in after]
        assert [after.index(name) for name in stayed] == [before.index(name) for name in stayed], "nobody moves"
