"""What was done lately, and which of it a person approved: what limits over several days count."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, cast, false, func, select, update

from connectors.ledger.store import Store
from connectors.ledger.tables import journal as journal_table
from connectors.ledger.tables import runs as runs_table
from connectors.model.receipt import Outcome


class Recent(Store):
    """The part of the ledger that counts the changes of the last days."""

    def note_approval(self, run: str) -> None:
        """Note that a person approved exactly the plan of a run: what it does is not counted.

        Args:
            run: Its whole id. A run that begins again is not approved until that is said again.
        """
        statement = update(runs_table).where(runs_table.c.run == run).values(approved=True)
        with self._writing() as connection:
            connection.execute(statement)

    def recent_changes(self, profile: str, since: datetime) -> dict[str, dict[str, int]]:
        """How many changes were really written, by target and verb.

        What was so already is not among them, nor what failed, nor what is still in doubt.

        Args:
            profile: Only runs of this profile; those that were approved do not count.
            since: Only runs that began at this instant or later.
        """
        verb = self._verb()
        statement = (
            select(journal_table.c.target, verb.label("verb"), func.count().label("changes"))
            .join(runs_table, runs_table.c.run == journal_table.c.run)
            .where(
                runs_table.c.profile == profile,
                runs_table.c.started >= since,
                runs_table.c.mode == "live",
                runs_table.c.approved == false(),
                journal_table.c.outcome == Outcome.DONE.value,
            )
            .group_by(journal_table.c.target, verb)
        )
        counted: dict[str, dict[str, int]] = {}
        with self._reading() as connection:
            for row in connection.execute(statement):
                counted.setdefault(row.target, {})[row.verb] = row.changes
        return counted

    def _verb(self) -> ColumnElement[Any]:
        """The verb of a change; of an old line the one in its content, which is slower to read."""
        content = journal_table.c.content
        inside: ColumnElement[Any] = (
            func.json_extract(content, "$.verb")
            if self._engine.dialect.name == "sqlite"
            else cast(content, JSON)["verb"].as_string()
        )
        return func.coalesce(journal_table.c.verb, inside)
