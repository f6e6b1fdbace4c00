"""Taking a run back: what it wrote becomes what was there before, as far as that can be.

The plan is made from the journal and from what the targets hold now; guards, preview, approval and
journal are those of every other run, and so an undo can be undone.
"""

from collections.abc import Mapping
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.applying import apply_plan
from flows.deciding import read_everything
from flows.run_names import live_or_preview, run_name
from tasks.attempt import Attempt
from tasks.report import show_plan
from tasks.run import Ending
from tasks.setup import site_of
from tasks.task_runner import threads
from tasks.undo import look_back, run_to_undo


def _mode(given: Mapping[str, Any]) -> str:
    return f"{given.get('run')} {live_or_preview(given)}"


@flow(
    name="undo",
    flow_run_name=run_name("undo", mode=_mode),
    validate_parameters=False,  # `tasks.asked` does, without a traceback
    task_runner=threads(),
)
def undo(
    run: str,
    profile: str = "demo",
    dry_run: bool = True,
    persons: list[str] = [],  # noqa: B006 - Prefect reads the default into the form; never changed
    targets: list[str] = [],  # noqa: B006 - as above
    delete_created: bool = False,
    approve: str | None = None,
) -> State[Ending]:
    """Take a live run back, as far as it can be.

    What was changed since is left alone, and told; what cannot be taken back is listed with the
    reason. The next run does again what HR and the rules call for.

    Args:
        run: Id of the run, or the beginning of it.
        profile: Name of its profile, or path of the file.
        dry_run: On: show what would be done, write nothing. Off: do it.
        persons: HR ids of the only persons that may be changed; empty for everybody.
        targets: The only targets that may be written; empty for all.
        delete_created: On: delete accounts that the run made. Off: shut them.
        approve: Digest of a previewed plan. Lifts the limits for exactly that plan.
    """
    attempt = Attempt(
        run=run,
        profile=profile,
        dry_run=dry_run,
        as_of=None,
        persons=persons,
        targets=targets,
        delete_created=delete_created,
        approve=approve,
    )
    with attempt:
        this = attempt.ready()
        site = site_of(this)
        run_to_undo(site.ledger, run, site.name)  # a slip is told before anything is read
        people, readings = read_everything(this, attempt)
        undoing = look_back(this, run, people, readings, delete_created=delete_created)
        attempt.found = {"undo": undoing.told}
        show_plan(this, undoing.verdict.plan)
        plan = attempt.judge(undoing.verdict, whole=False)
        attempt.receipts = apply_plan(this, plan)
    return attempt.conclude()
