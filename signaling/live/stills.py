"""Photos at the camera's full resolution: drawn anew, put on the disk whole, then told to the room."""

import asyncio
import errno
import hashlib
import os
from pathlib import Path

from contract.errors import ErrorCode, PasslineError, Rejection
from contract.ids import PersonId, RoomId, StillId
from contract.rooms import Still
from runtime import clock, ids
from runtime.diskspace import free_bytes
from signaling.auth.access import access_room
from signaling.auth.principal import Principal
from signaling.domain.access import visits
from signaling.domain.commands import StillTaken
from signaling.domain.draft import find, seated
from signaling.domain.jpeg import size_px
from signaling.domain.rooms import MAX_STILLS
from signaling.live.redraw import Redraw
from signaling.live.rooms import Rooms

STILLS = Path("objects/stills")
"""Below the data directory."""


class Stills:
    """Takes photos in."""

    def __init__(self, rooms: Rooms, data: Path, *, reserve_bytes: int) -> None:
        """With less than `reserve_bytes` of free disk nothing is taken in."""
        self._rooms = rooms
        self._directory = data / STILLS
        self._redraw = Redraw()
        self._reserve_bytes = reserve_bytes

    async def add(self, who: Principal, room_id: RoomId, asked_by: PersonId | None, jpeg: bytes) -> Still:
        """Keep a photo and tell the room. Raises Rejection, Unavailable or what the room answers."""
        room = access_room(who, self._rooms.get(room_id))
        if visits(seated(room.state, who.id).person):
            raise Rejection(ErrorCode.NOT_FOUND, "a visitor adds no photos")
        if len(room.state.stills) >= MAX_STILLS:
            raise Rejection(ErrorCode.TOO_MANY, f"{MAX_STILLS} stills in this room")
        taken_at = clock.wall_ms()
        clean = await self._redraw.jpeg(jpeg)
        width_px, height_px = size_px(clean)
        still = Still(
            id=StillId(ids.uuid7()),
            by=who.id,
            asked_by=asked_by if asked_by is not None and find(room.state, asked_by) is not None else None,
            taken_at=taken_at,
            width_px=width_px,
            height_px=height_px,
        )
        path = self._directory / still.id
        try:
            sha256 = await asyncio.to_thread(_write, path, clean, self._reserve_bytes)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise Rejection(ErrorCode.DISK_FULL, "no room for a photo") from error
            raise
        taken = StillTaken(still=still, size_bytes=len(clean), sha256=sha256)
        try:
            await room.ask(taken)
        except PasslineError:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise
        return still


def _write(path: Path, data: bytes, reserve_bytes: int) -> str:
    """The whole file or none: written aside, on the disk, then renamed. Returns its SHA-256.

    Raises OSError, ENOSPC with less than the reserve left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if free_bytes(path.parent) < reserve_bytes + len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    aside = path.with_suffix(".part")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
    finally:
        aside.unlink(missing_ok=True)
    return hashlib.sha256(data).hexdigest()
