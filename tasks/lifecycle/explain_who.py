"""Finding one person: by HR id, else by address, else by name; several are told, never guessed."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

import pandas as pd

from connectors.model.errors import ConfigError
from connectors.model.manifest import ADDRESS
from tasks.lifecycle.inputs import Inputs
from tasks.lifecycle.naming import display_frame
from tasks.lifecycle.plan import Decision

MOST: Final = 10
"""Persons who are listed when several are meant."""
_ADDRESSES: Final = ("work_email", "user_principal_name")


def find_person(inputs: Inputs, decided: Decision, asked: str) -> str:
    """The HR id of the one person who is meant.

    Args:
        inputs: What the plan was made from.
        decided: What came of it.
        asked: An HR id, an address that HR or an account holds, a name, or words of one.

    Raises:
        ConfigError: Nobody is meant, or several are; it lists them, or ids that look alike.
    """
    people, memory = inputs.people, inputs.memory
    ids = {
        *people.persons["external_id"],
        *people.blocked["external_id"],
        *memory.links["person"],
    }
    if asked in ids:
        return asked
    wanted = asked.strip().casefold()
    same = sorted(one for one in ids if one.casefold() == wanted)
    shown = pd.Series([], dtype="str")
    found = same or (_by_address(inputs, decided, wanted) if "@" in wanted else [])
    if not found:
        shown = _names(inputs, decided)
        found = _by_name(shown, wanted)
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigError(_several(asked, found, shown if len(shown) else _names(inputs, decided)))
    close = get_close_matches(asked, sorted(ids), n=3)
    hint = f"; is it {' or '.join(close)}?" if close else ""
    message = f"nobody is known as {asked!r}, not in HR and not in the ledger{hint}"
    raise ConfigError(message)


def _by_address(inputs: Inputs, decided: Decision, wanted: str) -> list[str]:
    """Persons of whom HR says the address, and those whose account holds it."""
    persons, found = inputs.people.persons, set[str]()
    for column in _ADDRESSES:
        said = persons[column].str.casefold() == wanted
        found.update(persons.loc[said.fillna(False).astype(bool), "external_id"])  # noqa: FBT003 - pandas
    for name, accounts in inputs.accounts.items():
        taken = accounts.taken
        refs = set(taken.loc[(taken["space"] == ADDRESS) & (taken["value"] == wanted), "ref"])
        if refs:
            owners = decided.stands[name].match.refs
            found.update(person for person, ref in owners.items() if ref in refs)
    return sorted(found)


def _names(inputs: Inputs, decided: Decision) -> "pd.Series[str]":
    """What everybody is called, by HR id."""
    facts = decided.everybody.facts
    made = display_frame(facts, inputs.options)["display_name"]
    return made.fillna(facts["person.display_name"])


def _by_name(shown: "pd.Series[str]", wanted: str) -> list[str]:
    """Persons of exactly that name; without any, those whose name has all its words."""
    folded = shown.dropna().str.casefold()
    exact = folded.index[folded == wanted].tolist()
    if exact:
        return exact
    words = set(wanted.split())
    if not words:
        return []
    for word in words:
        folded = folded[folded.str.contains(word, regex=False)]
    return [str(who) for who, name in folded.items() if words <= set(_words(name))]


def _words(name: str) -> Iterable[str]:
    return "".join(one if one.isalnum() or one in "-'." else " " for one in name).split()


def _several(asked: str, found: list[str], shown: "pd.Series[str]") -> str:
    named = [f"{who} ({name})" if (name := _name(shown, who)) else who for who in found[:MOST]]
    more = len(found) - MOST
    rest = f" and {more} more" if more > 0 else ""
    return f"{asked!r} means {len(found)} persons: {', '.join(named)}{rest}; name one by the HR id"


def _name(shown: "pd.Series[str]", who: str) -> str:
    name = shown.get(who)
    return name if isinstance(name, str) else ""
