"""A real recorder process between a tap and a control socket that the test holds."""

import asyncio
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from contract.base import decode, encode
from contract.ids import PersonId, RecordingId, RoomId, WorkerId
from contract.media import Codec, Source
from contract.nodes import (
    CONTROL_SOCKET,
    FROM_RECORDER,
    MAX_LINK_BYTES,
    TAP_SOCKET,
    FromRecorder,
    RecorderHello,
    RecordingReport,
    StartRecording,
    StopRecording,
    ToRecorder,
)
from contract.recording import RecordingSummary
from contract.rooms import RecordingState
from contract.tap import (
    MAX_TAP_BYTES,
    TapClose,
    TapFrame,
    TapHello,
    TapMessage,
    TapOpen,
    TapTrack,
    pack_frame,
    pack_message,
)
from media.taplink import TapConnection
from recorder.session import OVER
from runtime import clock, link
from tests.support.encoded import Encoded

STORE, EXPERT, TRAINER, HIRE = PersonId("p-store-0117"), PersonId("p-chen"), PersonId("p-he"), PersonId("p-xiaolin")
ROOM = RoomId("room-1")
PATIENCE_S = 30.0
"""For a busy machine."""


class Tap:
    """What a media worker does on the tap socket, by its own code."""

    def __init__(self, connection: link.Link, recording: RecordingId) -> None:
        self._link = connection
        self._sink = TapConnection(connection)
        self.recording = recording
        self._number = 0

    def say(self, message: TapMessage) -> None:
        self._sink.send(pack_message(message))

    def track(self, participant: PersonId, source: Source, codec: Codec) -> int:
        self._number += 1
        self.say(
            TapTrack(
                recording=self.recording,
                number=self._number,
                participant=participant,
                source=source,
                codec=codec,
                clock_rate_hz=48_000 if codec is Codec.OPUS else 90_000,
                wall_ns=clock.wall_ns(),
            )
        )
        return self._number

    def frame(self, number: int, frame: Encoded, zero_ns: int) -> None:
        self._sink.send(pack_frame(TapFrame(number, frame.key, zero_ns + round(frame.t_s * 1e9), frame.payload)))

    async def play(
        self,
        frames: Iterable[Encoded],
        numbers: tuple[int, int],
        zero_ns: int,
        *,
        paced: bool = False,
        until_s: float = 1e9,
    ) -> None:
        """Send `frames` to the tracks (picture, sound); `paced` in real time, counted from `zero_ns`."""
        for frame in frames:
            if frame.t_s >= until_s:
                break
            if paced:
                await asyncio.sleep(max(0.0, zero_ns / 1e9 + frame.t_s - clock.wall_ns() / 1e9))
            self.frame(numbers[0] if frame.video else numbers[1], frame, zero_ns)
            await self._link.drain()

    async def close(self) -> None:
        """The last record, then the connection."""
        self.say(TapClose(recording=self.recording, wall_ns=clock.wall_ns()))
        await self.cut()

    async def cut(self) -> None:
        """The worker is gone without a word."""
        self._sink.close()
        await self._link.aclose()


class Rig:
    """Plays signaling and media worker to a recorder process of its own."""

    def __init__(self, data: Path, settings: dict[str, object]) -> None:
        self.data = data
        self._settings = settings
        self.reports: list[RecordingReport] = []
        self.hellos: list[RecorderHello] = []
        self.taps: list[Tap] = []
        self.process: asyncio.subprocess.Process | None = None
        self._link: link.Link | None = None

    async def start(self) -> None:
        """Start the recorder and wait for its hello."""
        hellos = len(self.hellos)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PASSLINE_")} | {
            "PASSLINE_DATA": str(self.data),
            **{f"PASSLINE_{key.upper()}": str(value) for key, value in self._settings.items()},
        }
        self.process = await asyncio.create_subprocess_exec(sys.executable, "-m", "recorder", env=environment)
        await until(lambda: len(self.hellos) > hellos, 60)

    async def kill(self, how: signal.Signals = signal.SIGKILL) -> int:
        """End the process; its exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        return await asyncio.wait_for(self.process.wait(), PATIENCE_S)

    async def handle(self, connection: link.Link) -> None:
        self._link = connection
        while True:
            message: FromRecorder = decode(FROM_RECORDER, await connection.receive())
            if isinstance(message, RecorderHello):
                self.hellos.append(message)
                self.reports += message.recordings
            else:
                self.reports.append(message)

    def order(self, order: ToRecorder) -> None:
        assert self._link is not None
        self._link.send(encode(order))

    def order_stop(self, recording: RecordingId) -> None:
        self.order(StopRecording(recording=recording))

    def limit_files(self, size_bytes: int) -> None:
        """From now on no file of the recorder may grow larger: the next write fails as on a full disk."""
        assert self.process is not None
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size_bytes, size_bytes))

    async def begin(self, recording: str, state: RecordingState = RecordingState.RECORDING) -> RecordingId:
        """Order a recording and wait until it runs, or pauses at once."""
        name = RecordingId(recording)
        self.order(StartRecording(recording=name, room=ROOM))
        await until(lambda: self.state(name) is state)
        return name

    async def end(self, recording: RecordingId, timeout_s: float = PATIENCE_S) -> RecordingReport:
        """Order the stop and wait until it is over."""
        self.order(StopRecording(recording=recording))
        return await self.over(recording, timeout_s)

    async def over(self, recording: RecordingId, timeout_s: float = PATIENCE_S) -> RecordingReport:
        await until(lambda: self.state(recording) in OVER, timeout_s)
        return next(report for report in reversed(self.reports) if report.recording == recording)

    def state(self, recording: RecordingId) -> RecordingState | None:
        return next((report.state for report in reversed(self.reports) if report.recording == recording), None)

    async def tap(self, recording: RecordingId, *, epoch: int = 1) -> Tap:
        """Connect as a worker that owns the room since `epoch`, and announce `recording`."""
        reader, writer = await asyncio.open_unix_connection(str(self.data / TAP_SOCKET))
        tap = Tap(link.Link(reader, writer, max_record_bytes=MAX_TAP_BYTES), recording)
        self.taps.append(tap)
        tap.say(TapHello(worker=WorkerId("media-0")))
        tap.say(TapOpen(recording=recording, room=ROOM, epoch=epoch, wall_ns=clock.wall_ns()))
        return tap

    async def written(self, recording: RecordingId, frames: Iterable[Encoded]) -> None:
        """Wait until all of these are in its files."""
        wanted = sum(len(frame.payload) for frame in frames)
        await until(lambda: self.kept_bytes(recording) >= wanted)

    def kept_bytes(self, recording: RecordingId) -> int:
        """What of the participants is on the disk while it is recorded."""
        return sum(path.stat().st_size for path in self.folder(recording).glob("live-*"))

    def folder(self, recording: RecordingId) -> Path:
        return self.data / "objects" / "recordings" / recording


@asynccontextmanager
async def rig(data: Path, **settings: object) -> AsyncIterator[Rig]:
    """A running recorder; killed at the end if it still lives."""
    running = Rig(data, settings)
    server = await link.serve(data / CONTROL_SOCKET, running.handle, max_record_bytes=MAX_LINK_BYTES)
    try:
        await running.start()
        yield running
    finally:
        for tap in running.taps:
            await tap.cut()
        if running.process is not None and running.process.returncode is None:
            await running.kill()
        server.close()


async def until(true: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    """Wait for a condition. Raises TimeoutError."""
    async with asyncio.timeout(timeout_s):
        while not true():  # noqa: ASYNC110 - the condition lies in another process
            await asyncio.sleep(0.01)


def summary_of(report: RecordingReport) -> RecordingSummary:
    assert report.summary is not None, report
    return report.summary
