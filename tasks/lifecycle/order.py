"""Order comes from declared dependencies, checked when the profile is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from string import Formatter

from connectors.model.errors import ConfigError
from connectors.model.manifest import Manifest
from tasks.lifecycle.policy import FieldMapping, TargetPolicy

UPSTREAM = "accounts."


def order_targets(depends_on: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Targets with every one behind those it depends on; otherwise in the order given.

    Raises:
        ConfigError: A target depends on one that is not there, or on itself in a circle.
    """
    for name, wanted in depends_on.items():
        for other in wanted:
            if other not in depends_on:
                message = f"there is no target {other!r}; there are {', '.join(depends_on)}"
                raise ConfigError(message, key=f"targets.{name}.depends_on")
    sorter = TopologicalSorter(dict.fromkeys(depends_on, ()))
    for name, wanted in depends_on.items():
        sorter.add(name, *wanted)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        message = f"the targets depend on each other in a circle: {' -> '.join(circle)}"
        raise ConfigError(message, key=f"targets.{circle[0]}.depends_on") from error
    rank = {name: place for place, name in enumerate(depends_on)}
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=rank.__getitem__)
        ordered.extend(ready)
        sorter.done(*ready)
    return tuple(ordered)


def paths_of(mapping: FieldMapping) -> tuple[str, ...]:
    """The paths a mapping reads; `?` behind an optional one is dropped.

    Raises:
        ConfigError: A template that is none.
    """
    if mapping.kind == "from":
        return (mapping.argument,)
    if mapping.kind != "template":
        return ()
    return tuple(part.path for part in parse_template(mapping.argument) if part.path is not None)


def upstream_of(mapping: FieldMapping) -> tuple[str, str] | None:
    """Target and attribute a field takes its value from unchanged, None for any other field."""
    path = mapping.argument
    if mapping.kind == "template":
        parts = parse_template(mapping.argument)
        path = parts[0].path if len(parts) == 1 and not parts[0].literal else None
    if mapping.kind not in {"from", "template"} or not (path or "").startswith(UPSTREAM):
        return None
    return split_upstream(path)


def split_upstream(path: str) -> tuple[str, str]:
    """Target and attribute of a path `accounts.TARGET.ATTRIBUTE`."""
    target, _, attribute = path.removeprefix(UPSTREAM).partition(".")
    return target, attribute


@dataclass(frozen=True, slots=True)
class TemplatePart:
    """Text of a template and the path behind it.

    Attributes:
        literal: The text; may be empty.
        path: The path, None at the end of a template.
        optional: Whether a `?` follows: without a value the path is left out.
    """

    literal: str
    path: str | None
    optional: bool = False


@cache
def parse_template(template: str) -> tuple[TemplatePart, ...]:
    """The parts of a template such as `{person.nick_name} ({contract.title?})`.

    Raises:
        ConfigError: A stray brace, or more than a path between two of them.
    """
    parts: list[TemplatePart] = []
    try:
        for literal, name, form, conversion in Formatter().parse(template):
            if form or conversion or name == "":
                message = f"not a template: {template!r} has more or less than a path in braces"
                raise ConfigError(message)
            path = None if name is None else name.removesuffix("?")
            parts.append(TemplatePart(literal, path, (name or "").endswith("?")))
    except ValueError as error:
        message = f"not a template: {error}; write {{{{ for a brace that is meant as such"
        raise ConfigError(message) from error
    return tuple(parts)


def check_sources(policy: TargetPolicy, targets: Mapping[str, TargetPolicy]) -> None:
    """Refuse a mapping that reads an account nobody provides in time, or a field nobody produces.

    Raises:
        ConfigError: With the key of the field.
    """
    for mapping in policy.fields:
        key = f"targets.{policy.name}.fields.{mapping.name}"
        for path in _paths_at(key, mapping):
            if not path.startswith(UPSTREAM):
                continue
            target, attribute = split_upstream(path)
            if target not in targets:
                message = f"{path}: there is no target {target!r}; there are {', '.join(targets)}"
                raise ConfigError(message, key=key)
            if target not in policy.depends_on:
                message = f"{path}: add {target} to depends_on, so that it is written first"
                raise ConfigError(message, key=key)
            produced = producible(targets[target].manifest, targets[target].fields)
            if attribute not in produced:
                message = (
                    f"{path}: nobody produces {attribute!r} in {target}; "
                    f"it has {', '.join(sorted(produced))}"
                )
                raise ConfigError(message, key=key)


def _paths_at(key: str, mapping: FieldMapping) -> tuple[str, ...]:
    try:
        return paths_of(mapping)
    except ConfigError as error:
        error.key = key
        raise


def producible(manifest: Manifest, fields: tuple[FieldMapping, ...]) -> set[str]:
    """Attributes of a target that another target may read."""
    known = {attribute.name for attribute in manifest.attributes}
    return known | set(manifest.produces) | {mapping.name for mapping in fields}
