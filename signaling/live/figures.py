"""The live side's figures for `/metrics`."""

import shutil
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge

from signaling.live.rooms import Rooms
from signaling.live.sessions import ClientSessions
from signaling.nodes.hub import Hub
from signaling.store.engine import Database


def register(
    registry: CollectorRegistry, sessions: ClientSessions, rooms: Rooms, hub: Hub, database: Database, data: Path
) -> None:
    """Gauges that are read when somebody asks."""

    def gauge(name: str, text: str) -> Gauge:
        return Gauge(f"passline_{name}", text, registry=registry)

    gauge("clients", "Clients with an open WebSocket.").set_function(
        lambda: float(sum(session.connection is not None for session in sessions.everyone()))
    )
    gauge("rooms_open", "Calls and sessions that are open.").set_function(
        lambda: float(sum(room.state.closed_at is None for room in rooms.all()))
    )
    gauge("rooms_held", "Rooms in memory: open, or over and not yet safe.").set_function(
        lambda: float(len(tuple(rooms.all())))
    )
    gauge("workers_connected", "Media workers on the control link.").set_function(lambda: float(hub.workers.count))
    gauge("recorder_connected", "1 if the recorder is on the control link.").set_function(
        lambda: float(hub.recorder.connected)
    )
    gauge("database_waiting", "Writes that wait for the database.").set_function(lambda: float(database.waiting))
    gauge("disk_free_bytes", "Room on the disk of the data directory.").set_function(
        lambda: float(shutil.disk_usage(data).free)
    )
    gauge("disk_total_bytes", "Size of the disk of the data directory.").set_function(
        lambda: float(shutil.disk_usage(data).total)
    )
