"""Step: look, read-only, whether a run could work with one system, and what its rules come to."""

from collections.abc import Iterator
from typing import get_args

from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors.model.connector import Finding, ListsPermissions, Reader, Source
from connectors.model.errors import ConfigError, ConnectorError, Misconfigured
from connectors.sdk.understood import understood
from tasks.lifecycle.conflicts import find_conflicts
from tasks.lifecycle.rule import Status
from tasks.lifecycle.rule_checks import Finding as Said
from tasks.lifecycle.rule_names import unknown_names
from tasks.run import Run
from tasks.setup import site_of
from tasks.site import Site

SOURCE = "source"
FURTHER = "sources."
"""Before the name of a further source."""
RULES = "rules"
_STATUSES: tuple[Status, ...] = get_args(Status)


class Examined:
    """What was found about one system.

    Attributes:
        name: `source`, `sources.NAME` of a further one, or the name of a target.
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
        name: `source`, `sources.NAME` of a further one, or the name of a target.
    """
    findings: list[Finding] = []
    try:
        system = _open(run, name)
        try:
            with understood(name, "check"):
                findings.extend(system.check())
                findings.extend(_names(site_of(run), name, system))
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


def examine_rules(site: Site) -> Examined:
    """What the rules of a site come to, and what in them most likely nobody meant."""
    counts = {status: sum(rule.status == status for rule in site.rules) for status in _STATUSES}
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    idle = not any(rule.counts for rule in site.rules)
    if idle:
        told = f"{told or 'none'}; nobody is due anything, and who has an account loses it"
    found = Finding(ok=True, warns=idle, subject=f"profile {site.name}", detail=told)
    warnings = [
        Finding(ok=True, warns=True, subject=_about(site, one), detail=one.sentence)
        for one in find_conflicts(site.rules)
    ]
    return Examined(RULES, (found, *warnings))


def _names(site: Site, target: str, system: Source | Reader) -> Iterator[Finding]:
    """Groups and permissions that rules name and the target does not have."""
    named = [rule.grant[target] for rule in site.rules if target in rule.grant and rule.counts]
    if not isinstance(system, ListsPermissions) or not any(
        grant.groups or grant.permissions for grant in named
    ):
        return
    for one in unknown_names(site.rules, target, system.permissions()):
        yield Finding(ok=False, subject=_about(site, one), detail=one.sentence)


def _about(site: Site, finding: Said) -> str:
    return f"rule {finding.rule}, {site.where(finding.rule, *finding.steps)}"


def _open(run: Run, name: str) -> Source | Reader:
    site = site_of(run)
    if name == SOURCE:
        return site.open_source()
    if name.startswith(FURTHER):
        return site.open_further(name.removeprefix(FURTHER))
    return site.open_reader(name)
