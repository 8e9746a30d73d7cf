"""The API as an OpenAPI 3.1 document, made from the route table and the contract.

It also holds every WebSocket and data-channel message, so that the web client's types are generated from this one
document. `python -m signaling.http.openapi` prints it.
"""

import inspect
import json
import re
import sys
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from contract import client, data, push, server
from contract.errors import REPLIES, ErrorCode
from contract.http import ErrorBody, Problem
from signaling.domain.access import roles_for
from signaling.http.route import JSON, PROBLEM, Route

Json = dict[str, Any]

UNIONS: dict[str, tuple[TypeAdapter[Any], JsonSchemaMode]] = {
    "ClientMessage": (client.CLIENT_MESSAGE, "validation"),
    "ServerMessage": (server.SERVER_MESSAGE, "serialization"),
    "ClientData": (data.CLIENT_DATA, "validation"),
    "ServerData": (data.SERVER_DATA, "serialization"),
    "PushedMessage": (push.PUSHED, "serialization"),
}
"""Messages outside HTTP: on the WebSocket, on the data channel of a PeerConnection, and by Web Push."""

_REF = "#/components/schemas/"


def document(routes: Iterable[Route]) -> Json:
    """The whole document, ready for JSON; equal tables give equal documents."""
    table = list(routes)
    schemas, refs = _schemas(table)
    paths: Json = {}
    for route in table:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refs)
    paths["/ws"] = {"get": _web_socket()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Passline",
            "version": version("passline"),
            "description": (
                "Errors are always an ErrorBody; writes need an `Origin` header of this host. At /whip and /whep "
                "errors are a Problem, and a media token is needed instead."
            ),
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "signIn": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "passline",
                    "description": "Set by POST /api/signin; `__Host-passline` behind TLS.",
                },
                "mediaToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Of one guest in one room, from POST /api/rooms/{room}/tokens or `passline token`.",
                },
            },
        },
    }


def _schemas(table: list[Route]) -> tuple[Json, dict[tuple[type[BaseModel], JsonSchemaMode], Json]]:
    """All component schemas, and how each model is referred to."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {
        (ErrorBody, "serialization"): None,
        (Problem, "serialization"): None,
    }
    for route in table:
        if route.body is not None:
            wanted[route.body, "validation"] = None
        if route.answer is not None:
            wanted[route.answer, "serialization"] = None
    inputs: list[tuple[Any, JsonSchemaMode, TypeAdapter[Any]]] = [
        (model, mode, TypeAdapter(model)) for model, mode in wanted
    ]
    inputs += [(name, mode, adapter) for name, (adapter, mode) in UNIONS.items()]
    made, definitions = TypeAdapter.json_schemas(inputs, ref_template=_REF + "{model}")
    schemas: Json = definitions["$defs"]
    for query in (route.query for route in table if route.query is not None):
        schemas |= query.model_json_schema(ref_template=_REF + "{model}").get("$defs", {})
    for name, (_, mode) in UNIONS.items():
        schemas[name] = made[name, mode]
    for schema in schemas.values():
        _require_tag(schema)
        if schema.get("additionalProperties") is False:
            del schema["additionalProperties"]  # what we do not know is ignored, see contract.base.decode
    refs = {key: made[key] for key in wanted}
    for route in table:
        if route.exact:
            exact = schemas[refs[route.body, "validation"]["$ref"].removeprefix(_REF)]  # type: ignore[index]  # has one
            exact |= {"additionalProperties": False, "minProperties": 1}
    return dict(sorted(schemas.items())), refs


def _require_tag(schema: Json) -> None:
    """A message's `type` has a default in Python, but a sender must write it."""
    tag = schema.get("properties", {}).get("type", {})
    if "const" in tag:
        tag.pop("default", None)
        schema["required"] = list(dict.fromkeys(["type", *schema.get("required", [])]))


def _operation(route: Route, refs: dict[tuple[type[BaseModel], JsonSchemaMode], Json]) -> Json:
    summary, _, rest = (inspect.getdoc(route.handler) or "").partition("\n")
    operation: Json = {
        "operationId": route.handler.__name__,
        "summary": summary,
        "tags": [_tag(route.path)],
        "parameters": _parameters(route),
        "responses": _responses(route, refs),
    }
    if rest.strip():
        operation["description"] = rest.strip()
    if route.bearer and route.writes:
        operation["security"] = [{"mediaToken": []}]
    if route.act is not None:
        operation["security"] = [{"signIn": []}]
        operation["x-roles"] = sorted(roles_for(route.act))
    if route.body is not None:
        schema = refs[route.body, "validation"]
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    elif route.accepts != JSON:
        content = {route.accepts: {"schema": {"type": "string", "format": "binary", "maxLength": route.max_bytes}}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _tag(path: str) -> str:
    match path.split("/")[1:]:
        case ["api", "archive", *_]:
            return "archive"
        case ["api", "audit", *_]:
            return "audit"
        case ["api", "rooms", *_]:
            return "rooms"
        case ["api", *_]:
            return "people"
        case ["whip" | "whep", *_]:
            return "guests"
        case _:
            return "operation"


def _parameters(route: Route) -> list[Json]:
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    if route.tagged:
        found.append({"name": "If-Match", "in": "header", "required": False, "schema": {"type": "string"}})
    if route.query is not None:
        schema = route.query.model_json_schema(ref_template=_REF + "{model}")
        for name, part in schema["properties"].items():
            required = name in schema.get("required", [])
            found.append({"name": name, "in": "query", "required": required, "schema": part})
    return found


def _responses(route: Route, refs: dict[tuple[type[BaseModel], JsonSchemaMode], Json]) -> Json:
    good: Json = {"description": "Done"}
    if route.answer is not None:
        good["content"] = {JSON: {"schema": refs[route.answer, "serialization"]}}
    elif route.gives != JSON:
        good["content"] = {route.gives: {"schema": {"type": "string"}}}
    responses = {str(route.status): good}
    if route.second is not None:
        status, kind = route.second
        responses[str(status)] = {"description": "Done", "content": {kind: {"schema": {"type": "string"}}}}
    by_status: dict[int, list[ErrorCode]] = {}
    for code in route.all_errors():
        by_status.setdefault(REPLIES[code].http_status, []).append(code)
    for failed, codes in sorted(by_status.items()):
        kind, model = (PROBLEM, Problem) if route.bearer else (JSON, ErrorBody)
        responses[str(failed)] = {
            "description": ", ".join(codes),
            "content": {kind: {"schema": refs[model, "serialization"]}},
        }
    return responses


def _web_socket() -> Json:
    return {
        "operationId": "web_socket",
        "tags": ["live"],
        "summary": "The live connection: one JSON text message a frame.",
        "description": (
            "A WebSocket (RFC 6455). The client sends ClientMessage, first `hello` with a ticket within 5 s; the "
            "server sends ServerMessage. Over the data channel of a PeerConnection go ClientData and ServerData."
        ),
        "x-client-message": {"$ref": _REF + "ClientMessage"},
        "x-server-message": {"$ref": _REF + "ServerMessage"},
        "x-client-data": {"$ref": _REF + "ClientData"},
        "x-server-data": {"$ref": _REF + "ServerData"},
        "responses": {"101": {"description": "Switching protocols"}, "403": {"description": "foreign_origin"}},
    }


if __name__ == "__main__":
    from signaling.http.table import ROUTES

    json.dump(document(ROUTES), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
