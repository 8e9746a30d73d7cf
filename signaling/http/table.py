"""All endpoints of the HTTP API."""

from signaling.http import (
    archive,
    audit,
    devices,
    guests,
    ice,
    install,
    invitation,
    operation,
    people,
    people_list,
    quality,
    rooms,
    setup,
    staff,
    stores,
    tokens,
)

ROUTES = [
    *setup.ROUTES,
    *invitation.ROUTES,
    *people.ROUTES,
    *people_list.ROUTES,
    *staff.ROUTES,
    *stores.ROUTES,
    *devices.ROUTES,
    *tokens.ROUTES,
    *rooms.ROUTES,
    *guests.ROUTES,
    *ice.ROUTES,
    *archive.ROUTES,
    *quality.ROUTES,
    *audit.ROUTES,
    *install.ROUTES,
    *operation.ROUTES,
]
