"""Which connectors there are, which fields they have, and which of them the token may use (D30)."""

from datetime import date
from typing import Any

from connectors.afas.sandbox.fields import EMPLOYEE, PERSON, USER, Form
from connectors.afas.sandbox.records import Records
from connectors.afas.sandbox.updates import ROOTS
from connectors.afas.sandbox.views import VIEWS, Row


class Catalogue:
    """The connectors of an environment, as an administrator loaded and granted them.

    Attributes:
        granted: Names of the connectors that the token may use; everything at first.
        names: Name under which a definition was loaded -> the definition.
        renamed: Connector -> field of the definition -> its name here.
        further: Connector -> rows shown besides those of the records, for broken environments.
    """

    def __init__(self) -> None:
        """Load every definition under its own name and grant everything."""
        self.names = {name: name for name in VIEWS}
        self.granted = {*VIEWS, *ROOTS}
        self.renamed: dict[str, dict[str, str]] = {}
        self.further: dict[str, list[Row]] = {}
        self._cached: dict[str, tuple[object, list[Row]]] = {}

    def rename_field(self, connector: str, field: str, new: str) -> None:
        """Change the name of a field of a GetConnector."""
        self.renamed.setdefault(connector, {})[field] = new
        self._cached.clear()

    def get_connector(self, given: str) -> str | None:
        """The GetConnector of that name, whatever its case."""
        return next((name for name in self.names if name.casefold() == given.casefold()), None)

    def columns(self, connector: str) -> list[str]:
        """Names of the fields of a GetConnector."""
        renamed = self.renamed.get(connector, {})
        return [renamed.get(column, column) for column in VIEWS[self.names[connector]].columns]

    def rows(self, connector: str, records: Records, today: date) -> list[Row]:
        """All rows of a GetConnector; kept until something is written."""
        stamp, rows = self._cached.get(connector, (None, []))
        if stamp != (records.version, today):
            view, names = VIEWS[self.names[connector]], self.columns(connector)
            rows = [
                {new: row[column] for column, new in zip(view.columns, names, strict=True)}
                for row in view.rows(records, today)
            ]
            self._cached[connector] = (records.version, today), rows
        return rows + self.further.get(connector, [])

    def listing(self, customer: str) -> Row:
        """What GET /MetaInfo says."""
        return {
            "updateConnectors": [_entry(name) for name in ROOTS if name in self.granted],
            "getConnectors": [_entry(name) for name in self.names if name in self.granted],
            "customConnectors": [],
            "info": {
                "envid": f"S{customer}AA",
                "appName": "Sandbox",
                "group": f"Group 101 ({customer}.APP)",
                "tokenExpiry": "0",
            },
        }

    def description(self, kind: str, given: str) -> Row | None:
        """What GET /Metainfo/{get or update}/{id} says, None when it is not granted."""
        names = [name for name in (self.names if kind == "get" else ROOTS) if name in self.granted]
        name = next((name for name in names if name.casefold() == given.casefold()), None)
        if name is None:
            return None
        if kind == "get":
            fields = [_get_field(place, column) for place, column in enumerate(self.columns(name))]
            return {"name": name, "description": name, "fields": fields}
        return _update_description(name)


def _entry(name: str) -> Row:
    return {"id": name, "description": name}


def _get_field(place: int, column: str) -> Row:
    return {
        "id": column,
        "fieldId": f"U{place + 1:03}",
        "dataType": "string",
        "label": column,
        "length": 255,
        "controlType": 1,
        "decimals": 0,
        "decimalsFieldId": "",
    }


def _update_description(name: str) -> Row:
    forms: dict[str, Form] = {"KnUser": USER, "KnPerson": PERSON, "KnEmployee": EMPLOYEE}
    nested = [_update_description("KnPerson")] if name == "KnEmployee" else []
    fields: list[dict[str, Any]] = [
        {"fieldId": field, "dataType": "string", "length": length, "mandatory": False}
        for field, length in forms[name].texts.items()
    ]
    fields += [
        {"fieldId": field, "dataType": "boolean", "length": 1, "mandatory": False}
        for field in sorted(forms[name].flags)
    ]
    fields += [
        {"fieldId": field, "dataType": "string", "length": 80, "mandatory": False}
        for field in sorted(forms[name].control)
    ]
    return {"id": name, "name": ROOTS[name], "fields": fields, "objects": nested}
