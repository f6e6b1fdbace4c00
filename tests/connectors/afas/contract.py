"""AFAS's own description of its UpdateConnectors, held against every request that tests make.

The file `afas-organisations-persons.openapi.json` (GitHub repository AFASSoftware/OASContent,
"Organisaties en personen.json") is not ours to spread. Where it lies in a folder `contracts` beside
the project, or in the folder that RETOUR_CONTRACTS names, `tests/conftest.py` watches every body
that a client sends, in whichever test.

The description is stricter and looser than AFAS: keys with @ count as fields, values are read as
the declared type, what it calls required of a person AFAS's own examples leave out, a nested object
may stand where a list is declared, and "" clears a field whatever its codes are. Names it does not
refuse, so they are compared here; a custom field is any id of that form.
"""

import copy
import functools
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator, ValidationError

NAME = "afas-organisations-persons.openapi.json"
CUSTOM = re.compile(r"U[0-9A-F]{32}", re.IGNORECASE)
ROOT = Path(__file__).resolve().parents[3]
PERSON = ("KnPerson",)
OF_EMPLOYEE = {
    "EmAd": re.compile("[A-Z]?"),
    "PsPv": re.compile("[A-Z]?"),
    "YsPv": re.compile("[A-Z]?"),
}
"""Fields of AfasEmployee that we know of; its `EmAd` selects a mail and is none. KnEmployee is not
in the file. Source: howto-medewerker-ad.md of the same repository."""


@dataclass(frozen=True)
class Violation:
    """Where a request is not what AFAS describes."""

    connector: str
    field: str
    rule: str

    def __str__(self) -> str:
        """As a failing test says it."""
        return f"PUT {self.connector}: {self.field}: {self.rule}"


def description_file() -> Path | None:
    """The file, None where this machine has none."""
    folder = os.environ.get("RETOUR_CONTRACTS")
    if folder:
        file = Path(folder) / NAME
        return file if file.is_file() else None
    for parent in ROOT.parents:
        for file in sorted(parent.glob(f"*/contracts/{NAME}")):
            return file
    return None


class Description:
    """The description, ready to be compared with."""

    def __init__(self, file: Path) -> None:
        """Read the file."""
        self.content = json.loads(file.read_text(encoding="utf-8"))
        schemas = self.content["components"]["schemas"]
        self._schemas = {
            (connector, verb): _without_required(schema) if connector == "KnPerson" else schema
            for connector in ("KnUser", "KnPerson")
            for verb in ("PUT", "POST")
            for schema in [schemas[f"{connector}_{verb}"]]
        }

    def fields(self, connector: str, verb: str = "PUT") -> dict[str, Any]:
        """Field -> its schema."""
        element = self._schemas[connector, verb]["properties"][connector]["properties"]["Element"]
        fields: dict[str, Any] = element["properties"]["Fields"]["properties"]
        return fields

    def examples(self, connector: str) -> dict[str, tuple[str, Any]]:
        """Name of an example of AFAS's -> verb and body."""
        return {
            f"{verb} {name}": (verb.upper(), example["value"])
            for verb, operation in self.content["paths"][f"/connectors/{connector}"].items()
            for name, example in operation["requestBody"]["content"]["application/json"][
                "examples"
            ].items()
        }

    def violations(self, connector: str, body: Any, *, verb: str = "PUT") -> list[Violation]:
        """Everything in which a body is not what AFAS describes."""
        if connector == "KnEmployee":
            return list(self._of_employee(body))
        if not isinstance(body, dict) or set(body) != {connector}:
            return [Violation(connector, connector, "the root object is another one")]
        schema = self._schemas[connector, verb]
        read = _read(body, schema)
        found = [Violation(connector, name, "unknown name") for name in _unknown(read, schema)]
        for error in Draft4Validator(schema).iter_errors(read):
            place = next((str(p) for p in reversed(error.absolute_path) if isinstance(p, str)), "")
            found.append(Violation(connector, place, _rule(error)))
        return found

    def _of_employee(self, body: Any) -> Iterator[Violation]:
        try:
            [(root, content)] = body.items()
            elements = _listed(content["Element"])
        except (AttributeError, KeyError, TypeError, ValueError):
            root, elements = "", []
        if root != "AfasEmployee" or not elements:
            yield Violation("KnEmployee", "AfasEmployee", "the root object is another one")
        for element in elements:
            if not element.get("@EmId"):
                yield Violation("KnEmployee", "@EmId", "names no employee")
            for name, value in element.get("Fields", {}).items():
                known = OF_EMPLOYEE.get(name)
                if known is None and not CUSTOM.fullmatch(name):
                    yield Violation("KnEmployee", name, "unknown name")
                elif known and not (isinstance(value, str) and known.fullmatch(value)):
                    yield Violation("KnEmployee", name, f"{value!r} is no selector")
            for nested in _listed(element.get("Objects", [])):
                yield from self.violations("KnPerson", nested)


def _rule(error: ValidationError) -> str:
    """The rule that a value breaks, without the value."""
    if error.validator == "required":
        return str(error.message)
    return f"{error.validator} {str(error.validator_value)[:80]}"


def _without_required(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: _without_required(part)
            for key, part in schema.items()
            if key != "required" or not isinstance(part, list)
        }
    return [_without_required(part) for part in schema] if isinstance(schema, list) else schema


def _read(value: Any, schema: Any) -> Any:
    """A body as the description would have it: see the top of this module."""
    match schema.get("type"):
        case "array":
            return [_read(item, schema.get("items", {})) for item in _listed(value)]
        case "object" if isinstance(value, list) and len(value) == 1:
            return _read(value[0], schema)
        case "object" if isinstance(value, dict):
            known = schema.get("properties", {})
            if "Fields" in known:
                value = _with_keys_as_fields(value)
            return {key: _read(part, known.get(key, {})) for key, part in value.items()}
        case "boolean":
            return {"1": True, "true": True, "0": False, "false": False}.get(
                str(value).casefold(), value
            )
        case "integer" if isinstance(value, str) and value.isdigit():
            return int(value)
        case "string" if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        case "string" if value == "" and "enum" in schema:
            return schema["enum"][0]
    return value


def _with_keys_as_fields(element: dict[str, Any]) -> dict[str, Any]:
    keys = {k[1:]: v for k, v in element.items() if k[0] == "@" and k.casefold() != "@action"}
    others = {key: part for key, part in element.items() if key[0] != "@"}
    return {**others, "Fields": {**keys, **element.get("Fields", {})}}


def _unknown(value: Any, schema: Any) -> Iterator[str]:
    """Names that the description does not have, custom fields apart."""
    if isinstance(value, list):
        for item in value:
            yield from _unknown(item, schema.get("items", {}))
    elif isinstance(value, dict):
        known = schema.get("properties", {})
        for name, part in value.items():
            if name in known:
                yield from _unknown(part, known[name])
            elif not CUSTOM.fullmatch(name):
                yield name


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Watch:
    """Compares what clients send, in all threads, and remembers what is wrong.

    Attributes:
        sent: Connector of every body so far.
        violations: What was wrong since the last test that was asked.
    """

    def __init__(self, description: Description) -> None:
        """Watch with a description."""
        self._description = description
        self.sent: list[str] = []
        self.violations: list[Violation] = []
        self._deaf = 0

    def around(self, put: Callable[..., Any]) -> Callable[..., Any]:
        """`AfasClient._put`, watched."""

        @functools.wraps(put)
        def watched(client: Any, connector: str, body: Any) -> Any:
            self.sent.append(connector)
            if not self._deaf:
                self.violations += self._description.violations(connector, copy.deepcopy(body))
            return put(client, connector, body)

        return watched

    @contextmanager
    def looking_away(self) -> Iterator[None]:
        """For a test that sends what AFAS refuses, on purpose."""
        self._deaf += 1
        try:
            yield
        finally:
            self._deaf -= 1

    def ask(self) -> str:
        """What was wrong, a line each; forgotten afterwards."""
        found, self.violations = self.violations, []
        return "\n".join(dict.fromkeys(map(str, found)))


@functools.cache
def watch() -> Watch | None:
    """The watch of this process, None where AFAS's description is not here."""
    file = description_file()
    return Watch(Description(file)) if file else None
