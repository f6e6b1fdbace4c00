"""Imports, plans and readings for the tests of the guards."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.change import CHANGES, OFFERED
from connectors.model.people import INVALID, People
from connectors.model.plan import Plan, Section
from tests.tasks.lifecycle.site import POLICIES

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PERMISSION = {"permission": "g", "name": "G"}
LICENCE = {"permission": "l", "name": "L", "kind": "permission"}
BLOCKED = ["external_id", "code", "reason"]


def numbers(count, start=0):
    return [f"{place:05}" for place in range(start, start + count)]


def people(
    ids, *, blocked=(), code=INVALID, contracts=True, keys=None, of_contracts=None, **columns
):
    """An import: one contract each, under the number of its person."""
    held = {"external_id": ids, "person_id": ids} | (of_contracts or {})
    return People(
        persons=pd.DataFrame({"external_id": ids, "family_name": "X"} | columns),
        contracts=pd.DataFrame(held if contracts else {}),
        blocked=pd.DataFrame([(one, code, "why") for one in blocked], columns=BLOCKED),
        taken_at=NOON,
        keys=keys,
    )


def change(verb, person="1", ref="a", *, target="ad", because=("rule:x",), **content):
    return CHANGES[verb](target=target, person=person, ref=ref, because=because, **content)


def changes(verb, count, **content):
    return [
        change(verb, f"{place:05}", f"a{place}", **{"after": {"x": "y"}, **content})
        for place in range(count)
    ]


def plan_of(found, *, managed=100, target="ad"):
    section = Section(target=target, depends_on=(), changes=tuple(found), managed=managed)
    return Plan(profile="p", as_of=DAY, sections=(section,))


def policies(limits=None, *, cannot=(), window=None, **more):
    ad = replace(POLICIES["ad"], limits=limits or {}, window=window or {}, **more)
    if cannot:
        ad = replace(ad, manifest=replace(ad.manifest, verbs=OFFERED - set(cannot)))
    return {"ad": ad}


def reading(
    refs, *, target="ad", grants=(), permissions=None, kinds=None, labels=None, protected=()
):
    return Accounts.from_records(
        target=target,
        records={
            ref: {"person": ref, "protected": ref in protected, "label": (labels or {}).get(ref)}
            for ref in refs
        },
        attributes={},
        taken_at=NOON,
        grants=list(grants),
        permissions=permissions,
        kinds=kinds,
    )


def reasons(objections):
    return [objection.reason for objection in objections]


def codes(objections):
    return [objection.code for objection in objections]
