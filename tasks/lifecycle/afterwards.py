"""What targets will hold once a plan of known values is carried out: to plan once more on it."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.change import Change, Verb
from connectors.model.manifest import Manifest
from connectors.model.plan import Plan
from connectors.model.values import CLEAR

STATES = frozenset({"enabled", "container"})


def afterwards(
    accounts: Mapping[str, Accounts], manifests: Mapping[str, Manifest], plan: Plan
) -> dict[str, Accounts]:
    """The accounts as they will be. Of a target without changes, the reading itself.

    Args:
        accounts: What was read, by target.
        manifests: By target.
        plan: One that makes no accounts and leaves no value to a target.
    """
    return {
        name: _changed(reading, manifests[name], plan.section(name).changes)
        for name, reading in accounts.items()
    }


def _changed(accounts: Accounts, manifest: Manifest, changes: Iterable[Change]) -> Accounts:
    changes = tuple(changes)
    if not changes:
        return accounts
    rows: dict[str, dict[str, Any]] = accounts.accounts.to_dict("index")  # type: ignore[assignment]  # refs are texts
    values: dict[str, dict[str, Any]] = accounts.attributes.to_dict("index")  # type: ignore[assignment]  # as above
    grants = set(accounts.grants.itertuples(index=False, name=None))
    for change in changes:
        ref = str(change.ref)
        content = {**change.before, **change.after}
        match change.verb:
            case Verb.DELETE:
                rows.pop(ref, None)
                values.pop(ref, None)
                grants = {pair for pair in grants if pair[0] != ref}
            case Verb.RESTORE:
                rows[ref] = {"person": content.get(manifest.correlation), "enabled": False}
                rows[ref]["container"] = content.get("container")
                values[ref] = {}
            case Verb.GRANT:
                grants.add((ref, str(content["permission"])))
            case Verb.REVOKE:
                grants.discard((ref, str(content["permission"])))
            case Verb.UPDATE | Verb.ENABLE | Verb.DISABLE | Verb.MOVE:
                for name, value in change.after.items():
                    held = None if value is CLEAR else value
                    (rows if name in STATES else values)[ref][name] = held
            case _:  # between us and the ledger
                pass
    refs = pd.Index(list(rows), dtype="str")
    names = list(dict.fromkeys([*accounts.attributes, *_names(values)]))
    return Accounts(
        target=accounts.target,
        accounts=pd.DataFrame(list(rows.values()), index=refs),
        attributes=pd.DataFrame(
            {
                name: pd.Series([values[ref].get(name) for ref in rows], index=refs, dtype=object)
                for name in names
            },
            index=refs,
        ),
        taken_at=accounts.taken_at,
        grants=pd.DataFrame(sorted(grants), columns=["ref", "permission"]),
        permissions=accounts.permissions,
        taken=accounts.taken,
        without_account=accounts.without_account,
    )


def _names(values: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    return (name for held in values.values() for name in held)
