"""All endpoints of the HTTP API."""

from signaling.http import archive, operation, people, rooms

ROUTES = [*people.ROUTES, *rooms.ROUTES, *archive.ROUTES, *operation.ROUTES]
