"""The automation that finds runs whose process is gone: nothing else in Prefect does.

A run sends a sign of life every thirty seconds (`prefect.yaml` sees to that). When its machine
loses power, or its process is killed together with the worker, they stop, and Prefect shows it as
running for ever. Source: `prefect.flow_engine._send_heartbeats`, which gives them the tags of the
run.
"""

from datetime import timedelta
from typing import Final

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

from flows.deployments import TAG

NAME: Final = "retour: runs whose process is gone"
SILENT: Final = timedelta(seconds=90)
"""Three signs of life. Longer than a restart of the server takes: it hears none meanwhile."""


def zombie_automation() -> AutomationCore:
    """Marks a run of ours as crashed that gives no sign of life and did not end."""
    return AutomationCore(
        name=NAME,
        description=(
            "A run that has given no sign of life for 90 seconds is marked Crashed. The next run "
            "finds out what it had written."
        ),
        enabled=True,
        trigger=EventTrigger(
            posture=Posture.Proactive,
            threshold=1,
            within=SILENT,
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            # Of our runs alone: others may send signs of life less often, and be well.
            match_related=ResourceSpecification({"prefect.resource.id": f"prefect.tag.{TAG}"}),
            for_each={"prefect.resource.id"},
            # The second is for a run that dies before its first sign of life.
            after={"prefect.flow-run.heartbeat", "prefect.flow-run.Running"},
            expect={"prefect.flow-run.*"},
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED, message="No sign of life for 90 s: its process is gone"
            )
        ],
    )


def keep_automation(client: SyncPrefectClient) -> str:
    """Make the automation, or bring it in step; returns what became of it.

    Whether it is switched on stays as somebody has left it.
    """
    wanted = zombie_automation()
    held = client.read_automations_by_name(NAME)
    if not held:
        client.create_automation(wanted)
        return "made"
    one = held[0]
    wanted.enabled = one.enabled
    if AutomationCore.model_validate(one.model_dump(include=set(AutomationCore.model_fields))) == (
        wanted
    ):
        return ""
    client.update_automation(one.id, wanted)
    return "changed"
