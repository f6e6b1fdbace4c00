"""What nobody may touch: marked before anything is planned, and locked once more afterwards.

The planner leaves protected people and accounts alone. A plan that touches one all the same is a
fault of ours, and no approval lifts that.
"""

from collections.abc import Container, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from connectors.model.accounts import Accounts
from connectors.model.change import Verb
from connectors.model.plan import Plan
from connectors.model.receipt import Note
from tasks.lifecycle.guard_measure import Measure, none_allowed, told
from tasks.lifecycle.guard_objection import Objection
from tasks.lifecycle.policy import TargetPolicy


def protect(accounts: Accounts, named: Sequence[str]) -> None:
    """Mark the accounts of a reading that a profile protects.

    Args:
        accounts: The reading; its column `protected` is changed.
        named: Native ids, or names that people read (in whatever case).
    """
    frame = accounts.accounts
    for name in named:
        frame["protected"] = frame["protected"] | _called(accounts, name)


def _called(accounts: Accounts, name: str) -> npt.NDArray[np.bool_]:
    """Which accounts have this native id or name."""
    frame = accounts.accounts
    labels = frame["label"].str.casefold() == name.casefold()
    found: npt.NDArray[np.bool_] = (frame.index == name) | labels.to_numpy(dtype=bool)
    return found


def protects_nothing(
    policies: Mapping[str, TargetPolicy],
    accounts: Mapping[str, Accounts],
    persons: frozenset[str],
    known: Container[str],
) -> list[Note]:
    """Notes on what a profile protects and nobody is called: misspelt, it would protect nothing.

    Args:
        policies: By target.
        accounts: Target -> what it holds.
        persons: Protected people, by HR id.
        known: Everybody whom HR or the ledger knows.
    """
    notes = [
        Note(
            target="",
            person=person,
            code="protects_nothing",
            reason="protected.persons names somebody whom neither HR nor the ledger knows",
        )
        for person in sorted(persons)
        if person not in known
    ]
    return notes + [
        Note(
            target=target,
            person="",
            code="protects_nothing",
            reason=f"targets.{target}.protected names {name!r}, and no account is called that",
        )
        for target, policy in policies.items()
        for name in policy.protected
        if not _called(accounts[target], name).any()
    ]


def review_protected(
    plan: Plan,
    accounts: Mapping[str, frozenset[str]],
    persons: Container[str] = frozenset(),
) -> list[Objection]:
    """What of a plan touches what nobody may touch.

    Args:
        plan: All of it.
        accounts: Target -> native ids of protected accounts.
        persons: Protected people, by HR id.
    """
    return told(measure_protected(plan, accounts, persons))


def measure_protected(
    plan: Plan,
    accounts: Mapping[str, frozenset[str]],
    persons: Container[str] = frozenset(),
) -> Iterator[Measure]:
    """Every change that touches what nobody may touch; one that says none, where there is none."""
    touching = list(_touching(plan, accounts, persons))
    for objection in touching:
        yield none_allowed(objection.code, 1, objection=objection)
    if not touching:
        yield none_allowed("protected", 0)


def _touching(
    plan: Plan, accounts: Mapping[str, frozenset[str]], persons: Container[str]
) -> Iterator[Objection]:
    for section in plan.sections:
        theirs = accounts.get(section.target, frozenset())
        for change in section.changes:
            if change.verb is Verb.UNMANAGE:  # the target does not notice
                continue
            if change.person in persons:
                touched, key = f"of {change.person}, a protected person", "protected.persons"
            elif change.ref in theirs:
                touched = f"of {change.person}, whose account {change.ref} is protected"
                key = f"targets.{section.target}.protected, or the target itself"
            else:
                continue
            yield Objection(
                reason=(
                    f"{section.target}: {change.verb} {touched} ({key}); no approval lifts "
                    "that, and it is a fault of Retour's"
                ),
                code="protected",
                structural=True,
                target=section.target,
                verb=change.verb,
                figure=1,
                persons=(change.person,),
            )
