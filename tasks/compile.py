"""From what a profile says to what the planner works with; what cannot work is refused here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pydantic import BaseModel

from config.limits import Limit as LimitSpec
from config.loader import LoadedProfile
from config.profile import TargetSpec
from connectors.model.connector import Connector
from connectors.model.errors import ConfigError
from tasks.fields import compile_fields
from tasks.lifecycle.claims import FROZEN_NAMES, NAME_PARTS
from tasks.lifecycle.containers import STATES, check_container
from tasks.lifecycle.guard_source import SourceLimits
from tasks.lifecycle.order import UPSTREAM, check_sources, order_targets, paths_of
from tasks.lifecycle.people import known_path
from tasks.lifecycle.policy import Containers, FieldMapping, Leavers, Limit, TargetPolicy
from tasks.lifecycle.rule import Rule
from tasks.lifecycle.world import NAMES


@contextmanager
def located(loaded: LoadedProfile) -> Iterator[None]:
    """Give a configuration error the file and line of its key."""
    try:
        yield
    except ConfigError as error:
        raise loaded.locate(error) from None


def compile_targets(
    loaded: LoadedProfile,
    connectors: Mapping[str, Connector],
    settings: Mapping[str, BaseModel | None],
    rules: tuple[Rule, ...],
) -> dict[str, TargetPolicy]:
    """The policies of a profile's targets, in dependency order.

    Args:
        loaded: The profile.
        connectors: By target.
        settings: By target, validated; only `containers` is looked at. None where they are not
            known yet, and only mistakes are looked for.
        rules: Compiled.

    Raises:
        ConfigError: A cycle, an unknown target, attribute or path, or a field nobody produces.
    """
    specs = loaded.profile.targets
    order = order_targets({name: spec.depends_on for name, spec in specs.items()})
    named = {target for rule in rules if rule.counts for target in rule.grant}
    policies = {
        name: _policy(
            loaded, name, specs[name], connectors[name], settings[name], named=name in named
        )
        for name in order
    }
    for policy in policies.values():
        check_sources(policy, policies)
        if policy.manifest.write_back and not policy.depends_on and not policy.named_by_rules:
            message = "this target writes back what a directory produced: name that in depends_on"
            raise ConfigError(message, key=f"targets.{policy.name}")
        for state in STATES if policy.containers is not None else ():
            named = getattr(policy.containers, state)
            if named is not None:
                check_container(named, f"targets.{policy.name}.settings.containers.{state}")
        for mapping in policy.fields:
            _check_paths(mapping, f"targets.{policy.name}.fields.{mapping.name}", loaded)
    return policies


def _policy(
    loaded: LoadedProfile,
    name: str,
    spec: TargetSpec,
    connector: Connector,
    settings: BaseModel | None,
    *,
    named: bool,
) -> TargetPolicy:
    key = f"targets.{name}"
    manifest = connector.manifest
    if connector.manifest_for is not None and settings is not None:
        manifest = connector.manifest_for(settings)
    if connector.open_writer is None:
        message = f"{spec.connector} is a source and cannot be a target"
        raise ConfigError(message, key=f"{key}.connector")
    if not known_path(spec.correlate):
        message = f"there is no {spec.correlate!r}"
        raise ConfigError(message, key=f"{key}.correlate")
    containers = getattr(settings, "containers", None)
    window, over_days = loaded.profile.window_of(name)
    return TargetPolicy(
        name=name,
        manifest=manifest,
        depends_on=spec.depends_on,
        fields=tuple(compile_fields(spec.fields, connector, manifest, settings, key)),
        correlate=spec.correlate,
        containers=Containers(
            initial=getattr(containers, "initial", None),
            enabled=getattr(containers, "enabled", None),
            disabled=getattr(containers, "disabled", None),
        )
        if containers is not None
        else None,
        leavers=Leavers(
            disable_after_days=spec.leavers.disable_after_days,
            delete_after_days=spec.leavers.delete_after_days,
        ),
        limits={key: _limit(limit) for key, limit in loaded.profile.limits_of(name).items()},
        window={verb: _limit(limit) for verb, limit in window.items()},
        over_days=over_days,
        protected=spec.protected,
        only_update_on_correlate=spec.only_update_on_correlate
        or getattr(settings, "only_update_on_correlate", False),
        named_by_rules=named,
    )


def _check_paths(mapping: FieldMapping, key: str, loaded: LoadedProfile) -> None:
    for path in paths_of(mapping):
        if path.startswith(UPSTREAM):
            continue
        if path.startswith(NAMES):
            part = path.removeprefix(NAMES)
            if part not in NAME_PARTS:
                message = f"there is no {path!r}; there are {', '.join(NAME_PARTS)}"
                raise ConfigError(message, key=key)
            if loaded.profile.names.domain is None and part in {"domain", "proxy_addresses"}:
                message = "set names.domain: addresses are made from it"
                raise ConfigError(message, key=key)
            if part in FROZEN_NAMES and mapping.on & {"correlate", "update"}:
                message = f"{path} is chosen once: add `on: [create]`"
                raise ConfigError(message, key=key)
        elif not known_path(path):
            message = f"there is no {path!r} in what HR knows"
            raise ConfigError(message, key=key)


def _limit(given: LimitSpec) -> Limit:
    return Limit(count=given.count, share=given.share)


def compile_source_limits(loaded: LoadedProfile) -> SourceLimits:
    """The limits of the source, defaults filled in."""
    complete = loaded.profile.source.limits.complete()
    return SourceLimits(**{name: _limit(limit) for name, limit in complete.items()})
