"""The records of one environment. What a token may see of them is the business of `views.py`."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any


@dataclass(slots=True, kw_only=True)
class Person:
    """A person; `fields` by the ids of KnPerson, absent when empty."""

    number: str
    internal: int
    fields: dict[str, str] = field(default_factory=dict)


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
    """An employee of a person; `documents_to` selects the mail for digital documents (D21)."""

    number: str
    person: str
    name: str
    documents_to: str = ""
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class User:
    """A login; `fields` by the ids of KnUser, texts absent when empty."""

    code: str
    person: str
    description: str
    blocked: bool = False
    fields: dict[str, str | bool] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Unit:
    """An organisational unit."""

    code: str
    name: str
    parent: str = ""
    manager: str = ""


EVERYBODY = "Iedereen"


@dataclass(slots=True, kw_only=True)
class Records:
    """Everything in one environment, each kind by its key.

    Attributes:
        version: Grows with every write, so that views know when they are stale.
    """

    persons: dict[str, Person] = field(default_factory=dict)
    employees: dict[str, Employee] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=lambda: {EVERYBODY: EVERYBODY})
    version: int = 0

    def touch(self) -> None:
        """Say that something was written."""
        self.version += 1

    def user_of(self, person: str) -> User | None:
        """The user of a person."""
        return next((user for user in self.users.values() if user.person == person), None)

    def next_number(self, numbers: dict[str, Any]) -> str:
        """The number after the highest one in use."""
        return str(
            max((int(number) for number in numbers if number.isdigit()), default=1_000_000) + 1
        )

    def to_bytes(self) -> bytes:
        """All records as canonical JSON, to prove that nothing changed."""
        content = asdict(self)
        del content["version"]
        return json.dumps(content, sort_keys=True, default=str).encode()
