"""Would a run work? Opens every system read-only, and asks its connector what it finds."""

import secrets
from typing import Any

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.futures import wait
from prefect.states import Completed, Failed

from connectors.model.connector import Finding
from connectors.model.errors import RetourError
from connectors.sdk.clock import now
from flows.run_names import run_name
from tasks.examine import FURTHER, SOURCE, Examined, examine, examine_rules
from tasks.examine_mail import examine_mail
from tasks.lifecycle.scope import Scope
from tasks.run import DONE, UNREACHABLE, USAGE, Run, exit_code_of
from tasks.setup import forget, load_site, open_site


class Checkup:
    """What a check came to.

    Attributes:
        exit: 0 when all is as it should be, 6 when a system did not answer or refused us, 2 when
            one answered and something in it or in the settings is not what a run needs.
        systems: What was found, the sources first; empty when the profile itself is wrong.
        refused: What is wrong with the profile or the ledger, None when nothing is.
    """

    __slots__ = ("exit", "refused", "systems")

    def __init__(
        self, systems: tuple[Examined, ...] = (), error: RetourError | None = None
    ) -> None:
        """Derive the exit code."""
        self.systems = systems
        self.refused = None if error is None else str(error)
        bad = [finding for system in systems for finding in system.findings if not finding.ok]
        if error is not None:
            self.exit = exit_code_of(error)
        elif any(not finding.reached for finding in bad):
            self.exit = UNREACHABLE
        else:
            self.exit = USAGE if bad else DONE

    def __repr__(self) -> str:
        """Counts only."""
        return f"Checkup({len(self.systems)} systems, exit {self.exit})"


@flow(name="check", flow_run_name=run_name("check", mode=lambda _: ""))
def check(profile: str = "demo") -> State[Checkup]:
    """Look whether a run could work: settings, connections, rights, fields. Reads, never writes.

    Args:
        profile: Name of a profile, or path of its file.
    """
    run = _run(profile)
    try:
        load_site(profile)
        site = open_site(run)
        systems = (SOURCE, *(f"{FURTHER}{name}" for name in site.further), *site.policies)
        looks = [examine.submit(run, name) for name in systems]
        wait(looks)
        memory = Finding(ok=True, subject=site.ledger.address, detail="opened, tables up to date")
        found = (
            Examined("ledger", (memory,)),
            examine_rules(site),
            *examine_mail(site),
            *(look.result() for look in looks),
        )
    except RetourError as error:
        return Failed(message=str(error), data=Checkup(error=error))
    finally:
        forget(run)
    checkup = Checkup(found)
    create_table_artifact(table=rows(checkup), key="check", description=f"Check of {profile}")
    if checkup.exit:
        return Failed(name="NotReady", message="see the table", data=checkup)
    return Completed(message="all is as it should be", data=checkup)


def rows(checkup: Checkup) -> list[dict[str, Any]]:
    """The findings as flat rows."""
    return [
        {
            "system": system.name,
            "ok": finding.ok,
            "warning": finding.warns,
            "subject": finding.subject,
            "detail": finding.detail,
        }
        for system in checkup.systems
        for finding in system.findings
    ]


def _run(profile: str) -> Run:
    started = now()
    return Run(
        run_id=f"check-{started:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
        profile=profile,
        dry_run=True,
        as_of=started.date(),
        scope=Scope(),
        approve=None,
        started=started,
    )
