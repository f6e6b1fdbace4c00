"""The same pipeline for a chosen slice: write it again, whatever the targets hold already.

For what no comparison finds: HR lost what it had been given, a system was restored from a backup, a
mapping was wrong for a while. The plan, the guards, the preview and the journal are those of every
other run.
"""

from datetime import date

from prefect import flow
from prefect.client.schemas.objects import State

from flows.applying import apply_plan
from flows.deciding import decide
from flows.run_names import live_or_preview, run_name
from tasks.attempt import Attempt
from tasks.estimate import estimate
from tasks.run import Ending
from tasks.task_runner import threads


@flow(
    name="backfill",
    flow_run_name=run_name("backfill", mode=live_or_preview),
    validate_parameters=False,  # `tasks.asked` does, without a traceback
    task_runner=threads(),
)
def backfill(  # noqa: PLR0917 - the form in the Prefect UI
    profile: str = "demo",
    dry_run: bool = True,
    persons: list[str] = [],  # noqa: B006 - Prefect reads the default into the form; never changed
    departments: list[str] = [],  # noqa: B006 - as above
    hired_since: date | None = None,
    targets: list[str] = [],  # noqa: B006 - as above
    fields: list[str] = [],  # noqa: B006 - as above
    as_of: date | None = None,
    approve: str | None = None,
    resume: str | None = None,
) -> State[Ending]:
    """Write a slice of the accounts, or of what HR gets back, again.

    Args:
        profile: Name of a profile, or path of its file.
        dry_run: On: show what would be written, write nothing. Off: do it.
        persons: HR ids of the only persons that may be changed; empty for everybody.
        departments: Ids or names: only persons with a contract there, now or to come. Empty for
            all.
        hired_since: Only persons whose first contract begins on this day or later.
        targets: The only targets that may be written; empty for all.
        fields: The only fields that are written: `ATTRIBUTE` or `TARGET.ATTRIBUTE`. No account is
            made, opened or shut then. Empty for everything that is due.
        as_of: The day to decide for; empty for today.
        approve: Digest of a previewed plan. Lifts the limits for exactly that plan.
        resume: An earlier backfill: goes on with its slice, without what it wrote. Leave persons,
            departments, hired since, targets and fields empty then.
    """
    attempt = Attempt(
        profile=profile,
        dry_run=dry_run,
        persons=persons,
        departments=departments,
        hired_since=hired_since,
        targets=targets,
        fields=fields,
        as_of=as_of,
        approve=approve,
        resume=resume,
        again=True,
    )
    with attempt:
        run = attempt.ready()
        verdict = decide(run, attempt)
        attempt.found = {"estimate": estimate(run, verdict.plan)}
        plan = attempt.judge(verdict)
        attempt.receipts = apply_plan(run, plan)
    return attempt.conclude()
