"""Where a browser finds this Passline, for links that it writes about itself."""

from runtime.settings import Settings

EVERYWHERE = ("0.0.0.0", "::")
"""Hosts that mean every address of this machine."""
_HERE = ("127.0.0.1", "::1", *EVERYWHERE)


def own_address(settings: Settings) -> str:
    """The first of `origins`, behind a proxy; else this machine: cameras need https:// or localhost."""
    if settings.origins:
        return settings.origins[0].rstrip("/")
    host = "localhost" if settings.host in _HERE else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
