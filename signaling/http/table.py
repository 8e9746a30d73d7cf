"""All endpoints of the HTTP API."""

from signaling.http import archive, install, operation, people, rooms, setup

ROUTES = [
    *setup.ROUTES,
    *people.ROUTES,
    *rooms.ROUTES,
    *archive.ROUTES,
    *install.ROUTES,
    *operation.ROUTES,
]
