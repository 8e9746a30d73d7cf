"""What a client calls itself, by what browsers really say."""

import pytest

from contract.own_clients import ClientKind
from signaling.domain.clients import described

pytestmark = pytest.mark.unit

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "kind", "name"),
    [
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/141.0.0.0 Safari/537.36",
            "computer",
            "Chrome, Windows",
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
            "computer",
            "Edge, Windows",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/141.0.0.0 Mobile Safari/537.36",
            "phone",
            "Chrome, Android",
        ),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/141.0.0.0 Safari/537.36", "tablet", "Chrome, Android"),
        (
            f"Mozilla/5.0 (Linux; Android 13; S918) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            "phone",
            "Samsung Internet, Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/26.0 Mobile/15E148 Safari/604.1",
            "phone",
            "Safari, iPhone",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " CriOS/141.0.0.0 Mobile/15E148 Safari/604.1",
            "phone",
            "Chrome, iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "computer", "Firefox, Linux"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0", "phone", "Firefox, Android"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0"
            " Safari/605.1.15",
            "computer",
            "Safari, macOS",
        ),
        ("Python/3.11 aiohttp/3.12", "computer", ""),
        ("", "computer", ""),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent: str, kind: str, name: str) -> None:
    assert described(agent) == (ClientKind(kind), name)
