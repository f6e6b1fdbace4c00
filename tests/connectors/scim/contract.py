"""A description (OpenAPI) of what a SCIM provider takes, for tools that invent requests.

Written after RFC 7644; it says what may be sent and nothing about the answers.
"""

from typing import Any

from connectors.scim.sandbox.bulk import REQUEST
from connectors.scim.sandbox.catalogue import GROUP, USER
from connectors.scim.sandbox.listing import SEARCH
from connectors.scim.sandbox.patch import PATCH_OP
from connectors.scim.urns import ENTERPRISE

ANYTHING: dict[str, Any] = {}
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
FILTERS = [
    'userName eq "bo@example.org"',
    'emails[type eq "work" and value co "@example.org"] or not (active eq true)',
    'meta.lastModified gt "2026-11-24T08:00:00Z"',
    f"{ENTERPRISE}:department pr",
    'name.familyName sw "O\'Brien" and (title ne null)',
]


def openapi(user: str, group: str) -> dict[str, Any]:
    """The description, with the ids of a user and a group that there are."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "SCIM 2.0", "version": "2.0"},
        "paths": {
            **_resources("Users", USER, user),
            **_resources("Groups", GROUP, group),
            "/.search": {"post": _search()},
            "/Users/.search": {"post": _search()},
            "/Bulk": {"post": _operation(body=_bulk())},
            "/ServiceProviderConfig": {"get": _operation()},
            "/ResourceTypes": {"get": _operation()},
            "/ResourceTypes/{id}": {"get": _operation(_ident("User"))},
            "/Schemas": {"get": _operation()},
            "/Schemas/{id}": {"get": _operation(_ident(USER))},
        },
    }


def _resources(name: str, schema: str, ident: str) -> dict[str, Any]:
    match_ = {"in": "header", "name": "If-Match", "schema": TEXT}
    return {
        f"/{name}": {
            "get": _operation(*_query()),
            "post": _operation(*_shown(), body=_resource(schema)),
        },
        f"/{name}/{{id}}": {
            "get": _operation(_ident(ident), *_shown()),
            "put": _operation(_ident(ident), match_, body=_resource(schema)),
            "patch": _operation(_ident(ident), match_, *_shown(), body=_patch()),
            "delete": _operation(_ident(ident), match_),
        },
    }


def _operation(*parameters: dict[str, Any], body: dict[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "parameters": list(parameters),
        "responses": {"default": {"description": "An answer."}},
    }
    if body is not None:
        content = {"application/scim+json": {"schema": body}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _ident(known: str) -> dict[str, Any]:
    schema = {"anyOf": [{"enum": [known]}, {**TEXT, "minLength": 1}]}
    return {"in": "path", "name": "id", "required": True, "schema": schema, "example": known}


def _shown() -> list[dict[str, Any]]:
    names = {"type": "string", "example": "userName,emails.value,meta"}
    return [
        {"in": "query", "name": "attributes", "schema": names},
        {"in": "query", "name": "excludedAttributes", "schema": names},
    ]


def _query() -> list[dict[str, Any]]:
    return [
        *_shown(),
        {"in": "query", "name": "filter", "schema": {"anyOf": [TEXT, {"enum": FILTERS}]}},
        {"in": "query", "name": "sortBy", "schema": {**TEXT, "example": "name.familyName"}},
        {"in": "query", "name": "sortOrder", "schema": {"enum": ["ascending", "descending"]}},
        {"in": "query", "name": "startIndex", "schema": WHOLE},
        {"in": "query", "name": "count", "schema": WHOLE},
    ]


def _search() -> dict[str, Any]:
    properties = {parameter["name"]: parameter["schema"] for parameter in _query()}
    properties["attributes"] = {"type": "array", "items": TEXT}
    return _operation(body=_object(SEARCH, properties))


def _resource(schema: str) -> dict[str, Any]:
    several = {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"value": TEXT, "type": TEXT, "primary": ANYTHING},
        },
    }
    return _object(
        schema,
        {
            "userName": TEXT,
            "externalId": TEXT,
            "displayName": TEXT,
            "active": ANYTHING,
            "name": {"type": "object", "properties": {"familyName": TEXT}},
            "emails": several,
            "members": several,
            ENTERPRISE: ANYTHING,
        },
    )


def _patch() -> dict[str, Any]:
    operation = {
        "type": "object",
        "required": ["op"],
        "properties": {
            "op": {"enum": ["add", "replace", "remove", "Replace"]},
            "path": {
                "anyOf": [
                    TEXT,
                    {
                        "enum": [
                            "displayName",
                            "emails",
                            'emails[type eq "work"].value',
                            "members",
                            f"{ENTERPRISE}:manager.value",
                        ]
                    },
                ]
            },
            "value": ANYTHING,
        },
    }
    return _object(PATCH_OP, {"Operations": {"type": "array", "items": operation}})


def _bulk() -> dict[str, Any]:
    operation = {
        "type": "object",
        "required": ["method", "path"],
        "properties": {
            "method": {"enum": ["POST", "PUT", "PATCH", "DELETE"]},
            "path": {"anyOf": [TEXT, {"enum": ["/Users", "/Groups", "/Users/bulkId:a"]}]},
            "bulkId": {"enum": ["a", "b"]},
            "version": TEXT,
            "data": {"anyOf": [ANYTHING, _resource(USER), _patch()]},
        },
    }
    return _object(
        REQUEST, {"Operations": {"type": "array", "items": operation}, "failOnErrors": WHOLE}
    )


def _object(schema: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["schemas"],
        "properties": {"schemas": {"type": "array", "items": {"enum": [schema]}}, **properties},
    }
