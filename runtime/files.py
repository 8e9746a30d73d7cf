"""How many files and sockets this process may have open."""

import resource


def raise_file_limit() -> int:
    """Use as many file descriptors as the system lets us; how many that is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
