"""Step: what was planned and what became of it, as artifacts."""

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from connectors.model.plan import Plan
from tasks.drawing import draw
from tasks.page import summary
from tasks.rows import outcome_rows, plan_rows
from tasks.run import Ending, Receipts, Run
from tasks.setup import site_of


@task(name="show plan", cache_policy=NO_CACHE)
def show_plan(run: Run, plan: Plan) -> None:
    """The frozen plan as an artifact, before anything is written."""
    create_table_artifact(
        table=plan_rows(plan, run.id, site_of(run).shown),
        key="plan",
        description=f"`retour show {run.id}` ({run.mode}): {len(plan)} changes, {plan.digest}",
    )


@task(name="report", cache_policy=NO_CACHE)
def publish(run: Run, ending: Ending, plan: Plan | None, receipts: list[Receipts]) -> None:
    """The outcome as artifacts, pictures last."""
    shown = site_of(run).shown
    create_markdown_artifact(
        markdown=summary(ending.report, shown), key="summary", description="How the run ended"
    )
    if plan is not None and receipts:
        create_table_artifact(
            table=outcome_rows(plan, receipts, ending.run, shown),
            key="outcome",
            description=f"What became of each change; all of them: `retour show {ending.run}`",
        )
    draw(run, ending.report)
