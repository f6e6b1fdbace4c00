"""Business rules: who is due what, because of which rule and which contract.

A rule holds for a person when its conditions and its window hold on *the same* contract; any
contract will do, not only the primary one. A rule that asks about the person alone still needs a
contract in its window: without one there is no employment to be due something for. Rules only add
up; nothing in a rule takes away what another one gives.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.model.people import DATE_DTYPE, TEXT_DTYPE, People
from tasks.lifecycle.conditions import ContractTable
from tasks.lifecycle.rule import ACCESS, ACCOUNT, PERMISSION, Grant, Rule, Window

Days = npt.NDArray[np.datetime64]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Item:
    """One thing that can be due; `permission` is empty for the other kinds."""

    target: str
    kind: str
    permission: str = ""


def assign(people: People, rules: Iterable[Rule], as_of: date) -> pd.DataFrame:
    """Everything that everybody is due on a day. Excluded persons are in it like all others.

    Args:
        people: The import.
        rules: All rules; ids unique.
        as_of: The day.

    Returns:
        One row per person, target, kind and permission, sorted by these. Columns `person`,
        `target`, `kind` (str: `account`, `access` or `permission`), `permission` (str, NA for the
        other kinds), `because` (tuple of str: `contract:ID` and `rule:ID`, sorted, each once).
        RangeIndex. The order of the input makes no difference.

    Raises:
        ConfigError: A rule reads a column that this import does not have.
    """
    table = ContractTable(people)
    today = np.datetime64(as_of, "D")
    active = [rule for rule in rules if rule.counts]
    items = sorted(
        {item for rule in active for item in _items(rule)},
        key=lambda item: (item.target, item.kind, item.permission),
    )
    place = {item: number for number, item in enumerate(items)}

    keys: list[Positions] = []  # person and item as one number: sorting it sorts the result
    contracts: list[Positions] = []
    rule_numbers: list[Positions] = []
    for number, rule in enumerate(active):
        first, last = _window(table, rule.window)
        rows = np.flatnonzero(
            table.holds(rule.when) & (first <= today) & (np.isnat(last) | (today <= last))
        )
        for item in _items(rule):
            keys.append(table.owner[rows].astype(np.int64) * len(items) + place[item])
            contracts.append(rows)
            rule_numbers.append(np.full(len(rows), number))
    if not keys:
        return _assignments(table, items, np.array([], dtype=np.int64), [])

    key = np.concatenate(keys)
    order = np.argsort(key, kind="stable")
    key = key[order]
    starts = np.flatnonzero(np.concatenate([key[:1] == key[:1], key[1:] != key[:-1]]))
    contract_texts = ("contract:" + table.contracts["external_id"]).to_numpy(dtype=object)
    rule_texts = np.array([f"rule:{rule.id}" for rule in active], dtype=object)
    because = _reasons(
        [*starts.tolist(), len(key)],
        contract_texts[np.concatenate(contracts)[order]].tolist(),
        rule_texts[np.concatenate(rule_numbers)[order]].tolist(),
    )
    return _assignments(table, items, key[starts], because)


def ended(people: People, rules: Iterable[Rule], as_of: date) -> pd.DataFrame:
    """Who is not due an account today and was due one before, and until when.

    Looks at the contracts as they are now. A person who lost an account because a department
    changed in place left no trace here; the ledger knows that the account was granted.

    Args:
        people: The import.
        rules: All rules.
        as_of: The day.

    Returns:
        One row per person and target, sorted by these. Columns `person`, `target` (str), `ended_on`
        (datetime64[s]): the last day on which the window of an account rule held. RangeIndex.

    Raises:
        ConfigError: A rule reads a column that this import does not have.
    """
    table = ContractTable(people)
    today = np.datetime64(as_of, "D")
    begun: list[pd.DataFrame] = []
    for rule in rules:
        targets = [target for target, grant in rule.grant.items() if grant.account]
        if not (rule.counts and targets):
            continue
        first, last = _window(table, rule.window)
        was_open = (first <= today) & (np.isnat(last) | (first <= last))
        rows = np.flatnonzero(was_open & table.holds(rule.when))
        windows = pd.DataFrame(
            {
                "person": table.owner[rows],
                "ended_on": last[rows].astype("datetime64[s]"),
                "due": np.isnat(last[rows]) | (today <= last[rows]),
            }
        )
        begun += [windows.assign(target=target) for target in targets]
    if not begun:
        return _gone(table, np.array([], dtype=np.int64), [], np.array([], dtype="datetime64[s]"))
    per_person = (
        pd.concat(begun)
        .groupby(["person", "target"], sort=True, as_index=False)
        .agg(due=("due", "any"), ended_on=("ended_on", "max"))
    )
    gone = per_person.loc[~per_person["due"]]
    return _gone(
        table, gone["person"].to_numpy(), gone["target"].tolist(), gone["ended_on"].to_numpy()
    )


def _items(rule: Rule) -> list[_Item]:
    items: set[_Item] = set()
    for target, grant in rule.grant.items():
        if grant.account:
            items.add(_Item(target, ACCOUNT))
        if grant.access:
            items.add(_Item(target, ACCESS))
        items.update(
            _Item(target, PERMISSION, name) for name in (*grant.groups, *grant.permissions)
        )
    return list(items)


def _window(table: ContractTable, window: Window) -> tuple[Days, Days]:
    """First and last day per contract; the last is NaT for "no end", the first NaT for "never".

    A contract without a start, or that ends before it starts (a hire that was called off), has no
    window: nobody is due anything for a day on which there was no employment.
    """
    start = table.contracts["start_date"].to_numpy().astype("datetime64[D]")
    end = table.contracts["end_date"].to_numpy().astype("datetime64[D]")
    never = np.isnat(start) | (end < start)
    first = np.where(never, np.datetime64("NaT"), start + np.timedelta64(window.from_days, "D"))
    last = end + np.timedelta64(window.until_days, "D")
    return first.astype("datetime64[D]"), last.astype("datetime64[D]")


def _reasons(bounds: list[int], contracts: list[str], rules: list[str]) -> list[tuple[str, ...]]:
    """Reasons per group of rows, the groups given by where they begin and end."""
    return [
        # One row per group is the common case. "contract" sorts before "rule", so it is in order.
        (contracts[begin], rules[begin])
        if end - begin == 1
        else tuple(sorted({*contracts[begin:end], *rules[begin:end]}))
        for begin, end in pairwise(bounds)
    ]


def _assignments(
    table: ContractTable, items: list[_Item], keys: Positions, because: list[tuple[str, ...]]
) -> pd.DataFrame:
    owner, item = np.divmod(keys, max(len(items), 1))

    def of_item(name: str) -> "pd.Series[Any]":
        texts = pd.Series([getattr(one, name) for one in items], dtype=TEXT_DTYPE)
        return texts.take(item).reset_index(drop=True)

    permission = of_item("permission")
    return pd.DataFrame(
        {
            "person": table.persons.take(owner).reset_index(drop=True),
            "target": of_item("target"),
            "kind": of_item("kind"),
            "permission": permission.mask(permission == ""),
            "because": pd.Series(because, dtype=object),
        }
    )


def _gone(
    table: ContractTable, owner: Positions, targets: list[str], ended_on: Days
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person": table.persons.take(owner).reset_index(drop=True),
            "target": pd.Series(targets, dtype=TEXT_DTYPE),
            "ended_on": pd.Series(ended_on, dtype=DATE_DTYPE),
        }
    )
