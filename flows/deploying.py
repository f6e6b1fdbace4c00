"""Making deployments known to a Prefect server, and whatever they need there.

Nothing is sent that is there already: every update of a deployment drops its scheduled runs. What
somebody switched on or off in the UI stays as they left it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import (
    DeploymentScheduleCreate,
    DeploymentScheduleUpdate,
    DeploymentUpdate,
    WorkPoolCreate,
)
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import (
    ConcurrencyLimitStrategy,
    ConcurrencyOptions,
    DeploymentSchedule,
)
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound
from prefect.flows import load_flow_from_entrypoint
from prefect.workers.process import ProcessWorker

from flows.deployments import TAG, Deployment, tag_of
from flows.forms import form_of
from flows.zombies import NAME, keep_automation
from tasks.block_store import reaching_prefect
from tasks.blocks import register_blocks
from tasks.setup import Choices

MADE: Final = "made"
CHANGED: Final = "changed"
AS_IT_WAS: Final = ""
_IN_WORDS: Final = {"parameter_openapi_schema": "form", "job_variables": "environment"} | {
    "pull_steps": "folder",
    "concurrency_options": "concurrency_limit",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one thing on the server.

    Attributes:
        kind: `work pool`, `block types`, `automation` or `deployment`.
        name: As Prefect calls it; of a deployment with its flow.
        what: `made`, `changed`, or "" when it was as it should be.
        detail: What was changed, or what it is for.
        id: Of a deployment.
        schedules: Of a deployment: cron, time zone and whether it is on.
    """

    kind: str
    name: str
    what: str
    detail: str = ""
    id: UUID | None = None
    schedules: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a server holds now.

    Attributes:
        kept: Everything that was looked at, in order.
        others: Deployments of ours that nobody asked for, such as those of an older version.
    """

    kept: tuple[Kept, ...]
    others: tuple[str, ...] = field(default=())


def deploy(wanted: Iterable[tuple[Deployment, Choices]], *, whole: bool) -> Deployed:
    """Make a pool, block types, deployments and the automation, or bring them in step.

    Args:
        wanted: Deployments, each with what its profile has to choose from.
        whole: Whether they are those of every profile, so that any other one is left over.

    Raises:
        Unreachable: The server did not answer.
        Unauthorized: It did not let us in.
    """
    wanted = list(wanted)
    kept: list[Kept] = []
    with reaching_prefect("deploy"), get_client(sync_client=True) as client:
        pools = dict.fromkeys(one.work_pool.name for one, _ in wanted)
        kept.extend(Kept("work pool", pool, _keep_pool(client, pool)) for pool in pools)
        kept.append(_keep_blocks(client))
        kept.extend(_keep_deployment(client, one, choices) for one, choices in wanted)
        kept.append(Kept("automation", NAME, keep_automation(client)))
        return Deployed(tuple(kept), tuple(_others(client, wanted, whole=whole)))


def _keep_pool(client: SyncPrefectClient, name: str) -> str:
    """A pool for workers that start processes; one of another type that is there stays."""
    try:
        client.read_work_pool(name)
    except ObjectNotFound:
        client.create_work_pool(
            WorkPoolCreate(
                name=name,
                type=ProcessWorker.type,
                description="Runs of Retour.",
                base_job_template=ProcessWorker.get_default_base_job_template(),
            )
        )
        return MADE
    return AS_IT_WAS


def _keep_blocks(client: SyncPrefectClient) -> Kept:
    """The forms for the settings of connectors."""

    def held() -> tuple[dict[str, Any], set[str]]:
        types = {one.slug: one for one in client.read_block_types() if one.slug.startswith(TAG)}
        return types, {one.checksum for one in client.read_block_schemas()}

    before = held()
    slugs = register_blocks()
    new = [slug for slug in slugs if slug not in before[0]]
    what = MADE if len(new) == len(slugs) else CHANGED if held() != before else AS_IT_WAS
    return Kept("block types", f"{len(slugs)}, one per connector", what)


def _keep_deployment(client: SyncPrefectClient, one: Deployment, choices: Choices) -> Kept:
    flow: Flow[..., Any] = load_flow_from_entrypoint(one.entrypoint)
    name = f"{flow.name}/{one.name}"
    form = form_of(flow, choices, one.parameters)
    try:
        held = client.read_deployment_by_name(name)
    except ObjectNotFound:
        made = client.create_deployment(
            flow_id=client.create_flow_from_name(flow.name),
            name=one.name,
            schedules=[DeploymentScheduleCreate(**each) for each in _schedules(one, ())],
            concurrency_limit=one.concurrency_limit.limit,
            **_content(one, form),
        )
        return Kept("deployment", name, MADE, one.description, made, _shown(_schedules(one, ())))
    schedules = _schedules(one, held.schedules)
    changes = _changes(held, one, form, schedules)
    if changes:
        update = DeploymentUpdate(
            schedules=[DeploymentScheduleUpdate(**each) for each in schedules],
            concurrency_limit=one.concurrency_limit.limit,
            **_content(one, form),
        )
        client.update_deployment(held.id, update)
    what = CHANGED if changes else AS_IT_WAS
    return Kept("deployment", name, what, ", ".join(changes), held.id, _shown(schedules))


def _content(one: Deployment, form: Mapping[str, Any]) -> dict[str, Any]:
    """What a deployment holds, schedules and the number of its runs apart."""
    return {
        "description": one.description,
        "entrypoint": one.entrypoint,
        "parameters": one.parameters,
        "tags": list(one.tags),
        "work_pool_name": one.work_pool.name,
        "work_queue_name": one.work_pool.work_queue_name,
        "job_variables": one.work_pool.job_variables,
        "concurrency_options": ConcurrencyOptions(
            collision_strategy=ConcurrencyLimitStrategy(one.concurrency_limit.collision_strategy)
        ),
        "parameter_openapi_schema": form,
        "enforce_parameter_schema": True,
        # As `prefect deploy` has it: runs begin in this folder, where profile and ledger are.
        "pull_steps": [
            {"prefect.deployments.steps.set_working_directory": {"directory": str(Path.cwd())}}
        ],
    }


def _schedules(one: Deployment, held: Iterable[DeploymentSchedule]) -> list[dict[str, Any]]:
    """The schedules of a deployment: ours, on or off as they were left, and those of others."""
    known = {schedule.slug for schedule in one.schedules}
    active = {schedule.slug: schedule.active for schedule in held}
    ours = [
        {
            "slug": schedule.slug,
            "schedule": CronSchedule(cron=schedule.cron, timezone=schedule.timezone),
            "active": active.get(schedule.slug, schedule.active),
            "parameters": schedule.parameters,
        }
        for schedule in one.schedules
    ]
    others = [_as_it_is(schedule) for schedule in held if schedule.slug not in known]
    return ours + others


def _as_it_is(schedule: DeploymentSchedule) -> dict[str, Any]:
    return {name: getattr(schedule, name) for name in ("slug", "schedule", "active", "parameters")}


def _as_text(schedule: Mapping[str, Any]) -> str:
    """A schedule, to be compared: PostgreSQL gives parameters back in an order of its own."""
    when = schedule["schedule"].model_dump(mode="json")
    return json.dumps({**schedule, "schedule": when}, sort_keys=True)


def _changes(
    held: DeploymentResponse,
    one: Deployment,
    form: Mapping[str, Any],
    schedules: list[dict[str, Any]],
) -> list[str]:
    """In what a deployment differs from what it should be."""
    wanted = _content(one, form)
    there = {name: getattr(held, name) for name in wanted}
    limit = held.global_concurrency_limit
    there["concurrency_limit"] = limit.limit if limit is not None else None
    wanted["concurrency_limit"] = one.concurrency_limit.limit
    there["schedules"] = sorted(_as_text(_as_it_is(each)) for each in held.schedules)
    wanted["schedules"] = sorted(_as_text(each) for each in schedules)
    for side in (there, wanted):
        side["tags"] = sorted(side["tags"])
    return [_IN_WORDS.get(name, name) for name in wanted if there[name] != wanted[name]]


def _shown(schedules: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, str, bool], ...]:
    return tuple(
        (
            str(getattr(each["schedule"], "cron", "in a way of its own")),
            str(getattr(each["schedule"], "timezone", "")),
            bool(each["active"]),
        )
        for each in schedules
    )


def _others(
    client: SyncPrefectClient, wanted: Iterable[tuple[Deployment, Choices]], *, whole: bool
) -> Iterator[str]:
    """Deployments of ours that were not asked for: of an older version, of a profile that went."""
    asked = list(wanted)
    tags = {tag_of(choices.profile) for _, choices in asked}
    names = {one.name for one, _ in asked}
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
    for held in client.read_deployments(deployment_filter=ours, limit=200):
        profiles = {tag for tag in held.tags if tag.startswith(tag_of(""))}
        if held.name not in names and (whole or not profiles or profiles & tags):
            yield held.name
