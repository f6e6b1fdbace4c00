"""Step: look, read-only, whether a run could work with one system."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors.model.connector import Finding, Reader, Source
from connectors.model.errors import ConfigError, ConnectorError, Misconfigured
from tasks.run import Run
from tasks.setup import site_of

SOURCE = "source"


class Examined:
    """What was found about one system.

    Attributes:
        name: `source`, or the name of a target.
        findings: In the order in which they were looked at; at least one.
    """

    __slots__ = ("findings", "name")

    def __init__(self, name: str, findings: tuple[Finding, ...]) -> None:
        """Keep the parts."""
        self.name, self.findings = name, findings

    def __repr__(self) -> str:
        """Counts only."""
        return f"Examined({self.name}: {len(self.findings)})"


@task(name="examine", task_run_name="examine {name}", cache_policy=NO_CACHE)
def examine(run: Run, name: str) -> Examined:
    """Open a system for reading and ask its connector what it finds.

    Args:
        run: Names the site.
        name: `source`, or the name of a target.
    """
    findings: list[Finding] = []
    try:
        system = _open(run, name)
        try:
            findings.extend(system.check())
        finally:
            system.close()
    except ConfigError as error:
        findings.append(Finding(ok=False, subject="settings", detail=str(error)))
    except ConnectorError as error:
        subject = error.operation or name
        answered = isinstance(error, Misconfigured)
        findings.append(Finding(ok=False, subject=subject, detail=str(error), reached=answered))
    return Examined(
        name, tuple(findings) or (Finding(ok=True, subject=name, detail="nothing to look at"),)
    )


def _open(run: Run, name: str) -> Source | Reader:
    site = site_of(run)
    return site.open_source() if name == SOURCE else site.open_reader(name)
