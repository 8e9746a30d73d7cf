"""The API's description: complete, closed in itself, and the one from which TypeScript is made."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from contract.client import CLIENT_MESSAGE
from contract.server import SERVER_MESSAGE
from signaling.http.openapi import document
from signaling.http.table import ROUTES

pytestmark = pytest.mark.unit


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_leads_to_a_schema() -> None:
    made = document(ROUTES)
    names = {f"#/components/schemas/{name}" for name in made["components"]["schemas"]}
    assert set(references(made)) <= names


def test_every_route_is_described_with_summary_answers_and_errors() -> None:
    made = document(ROUTES)
    for route in ROUTES:
        operation = made["paths"][route.path][route.method.lower()]
        assert operation["summary"].endswith(".")
        assert str(route.status) in operation["responses"]
        if route.second is not None:
            status, kind = route.second
            assert kind in operation["responses"][str(status)]["content"]
        if route.act is not None:
            assert "401" in operation["responses"]
        if route.bearer:
            assert route.method == "OPTIONS" or "401" in operation["responses"]
        elif route.writes:
            assert "foreign_origin" in operation["responses"]["403"]["description"]
    identifiers = [op["operationId"] for path in made["paths"].values() for op in path.values()]
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.parametrize(("name", "adapter"), [("ClientMessage", CLIENT_MESSAGE), ("ServerMessage", SERVER_MESSAGE)])
def test_the_socket_messages_are_unions_told_apart_by_type(name: str, adapter: Any) -> None:
    schemas = document(ROUTES)["components"]["schemas"]
    mapping = schemas[name]["discriminator"]["mapping"]
    assert schemas[name]["discriminator"]["propertyName"] == "type"
    assert len(mapping) == len(adapter.json_schema()["oneOf"])
    for tag, reference in mapping.items():
        schema = schemas[reference.rpartition("/")[2]]
        assert schema["properties"]["type"]["const"] == tag
        assert "type" in schema["required"]


def test_it_prints_itself_the_same_each_time() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "signaling.http.openapi"], check=True, capture_output=True, timeout=60
    ).stdout
    assert json.loads(printed) == document(ROUTES)
    assert json.loads(printed)["openapi"] == "3.1.0"
