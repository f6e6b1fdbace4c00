"""What a message may say of people, and their addresses: from HR, else from their accounts."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pandas as pd

from tasks.lifecycle.inputs import Inputs
from tasks.lifecycle.people import MANAGER, person_facts
from tasks.lifecycle.recipients import Acquaintance
from tasks.lifecycle.tidings import in_words

Mails = Mapping[str, Collection[str]]
"""Target that holds accounts -> attributes that may be the address, the likelier first."""


class Acquaintances:
    """Those of an import whom a run has something to tell about. An opaque object to Prefect."""

    __slots__ = ("_known",)

    def __init__(self, known: Mapping[str, Acquaintance]) -> None:
        """Keep them, by HR id."""
        self._known = known

    def __repr__(self) -> str:
        """Counts only."""
        return f"Acquaintances({len(self._known)})"

    def of(self, person: str) -> Acquaintance:
        """One of them; HR does not know whoever is not there, such as somebody long gone."""
        return self._known.get(person) or Acquaintance(person=person, name=person)


def acquaint(inputs: Inputs, persons: Iterable[str], mails: Mails) -> Acquaintances:
    """Look people up.

    Args:
        inputs: What the plan was made from.
        persons: HR ids.
        mails: Where accounts hold addresses.
    """
    wanted = sorted(set(persons))
    if not wanted:
        return Acquaintances({})
    facts = person_facts(inputs.people, inputs.as_of)
    here = facts.loc[facts.index.isin(wanted)]
    named = set(here[MANAGER].dropna())
    managers = facts.loc[facts.index.isin(named)]
    rows = {str(person): _known(row) for person, row in here.iterrows()}
    bosses = {str(person): _known(row) for person, row in managers.iterrows()}
    held = _mails_of(inputs, {*rows, *named}, mails)

    def mail(person: str, row: Mapping[str, Any]) -> str:
        return str(row.get("person.work_email") or held.get(person, ""))

    known: dict[str, Acquaintance] = {}
    for person, row in rows.items():
        manager = str(row.get(MANAGER, ""))
        boss = bosses.get(manager, {})
        known[person] = Acquaintance(
            person=person,
            name=_name(person, row),
            facts=row,
            excluded=bool(row.get("person.excluded")),
            mail=mail(person, row),
            personal_mail=str(row.get("person.personal_email", "")),
            manager=manager,
            manager_name=_name(manager, boss),
            manager_mail=mail(manager, boss) if manager else "",
        )
    return Acquaintances(known)


def _known(row: "pd.Series[Any]") -> dict[str, Any]:
    return {
        str(path): value.date() if isinstance(value, pd.Timestamp) else value
        for path, value in row.items()
        if not pd.isna(value)
    }


def _name(person: str, row: Mapping[str, Any]) -> str:
    told = row.get("person.display_name")
    if told:
        return str(told)
    parts = ("person.nick_name", "person.family_name_prefix", "person.family_name")
    return " ".join(str(row[part]) for part in parts if part in row) or person


def _mails_of(inputs: Inputs, persons: Collection[str], mails: Mails) -> dict[str, str]:
    """Person -> address of an account of theirs, of the first target that has one."""
    found: dict[str, str] = {}
    for target, attributes in mails.items():
        accounts, refs = inputs.accounts.get(target), inputs.memory.links_of(target)
        if accounts is None or not attributes:
            continue
        for person, ref in refs[refs.index.isin(set(persons) - set(found))].items():
            if ref not in accounts.accounts.index:
                continue
            values = (in_words(accounts.value(str(ref), name)) for name in attributes)
            address = next(filter(None, values), "")
            if address:
                found[str(person)] = address
    return found
