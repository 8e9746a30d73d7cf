"""The composition root of the recorder: puts storage, recordings, tap and control link together, and ends them."""

import asyncio
import gc
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from prometheus_client import Gauge

from contract.nodes import CONTROL_SOCKET, MAX_LINK_BYTES, TAP_SOCKET, RecordingReport
from contract.recording import GapReason
from contract.tap import TapKeyframes
from recorder.control import Control
from recorder.intake import Intake
from recorder.recordings import Recordings
from recorder.recover import unfinished
from recorder.storage import Storage
from runtime import clock, health
from runtime.health import Health
from runtime.link import keep_connected
from runtime.logs import get_logger
from runtime.settings import Settings
from runtime.supervise import TaskScope

log = get_logger(__name__)

BEAT_S, SHORT_REST_S = 0.6, 0.02
"""Between two gulps from the tap, each followed by one write; as short as it must be while much comes."""
GULP_BYTES, FULL_BYTES = 112 * 1024, 160 * 1024
"""What a gulp should bring, of the 208 KiB that Linux holds for a socket; from where on more may be behind."""
IDLE_S = 1.0
"""At most until it is seen that signaling ordered something."""


async def run(settings: Settings, stop: asyncio.Event, *, listening: Callable[[], None] = lambda: None) -> None:
    """Record until `stop` is set; then everything on disk is whole and the next start goes on with it.

    `listening` is called once the tap can be connected.
    """
    storage = Storage(settings.data)
    state = Health("recorder")
    recordings = Recordings(
        storage,
        lambda report: _report(control, report),
        state.alarms,
        reserve_bytes=settings.disk_reserve_mb * 1_000_000,
    )
    control = Control(recordings.reports, recordings.order)
    for found in await asyncio.to_thread(unfinished, storage):
        recordings.adopt(found.recording, found.manifest)
    intake = Intake(recordings)
    state.wait_for("tap")
    _metrics(state, recordings)
    async with TaskScope("recorder") as scope:
        intake.listen(settings.data / TAP_SOCKET)
        state.reached("tap")
        server = await health.serve(state, settings.data / "run")
        scope.spawn(_beat(intake, recordings, stop), name="beat")
        scope.spawn(
            keep_connected(settings.data / CONTROL_SOCKET, control.handle, max_record_bytes=MAX_LINK_BYTES),
            name="control",
        )
        # What start-up made lives for ever: the collector need not look at it.
        gc.collect()
        gc.freeze()
        log.info("recorder is up")
        listening()
        try:
            await stop.wait()
        finally:
            server.close()
            intake.close()
    await recordings.aclose()
    log.info("recorder is down")


async def _beat(intake: Intake, recordings: Recordings, stop: asyncio.Event) -> None:
    """The one rhythm of this process: few wake-ups, as each costs more than the writing it starts.

    A frame is on the disk 0.75 s after it came: at most 0.05 in the worker's batch, a beat, 0.1 held for its order.
    """
    rest_s, next_tick = BEAT_S, clock.now()
    try:
        while True:
            rest_s = rest_after(intake.read(), rest_s)
            now = clock.now()
            if now >= next_tick - SHORT_REST_S:
                next_tick = now + BEAT_S
                recordings.tick(now, clock.wall_ns())
                for connection, recording in recordings.wanting_keyframes(now):
                    intake.say(connection, TapKeyframes(recording=recording))
            if recordings.running or not intake.idle:
                await asyncio.sleep(min(rest_s, next_tick - now))
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_S):
                        await intake.stirred.wait()
    finally:
        # Without a beat this process is of no use: it ends, and the supervisor starts another.
        stop.set()


def rest_after(gulp_bytes: int, rested_s: float) -> float:
    """How long to rest until the next gulp, in seconds, if resting `rested_s` brought `gulp_bytes`."""
    if gulp_bytes >= FULL_BYTES:
        return SHORT_REST_S
    return min(BEAT_S, max(SHORT_REST_S, rested_s * GULP_BYTES / max(gulp_bytes, 1)))


def _metrics(state: Health, recordings: Recordings) -> None:
    running = Gauge("passline_recordings_running", "Recordings that are not over.", registry=state.registry)
    running.set_function(lambda: float(recordings.running))
    pending = Gauge("passline_recorder_disk_pending_bytes", "Waiting for the disk.", registry=state.registry)
    pending.set_function(lambda: float(recordings.pending_bytes))
    gaps = Gauge(
        "passline_recording_gaps", "Holes in recordings made safe since the start.", ["reason"], registry=state.registry
    )
    for reason in GapReason:
        gaps.labels(reason).set_function(partial(_gaps, recordings, reason))
    left_out = Gauge("passline_recorder_left_out", "Tap records that belong to no recording.", registry=state.registry)
    left_out.set_function(lambda: float(recordings.left_out))


def _gaps(recordings: Recordings, reason: GapReason) -> float:
    return float(recordings.gaps[reason])


def _report(control: Control, report: RecordingReport) -> None:
    control.report(report)
