"""Import -> rules -> plan -> guards -> provisioning -> write-back.

Order is Prefect's: a shard of a target takes the receipts of the targets it depends on as input,
and the write-back to HR is a target like any other.
"""

from datetime import date

from prefect import flow
from prefect.client.schemas.objects import State

from flows.applying import apply_plan
from flows.deciding import decide
from flows.run_names import live_or_preview, run_name
from tasks.attempt import Attempt
from tasks.run import Ending
from tasks.task_runner import threads


@flow(
    name="provision",
    flow_run_name=run_name(mode=live_or_preview),
    validate_parameters=False,  # `tasks.asked` does, without a traceback
    task_runner=threads(),
)
def provision(
    profile: str = "demo",
    dry_run: bool = True,
    as_of: date | None = None,
    persons: list[str] = [],  # noqa: B006 - Prefect reads the default into the form; never changed
    targets: list[str] = [],  # noqa: B006 - as above
    approve: str | None = None,
    rules: list[str] = [],  # noqa: B006 - as above
) -> State[Ending]:
    """Make the accounts agree with HR, and write back to HR what they produced.

    Args:
        profile: Name of a profile, or path of its file.
        dry_run: On: show what would be done, write nothing. Off: do it.
        as_of: The day to decide for; empty for today.
        persons: HR ids of the only persons that may be changed; empty for everybody.
        targets: The only targets that may be written; empty for all.
        approve: Digest of a previewed plan. Lifts the limits for exactly that plan.
        rules: Files or folders of rules instead of those of the profile, in a preview only: shows
            whom the difference moves. Empty for its own rules.
    """
    attempt = Attempt(
        profile=profile,
        dry_run=dry_run,
        as_of=as_of,
        persons=persons,
        targets=targets,
        approve=approve,
        rules=rules,
    )
    with attempt:
        run = attempt.ready()
        plan = attempt.judge(decide(run, attempt))
        attempt.receipts = apply_plan(run, plan)
    return attempt.conclude()
