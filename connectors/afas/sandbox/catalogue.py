"""Which connectors there are, which fields they have, and which of them the token may use (D30)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from connectors.afas.sandbox.fields import CUSTOM_FIELD, FORMS, Form, Level, Spec
from connectors.afas.sandbox.records import Employee, Records
from connectors.afas.sandbox.tables import Cells, Table
from connectors.afas.sandbox.updates import ROOTS
from connectors.afas.sandbox.views import BOOLEANS, NUMBERS, VIEWS, WHOLE, View, Window

Row = dict[str, Any]
NESTED: Final[dict[Level, tuple[Level, ...]]] = {"KnEmployee": ("KnPerson",)}
CONTROLS: Final = {"string": 1, "boolean": 4, "date": 2, "int": 3, "decimal": 3, "blob": 6}
CODE_LIST: Final = 5


@dataclass(frozen=True, slots=True)
class Column:
    """A field that a customer added to a GetConnector.

    Attributes:
        name: What it is called there.
        level: Where the field that it shows belongs.
        field: That field.
    """

    name: str
    level: Level
    field: str


class Catalogue:
    """The connectors of an environment, as an administrator loaded and granted them.

    Attributes:
        granted: Names of the connectors that the token may use; everything at first.
        blocked: GetConnectors that AFAS or the customer blocked.
        names: Name under which a definition was loaded -> the definition.
        renamed: Connector -> field of the definition -> its name here.
        added: Connector -> the columns that the customer added.
        custom: Level -> the custom fields made there.
        further: Connector -> rows shown besides those of the records, for broken environments.
    """

    def __init__(self) -> None:
        """Load every definition under its own name and grant everything."""
        self.names = {name: name for name in VIEWS}
        self.granted = {*VIEWS, *ROOTS}
        self.blocked: set[str] = set()
        self.renamed: dict[str, dict[str, str]] = {}
        self.added: dict[str, list[Column]] = {}
        self.custom: dict[Level, dict[str, Spec]] = {level: {} for level in FORMS}
        self.further: dict[str, list[Row]] = {}
        self._tables: dict[str, _Kept] = {}

    def rename_field(self, connector: str, field: str, new: str) -> None:
        """Change the name of a field of a GetConnector."""
        self.renamed.setdefault(connector, {})[field] = new
        self._tables.clear()

    def add_custom_field(self, level: Level, field: str, spec: Spec) -> None:
        """Make a custom field.

        Args:
            level: Where it belongs.
            field: `U` and 32 hexadecimal digits.
            spec: Its label, type and length.

        Raises:
            ValueError: The level or the id is none.
        """
        if level not in FORMS or not CUSTOM_FIELD.fullmatch(field):
            message = (
                f"{level}.{field} is no custom field: it is U and 32 hexadecimal digits, at"
                f" {', '.join(FORMS)}"
            )
            raise ValueError(message)
        self.custom[level][field] = spec

    def add_column(self, connector: str, name: str, shows: str) -> None:
        """Let a GetConnector show another field; a custom field that is new is made with it.

        Args:
            connector: One whose rows are about persons.
            name: What the column is called.
            shows: Level and field, such as `KnPerson.EmailPortal` or `KnEmployee.EmAd`.

        Raises:
            ValueError: There is no such connector or field, or the column is there already.
        """
        level, _, field = shows.partition(".")
        at: Level | None = next((each for each in FORMS if level in {each, ROOTS[each]}), None)
        view = self._view(connector)
        if view is None or view.employee is None:
            message = f"{connector} cannot get a column about a person"
            raise ValueError(message)
        if at is None or (field not in FORMS[at].fields and not CUSTOM_FIELD.fullmatch(field)):
            message = f"there is no field {shows!r}: say which level, such as KnPerson.EmailPortal"
            raise ValueError(message)
        if name in self.columns(connector):
            message = f"{connector} has a field {name!r} already"
            raise ValueError(message)
        if field not in FORMS[at].fields:
            self.custom[at].setdefault(field, Spec(label=name))
        self.added.setdefault(connector, []).append(Column(name, at, field))
        self._tables.clear()

    def get_connector(self, given: str) -> str | None:
        """The GetConnector of that name, whatever its case."""
        return next((name for name in self.names if name.casefold() == given.casefold()), None)

    def columns(self, connector: str) -> list[str]:
        """Names of the fields of a GetConnector."""
        renamed = self.renamed.get(connector, {})
        own = VIEWS[self.names[connector]].columns
        added = [column.name for column in self.added.get(connector, [])]
        return [renamed.get(column, column) for column in (*own, *added)]

    def table(self, connector: str, records: Records, today: date) -> Table:
        """All rows of a GetConnector, kept; what was written since the last time is patched in."""
        further = self.further.get(connector)
        kept = self._tables.get(connector)
        if further or kept is None or kept.stamp != (records.version, today, self.names[connector]):
            kept = self._built(connector, records, today)
            if further:
                return kept.table
            self._tables[connector] = kept
        view = VIEWS[self.names[connector]]
        written = records.changed[kept.seen :]
        for about in dict.fromkeys(key for kind, key in written if kind == view.about):
            kept.table.patch(about, list(self._rows(connector, view, records, kept.window, about)))
        kept.seen = len(records.changed)
        return kept.table

    def listing(self, customer: str, token_expiry: str) -> Row:
        """What GET /MetaInfo says."""
        return {
            "updateConnectors": [_entry(name) for name in ROOTS if name in self.granted],
            "getConnectors": [_entry(name) for name in self.names if name in self.granted],
            "customConnectors": [],
            "info": {
                "envid": f"S{customer}AA",
                "appName": "Sandbox",
                "group": f"Group 101 ({customer}.APP)",
                "tokenExpiry": token_expiry,
            },
        }

    def description(self, kind: str, given: str) -> Row | None:
        """What GET /Metainfo/{get or update}/{id} says, None when it is not granted."""
        names = [name for name in (self.names if kind == "get" else ROOTS) if name in self.granted]
        name = next((name for name in names if name.casefold() == given.casefold()), None)
        if name is None:
            return None
        if kind == "get":
            return {"name": name, "description": name, "fields": self._get_fields(name)}
        level = next(level for level in ROOTS if level == name)
        return self._update_description(level)

    # --- rows ------------------------------------------------------------------------------------

    def _view(self, connector: str) -> View | None:
        return VIEWS[self.names[connector]] if connector in self.names else None

    def _built(self, connector: str, records: Records, today: date) -> "_Kept":
        view, window = VIEWS[self.names[connector]], Window.around(today)
        columns = self.columns(connector)
        blocks = [
            (about, list(self._rows(connector, view, records, window, about)))
            for about in view.subjects(records)
        ]
        further = [
            tuple(row.get(column) for column in columns) for row in self.further.get(connector, [])
        ]
        if further:
            blocks.append(("further rows", further))
        stamp = (records.version, today, self.names[connector])
        return _Kept(Table(columns, blocks), stamp, window, len(records.changed))

    def _rows(
        self, connector: str, view: View, records: Records, window: Window, about: str
    ) -> Iterator[Cells]:
        added = self.added.get(connector)
        if not added:
            yield from view.rows(records, window, about)
            return
        place = view.columns.index(view.employee or "")
        for cells in view.rows(records, window, about):
            employee = records.employees.get(cells[place])
            shown = (self._held(column, records, about, employee) for column in added)
            yield (*cells, *shown)

    def _held(
        self, column: Column, records: Records, person: str, employee: Employee | None
    ) -> Any:
        record = {
            "KnPerson": records.persons.get(person),
            "KnUser": records.user_of(person),
            "KnEmployee": employee,
        }[column.level]
        if record is None:
            return None
        spec = self._spec(column)
        return record.fields.get(column.field, False if spec.kind == "boolean" else None)

    def _spec(self, column: Column) -> Spec:
        return (
            FORMS[column.level].fields.get(column.field) or self.custom[column.level][column.field]
        )

    # --- MetaInfo --------------------------------------------------------------------------------

    def _get_fields(self, connector: str) -> list[Row]:
        own = VIEWS[self.names[connector]].columns
        specs = [_column_spec(column) for column in own]
        added = [self._spec(column) for column in self.added.get(connector, [])]
        specs += [(spec.kind, spec.length) for spec in added]
        return [
            {
                "id": name,
                "fieldId": f"U{place:03}",
                "dataType": kind,
                "label": name,
                "length": length,
                "controlType": CONTROLS[kind],
                "decimals": 2 if kind == "decimal" else 0,
                "decimalsFieldId": "",
            }
            for place, (name, (kind, length)) in enumerate(
                zip(self.columns(connector), specs, strict=True), start=1
            )
        ]

    def _update_description(self, level: Level) -> Row:
        form = FORMS[level]
        specs = {**form.control, **form.fields, **self.custom[level]}
        return {
            "id": level,
            "name": ROOTS[level],
            "fields": [_update_field(form, name, spec) for name, spec in specs.items()],
            "objects": [self._update_description(nested) for nested in NESTED.get(level, ())],
        }


@dataclass(slots=True)
class _Kept:
    """A table, when it was built, and up to where it knows what was written."""

    table: Table
    stamp: tuple[int, date, str]
    window: Window
    seen: int


def _entry(name: str) -> Row:
    return {"id": name, "description": name}


def _column_spec(column: str) -> tuple[str, int]:
    """Type and length of a column of the definitions."""
    if column in BOOLEANS:
        return "boolean", 1
    if column in NUMBERS:
        return "decimal", 10
    if column in WHOLE:
        return "int", 10
    return ("date", 25) if "datum_" in column else ("string", 255)


def _update_field(form: Form, name: str, spec: Spec) -> Row:
    return {
        "fieldId": name,
        "primaryKey": name == form.key,
        "dataType": spec.kind,
        "label": spec.label or name,
        "mandatory": name in form.required,
        "length": spec.length,
        "decimals": 0,
        "decimalFieldId": "",
        "notzero": False,
        "controlType": CODE_LIST if spec.codes else CONTROLS[spec.kind],
        "values": [{"id": code, "description": code} for code in spec.codes],
    }
