"""Frames of presence say what the message would, however often an entry was told before."""

import pytest

from contract.people import Presence, PresenceEntry
from contract.server import PresenceChanged
from signaling.live.presence_frames import PresenceFrames
from tests.signaling.domain.people import CHEN, LIU, NOW, STORE

pytestmark = pytest.mark.unit

ENTRIES = [PresenceEntry(person=person, presence=Presence.FREE, since_ms=NOW) for person in (CHEN, LIU, STORE)]


@pytest.mark.parametrize("entries", [[], ENTRIES[:1], ENTRIES])
def test_a_frame_is_the_message_that_it_stands_for(entries: list[PresenceEntry]) -> None:
    assert PresenceFrames().of(entries) == PresenceChanged(entries=entries).model_dump_json()


def test_somebody_who_changed_is_told_as_they_are() -> None:
    frames = PresenceFrames()
    frames.of(ENTRIES)
    later = [ENTRIES[0].model_copy(update={"presence": Presence.BUSY, "since_ms": NOW + 1}), *ENTRIES[1:]]
    for entries in (later, later[::-1], later):
        assert frames.of(entries) == PresenceChanged(entries=entries).model_dump_json()


def test_of_who_is_gone_nothing_is_kept() -> None:
    frames = PresenceFrames()
    frames.of(ENTRIES)
    frames.keep({LIU.id, STORE.id})
    assert CHEN.id not in repr(vars(frames))
    assert frames.of(ENTRIES) == PresenceChanged(entries=ENTRIES).model_dump_json()
