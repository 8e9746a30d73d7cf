"""A plane with legs that only remember: what each of them got, whichever plane it is."""

from collections import defaultdict

from media.plane.base import EXTENDED, PLAIN, Plane, Target
from media.plane.native import NativePlane
from media.plane.python import PythonPlane
from media.rtp.cache import MediaPacket
from media.rtp.numbering import Numbering
from media.rtp.packet import FIRST_VALUE_AT, build_extensions
from media.rtp.rewrite import Offsets
from media.rtp.vp8 import parse_vp8
from tests.support.wire import Wire

FROM_THE_START = Offsets(0, 0, 0, 0, 0)


class Rig:
    """Legs are known by their ports; their SRTP session has the same number and changes nothing."""

    def __init__(self, *, native: bool, gso: bool = True) -> None:
        self.wire = Wire()
        self.now = 100.0
        self.native = (
            NativePlane(
                self.wire.protect,
                self.wire.unprotect,
                unprotect_rtcp=self.wire.unprotect,
                send=self.wire.send,
                read=self.wire.read,
                gso=gso,
                now=lambda: self.now,
            )
            if native
            else None
        )
        self.plane: Plane = self.native or PythonPlane(now=lambda: self.now)
        self.handles: dict[int, int] = {}
        self._sent: defaultdict[int, list[bytes]] = defaultdict(list)

    def leg(self, port: int, *, fd: int = 5) -> int:
        """The handle of a leg that is reached there."""
        if port not in self.handles:
            handle = self.handles[port] = self.plane.open(port)
            self.plane.aim(handle, fd, ("127.0.0.1", port))
        return self.handles[port]

    def target(
        self,
        port: int,
        *,
        payload_type: int = 96,
        ssrc: int = 1,
        extensions: dict[int, bytes] | None = None,
        offsets: Offsets = FROM_THE_START,
        numbering: Numbering | None = None,
    ) -> Target:
        """A slot of the leg at `port`; with a `numbering` the first of its extensions is for the number."""
        block = build_extensions(extensions or {})
        return Target(
            self._sent[port].append,
            EXTENDED if block else PLAIN,
            payload_type,
            ssrc,
            block,
            offsets.first,
            offsets.sequence,
            offsets.timestamp_ticks,
            offsets if offsets.picture_id or offsets.tl0 else None,
            self.leg(port),
            numbering,
            0 if numbering is None else FIRST_VALUE_AT,
        )

    @property
    def counts(self) -> dict[str, int]:
        """The native plane's."""
        assert self.native is not None
        return self.native.counts

    def got(self, port: int) -> list[bytes]:
        """All packets that came there so far, in order."""
        self.plane.flush()
        return self.wire.packets(port) or self._sent[port]


def media(sequence: int, payload: bytes, *, ticks: int = 0, marker: bool = False, vp8: bool = False) -> MediaPacket:
    """One packet of a publication. Raises ValueError if its VP8 descriptor is damaged."""
    return MediaPacket(sequence, ticks, marker << 7, payload, parse_vp8(payload) if vp8 else None)
