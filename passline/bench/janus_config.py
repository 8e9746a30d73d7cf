"""Janus at its best for forwarding: one event loop, ICE-lite, nothing but the video room and its WebSocket."""

from pathlib import Path

_INSTALLED = "/usr/lib/x86_64-linux-gnu/janus", "/usr/lib/aarch64-linux-gnu/janus", "/usr/lib/janus"
_USED = {"plugins": "libjanus_videoroom", "transports": "libjanus_websockets", "loggers": "", "events": ""}


def libraries() -> Path | None:
    """Where Debian's package keeps what Janus loads; None if it is not installed."""
    return next((Path(path) for path in _INSTALLED if Path(path, "plugins").is_dir()), None)


def write_config(folder: Path, installed: Path, ws_port: int) -> Path:
    """The files that Janus reads, in `folder`; returns the main one."""
    parts = [
        f'general: {{ configs_folder = "{folder}", plugins_folder = "{installed}/plugins",'
        f' transports_folder = "{installed}/transports", loggers_folder = "{installed}/loggers",'
        f' events_folder = "{installed}/events", debug_level = 2, session_timeout = 0, event_loops = 1 }}',
        "nat: { ice_lite = true, ice_tcp = false }",
        "media: { ipv6 = false }",
    ]
    for kind, used in _USED.items():
        names = sorted(path.name for path in (installed / kind).glob("*.so"))
        unused = ",".join(name for name in names if not used or not name.startswith(used))
        parts.append(f'{kind}: {{ disable = "{unused}" }}')
    main = folder / "janus.jcfg"
    main.write_text("\n".join(parts) + "\n")
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
    (folder / "janus.transport.websockets.jcfg").write_text(
        f'general: {{ json = "compact", ws = true, ws_ip = "127.0.0.1", ws_port = {ws_port} }}\n'
    )
    return main
