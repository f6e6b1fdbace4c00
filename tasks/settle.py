"""After a crash: what became of changes that were announced and never answered."""

from collections.abc import Iterable, Mapping
from typing import cast

import pandas as pd
from pandas.api.typing import NAType

from connectors.model.accounts import Accounts
from connectors.model.change import Change, Verb
from connectors.model.compare import same
from connectors.model.manifest import Compare
from connectors.model.receipt import Outcome, Receipt
from connectors.model.values import Attributes, Pending, Value
from connectors.sdk.fanout import receipt_of


def settle_intents(
    intents: Iterable[Change],
    accounts: Mapping[str, Accounts],
    correlations: Mapping[str, Mapping[str, str]],
) -> dict[str, Receipt]:
    """A receipt for every intent, by what the targets hold now.

    What is there counts as done (and is linked and audited like any other); what is not counts as
    failed and is planned again. Nothing is repeated blindly.

    Args:
        intents: Announced changes without a receipt.
        accounts: By target, read after the crash.
        correlations: Target -> person -> value of the correlation attribute.

    Returns:
        Receipt by change id.
    """
    settled: dict[str, Receipt] = {}
    for change in intents:
        held = accounts.get(change.target)
        ref = _ref(change, held, correlations) if held is not None else None
        if held is None:
            outcome, detail = (
                Outcome.IN_DOUBT,
                "the run ended before the answer; the target is not read now",
            )
        elif _happened(change, held, ref):
            outcome, detail = Outcome.DONE, "the run ended before the answer; confirmed by read"
        else:
            outcome, detail = Outcome.FAILED, "the run ended before it was done; planned again"
        settled[change.id] = receipt_of(change, outcome, ref=ref, detail=detail)
    return settled


def recall(
    links: pd.DataFrame, grants: pd.DataFrame, settled: Iterable[tuple[Change, Receipt]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Links and grants as they will be when these receipts are in the ledger.

    Args:
        links: Columns target, person, ref and others.
        grants: Columns target, person, permission and others.
        settled: Changes with what was found out about them.

    Returns:
        The frames given when nothing follows from the receipts; else new ones, without the others.
    """
    happened = [(change, receipt) for change, receipt in settled if receipt.outcome.succeeded]
    if not happened:
        return links, grants
    refs = {(t, p): r for t, p, r in links[["target", "person", "ref"]].itertuples(index=False)}
    held = set(grants[["target", "person", "permission"]].itertuples(index=False, name=None))
    for change, receipt in happened:
        owner = (change.target, change.person)
        permission = (change.after or change.before).get("permission")
        match change.verb:
            case Verb.CREATE | Verb.CORRELATE | Verb.RESTORE if receipt.ref is not None:
                refs[owner] = receipt.ref
            case Verb.UNMANAGE if change.before:
                held.discard((*owner, permission))
            case Verb.DELETE | Verb.UNMANAGE:
                refs.pop(owner, None)
                held = {one for one in held if one[:2] != owner}
            case Verb.GRANT:
                held.add((*owner, permission))
            case Verb.REVOKE:
                held.discard((*owner, permission))
            case _:
                pass
    rows = sorted((*owner, ref) for owner, ref in refs.items())
    return (
        pd.DataFrame(rows, columns=["target", "person", "ref"], dtype="str"),
        pd.DataFrame(sorted(held), columns=["target", "person", "permission"], dtype="str"),
    )


def _ref(
    change: Change, held: Accounts, correlations: Mapping[str, Mapping[str, str]]
) -> str | None:
    if change.ref is not None:
        return change.ref
    value = correlations.get(change.target, {}).get(change.person) or change.person
    refs = held.accounts.index[held.accounts["person"] == value]
    return str(refs[0]) if len(refs) == 1 else None


def _happened(change: Change, held: Accounts, ref: str | None) -> bool:
    there = ref is not None and ref in held.accounts.index
    match change.verb:
        case Verb.UNMANAGE:  # between us and the ledger
            return True
        case Verb.CREATE | Verb.CORRELATE | Verb.RESTORE:
            return there
        case Verb.DELETE:  # one that says what it leaves behind clears a record, which stays
            return not there or (bool(change.after) and _holds(held, ref, change.after))
        case _ if not there:
            return change.verb in {Verb.DISABLE, Verb.REVOKE}
        case Verb.ENABLE | Verb.DISABLE | Verb.UPDATE:
            return _holds(held, ref, change.after)
        case Verb.MOVE:
            container = cast("Value | None", held.accounts.at[ref, "container"])
            return same(container, change.after["container"], Compare.DN)
        case Verb.GRANT | Verb.REVOKE:
            permission = (change.after or change.before)["permission"]
            rows = held.grants[
                (held.grants["ref"] == ref) & (held.grants["permission"] == permission)
            ]
            return rows.empty is (change.verb is Verb.REVOKE)


def _holds(accounts: Accounts, ref: str | None, wanted: Attributes) -> bool:
    """Whether an account holds everything that a change was to write."""
    return all(
        not isinstance(value, Pending)
        and same(value, _held(accounts, ref, name), Compare.IGNORE_CASE)
        for name, value in wanted.items()
    )


def _held(accounts: Accounts, ref: str | None, name: str) -> Value | None:
    if name == "enabled":
        enabled = cast("bool | NAType", accounts.accounts.at[ref, "enabled"])
        return None if enabled is pd.NA else bool(enabled)
    return accounts.value(str(ref), name)
