"""What the web client offers to whom is what the doors behind it let in."""

import re

import pytest

from contract.people import Role
from signaling.domain.access import roles_for
from signaling.http.table import ROUTES
from tests.house.repository import ROOT

pytestmark = pytest.mark.unit

FETCHES = {
    "/admin/people": "/api/people",
    "/admin/stores": "/api/stores",
    "/admin/equipment": "/api/equipment",
    "/admin/health": "/api/self-tests",
    "/admin/routing": "/api/routing",
    "/admin/policies": "/api/policies",
    "/admin/bots": "/api/bots",
    "/admin/rings": "/api/rings",
    "/admin/timings": "/api/timings",
    "/admin/tokens": "/api/tokens",
    "/audit": "/api/audit",
}
"""What a page fetches first."""
_PLACE = re.compile(r"{ ?path: '([^']+)', word: '[^']+', roles: \[([^\]]*)\],?( whole: true)?,? ?}")


def test_a_page_is_offered_to_exactly_those_whom_its_door_lets_in() -> None:
    source = " ".join((ROOT / "web/src/ui/desk/places.ts").read_text().split())
    offered: dict[str, tuple[set[Role], bool]] = {}
    for path, roles, whole in _PLACE.findall(source):
        if path in FETCHES or path.startswith("/admin/"):
            before, _ = offered.get(path, (set(), False))
            offered[path] = (before | {Role(role) for role in re.findall(r"'(\w+)'", roles)}, bool(whole))
    doors = {route.path: route for route in ROUTES if route.method == "GET"}
    expected = {}
    for path in offered:
        route = doors[FETCHES[path]]
        assert route.act is not None
        expected[path] = (set(roles_for(route.act)) - {Role.STORE}, route.whole)
    assert offered == expected
    assert offered.keys() == FETCHES.keys()
