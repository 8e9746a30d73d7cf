"""One pair of tracks on its way to the disk: runs the segment rules and performs what they say."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contract.ids import PersonId
from contract.media import Codec, Source
from contract.recording import GapReason, ManifestGap, ManifestSegment, ManifestSegmentDone
from recorder.disk import Disk
from recorder.journal import Journal
from recorder.mux import LiveFile, extension, open_live
from recorder.segment import Close, Hole, Open, Sample, Segmenter, Write
from recorder.storage import Folder
from runtime.logs import get_logger

log = get_logger(__name__)

PAIRS: dict[Source, tuple[Source, Source]] = {
    Source.CAMERA: (Source.CAMERA, Source.MICROPHONE),
    Source.MICROPHONE: (Source.CAMERA, Source.MICROPHONE),
    Source.SCREEN: (Source.SCREEN, Source.SCREEN_SOUND),
    Source.SCREEN_SOUND: (Source.SCREEN, Source.SCREEN_SOUND),
}
"""Which sources share a file: picture, sound."""
MAX_BROKEN = 10
"""Files that the muxer refused, after which a lane is given up."""


@dataclass
class _File:
    """A live file; `live` belongs to the writing thread."""

    name: str
    path: Path
    live: LiveFile | None = None
    failed: bool = False
    """The disk refused a write: what would follow it does not fit."""


class Lane:
    """Camera and microphone, or screen and its sound, of one participant. Loop's thread only."""

    def __init__(
        self,
        participant: PersonId,
        pair: tuple[Source, Source],
        *,
        folder: Folder,
        disk: Disk,
        journal: Journal,
        next_number: Callable[[], int],
        on_failure: Callable[[OSError], None],
    ) -> None:
        self.participant = participant
        self._pair = pair
        self._folder = folder
        self._disk = disk
        self._journal = journal
        self._next_number = next_number
        self._on_failure = on_failure
        self._segmenter = Segmenter()
        self._codecs: dict[bool, Codec] = {}
        self._file: _File | None = None
        self._broken = 0

    @property
    def live_path(self) -> Path | None:
        """The file that grows now."""
        return self._file.path if self._file else None

    @property
    def left_out(self) -> int:
        """Frames that could not be used."""
        return self._segmenter.left_out

    def track(self, codec: Codec) -> None:
        self._codecs[codec is not Codec.OPUS] = codec
        self._segmenter.track(codec)

    def ended(self, *, video: bool, wall_ns: int) -> None:
        self._segmenter.ended(video=video, wall_ns=wall_ns)

    def lost(self, *, video: bool, reason: GapReason, start_ns: int | None = None) -> None:
        self._segmenter.lost(video=video, reason=reason, start_ns=start_ns)

    def frame(self, sample: Sample) -> None:
        """One frame; it is written after the next `tick`."""
        self._segmenter.frame(sample)

    def tick(self, wall_ns: int) -> None:
        self._segmenter.tick(wall_ns)
        self._perform()

    def wants_keyframe(self) -> bool:
        """Pictures were left out since the last call, for want of a keyframe."""
        return self._segmenter.wants_keyframe()

    def pause(self, reason: GapReason) -> None:
        """Write all that is held and close the file; the next usable frame begins another, after a gap."""
        self._segmenter.pause(reason)
        self._perform()

    def finish(self, wall_ns: int | None = None, *, interrupted: bool = False) -> None:
        """Write all that is held and close the file: at the end of the recording, or of this process."""
        self._segmenter.finish(wall_ns)
        self._perform(interrupted=interrupted)

    def abandon(self) -> None:
        """The disk failed: let go of the file, write nothing more."""
        file, self._file = self._file, None
        if file is not None:
            self._disk.submit(lambda: _close_quietly(file), size_bytes=0, on_error=lambda _: None)

    def _perform(self, *, interrupted: bool = False) -> None:
        for action in self._segmenter.drain():
            match action:
                case Open():
                    self._open(action)
                case Write(samples):
                    self._write(samples)
                case Close(wall_ns):
                    self._close(wall_ns, interrupted=interrupted)
                case Hole(video, start_ns, end_ns, reason):
                    self._journal.add(
                        ManifestGap(
                            participant=self.participant,
                            source=self._pair[0 if video else 1],
                            start_ns=start_ns,
                            end_ns=end_ns,
                            reason=reason,
                        )
                    )

    def _open(self, opening: Open) -> None:
        name = f"live-{self._next_number():04d}.{extension(opening)}"
        file = self._file = _File(name, self._folder.file(name))
        picture = opening.picture
        self._journal.add(
            ManifestSegment(
                file=name,
                participant=self.participant,
                sources=list(self._pair if picture else self._pair[1:]),
                codecs=[*([picture.codec] if picture else []), Codec.OPUS],
                wall_ns=opening.wall_ns,
                width_px=picture.width_px if picture else 0,
                height_px=picture.height_px if picture else 0,
            )
        )
        self._journal.flush()

        def create() -> None:
            file.live = open_live(file.path, opening)

        self._submit(create, 0)

    def _write(self, samples: list[Sample]) -> None:
        file = self._file
        if file is None:
            return

        def write() -> None:
            if file.live is not None and not file.failed:
                try:
                    file.live.write(samples)
                except OSError:
                    file.failed = True
                    raise

        self._submit(write, sum(len(sample.payload) for sample in samples))

    def _close(self, wall_ns: int, *, interrupted: bool) -> None:
        file, self._file = self._file, None
        if file is None:
            return

        def close() -> None:
            if file.live is not None:
                live, file.live = file.live, None
                finished = live.close()
                self._journal.append_in_disk_thread(
                    ManifestSegmentDone(
                        file=file.name,
                        size_bytes=finished.size_bytes,
                        sha256=finished.sha256,
                        wall_ns=wall_ns,
                        interrupted=interrupted,
                    )
                )

        self._submit(close, 0)

    def _submit(self, job: Callable[[], None], size_bytes: int) -> None:
        file = self._file

        def failed(error: Exception) -> None:
            if isinstance(error, OSError):
                self._on_failure(error)
            else:
                self._muxer_refused(file, error)

        self._disk.submit(job, size_bytes=size_bytes, on_error=failed)

    def _muxer_refused(self, file: _File | None, error: Exception) -> None:
        """Damaged frames: this file ends here, the next keyframe begins another."""
        if file is None or file is not self._file:
            return
        log.warning("live file given up", file=file.name, error=type(error).__name__)
        self.abandon()
        self._broken += 1
        self._segmenter = Segmenter()
        if self._broken <= MAX_BROKEN:
            for codec in self._codecs.values():
                self._segmenter.track(codec)


def _close_quietly(file: _File) -> None:
    if file.live is not None:
        file.live.close()
        file.live = None
