"""Records without an account: where a target that hangs accounts under a record can make one."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from connectors.model.accounts import Accounts


def contexts(accounts: Accounts, numbers: Collection[str]) -> dict[str, dict[str, str]]:
    """What a writer needs to make an account, by the number of the record it goes under.

    Only of numbers that one record has, and whose record says all of it.

    Args:
        accounts: What the target holds.
        numbers: Those to look for.
    """
    found = _by_number(accounts, numbers)
    return {
        number: rows[0]
        for number, rows in found.items()
        if len(rows) == 1 and all(rows[0].values())
    }


def reasons_against(
    accounts: Accounts, numbers: Mapping[str, str], *, title: str, may_create: bool
) -> Iterator[tuple[str, str, str]]:
    """Who can get no account, with code and reason; nobody where accounts stand by themselves.

    Args:
        accounts: What the target holds.
        numbers: Person -> value of the correlation attribute.
        title: Of the target.
        may_create: Whether it makes accounts.
    """
    if accounts.without_account is None:
        return
    found = _by_number(accounts, numbers.values())
    for person, number in numbers.items():
        rows = found.get(number, ())
        if not rows:
            reason = f"{title} shows no record with number {number}, and so makes no account"
            yield person, "not_visible", reason
        elif len(rows) > 1:
            reason = (
                f"{len(rows)} records carry number {number}; nothing is done until only one does"
            )
            yield person, "ambiguous", reason
        elif not may_create:
            reason = "this person has no account here, and making them is switched off"
            yield person, "creation_off", reason
        elif not all(rows[0].values()):
            lacks = ", ".join(name for name, value in rows[0].items() if not value)
            reason = f"the record with number {number} has no {lacks}; no account is made"
            yield person, "no_key", reason


def _by_number(
    accounts: Accounts, numbers: Collection[str]
) -> Mapping[str, Sequence[dict[str, str]]]:
    """Number -> the context of every record that carries it."""
    found: dict[str, list[dict[str, str]]] = {}
    records = accounts.without_account
    if records is None:
        return found
    for row in records[records["person"].isin(set(numbers))].fillna("").to_dict("records"):
        number = str(row.pop("person"))
        found.setdefault(number, []).append({str(name): str(value) for name, value in row.items()})
    return found
