"""Which media worker a room belongs to, and since when: the lease, without IO.

A room is placed on the worker with the fewest legs when its first leg opens and stays there until that worker is lost.
Each new owner gets a higher *epoch*. Whoever comes back with a lower one finds his room elsewhere: signaling closes his
legs, the recorder refuses his frames. Epochs begin at the wall clock in ms, so that they grow over a restart of
signaling too; what workers say at their hello corrects a clock that went back.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from contract.ids import RoomId, WorkerId


@dataclass(frozen=True, slots=True)
class Home:
    """The owner of a room; `worker` is None after it was lost and before another one took over."""

    worker: WorkerId | None
    epoch: int
    moved: bool = False
    """It had another owner before: a call that ran is let in wherever it goes."""


class Placement:
    """All rooms that have, or had, media. `forget` a room once it is closed."""

    def __init__(self) -> None:
        self._homes: dict[RoomId, Home] = {}

    def home(self, room: RoomId) -> Home | None:
        return self._homes.get(room)

    def place(self, room: RoomId, loads: Mapping[WorkerId, int], wall_ms: int) -> Home:
        """The owner of `room`; if it has none, a new one: that with the fewest legs of `loads`, which must not be empty
        then."""
        known = self._homes.get(room)
        if known is None or known.worker is None:
            epoch = wall_ms if known is None else max(wall_ms, known.epoch + 1)
            known = self._homes[room] = Home(
                min(loads, key=lambda worker: loads[worker]), epoch, moved=known is not None
            )
        return known

    def claim(self, room: RoomId, worker: WorkerId, epoch: int) -> bool:
        """`worker` says that it holds `room` since `epoch`. False if the room went elsewhere after that."""
        known = self._homes.get(room)
        if known is None or epoch > known.epoch or (epoch == known.epoch and known.worker in (None, worker)):
            self._homes[room] = Home(worker, epoch)
            return True
        return False

    def lost(self, worker: WorkerId) -> list[RoomId]:
        """The worker is gone; its rooms, which have no owner now."""
        rooms = [room for room, home in self._homes.items() if home.worker == worker]
        for room in rooms:
            self._homes[room] = Home(None, self._homes[room].epoch)
        return rooms

    @property
    def homeless(self) -> list[RoomId]:
        """Rooms whose worker was lost and that nobody took over yet."""
        return [room for room, home in self._homes.items() if home.worker is None]

    def forget(self, room: RoomId) -> None:
        self._homes.pop(room, None)
