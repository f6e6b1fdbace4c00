"""Step: what was planned and what became of it, as artifacts."""

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from connectors.model.plan import Plan
from tasks.reporting import Private, summary, table
from tasks.run import Ending, Receipts, Run
from tasks.setup import site_of


@task(name="show plan", cache_policy=NO_CACHE)
def show_plan(run: Run, plan: Plan) -> None:
    """The frozen plan as an artifact, before anything is written."""
    create_table_artifact(
        table=table(plan, private=site_of(run).private),
        key="plan",
        description=f"{run.mode} {run.id}: {len(plan)} changes, {plan.digest}",
    )


@task(name="report", cache_policy=NO_CACHE)
def publish(ending: Ending, plan: Plan | None, receipts: list[Receipts], private: Private) -> None:
    """The outcome as artifacts."""
    create_markdown_artifact(
        markdown=summary(ending.report), key="summary", description="How the run ended"
    )
    if plan is not None and receipts:
        create_table_artifact(
            table=table(plan, receipts, private=private),
            key="outcome",
            description="What became of each change",
        )
