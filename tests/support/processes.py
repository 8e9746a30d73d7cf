"""Whether another process still lives, asked at any moment of its end."""

import psutil


def alive(process: psutil.Process) -> bool:
    """False too for a zombie that its parent has not asked after, and for one that ends just now."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
