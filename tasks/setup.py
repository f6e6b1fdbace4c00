"""The composition root: the only module that looks connectors up, and hands them to a site."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from config.loader import LoadedProfile, load_profile, with_rules
from config.overrides import Spot
from config.settings import read_settings
from config.several import hint
from config.spec import connector_and_name
from connectors import registry
from connectors.model.connector import Connector, SandboxOptions
from connectors.model.errors import ConfigError, RunRefused
from tasks.compile import compile_targets, located
from tasks.compile_names import compile_names
from tasks.compile_notify import compile_notify
from tasks.compile_rules import compile_rules
from tasks.connector_settings import BlockOf, Connectors, check_without_prefect
from tasks.lifecycle.policy import TargetPolicy
from tasks.password_mail import offer_mail
from tasks.password_sinks import offer
from tasks.run import Run
from tasks.site import Site
from tasks.task_runner import require_task_runner

Policies = Mapping[str, TargetPolicy]
offer()  # initial passwords may go to Prefect
offer_mail()  # or leave by mail

_SITES: dict[str, Site] = {}
_OVER: set[str] = set()
"""Runs that have ended. A step that comes too late must not open a site again: it has no lock."""


def load_site(
    profile: str,
    targets: Collection[str] = (),
    rules: Collection[str] = (),
    fields: Collection[str] = (),
) -> tuple[ZoneInfo, str]:
    """Time zone and name of a profile: what a run must know before it can be named.

    Everything is checked that needs no Prefect block, of settings or of a secret, so that a mistake
    is told before Prefect is started.

    Args:
        profile: Name or file.
        targets: Those that the run was asked to keep to.
        rules: Files and folders of rules instead of its own.
        fields: Those that the run was asked to keep to: `ATTRIBUTE` or `TARGET.ATTRIBUTE`.

    Raises:
        ConfigError: The profile is wrong, or has no such target or field.
    """
    require_task_runner()
    loaded = with_rules(load_profile(profile), tuple(rules))
    known = tuple(loaded.profile.targets)
    for target in sorted(set(targets) - set(known)):
        message = f"{loaded.name} has no target {target!r}{hint(target, known)}"
        raise ConfigError(message, key="targets")
    fields_known = _fields_of(_compiled(loaded))
    for name in sorted(set(fields) - fields_known):
        message = f"{loaded.name} writes no field {name!r} on an update"
        raise ConfigError(f"{message}{hint(name, sorted(fields_known))}", key="fields")
    return ZoneInfo(loaded.profile.timezone), loaded.name


@dataclass(frozen=True, slots=True)
class Choices:
    """What a profile offers to choose from, for a form.

    Attributes:
        profile: Its name.
        timezone: Its time zone.
        targets: Names of its targets, in its order.
        fields: What a run writes on an update: `ATTRIBUTE` and `TARGET.ATTRIBUTE`, sorted.
    """

    profile: str
    timezone: str
    targets: tuple[str, ...]
    fields: tuple[str, ...]


def choices_of(profile: str) -> Choices:
    """What a profile offers to choose from; it is checked as for a run.

    Args:
        profile: Name or file.

    Raises:
        ConfigError: The profile is wrong.
    """
    loaded = load_profile(profile)
    fields = _fields_of(_compiled(loaded))
    said = loaded.profile
    return Choices(loaded.name, said.timezone, tuple(said.targets), tuple(sorted(fields)))


def _compiled(loaded: LoadedProfile) -> Policies:
    """What a profile says about its targets, checked as far as it can be without Prefect."""
    with located(loaded):
        connectors = _connectors(loaded)
        unset = dict.fromkeys(connectors.targets)
        policies = compile_targets(loaded, connectors.targets, unset, compile_rules(loaded))
        compile_names(loaded)
        compile_notify(loaded, {name: policy.manifest for name, policy in policies.items()})
        check_without_prefect(loaded, connectors)
    return policies


def _fields_of(policies: Policies) -> frozenset[str]:
    return frozenset(
        spelled
        for target, policy in policies.items()
        for mapping in policy.mapped("update")
        for spelled in (mapping.name, f"{target}.{mapping.name}")
    )


def open_site(run: Run) -> Site:
    """Compile the profile of a run and open its ledger.

    Raises:
        ConfigError: With file, line and key; nothing was read or written.
        RunRefused: The run is over.
    """
    if run.id in _OVER:
        raise RunRefused(f"run {run.id} is over")
    if run.id not in _SITES:
        _SITES[run.id] = _site(run, run.profile, run.rules)
    return _SITES[run.id]


def site_of(run: Run) -> Site:
    """The site of a run: made once per process, so that no task is handed its secrets."""
    return open_site(run)


def is_at_home(run: Run) -> bool:
    """Whether this is the process that leads the run, or led it."""
    return run.id in _SITES or run.id in _OVER


def visit_site(run: Run) -> Site:
    """The site of a run that another process leads. Whoever asks closes its ledger.

    Raises:
        ConfigError: The profile cannot be used here, or is not the same.
        RunRefused: The run is over, or lost its lock.
        Unreachable: The ledger does not answer.
    """
    assert run.ticket is not None  # noqa: S101 - a run that was never begun has no steps elsewhere
    site = _site(run, run.ticket.file, run.ticket.rules)
    try:
        site.require(run.ticket)
    except BaseException:
        site.ledger.close()
        raise
    return site


def _site(run: Run, profile: str, rules: tuple[str, ...]) -> Site:
    loaded = with_rules(load_profile(profile), rules)
    with located(loaded):
        connectors = _connectors(loaded)
    return Site(loaded, connectors, read_settings(), run)


def forget(run: Run) -> None:
    """Close what the site of a run holds."""
    _OVER.add(run.id)
    site = _SITES.pop(run.id, None)
    if site is not None:
        site.ledger.close()


def serve_sandbox(name: str, options: SandboxOptions) -> AbstractContextManager[Any]:
    """The sandbox of a connector, served while the context lasts.

    Raises:
        ConfigError: There is no such connector, or it has no sandbox.
    """
    connector = registry.find(name)
    if connector.serve is None:
        raise ConfigError(f"{name} has no sandbox")
    return connector.serve(options)


def connector_names() -> list[str]:
    """Every connector that a profile can name, sorted."""
    return registry.names()


def find_connector(name: str) -> Connector:
    """What a connector offers, to be looked at.

    Raises:
        ConfigError: There is none of that name; the message lists those there are.
    """
    return registry.find(name)


def _connectors(loaded: LoadedProfile) -> Connectors:
    """The connectors that a profile names.

    Raises:
        ConfigError: There is none of that name, or it cannot read people; with the key.
    """
    profile = loaded.profile
    connectors = Connectors(
        source=_found(profile.source.connector, "source.connector"),
        further={
            name: _found(spec.connector, f"sources.{name}.connector")
            for name, spec in profile.sources.items()
        },
        targets={
            name: _found(spec.connector, f"targets.{name}.connector")
            for name, spec in profile.targets.items()
        },
        blocks=_blocks(loaded),
    )
    if connectors.source.open_source is None:
        message = f"{connectors.source.name} is a target and cannot be the source"
        raise ConfigError(message, key="source.connector")
    for name, connector in connectors.further.items():
        if connector.open_source is None:
            message = f"{connector.name} is a target and cannot be a source"
            raise ConfigError(message, key=f"sources.{name}.connector")
    return connectors


def _blocks(loaded: LoadedProfile) -> dict[Spot, BlockOf]:
    """The blocks that a profile takes settings from.

    Raises:
        ConfigError: A block is that of a connector that there is not, or of another system.
    """
    profile = loaded.profile
    spots: list[Spot] = [("source",)]
    spots += [("sources", name) for name in profile.sources]
    spots += [("targets", name) for name in profile.targets]
    found = {}
    for spot in spots:
        spec, key = loaded.part(spot), ".".join((*spot, "block"))
        if spec.block is not None:
            connector, name = connector_and_name(spec.block)
            named = _found(connector or spec.connector, key)
            if named.name.partition(".")[0] != spec.connector.partition(".")[0]:
                message = f"a block of {named.name} says nothing about {spec.connector}"
                raise ConfigError(message, key=key)
            found[spot] = BlockOf(named, name)
    return found


def _found(connector: str, key: str) -> Connector:
    try:
        return registry.find(connector)
    except ConfigError as error:
        error.key = key
        raise
