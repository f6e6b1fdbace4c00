"""Small worlds for tests: people and rules from the plain shapes of a case file."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from connectors.model.people import People
from tasks.lifecycle.conditions import All, AnyOf, Condition, Not, Test
from tasks.lifecycle.primary import primary_rows
from tasks.lifecycle.rule import Grant, Rule, Window

CASES = Path(__file__).parent / "cases"


def cases(folder: str) -> list[Any]:
    """Every case file of a folder and of the folders in it, as pytest parameters named by path."""
    root = CASES / folder
    files = sorted(root.rglob("*.yaml"))
    assert files, f"no cases in {folder}"
    return [
        pytest.param(
            yaml.safe_load(file.read_text(encoding="utf-8")),
            id=file.relative_to(root).with_suffix("").as_posix(),
        )
        for file in files
    ]


def case(name: str) -> Any:
    """One case file."""
    return yaml.safe_load((CASES / name).read_text())


def people(
    contracts: list[dict[str, Any]],
    persons: list[dict[str, Any]] | None = None,
    departments: list[dict[str, Any]] | None = None,
    blocked: list[dict[str, Any]] | None = None,
) -> People:
    """A snapshot. Contracts are of `p` unless they say otherwise; their persons are added."""
    contracts = [{"person_id": "p", **contract} for contract in contracts]
    known = {person["external_id"]: person for person in persons or []}
    for contract in contracts:
        known.setdefault(contract["person_id"], {"external_id": contract["person_id"]})
    return People(
        persons=pd.DataFrame(list(known.values())),
        contracts=pd.DataFrame(contracts),
        departments=pd.DataFrame(departments) if departments else None,
        blocked=pd.DataFrame(blocked) if blocked else None,
        taken_at=datetime(2026, 11, 23, tzinfo=UTC),
    )


def condition(raw: Any) -> Condition:
    """`{path: {operator: value}}`, `{all: […]}`, `{any: […]}`, `{not: …}`; None is everybody."""
    match raw:
        case None:
            return All()
        case {"all": parts}:
            return All(tuple(map(condition, parts)))
        case {"any": parts}:
            return AnyOf(tuple(map(condition, parts)))
        case {"not": part}:
            return Not(condition(part))
    ((path, test),) = raw.items()
    ((operator, value),) = test.items()
    return Test(path, operator, tuple(value) if isinstance(value, list) else value)


def rule(raw: dict[str, Any]) -> Rule:
    """A rule as in a rule file."""
    return Rule(
        id=raw["id"],
        description=raw.get("description", ""),
        when=condition(raw.get("when")),
        window=Window(**raw.get("window", {})),
        grant={
            target: Grant(**{n: tuple(v) if isinstance(v, list) else v for n, v in given.items()})
            for target, given in raw.get("grant", {"ad": {"account": True}}).items()
        },
        status=raw.get("status", "published"),
        windows={kind: Window(**given) for kind, given in raw.get("windows", {}).items()},
    )


def primary(people: People, as_of: date) -> dict[str, str]:
    """Person -> id of the primary contract; persons without a contract are not in it."""
    rows = primary_rows(people, as_of)
    chosen = people.contracts.take(rows[rows >= 0])
    return dict(zip(chosen["person_id"], chosen["external_id"], strict=True))
