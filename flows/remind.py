"""Does anybody wait for an answer? Tells, once, about plans that wait for an approval too long."""

import secrets

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from connectors.model.errors import RetourError
from connectors.sdk.clock import now
from flows.run_names import live_or_preview, run_name
from tasks.lifecycle.scope import Scope
from tasks.outbox import FAILED_TO_SEND
from tasks.reminding import anybody_is_reminded, remind_of_waiting
from tasks.reporting import told
from tasks.run import Run
from tasks.setup import forget, load_site, open_site
from tasks.telling import Retold


@flow(name="remind", flow_run_name=run_name("remind", mode=live_or_preview))
def remind(profile: str = "demo", dry_run: bool = True) -> State[Retold]:
    """Tell, as `notify` of the profile says, about plans that nobody has approved or refused yet.

    Reads no system and takes no lock: it may run beside a live run.

    Args:
        profile: Name of a profile, or path of its file.
        dry_run: On: show who would be told, send nothing. Off: do it.
    """
    started = now()
    run = Run(
        run_id=f"remind-{started:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
        profile=profile,
        dry_run=dry_run,
        as_of=started.date(),
        scope=Scope(),
        approve=None,
        started=started,
        only_tells=True,  # no credential of a writer is looked up
    )
    try:
        if not anybody_is_reminded(profile):
            return Completed(message="the profile tells nobody about this", data=Retold())
        load_site(profile)
        open_site(run)
        retold = remind_of_waiting(run)
    except RetourError as error:
        return Failed(name="Misconfigured", message=str(error), data=None)
    finally:
        forget(run)
    said = f"messages: {told(retold.messages)}" if retold.messages else "nothing to tell"
    if any(one["outcome"] == FAILED_TO_SEND for one in retold.messages):
        return Completed(name="CompletedWithFailures", message=said, data=retold)
    return Completed(message=said, data=retold)
