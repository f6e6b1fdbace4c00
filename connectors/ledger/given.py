"""What we had given to accounts until a run let go of them: to give it again when that is undone.

The ledger forgets grants together with the account. The journal still has every one of them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from connectors.ledger.store import Store
from connectors.ledger.tables import journal
from connectors.model.change import Change, Verb, change_from_json
from connectors.model.receipt import Outcome
from connectors.model.values import Attributes

PERSONS_AT_ONCE: Final = 300
SUCCEEDED: Final = (Outcome.DONE.value, Outcome.ALREADY.value)

Whose = tuple[str, str]
"""Target and person."""


class Given(Store):
    """The part of the ledger that remembers what the grants were."""

    def given_until(self, run: str) -> dict[Whose, list[Attributes]]:
        """What accounts had of us when a run deleted them or let go of them.

        Args:
            run: Its whole id.

        Returns:
            Target and person -> content of each grant (`permission`, `name`, perhaps `kind`),
            sorted by permission; of accounts that the run let go of.
        """
        mine = (
            select(journal.c.sequence, journal.c.profile, journal.c.content)
            .where(journal.c.run == run, journal.c.outcome.in_(SUCCEEDED))
            .order_by(journal.c.sequence)
        )
        with self._reading() as connection:
            let_go: dict[Whose, int] = {}
            profile = ""
            for row in connection.execute(mine):
                change, profile = _change(row.content), row.profile
                if _ends(change):
                    let_go[change.target, change.person] = row.sequence
            return _replayed(connection, profile, let_go)


def _replayed(
    connection: Connection, profile: str, let_go: Mapping[Whose, int]
) -> dict[Whose, list[Attributes]]:
    given: dict[Whose, dict[str, Attributes]] = {whose: {} for whose in let_go}
    for sequence, change in _of_persons(
        connection, profile, sorted({person for _, person in let_go})
    ):
        whose = (change.target, change.person)
        if sequence >= let_go.get(whose, 0):
            continue
        content = {**change.before, **change.after}
        if change.verb is Verb.GRANT:
            given[whose][str(content["permission"])] = content
        elif change.verb is Verb.REVOKE or "permission" in change.before:
            given[whose].pop(str(content["permission"]), None)
        elif _ends(change):
            given[whose].clear()
    return {whose: [some[key] for key in sorted(some)] for whose, some in given.items() if some}


def _of_persons(
    connection: Connection, profile: str, persons: Sequence[str]
) -> Iterator[tuple[int, Change]]:
    """What was done about persons, in order."""
    for start in range(0, len(persons), PERSONS_AT_ONCE):
        some = persons[start : start + PERSONS_AT_ONCE]
        statement = (
            select(journal.c.sequence, journal.c.content)
            .where(
                journal.c.profile == profile,
                journal.c.person.in_(some),
                journal.c.outcome.in_(SUCCEEDED),
            )
            .order_by(journal.c.sequence)
        )
        for row in connection.execute(statement):
            yield row.sequence, _change(row.content)


def _ends(change: Change) -> bool:
    """Whether the account is not ours after it."""
    return change.verb in {Verb.DELETE, Verb.UNMANAGE} and "permission" not in change.before


def _change(content: str) -> Change:
    found: Any = json.loads(content)
    return change_from_json(found, resolved=True)
