"""What a client calls itself: kind, browser and system, read from its User-Agent, for its own person's eyes only.

Nothing is decided by it. Browsers claim to be each other, so the order of the lists counts.
"""

from contract.own_clients import ClientKind

_SYSTEMS: tuple[tuple[str, str, ClientKind], ...] = (
    ("iPhone", "iPhone", ClientKind.PHONE),
    ("iPad", "iPad", ClientKind.TABLET),
    ("Android", "Android", ClientKind.TABLET),
    ("Windows", "Windows", ClientKind.COMPUTER),
    ("CrOS", "ChromeOS", ClientKind.COMPUTER),
    ("Macintosh", "macOS", ClientKind.COMPUTER),
    ("Linux", "Linux", ClientKind.COMPUTER),
)
_BROWSERS: tuple[tuple[str, str], ...] = (
    ("MicroMessenger/", "WeChat"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)


def described(user_agent: str) -> tuple[ClientKind, str]:
    """Its kind, and its name for a list: `Chrome, Android`; a name of nothing known is empty."""
    system, kind = next(
        ((name, kind) for sign, name, kind in _SYSTEMS if sign in user_agent), ("", ClientKind.COMPUTER)
    )
    if system == "Android" and "Mobile" in user_agent:
        kind = ClientKind.PHONE
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    return kind, ", ".join(part for part in (browser, system) if part)
