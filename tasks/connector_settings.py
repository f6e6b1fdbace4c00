"""From what a profile says about a connector to its settings, secrets and all."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from config.loader import LoadedProfile
from config.secrets import BlockSecret
from connectors.model.connector import Connector
from connectors.model.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Connectors:
    """The connectors that a profile names.

    Attributes:
        source: Of the people.
        further: Of further people, by name of the source, in order.
        targets: Of the accounts, by name of the target.
    """

    source: Connector
    further: Mapping[str, Connector]
    targets: Mapping[str, Connector]


class ConnectorSettings:
    """Settings of the connectors of a profile, validated each time they are asked for.

    Args:
        loaded: The profile.
        connectors: Those it names.
        block_secret: Looks a Prefect Secret block up.
    """

    def __init__(
        self, loaded: LoadedProfile, connectors: Connectors, *, block_secret: BlockSecret
    ) -> None:
        """Keep the parts; no secret is resolved yet."""
        self._loaded, self._connectors = loaded, connectors
        self._block_secret = block_secret

    def of_source(self) -> BaseModel:
        """Those of the source.

        Raises:
            ConfigError: With its key.
        """
        connector = self._connectors.source
        given = self._loaded.settings(
            "source", skip=_write_only(connector), block_secret=self._block_secret
        )
        if fields := self._loaded.profile.source.fields:
            given[connector.fields_setting] = dict(fields)
        return self._validated(connector, given, "source", to_write=False)

    def of_further(self, source: str) -> BaseModel:
        """Those of a further source.

        Raises:
            ConfigError: With its key.
        """
        connector = self._connectors.further[source]
        given = self._loaded.settings(
            "sources", source, skip=_write_only(connector), block_secret=self._block_secret
        )
        if fields := self._loaded.profile.sources[source].fields:
            given[connector.fields_setting] = dict(fields)
        return self._validated(connector, given, "sources", source, to_write=False)

    def of_target(self, target: str, *, to_write: bool) -> BaseModel:
        """Those of a target; without those that only a writer needs, unless it is `to_write`.

        Raises:
            ConfigError: With its key.
        """
        connector = self._connectors.targets[target]
        given = self._loaded.settings(
            "targets",
            target,
            skip=frozenset() if to_write else _write_only(connector),
            block_secret=self._block_secret,
        )
        spec = self._loaded.profile.targets[target]
        if spec.concurrency is not None:
            if "concurrency" not in connector.settings.model_fields:
                message = f"{connector.name} writes one person at a time; leave it out"
                raise ConfigError(message, key=f"targets.{target}.concurrency")
            given["concurrency"] = spec.concurrency
        if connector.mapped_setting is not None and spec.fields:
            told = given.get(connector.mapped_setting, [])
            if isinstance(told, list | tuple):  # else it is wrong, and validation says so
                mapped = sorted(name for name in spec.fields if name not in told)
                given[connector.mapped_setting] = [*told, *mapped]
        return self._validated(connector, given, "targets", target, to_write=to_write)

    def _validated(
        self, connector: Connector, given: dict[str, Any], *key: str, to_write: bool
    ) -> BaseModel:
        left_out = frozenset() if to_write else _write_only(connector)
        kept = {name: value for name, value in given.items() if name not in left_out}
        try:
            return connector.settings.model_validate(kept)
        except ValidationError as error:
            raise self._loaded.explain(error, connector.settings, *key, "settings") from None
        except ConfigError as error:
            if error.key is not None and error.file is None:
                error.key = ".".join((*key, "settings", error.key))
            raise


def check_without_prefect(loaded: LoadedProfile, connectors: Connectors) -> None:
    """Validate what can be before there is a Prefect to ask for secrets.

    Raises:
        ConfigError: With its key.
    """
    settings = ConnectorSettings(loaded, connectors, block_secret=_ask_prefect)
    with suppress(_AskPrefect):
        settings.of_source()
    for name in connectors.further:
        with suppress(_AskPrefect):
            settings.of_further(name)
    for target in connectors.targets:
        with suppress(_AskPrefect):
            settings.of_target(target, to_write=False)


class _AskPrefect(Exception):
    """A secret is neither in the environment nor in a file: it may be in a Prefect block."""


def _ask_prefect(name: str) -> str | None:
    raise _AskPrefect(name)


def _write_only(connector: Connector) -> frozenset[str]:
    """Settings that only a writer needs; a preview does not even resolve them."""
    return frozenset(
        name
        for name, field in connector.settings.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("write_only")
    )
