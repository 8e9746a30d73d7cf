"""All tables of the control plane; how they change is in migrations/, who reads them in one repository per domain.

Importing one of them imports all: they refer to each other by name.
"""

from signaling.store.tables import (  # noqa: F401
    accounts,
    audit,
    calls,
    devices,
    messages,
    notices,
    organisation,
    people,
    recordings,
    rooms,
)
