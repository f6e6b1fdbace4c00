"""The records of one environment. What a token may see of them is the business of `views.py`."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final, Literal

Values = dict[str, str | bool]
"""Field -> what it holds; texts are absent when empty."""
Kind = Literal["person", "unit", "group"]
"""What the rows of a view are about. Employees and users are parts of a person."""


@dataclass(slots=True, kw_only=True)
class Person:
    """A person; `fields` by the ids of KnPerson."""

    number: str
    internal: int
    fields: Values = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Place:
    """Where somebody works and as what, for a period whose last day is inclusive."""

    guid: str
    unit: str
    title_id: str
    title: str
    cost_center: str = ""
    employer: str = ""
    manager: str = ""
    start: date
    end: date | None = None
    percentage: float | None = None


@dataclass(slots=True, kw_only=True)
class Line(Place):
    """A function line of an employment contract; lines share the contract's number and period."""

    contract: int
    contract_start: date
    contract_end: date | None = None
    kind: str = "Personeelslid"
    kind_code: str = "P"
    hours: float | None = None
    fte: float | None = None
    positions: list[Place] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Employee:
    """An employee of a person; `fields` by the ids of AfasEmployee."""

    number: str
    person: str
    name: str
    fields: Values = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    @property
    def documents_to(self) -> str:
        """Which mail receives the digital documents, "P" for the private one (D21)."""
        return str(self.fields.get("EmAd", ""))


@dataclass(slots=True, kw_only=True)
class User:
    """A login; `fields` by the ids of KnUser."""

    code: str
    person: str
    description: str
    blocked: bool = False
    fields: Values = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Unit:
    """An organisational unit."""

    code: str
    name: str
    parent: str = ""
    manager: str = ""


EVERYBODY: Final = "Iedereen"
UNIQUE_OF_USER: Final = ("Upn", "EmAd")
UNIQUE_OF_PERSON: Final = ("EmAd",)


class _Found:
    """Where things are, so that nothing has to be searched among 100,000 records.

    An entry may be stale, because a value was changed since; whoever looks something up verifies it
    against the record.
    """

    def __init__(self, records: "Records") -> None:
        self.size = records.size
        self.employees: dict[str, list[Employee]] = {}
        self.users: dict[str, User] = {}
        self._holders: dict[tuple[str, str], list[User | Person]] = {}
        for employee in records.employees.values():
            self.employees.setdefault(employee.person, []).append(employee)
        for user in records.users.values():
            self.add(user)
        for person in records.persons.values():
            self.add(person)

    def add(self, record: User | Person) -> None:
        if isinstance(record, User):
            self.users[record.person] = record
        for name in UNIQUE_OF_USER if isinstance(record, User) else UNIQUE_OF_PERSON:
            if value := str(record.fields.get(name, "")).casefold():
                self._holders.setdefault((name, value), []).append(record)

    def holders(self, name: str, value: str) -> list[User | Person]:
        return self._holders.get((name, value.casefold()), [])


@dataclass(slots=True, kw_only=True)
class Records:
    """Everything in one environment, each kind by its key.

    Whoever changes records by hand says so with `touch`: views and uniqueness are looked up.

    Attributes:
        version: Grows when anything may have changed, so that views know when they are stale.
        changed: What was written since then, as (kind, key).
    """

    persons: dict[str, Person] = field(default_factory=dict)
    employees: dict[str, Employee] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=lambda: {EVERYBODY: EVERYBODY})
    version: int = 0
    changed: list[tuple[Kind, str]] = field(default_factory=list, repr=False, compare=False)
    _found: _Found | None = field(default=None, repr=False, compare=False)

    @property
    def size(self) -> tuple[int, ...]:
        """How many persons, employees and users there are."""
        return len(self.persons), len(self.employees), len(self.users)

    def touch(self) -> None:
        """Say that anything may have changed."""
        self.version += 1
        self.changed.clear()
        self._found = None

    def wrote(self, kind: Kind, key: str) -> None:
        """Say that one record was written: rows of others stay as they are."""
        self.changed.append((kind, key))
        if self._found and kind == "person":
            for record in (self.user_of(key), self.persons.get(key)):
                if record:
                    self._found.add(record)

    def inserted(self, record: User | Person | Employee) -> None:
        """Say that a record was added to a person."""
        if self._found:
            if isinstance(record, Employee):
                self._found.employees.setdefault(record.person, []).append(record)
            else:
                self._found.add(record)
            self._found.size = self.size

    def user_of(self, person: str) -> User | None:
        """The user of a person."""
        user = self._index().users.get(person)
        return user if user and user.person == person else None

    def employees_of(self, person: str) -> list[Employee]:
        """The employees of a person."""
        return self._index().employees.get(person, [])

    def user_with(self, name: str, value: str, *, but: User | None = None) -> User | None:
        """A user other than `but` who holds a value, whatever its case."""
        for user in self._index().holders(name, value):
            if isinstance(user, User) and user is not but and _holds(user, name, value):
                return user
        return None

    def person_with(self, name: str, value: str, *, but: Person | None = None) -> Person | None:
        """A person other than `but` who holds a value, whatever its case."""
        for person in self._index().holders(name, value):
            if isinstance(person, Person) and person is not but and _holds(person, name, value):
                return person
        return None

    def next_number(self, numbers: dict[str, Any]) -> str:
        """The number after the highest one in use."""
        return str(
            max((int(number) for number in numbers if number.isdigit()), default=1_000_000) + 1
        )

    def to_bytes(self) -> bytes:
        """All records as canonical JSON, to prove that nothing changed."""
        content = {
            name: getattr(self, name)
            for name in ("persons", "employees", "users", "units", "groups")
        }
        return json.dumps(content, sort_keys=True, default=_written).encode()

    def _index(self) -> _Found:
        if self._found is None or self._found.size != self.size:
            self._found = _Found(self)
        return self._found


def _holds(record: User | Person, name: str, value: str) -> bool:
    return str(record.fields.get(name, "")).casefold() == value.casefold()


def _written(part: Any) -> Any:
    return str(part) if isinstance(part, date) else asdict(part)
