"""Google's discovery documents, as they come with Google's client, put to two uses.

`google_workspace_contract.py check FILE`: FILE has a line of JSON per exchange, {method, path,
query, request, status, response}; prints what departs from the documents, as JSON.
`google_workspace_contract.py openapi NAME=VALUE...`: prints them as one OpenAPI description, in
which parameters of those names have those values.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import googleapiclient
from jsonschema import Draft202012Validator

DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
APIS = ("admin.directory_v1", "licensing.v1")
RESOURCES = {
    "users",
    "groups",
    "members",
    "orgunits",
    "roles",
    "roleAssignments",
    "domains",
    "licenseAssignments",
}
COMMON = {"fields", "alt", "prettyPrint"}
ABSENT = {"createGuest", "watch"}


class Method:
    """One method of a document."""

    def __init__(self, about: dict[str, Any], document: dict[str, Any]) -> None:
        self.about, self.schemas = about, document["schemas"]
        path = about["path"]
        self.template = "/" + path.replace("{+", "{")
        inner = re.sub(r"\\\{\\\+\w+\\\}", ".+", re.escape(path))
        self.pattern = re.compile("/" + re.sub(r"\\\{\w+\\\}", "[^/]+", inner))

    def fits(self, method: str, path: str) -> bool:
        return method == self.about["httpMethod"] and bool(self.pattern.fullmatch(path))

    def schema(self, kind: str) -> dict[str, Any] | None:
        named = self.about.get(kind)
        if named is None:
            return None
        definitions = {name: converted(one) for name, one in self.schemas.items()}
        return {"$ref": f"#/$defs/{named['$ref']}", "$defs": definitions}


def converted(schema: dict[str, Any], *, strict: bool = True) -> dict[str, Any]:
    """A schema of a discovery document as JSON Schema; unknown fields are an error."""
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    kind = schema.get("type", "any")
    if kind == "any":
        return {}
    found: dict[str, Any] = {"type": [kind, "null"]}
    if kind == "array":
        found["items"] = converted(schema["items"], strict=strict)
    if kind == "object":
        inner = schema.get("properties", {})
        found["properties"] = {name: converted(one, strict=strict) for name, one in inner.items()}
        extra = schema.get("additionalProperties")
        found["additionalProperties"] = converted(extra, strict=strict) if extra else not strict
    if "enum" in schema:
        found["enum"] = [*schema["enum"], None]
    return found


def methods() -> Iterator[Method]:
    for api in APIS:
        document = json.loads((DOCUMENTS / f"{api}.json").read_text(encoding="utf-8"))
        yield from _methods(document["resources"], document)


def _methods(resources: dict[str, Any], document: dict[str, Any]) -> Iterator[Method]:
    for name, resource in resources.items():
        if name not in RESOURCES | {"aliases"}:
            continue
        for called, about in resource.get("methods", {}).items():
            if called not in ABSENT:
                yield Method(about, document)
        yield from _methods(resource.get("resources", {}), document)


def departures(exchange: dict[str, Any], known: list[Method]) -> Iterator[str]:
    what = f"{exchange['method']} {exchange['path']}"
    found = [one for one in known if one.fits(exchange["method"], exchange["path"])]
    if not found:
        yield f"{what}: no such method"
        return
    method = min(found, key=lambda one: one.template.count("{"))
    for text in _in_query(parse_qs(exchange["query"], keep_blank_values=True), method):
        yield f"{what}: {text}"
    sides = {"request": exchange["request"]}
    if 200 <= exchange["status"] < 300:
        sides["response"] = exchange["response"]
    for side, content in sides.items():
        schema = method.schema(side)
        if schema is None and content not in (None, "", {}):
            yield f"{what}: a {side} where there is none"
        for error in Draft202012Validator(schema or {}).iter_errors(content or {}):
            yield f"{what}: {side}: {error.json_path}: {error.message}"


def _in_query(query: dict[str, list[str]], method: Method) -> Iterator[str]:
    parameters = method.about.get("parameters", {})
    known = {name: one for name, one in parameters.items() if one["location"] == "query"}
    for name, [value, *_] in query.items():
        about = known.get(name, {} if name in COMMON else None)
        if about is None:
            yield f"no such parameter {name}"
        elif "enum" in about and value not in about["enum"]:
            yield f"{name} is none of {about['enum']}"
        elif about.get("type") == "integer" and not value.isdigit():
            yield f"{name} is no number"
    missing = {name for name, one in known.items() if one.get("required")} - query.keys()
    if missing:
        yield f"without {sorted(missing)}"


def _values(about: dict[str, Any], value: str | None) -> dict[str, Any]:
    """The schema of a parameter; one that was given a value has it now and then, too."""
    schema: dict[str, Any] = {"type": about["type"]}
    if "enum" in about:
        schema["enum"] = about["enum"]
    return schema if value is None else {"anyOf": [{**schema, "enum": [value]}, schema]}


def openapi(values: dict[str, str]) -> dict[str, Any]:
    """The methods as an OpenAPI description; bodies may have more than is known."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for method in methods():
        for name, one in method.schemas.items():
            text = json.dumps(converted(one, strict=False))
            schemas[name] = json.loads(text.replace("#/$defs/", "#/components/schemas/"))
        prefix = "/licensing" if method.template.startswith("/apps/") else ""
        about = method.about
        operation: dict[str, Any] = {
            "operationId": about["id"],
            "responses": {"200": {"description": "done"}, "default": {"description": "not done"}},
            "parameters": [
                {
                    "name": name,
                    "in": one["location"],
                    "required": bool(one.get("required")) or one["location"] == "path",
                    "schema": _values(one, values.get(name)),
                }
                for name, one in about.get("parameters", {}).items()
            ],
        }
        if "request" in about:
            body = {"$ref": f"#/components/schemas/{about['request']['$ref']}"}
            operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
        paths.setdefault(prefix + method.template, {})[about["httpMethod"].lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Google Workspace", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


if sys.argv[1] == "openapi":
    print(json.dumps(openapi(dict(one.split("=", 1) for one in sys.argv[2:]))))
else:
    lines = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
    table = list(methods())
    told = [text for line in lines for text in departures(json.loads(line), table)]
    print(json.dumps({"exchanges": len(lines), "departures": sorted(set(told))}))
