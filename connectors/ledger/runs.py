"""Runs and their plans: what was started, what it came to, and exactly what it meant to do."""

import json
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, update

from connectors.ledger.records import RunRecord
from connectors.ledger.store import Store, require_sound
from connectors.ledger.tables import plans as plans_table
from connectors.ledger.tables import runs as runs_table
from connectors.model.errors import ConfigError
from connectors.model.plan import Plan
from connectors.sdk.clock import now
from connectors.sdk.json_text import json_text

BROKEN_OFF: Final = 137
"""Exit code of a run whose process died, as shells count a kill: 128 and the signal's number."""

_LISTED = [column for column in runs_table.columns if column.name != "report"]


class Runs(Store):
    """The part of the ledger that keeps runs and plans."""

    def start_run(self, record: RunRecord) -> None:
        """Note that a run begins. A run that begins again (resumed, retried) is open again.

        Args:
            record: Its id, profile, mode, day, start, flow and parameters; the rest is for
                `finish_run`.
        """
        begun = {
            "run": record.run,
            "profile": record.profile,
            "mode": record.mode,
            "as_of": record.as_of,
            "started": record.started,
            "flow": record.flow,
            "parameters": record.parameters and json.dumps(record.parameters, ensure_ascii=False),
            **dict.fromkeys(("finished", "exit", "digest", "refused", "report")),
        }
        with self._writing() as connection:
            connection.execute(self._upsert(runs_table, keep=("started",)), begun)

    def finish_run(
        self,
        run: str,
        *,
        finished: datetime,
        exit: int,  # noqa: A002 - the exit code is called that everywhere
        digest: str | None,
        report: Mapping[str, Any],
        refused: str | None = None,
    ) -> None:
        """Note what a run came to.

        Args:
            run: Its whole id.
            finished: When it ended, with offset.
            exit: Its exit code.
            digest: Digest of its plan, None when it came to none.
            report: The report, as JSON.
            refused: Why a guard refused it.

        Raises:
            ConfigError: Nobody started that run.
        """
        content = zlib.compress(json_text(dict(report)).encode())
        statement = (
            update(runs_table)
            .where(runs_table.c.run == run)
            .values(finished=finished, exit=exit, digest=digest, report=content, refused=refused)
        )
        with self._writing() as connection:
            if connection.execute(statement).rowcount == 0:
                message = f"there is no run {run!r}"
                raise ConfigError(message)

    def break_off_runs(self, profile: str, at: datetime) -> int:
        """Close runs that never ended: their process died. To be called under the profile's lock.

        Args:
            profile: Whose runs.
            at: When they are taken for dead, with offset.

        Returns:
            How many there were.
        """
        statement = (
            update(runs_table)
            .where(runs_table.c.profile == profile, runs_table.c.finished.is_(None))
            .values(finished=at, exit=BROKEN_OFF)
        )
        with self._writing() as connection:
            return connection.execute(statement).rowcount

    def runs(self, profile: str | None = None, *, limit: int = 20) -> list[RunRecord]:
        """The latest runs, newest first, without their reports.

        Args:
            profile: Only those of this profile.
            limit: At most so many.
        """
        statement = select(*_LISTED).order_by(runs_table.c.started.desc(), runs_table.c.run.desc())
        if profile is not None:
            statement = statement.where(runs_table.c.profile == profile)
        with self._reading() as connection:
            return [_record(row) for row in connection.execute(statement.limit(limit))]

    def run(self, name: str) -> RunRecord:
        """One run, with its report.

        Args:
            name: Its id, or the beginning of it as long as only one run begins so.

        Raises:
            ConfigError: No run, or more than one, begins so.
        """
        with self._reading() as connection:
            found = _whole_id(connection, name)
            return _record(
                connection.execute(select(runs_table).where(runs_table.c.run == found)).one()
            )

    def save_plan(self, plan: Plan) -> None:
        """Keep a plan under its digest. Saved again it is one, with the newer notes and day."""
        content = {
            "digest": plan.digest,
            "profile": plan.profile,
            "saved": now(),
            "content": zlib.compress(plan.to_bytes()),
        }
        with self._writing() as connection:
            connection.execute(self._upsert(plans_table), content)

    def load_plan(self, digest: str) -> Plan:
        """The plan of that digest, byte for byte as it was saved.

        Raises:
            ConfigError: There is none, or this version of Retour cannot read it.
        """
        statement = select(plans_table.c.content).where(plans_table.c.digest == digest)
        with self._reading() as connection:
            content = connection.scalar(statement)
        if content is None:
            message = f"there is no plan {digest!r}; `retour runs` shows the digests of past runs"
            raise ConfigError(message)
        try:
            return Plan.from_bytes(zlib.decompress(content))
        except ValueError as error:
            message = f"plan {digest} cannot be used any more: {error}"
            raise ConfigError(message) from error


def _whole_id(connection: Connection, name: str) -> str:
    # Not LIKE: SQLite's ignores case and PostgreSQL's does not.
    beginning = func.substr(runs_table.c.run, 1, len(name)) == name
    statement = select(runs_table.c.run).where(beginning).order_by(runs_table.c.run).limit(4)
    found: list[str] = list(connection.scalars(statement)) if name else []
    if name in found:
        return name
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(found[:3]) + (", …" if len(found) > 3 else "")
        message = f"more than one run begins with {name!r}: {some}"
        raise ConfigError(message)
    message = f"there is no run {name!r}; `retour runs` lists them"
    raise ConfigError(message)


def _record(row: Row[Any]) -> RunRecord:
    require_sound(row, runs_table)
    fields = dict(row._mapping)
    fields["parameters"] = json.loads(fields["parameters"] or "null")
    if fields.get("report") is not None:
        fields["report"] = json.loads(zlib.decompress(fields["report"]))
    return RunRecord(**fields)
