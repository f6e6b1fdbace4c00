"""Waiting: what is left alone because an account upstream is not there or does not say a value."""

from collections.abc import Iterator, Mapping

import numpy as np

from connectors.model.receipt import Note
from connectors.model.values import Pending
from tasks.lifecycle.columns import given
from tasks.lifecycle.desired import Desired
from tasks.lifecycle.order import UPSTREAM, parse_template, split_upstream, upstream_of
from tasks.lifecycle.outlook import Outlook
from tasks.lifecycle.policy import FieldMapping, TargetPolicy
from tasks.lifecycle.world import World


def held_back(
    policy: TargetPolicy, new: frozenset[str], upstream: Mapping[str, Outlook]
) -> dict[str, Note]:
    """Persons whose account waits, because one that it takes a value from is not there.

    Args:
        policy: Of the target.
        new: Persons who would get an account.
        upstream: The accounts they build on, as they will be.
    """
    waiting: dict[str, Note] = {}
    for mapping in policy.mapped("create"):
        source = upstream_of(mapping)
        if source is None:
            continue
        target, attribute = source
        for person in new - waiting.keys():
            if upstream[target].has(person):
                continue
            reason = f"{target} has no account and so no {attribute}; the account here waits for it"
            waiting[person] = Note(target=policy.name, person=person, code="waiting", reason=reason)
    return waiting


def waiting_fields(
    policy: TargetPolicy,
    action: str,
    desired: Desired,
    world: World,
    upstream: Mapping[str, Outlook],
) -> Iterator[Note]:
    """Say it where a field is left alone because the account upstream does not give a value."""
    left_alone = "is left out" if action == "create" else "stays as it is"
    for mapping in policy.mapped(action):
        lacking = np.flatnonzero(~given(desired.columns[mapping.name]))
        for path in _upstream_paths(mapping) if len(lacking) else ():
            source, attribute = split_upstream(path)
            said = world.column(path)
            for place in lacking.tolist():
                if not (said[place] is None or isinstance(said[place], Pending)):
                    continue
                person = world.roster.ids[world.places[place]]
                if said[place] is not None:
                    reason = (
                        f"{source} says its {attribute} when it is written; "
                        f"{mapping.name} follows in the next run"
                    )
                else:
                    there = upstream[source].has(person)
                    lacks = "holds no" if there else "has no account and so no"
                    reason = f"{source} {lacks} {attribute}; {mapping.name} {left_alone}"
                yield Note(target=policy.name, person=person, code="waiting", reason=reason)


def _upstream_paths(mapping: FieldMapping) -> list[str]:
    """Paths of upstream accounts without which the field has no value."""
    if mapping.kind == "from":
        return [mapping.argument] if mapping.argument.startswith(UPSTREAM) else []
    if mapping.kind != "template":
        return []
    return [
        part.path
        for part in parse_template(mapping.argument)
        if part.path is not None and part.path.startswith(UPSTREAM) and not part.optional
    ]
