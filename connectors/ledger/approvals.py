"""Runs that wait for a person: what was asked, who answered, and when.

The ledger is where an answer counts, wherever it was given: in a form of the Prefect UI, or in a
terminal. It goes into the audit trail in the same transaction.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, select, update

from connectors.ledger.audit import Audit
from connectors.ledger.store import require_sound
from connectors.ledger.tables import approvals as approvals_table
from connectors.model.errors import ConfigError
from connectors.sdk.clock import now

Answer = Literal["approved", "refused", "superseded"]
ACTIONS: dict[Answer, str] = {
    "approved": "ApprovePlan",
    "refused": "RefusePlan",
    "superseded": "SupersedePlan",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A plan over a limit, and what a person said to it.

    Attributes:
        run: The run that waits, or waited.
        profile: Name of its profile.
        digest: Of the plan that was asked for.
        reasons: Why it has to be asked, a line each.
        flow: Name of the flow that asked.
        parameters: What the flow was given, as JSON.
        flow_run: Id of its run in Prefect that is suspended until the answer; None when it ended.
        asked: When, with offset.
        until: Until when it waits; afterwards nobody can answer any more.
        answer: `approved` or `refused`; `superseded` when a later run asked for another plan of the
            profile; None while nobody has answered.
        by: Who answered; "" before.
        note: What they said to it.
        answered: When, with offset; None before.
    """

    run: str
    profile: str
    digest: str
    reasons: str
    flow: str
    parameters: Mapping[str, Any]
    flow_run: str | None
    asked: datetime
    until: datetime
    answer: Answer | None = None
    by: str = ""
    note: str = ""
    answered: datetime | None = None


class Approvals(Audit):
    """The part of the ledger that remembers who was asked for what."""

    def ask_approval(  # noqa: PLR0913 - what there is to know about a question
        self,
        run: str,
        profile: str,
        *,
        digest: str,
        reasons: str,
        flow: str,
        parameters: Mapping[str, Any],
        flow_run: str | None,
        hours: float,
    ) -> list[Approval]:
        """Note that a run waits for an answer. Asked again by the same run, the new plan counts.

        Args:
            run: Its whole id.
            profile: Name of the profile.
            digest: Of the plan.
            reasons: Why it has to be asked.
            flow: Name of the flow.
            parameters: What it was given; JSON.
            flow_run: Id of the suspended run in Prefect, None when it ends instead.
            hours: How long it waits for an answer.

        Returns:
            Those of the profile that waited until now: nobody needs to answer them any more.
        """
        asked = now()
        content = {
            "run": run,
            "profile": profile,
            "digest": digest,
            "reasons": reasons,
            "flow": flow,
            "parameters": json.dumps(dict(parameters), ensure_ascii=False, sort_keys=True),
            "flow_run": flow_run,
            "asked": asked,
            "until": asked + timedelta(hours=hours),
            "answer": None,
            "by": "",
            "note": "",
            "answered": None,
        }
        others = select(approvals_table).where(
            approvals_table.c.profile == profile,
            approvals_table.c.answer.is_(None),
            approvals_table.c.run != run,
        )
        with self._writing() as connection:
            older = [_approval(row) for row in connection.execute(others)]
            for one in older:
                connection.execute(
                    update(approvals_table)
                    .where(approvals_table.c.run == one.run)
                    .values(answer="superseded", by=run, answered=asked)
                )
            connection.execute(self._upsert(approvals_table), content)
            self._add_lines(
                connection,
                [_line(one, "superseded", by=run, note="", at=asked) for one in older],
            )
        return older

    def answer_approval(self, run: str, answer: Answer, *, by: str, note: str = "") -> Approval:
        """Note what a person said, for good.

        Args:
            run: The run that waits; its whole id.
            answer: What they said.
            by: Who.
            note: Why, for whoever reads it later.

        Raises:
            ConfigError: The run waits for nothing, was answered already, or waits no longer.
        """
        found = select(approvals_table).where(approvals_table.c.run == run).with_for_update()
        at = now()
        with self._writing() as connection:
            row = connection.execute(found).one_or_none()
            if row is None:
                message = f"run {run} does not wait for an approval"
                raise ConfigError(message)
            asked = _approval(row)
            if asked.answer is not None:
                raise ConfigError(already_answered(asked))
            if asked.until < at:
                message = (
                    f"run {run} waited until {asked.until:%Y-%m-%d %H:%M} UTC; the next one asks "
                    "again"
                )
                raise ConfigError(message)
            values = {"answer": answer, "by": by, "note": note, "answered": at}
            connection.execute(
                update(approvals_table).where(approvals_table.c.run == run).values(values)
            )
            self._add_lines(connection, [_line(asked, answer, by=by, note=note, at=at)])
            return _approval(
                connection.execute(
                    select(approvals_table).where(approvals_table.c.run == run)
                ).one()
            )

    def note_answer(self, run: str, profile: str, *, digest: str, by: str, note: str) -> None:
        """Put into the audit trail that somebody gave the digest of a plan with a run.

        Args:
            run: The run it was given with.
            profile: Name of the profile.
            digest: Of the plan.
            by: Who started it.
            note: How.
        """
        line = {
            "at": now(),
            "run": run,
            "profile": profile,
            "action": ACTIONS["approved"],
            "ref": digest,
            "outcome": "approved",
            "because": f"by:{by}",
            "text": note,
        }
        with self._writing() as connection:
            self._add_lines(connection, [line])

    def approval(self, run: str) -> Approval | None:
        """What a run waits or waited for, by its whole id; None if it never did."""
        return self._one(approvals_table.c.run == run)

    def approval_of_flow_run(self, flow_run: str) -> Approval | None:
        """What a run in Prefect waits or waited for; None if it never did."""
        return self._one(approvals_table.c.flow_run == flow_run)

    def approvals(self, profile: str | None = None) -> list[Approval]:
        """Those that wait for an answer, the oldest first.

        Args:
            profile: Only those of this profile.
        """
        statement = (
            select(approvals_table)
            .where(approvals_table.c.answer.is_(None), approvals_table.c.until >= now())
            .order_by(approvals_table.c.asked, approvals_table.c.run)
        )
        if profile is not None:
            statement = statement.where(approvals_table.c.profile == profile)
        with self._reading() as connection:
            return [_approval(row) for row in connection.execute(statement)]

    def _one(self, condition: Any) -> Approval | None:
        with self._reading() as connection:
            row = connection.execute(select(approvals_table).where(condition)).one_or_none()
            return None if row is None else _approval(row)


def already_answered(asked: Approval) -> str:
    """That nobody needs to answer any more, in a sentence."""
    when = f"{asked.answered:%Y-%m-%d %H:%M} UTC" if asked.answered else ""
    if asked.answer == "superseded":
        return f"run {asked.run} waits no longer: run {asked.by} asked for another plan since"
    return f"run {asked.run} was {asked.answer} by {asked.by} on {when} already"


def _line(asked: Approval, answer: Answer, *, by: str, note: str, at: datetime) -> dict[str, Any]:
    return {
        "at": at,
        "run": asked.run,
        "profile": asked.profile,
        "action": ACTIONS[answer],
        "ref": asked.digest,
        "outcome": answer,
        "because": f"by:{by}",
        "text": "; ".join(filter(None, (note, *asked.reasons.splitlines()))),
    }


def _approval(row: Row[Any]) -> Approval:
    require_sound(row, approvals_table)
    fields = dict(row._mapping)
    return Approval(**{**fields, "parameters": json.loads(fields["parameters"])})
