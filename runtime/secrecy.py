"""Which addresses may be told a secret."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def carries_secrets(url: str) -> bool:
    """Whether nobody in between reads what is sent there: https, or this machine itself."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or ""))


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
