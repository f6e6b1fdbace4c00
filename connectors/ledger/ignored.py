"""Issues of a reconciliation that somebody has looked at and does not want to see for a while."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select

from connectors.ledger.store import Store
from connectors.ledger.tables import ignored as ignored_table
from connectors.sdk.clock import now


@dataclass(frozen=True, slots=True)
class Ignored:
    """An issue that is not looked at.

    Attributes:
        issue: Its id.
        until: The last day on which it is not shown.
        reason: Why.
        since: When that was said last, with offset.
    """

    issue: str
    until: date
    reason: str
    since: datetime


class IgnoredIssues(Store):
    """The part of the ledger that remembers which issues are not looked at."""

    def ignore(self, profile: str, issue: str, *, until: date, reason: str) -> None:
        """Leave an issue alone up to and including a day. Said again, the new day counts.

        Args:
            profile: Name of the profile.
            issue: Its id.
            until: The last day on which it is not shown.
            reason: Why, for whoever meets it again.
        """
        content = {
            "profile": profile,
            "issue": issue,
            "until": until,
            "reason": reason,
            "since": now(),
        }
        with self._writing() as connection:
            connection.execute(self._upsert(ignored_table), content)

    def lift(self, profile: str, issue: str) -> bool:
        """Look at an issue again from now on, before the day it was set aside until.

        Args:
            profile: Name of the profile.
            issue: Its id.

        Returns:
            Whether it was set aside at all, also when its day was over already.
        """
        lifted = delete(ignored_table).where(
            ignored_table.c.profile == profile, ignored_table.c.issue == issue
        )
        with self._writing() as connection:
            return connection.execute(lifted).rowcount > 0

    def ignored(self, profile: str, day: date) -> dict[str, Ignored]:
        """The issues that are not looked at on a day, by id."""
        statement = (
            select(ignored_table)
            .where(ignored_table.c.profile == profile, ignored_table.c.until >= day)
            .order_by(ignored_table.c.issue)
        )
        with self._reading() as connection:
            return {
                row.issue: Ignored(row.issue, row.until, row.reason, row.since)
                for row in connection.execute(statement)
            }
