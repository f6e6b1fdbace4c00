"""Field mappings: what a profile says over what the connector does by itself."""

import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from config.fields import FieldSpec, specs_of
from connectors.model.connector import Connector, FieldDefaults
from connectors.model.errors import ConfigError
from connectors.model.manifest import Attribute, Manifest
from tasks.lifecycle.policy import Call, FieldMapping

_Given = Mapping[str, FieldSpec | tuple[FieldSpec, ...]]
_On = tuple[FieldSpec, frozenset[str]]


def compile_fields(
    own: _Given,
    connector: Connector,
    manifest: Manifest,
    settings: BaseModel | None,
    key: str,
) -> Iterator[FieldMapping]:
    """The mappings of a target: of one attribute at most one per action.

    A profile's mapping replaces the connector's. A write-back target keeps its own for what the
    profile does not name, except those for updates: it updates what the profile names and nothing
    by the way. Of an attribute that the profile names it keeps what a create or a delete needs, for
    actions that the profile leaves open. What settings ask for counts in any case.

    Args:
        own: `fields` of the target in the profile.
        connector: Has mappings of its own.
        manifest: Under the settings.
        settings: Validated, None where they are not known yet.
        key: Of the target in the profile.

    Raises:
        ConfigError: An attribute that the target does not have, a function that is not there, or an
            action that writes nothing here.
    """
    for name, mappings in _chosen(own, connector, manifest, settings).items():
        attribute = manifest.attribute(name)
        if attribute is None:
            meant = [n.name for n in manifest.attributes if n.name.casefold() == name.casefold()]
            message = (
                f"the target has no attribute {name!r}{''.join(f'; it is {m}' for m in meant)}"
            )
            raise ConfigError(message, key=f"{key}.fields.{name}")
        if not manifest.delete_clears and any("delete" in on for _, on in mappings):
            message = "a delete removes the account here and writes no field"
            raise ConfigError(message, key=f"{key}.fields.{name}")
        for spec, on in mappings:
            yield _mapping(attribute, spec, on, f"{key}.fields.{name}")
        if manifest.delete_clears and attribute.clearable and _is_cleared(mappings):
            yield FieldMapping(name=name, kind="value", argument=None, on=frozenset({"delete"}))


def _chosen(
    own: _Given, connector: Connector, manifest: Manifest, settings: BaseModel | None
) -> dict[str, list[_On]]:
    """By attribute the mappings that count, each with the actions for which it does."""
    chosen = {
        name: [(spec, frozenset[str](spec.on)) for spec in specs_of(given)]
        for name, given in own.items()
    }
    for name, spec, asked in _defaults(connector, settings):
        on: frozenset[str] = frozenset(spec.on)
        if name in own:
            named = frozenset[str]().union(*(actions for _, actions in chosen[name]))
            on = on - named if manifest.write_back else frozenset()
            on = on if asked else on - {"correlate"}
        if own and manifest.write_back and not asked and "update" in spec.on:
            on = frozenset()
        if on:
            chosen.setdefault(name, []).append((spec, on))
    return chosen


def _defaults(
    connector: Connector, settings: BaseModel | None
) -> Iterator[tuple[str, FieldSpec, bool]]:
    """The connector's mappings, and whether its settings ask for them."""
    defaults: FieldDefaults = connector.fields
    if connector.fields_for is not None and settings is not None:
        defaults = connector.fields_for(settings)
    for name, given in defaults.items():
        for one in [given] if isinstance(given, Mapping) else given:
            yield name, FieldSpec.model_validate(dict(one)), connector.fields.get(name) != given


def _is_cleared(mappings: Sequence[_On]) -> bool:
    return not any("delete" in on or spec.when_deleted == "keep" for spec, on in mappings)


def _mapping(attribute: Attribute, given: FieldSpec, on: frozenset[str], key: str) -> FieldMapping:
    kind, argument = given.origin
    if kind == "call":
        argument = _function(argument, key)
    return FieldMapping(
        name=attribute.name,
        kind=kind,
        argument=argument,
        on=on if attribute.on_update else on - {"correlate", "update"},
        unique=given.unique if "unique" in given.model_fields_set else bool(attribute.unique_in),
        compare=_compare(given, attribute),
        when_empty=given.when_empty,
    )


def _compare(given: FieldSpec, attribute: Attribute) -> Any:
    return (
        type(attribute.compare)(given.compare) if given.compare is not None else attribute.compare
    )


def _function(name: str, key: str) -> Call:
    module, _, attribute = name.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")  # a site's own functions lie where the command is started
    try:
        found: Call = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        message = f"{name}: {error}"
        raise ConfigError(message, key=key) from error
    return found
