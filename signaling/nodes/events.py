"""What the links to media workers and the recorder report; implemented by signaling.live.reconcile."""

from collections.abc import Iterable
from typing import Protocol

from contract.ids import RoomId
from contract.nodes import LegFigures, LegReport, RecorderHello, RecordingReport, WorkerHello


class NodeEvents(Protocol):
    """Called from the link's reader; must not wait."""

    def worker_came(self, hello: WorkerHello) -> None:
        """A worker connected, with all that it still holds."""
        ...

    def worker_lost(self, legs: Iterable[LegReport], rooms: Iterable[RoomId]) -> None:
        """A worker's link closed or was silent for too long; these legs are not heard of, these rooms need another."""
        ...

    def leg_changed(self, report: LegReport) -> None: ...

    def leg_measured(self, figures: LegFigures) -> None: ...

    def recorder_came(self, hello: RecorderHello) -> None: ...

    def recording_changed(self, report: RecordingReport) -> None: ...
