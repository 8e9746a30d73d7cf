"""The media worker's composition root: what is built, in which order it starts and stops."""

import asyncio
import faulthandler
import gc
import signal

from contract.ids import WorkerId
from contract.media import Codec
from contract.nodes import CONTROL_SOCKET, MAX_LINK_BYTES, TAP_SOCKET
from contract.tap import MAX_TAP_BYTES
from media.metrics import MediaMetrics
from media.node import MediaNode
from media.peer.mux import Mux
from media.peer.srtp import PROTECT, UNPROTECT, UNPROTECT_RTCP
from media.plane.base import Plane
from media.plane.native import NativePlane, NoKernel
from media.plane.python import PythonPlane
from media.plane.selector import PlaneSelector
from media.taplink import feed
from runtime import health, link
from runtime.logs import get_logger
from runtime.settings import Settings
from runtime.supervise import TaskScope

log = get_logger(__name__)

GOODBYE_S = 1.2
"""For `moved restarting` and close_notify on every leg; the process is gone within 2 s of SIGTERM."""
COLLECT_AFTER = 20_000
"""Objects more than before. A join makes some thousands that stay: at Python's 700 the collector looks at each of them
several times before it is over, an eighth of what it costs. Large memory is given back without it (`let_go`)."""
END_S = 3.0
"""Whatever hangs, the process ends this long after SIGTERM, and says on stderr where it hung."""


def plane() -> Plane:
    """The native one, or the one in Python with a word in the log."""
    try:
        return NativePlane(PROTECT, UNPROTECT, unprotect_rtcp=UNPROTECT_RTCP)
    except NoKernel as error:
        log.warning("media forwards without its C kernel, at a higher cost", reason=str(error))
        return PythonPlane()


async def run(settings: Settings, index: int, selector: PlaneSelector) -> None:
    """Serve media until SIGTERM or SIGINT, on a loop that waits by `selector`. Raises OSError if the UDP port is
    taken."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end(*_: object) -> None:
        faulthandler.dump_traceback_later(END_S, exit=True)
        loop.call_soon_threadsafe(stop.set)

    # Not by the loop: a callback that never returns would keep the loop from hearing the signal.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    worker = WorkerId(f"media-{index}")
    report = health.Health(worker)
    report.wait_for("control link")
    forwarding = plane()
    mux = Mux(
        settings.media_port + index if settings.media_port else 0, offered=settings.media_addresses, plane=forwarding
    )
    selector.let(forwarding)
    try:
        async with TaskScope(worker) as scope:
            node = MediaNode(
                worker,
                mux,
                scope,
                max_legs=settings.max_legs,
                video_codecs=[Codec(name) for name in settings.video_codec],
                most_load=settings.media_load,
            )
            report.registry.register(MediaMetrics(node))

            async def control(connection: link.Link) -> None:
                report.reached("control link")
                try:
                    await node.control(connection)
                finally:
                    report.wait_for("control link")

            health_server = await health.serve(report, settings.data / "run")
            try:
                async with asyncio.TaskGroup() as tasks:
                    running = [
                        tasks.create_task(node.run_timers(), name="timers"),
                        tasks.create_task(
                            link.keep_connected(
                                settings.data / CONTROL_SOCKET, control, max_record_bytes=MAX_LINK_BYTES
                            ),
                            name="control link",
                        ),
                        tasks.create_task(
                            link.keep_connected(
                                settings.data / TAP_SOCKET,
                                lambda connection: feed(node.rooms, worker, connection),
                                max_record_bytes=MAX_TAP_BYTES,
                            ),
                            name="tap link",
                        ),
                    ]
                    # What start-up made lives for ever: the collector need not look at it while media runs.
                    gc.collect()
                    gc.freeze()
                    gc.set_threshold(COLLECT_AFTER, 10, 10)
                    log.info("media worker is up", worker=worker, udp_port=mux.port, plane=mux.plane.name)
                    await stop.wait()
                    log.info("media worker stops", legs=len(node.rooms.legs))
                    await node.rooms.close_all(timeout_s=GOODBYE_S)
                    for task in running:
                        task.cancel()
            finally:
                health_server.close()
    finally:
        mux.close()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
