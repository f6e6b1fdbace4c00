"""How the latest live runs of a profile went, in counts: what pictures are drawn from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import case, func, select

from connectors.ledger.recent import Recent
from connectors.ledger.tables import journal, runs
from connectors.model.receipt import Outcome

OPEN: Final = "open"
"""Stands for the outcome of a change that was announced and never answered."""

Kinds = Sequence[tuple[str, Collection[str]]]
"""What persons are called whose account met one of these verbs; the first that fits counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTrend:
    """One live run in counts.

    Attributes:
        run: Id of the run.
        started: When it began, with offset.
        exit: Its exit code, None while it goes on.
        outcomes: Outcome -> changes; `open` for those that were never answered.
        persons: Kind -> persons of whom something was really written.
    """

    run: str
    started: datetime
    exit: int | None
    outcomes: Mapping[str, int] = field(default_factory=dict)
    persons: Mapping[str, int] = field(default_factory=dict)


class Trend(Recent):
    """The part of the ledger that looks back over several runs."""

    def trend(
        self, profile: str, *, limit: int, targets: Collection[str], kinds: Kinds
    ) -> list[RunTrend]:
        """The latest live runs, the oldest of them first.

        Args:
            profile: Name of the profile.
            limit: At most so many.
            targets: Only what was written there counts for persons.
            kinds: How persons are told apart.
        """
        latest = (
            select(runs.c.run, runs.c.started, runs.c.exit)
            .where(runs.c.profile == profile, runs.c.mode == "live")
            .order_by(runs.c.started.desc(), runs.c.run.desc())
            .limit(limit)
        )
        with self._reading() as connection:
            found = connection.execute(latest).all()
            those = journal.c.run.in_([row.run for row in found])
            by_outcome = (
                select(journal.c.run, journal.c.outcome, func.count())
                .where(those)
                .group_by(journal.c.run, journal.c.outcome)
            )
            place = case(
                *((self._verb().in_(list(verbs)), n) for n, (_, verbs) in enumerate(kinds)),
                else_=len(kinds),
            )
            of_person = (
                select(journal.c.run, func.min(place).label("kind"))
                .where(
                    those,
                    journal.c.outcome == Outcome.DONE.value,
                    journal.c.target.in_(list(targets)),
                )
                .group_by(journal.c.run, journal.c.person)
                .subquery()
            )
            by_kind = select(of_person.c.run, of_person.c.kind, func.count()).group_by(
                of_person.c.run, of_person.c.kind
            )
            outcomes: dict[str, dict[str, int]] = {}
            for run, outcome, count in connection.execute(by_outcome):
                outcomes.setdefault(run, {})[outcome or OPEN] = count
            persons: dict[str, dict[str, int]] = {}
            names = [name for name, _ in kinds]
            for run, kind, count in connection.execute(by_kind):
                if kind < len(names):
                    persons.setdefault(run, {})[names[kind]] = count
        return [
            RunTrend(
                run=row.run,
                started=row.started,
                exit=row.exit,
                outcomes=outcomes.get(row.run, {}),
                persons=persons.get(row.run, {}),
            )
            for row in reversed(found)
        ]
