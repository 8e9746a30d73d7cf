"""All endpoints of the HTTP API."""

from signaling.http import archive, ice, install, operation, people, rooms, setup

ROUTES = [
    *setup.ROUTES,
    *people.ROUTES,
    *rooms.ROUTES,
    *ice.ROUTES,
    *archive.ROUTES,
    *install.ROUTES,
    *operation.ROUTES,
]
