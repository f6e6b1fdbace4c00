"""New names for people whose name has changed in HR; the old address goes on as an alias."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.receipt import Note
from tasks.lifecycle.called import fingerprints
from tasks.lifecycle.columns import given
from tasks.lifecycle.desired import Desired, current
from tasks.lifecycle.policy import FieldMapping, TargetPolicy
from tasks.lifecycle.roster import Positions
from tasks.lifecycle.taken import key_of, plain_address
from tasks.lifecycle.world import NAMES

PRIMARY: Final = "SMTP:"
ALIAS: Final = "smtp:"
"""What stands before a mail address in proxyAddresses: one primary one, any number of others."""
PROXY_ADDRESSES: Final = f"{NAMES}proxy_addresses"


def who_is_renamed(facts: pd.DataFrame, called: Mapping[str, str]) -> list[str]:
    """Persons whom HR calls otherwise than when they got their names, sorted.

    Nobody who is not in `called`: of them nobody noted a name yet.

    Args:
        facts: As `people.person_facts` gives it.
        called: Person -> fingerprint, as the ledger noted it.
    """
    if not called:
        return []
    noted = pd.Series(called, dtype="str").reindex(facts.index)
    now = fingerprints(facts)
    differs = noted.notna().to_numpy() & (noted != now).to_numpy(dtype=bool, na_value=False)
    return sorted(facts.index[differs].tolist())


def frozen_notes(persons: Iterable[str]) -> list[Note]:
    """What is said of renamed people where names are given once and kept.

    Args:
        persons: Renamed, with an account.
    """
    reason = "the name has changed in HR since it was given; names are kept (names.rename is off)"
    return [Note(target="", person=who, code="name_kept", reason=reason) for who in persons]


def new_names(policy: TargetPolicy) -> tuple[FieldMapping, ...]:
    """Fields that a rename writes, beside those of any update: made from names, at create only."""
    updated = {mapping.name for mapping in policy.mapped("update")}
    return tuple(
        replace(mapping, on=mapping.on | {"update"})
        for mapping in policy.mapped("create")
        if mapping.name not in updated
        and mapping.kind in {"from", "template"}
        and NAMES in mapping.argument
        and (known := policy.manifest.attribute(mapping.name)) is not None
        and known.on_update
    )


def renaming(policy: TargetPolicy) -> TargetPolicy:
    """The policy for renamed people: an update writes names as well."""
    extra = new_names(policy)
    named = {mapping.name for mapping in extra}
    kept = [
        mapping
        for mapping in policy.fields
        if mapping.name not in named or "create" not in mapping.on
    ]
    return replace(policy, fields=(*kept, *extra))


def with_aliases(
    policy: TargetPolicy, desired: Desired, accounts: Accounts, rows: Positions
) -> Desired:
    """What renamed people should hold, old addresses kept as aliases.

    Only in attributes that are mapped from `names.proxy_addresses`.

    Args:
        policy: Of the target, as `renaming` gives it.
        desired: What their accounts should hold.
        accounts: What they hold now.
        rows: Where their accounts stand in the reading, aligned to `desired`.
    """
    columns = dict(desired.columns)
    before = [
        current(accounts, rows, mapping.name)
        for mapping in policy.mapped("update")
        if mapping.kind in {"from", "template"} and _is_address(mapping)
    ]
    for mapping in policy.mapped("update"):
        if not _reads_proxies(mapping):
            continue
        now, wanted = current(accounts, rows, mapping.name), columns[mapping.name].copy()
        for place in np.flatnonzero(given(wanted)):
            old = [str(column[place]) for column in before if isinstance(column[place], str)]
            wanted[place] = merge_aliases(_texts(now[place]), _texts(wanted[place]), also=old)
        columns[mapping.name] = wanted
    return replace(desired, columns=columns)


def merge_aliases(
    held: Sequence[str], new: Sequence[str], *, also: Collection[str] = ()
) -> tuple[str, ...]:
    """Addresses of a mailbox whose primary one changes: exactly one primary, nothing lost.

    Args:
        held: What it holds: `SMTP:`, `smtp:` and other kinds, which stay as they are.
        new: What it should hold; its `SMTP:` becomes the primary one.
        also: Addresses in use without standing in `held`, such as the old mail address.

    Returns:
        Sorted. Equal to `held` when that says so already.
    """
    kept = {key_of(one): one for one in new}
    for one in (*held, *(f"{ALIAS}{address}" for address in also)):
        if one[: len(PRIMARY)].lower() != ALIAS:
            kept.setdefault(one, one)
        elif one.startswith(PRIMARY) and kept.get(key_of(one), "").startswith(PRIMARY):
            kept[key_of(one)] = one  # the same, spelt as it stands there
        else:
            kept.setdefault(key_of(one), f"{ALIAS}{plain_address(one)}")
    return tuple(sorted(kept.values()))


def _reads_proxies(mapping: FieldMapping) -> bool:
    return mapping.kind in {"from", "template"} and mapping.argument.strip("{}") == PROXY_ADDRESSES


def _is_address(mapping: FieldMapping) -> bool:
    """Whether the field holds an address that is made from the local part."""
    return f"{NAMES}local_part" in mapping.argument and "@" in mapping.argument


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, str) else ()
