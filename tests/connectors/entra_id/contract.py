"""Graph's own description, held against everything that connector and sandbox say to each other."""

import functools
import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from connectors.entra_id.sandbox.application import Graph
from connectors.entra_id.sandbox.request import Request
from connectors.sdk.serve import Answer

FILE = Path(__file__).parent / "contract" / "graph-users-groups.openapi.json"
RELATIONS = {"manager", "members"}


@functools.cache
def description() -> dict[str, Any]:
    """The description, its schemas in the words of JSON Schema."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    content["components"]["schemas"] = {
        name: _plain(schema) for name, schema in content["components"]["schemas"].items()
    }
    return content


def _plain(schema: Any) -> Any:
    """Null where it may stand: as declared, and for every property of a complex type."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _plain(value) for name, value in schema.items() if name != "nullable"}
    if "properties" in found:
        found["properties"] = {
            name: {"anyOf": [value, {"type": "null"}]} if "$ref" in value else value
            for name, value in found["properties"].items()
        }
    if schema.get("nullable") is True:
        return {"anyOf": [found, {"type": "null"}]}
    return found


@functools.cache
def properties(kind: str) -> frozenset[str]:
    """Names that objects of a kind have, inherited ones included."""
    schema = description()["components"]["schemas"][kind]
    names: set[str] = set()
    for part in schema.get("allOf", [schema]):
        if "$ref" in part:
            names |= properties(part["$ref"].rpartition("/")[2])
        names |= set(part.get("properties", {}))
    return frozenset(names)


@functools.cache
def _validator(kind: str) -> Draft202012Validator:
    document = description()
    return Draft202012Validator(
        {**document["components"]["schemas"][kind], "components": document["components"]}
    )


class Watch:
    """Notes where a request or an answer is not as described."""

    def __init__(self, graph: Graph) -> None:
        self.wrong: list[str] = []
        self.looked_at = 0
        inner = graph._one

        def one(request: Request) -> Answer:
            answer = inner(request)
            self._look(request, answer)
            return answer

        graph._one = one  # type: ignore[method-assign]  # between the doors and what lies behind

    def _look(self, request: Request, answer: Answer) -> None:
        kind = {"users": "user", "groups": "group"}.get(request.route[0] if request.route else "")
        operation = self._operation(request)
        if kind is None or operation is None:
            return
        self.looked_at += 1
        where = f"{request.method} {request.path}"
        if answer.status >= 400:
            error = json.loads(answer.body)["error"]
            if not {"code", "message"} <= error.keys():
                self.wrong.append(f"{where}: an error without code and message")
            return
        if isinstance(request.body, dict):
            body = {n: v for n, v in request.body.items() if not n.endswith("@odata.bind")}
            self._hold(where, kind, body)
        if str(answer.status) not in operation["responses"]:
            self.wrong.append(f"{where}: status {answer.status} is not described")
        if answer.body:
            content = json.loads(answer.body)
            for one in content.get("value", [content]):
                self._hold(f"{where} answers", kind, one)

    def _operation(self, request: Request) -> dict[str, Any] | None:
        route = list(request.route)
        if len(route) == 2 and route[1] != "delta":
            route[1] = "{id}"
        path = description()["paths"].get("/" + "/".join(route))
        return None if path is None else path.get(request.method.lower())

    def _hold(self, where: str, kind: str, value: dict[str, Any]) -> None:
        plain = {n: v for n, v in value.items() if "@" not in n and n not in RELATIONS}
        unknown = plain.keys() - properties(kind)
        if unknown:
            self.wrong.append(f"{where}: no such property: {sorted(unknown)}")
        for error in _validator(kind).iter_errors(plain):
            self.wrong.append(f"{where}: {error.json_path}: {error.message}")
