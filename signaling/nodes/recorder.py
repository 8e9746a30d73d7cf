"""The link to the recorder: what it is to record, and how far it is."""

from typing import assert_never

from contract.base import decode, encode
from contract.errors import ErrorCode, ProtocolViolation
from contract.nodes import FROM_RECORDER, RecorderHello, RecordingReport, StartRecording, StopRecording
from runtime.link import Link, LinkClosed
from runtime.logs import get_logger
from signaling.nodes.events import NodeEvents

log = get_logger(__name__)


class Recorder:
    """The one recorder of this machine, if it is connected."""

    def __init__(self) -> None:
        self._link: Link | None = None

    @property
    def connected(self) -> bool:
        return self._link is not None

    def tell(self, message: StartRecording | StopRecording) -> None:
        """Queue a message. If the recorder is away it is said again after its hello."""
        if self._link is None:
            return
        try:
            self._link.send(encode(message))
        except LinkClosed:
            log.info("recorder is gone", recording=message.recording)

    async def serve(self, link: Link, hello: RecorderHello, events: NodeEvents) -> None:
        """One connection of the recorder, until it closes; a newer one takes over."""
        self._link = link
        log.info("recorder connected", recordings=len(hello.recordings))
        events.recorder_came(hello)
        try:
            while True:
                message = decode(FROM_RECORDER, await link.receive())
                match message:
                    case RecordingReport():
                        events.recording_changed(message)
                    case RecorderHello():
                        raise ProtocolViolation(ErrorCode.BAD_MESSAGE, "a second hello")
                    case _:
                        assert_never(message)
        finally:
            if self._link is link:
                self._link = None
                log.warning("recorder lost")
