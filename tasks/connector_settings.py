"""From what a profile says about a connector to its settings, secrets and all.

Three layers, each laid over the one before: the Prefect block that the profile names, the settings
in the profile, and the variables of `config.overrides`.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from config.loader import LoadedProfile
from config.overrides import Overrides, Spot, lay
from config.secrets import BlockSecret
from config.several import hint
from config.yaml_file import Key, unspell
from connectors.model.connector import Connector
from connectors.model.errors import ConfigError, ConnectorError
from tasks.block_store import slug_of

ReadBlock = Callable[[str, str, type[BaseModel]], Mapping[str, Any]]
"""Gives what a block holds, by the slug of its type, its name and the model of its settings."""

SOURCE: Spot = ("source",)


@dataclass(frozen=True, slots=True)
class BlockOf:
    """A block that a profile names.

    Attributes:
        connector: Whose settings it holds; of the same folder as the one that takes them.
        name: Of the block.
    """

    connector: Connector
    name: str

    def __str__(self) -> str:
        """Print as Prefect names it."""
        return f"{slug_of(self.connector.name)}/{self.name}"


@dataclass(frozen=True, slots=True)
class Connectors:
    """The connectors that a profile names.

    Attributes:
        source: Of the people.
        further: Of further people, by name of the source, in order.
        targets: Of the accounts, by name of the target.
        blocks: Where settings come from a block, by where that stands.
    """

    source: Connector
    further: Mapping[str, Connector]
    targets: Mapping[str, Connector]
    blocks: Mapping[Spot, BlockOf] = field(default_factory=dict)

    def by_spot(self) -> dict[Spot, Connector]:
        """All of them, by where they stand."""
        return {
            SOURCE: self.source,
            **{("sources", name): connector for name, connector in self.further.items()},
            **{("targets", name): connector for name, connector in self.targets.items()},
        }


class ConnectorSettings:
    """Settings of the connectors of a profile, validated each time they are asked for.

    Args:
        loaded: The profile.
        connectors: Those it names.
        block_secret: Looks a Prefect Secret block up.
        read_block: Reads a block of settings; asked once for each block.
        writes: Whether what only a writer needs may be kept when it comes along in a block.

    Raises:
        ConfigError: A variable leads nowhere.
    """

    def __init__(
        self,
        loaded: LoadedProfile,
        connectors: Connectors,
        *,
        block_secret: BlockSecret,
        read_block: ReadBlock,
        writes: bool,
    ) -> None:
        """Keep the parts; no secret is resolved yet."""
        self._loaded, self._connectors = loaded, connectors.by_spot()
        self._blocks, self._held = connectors.blocks, dict[str, dict[str, Any]]()
        self._block_secret, self._read_block, self._writes = block_secret, read_block, writes
        self._overrides = Overrides(
            {spot: connector.settings for spot, connector in self._connectors.items()}
        )

    def of_source(self) -> BaseModel:
        """Those of the source.

        Raises:
            ConfigError: With its key.
            Fatal: Prefect did not give the block.
        """
        return self._of_people(SOURCE)

    def of_further(self, source: str) -> BaseModel:
        """Those of a further source.

        Raises:
            ConfigError: With its key.
            Fatal: Prefect did not give the block.
        """
        return self._of_people(("sources", source))

    def of_target(self, target: str, *, to_write: bool) -> BaseModel:
        """Those of a target; without those that only a writer needs, unless it is `to_write`.

        Raises:
            ConfigError: With its key.
            Fatal: Prefect did not give the block.
        """
        spot: Spot = ("targets", target)
        connector, spec = self._connectors[spot], self._loaded.profile.targets[target]
        own: dict[str, Any] = {}
        if spec.concurrency is not None:
            if "concurrency" not in connector.settings.model_fields:
                message = f"{connector.name} writes one person at a time; leave it out"
                raise ConfigError(message, key=f"targets.{target}.concurrency")
            own["concurrency"] = spec.concurrency
        given = self._given(spot, own, to_write=to_write)
        if connector.mapped_setting is not None and spec.fields:
            told = given.get(connector.mapped_setting, [])
            if isinstance(told, list | tuple):  # else it is wrong, and validation says so
                mapped = sorted(name for name in spec.fields if name not in told)
                given[connector.mapped_setting] = [*told, *mapped]
        return self._validated(spot, given)

    def _of_people(self, spot: Spot) -> BaseModel:
        given = self._given(spot, {}, to_write=False)
        if fields := self._loaded.part(spot).fields:
            given[self._connectors[spot].fields_setting] = dict(fields)
        return self._validated(spot, given)

    def _given(self, spot: Spot, own: Mapping[str, Any], *, to_write: bool) -> dict[str, Any]:
        """The layers, one over the other, without what is not to be looked at.

        Args:
            spot: Where the connector stands.
            own: Settings for which the profile has a key of its own.
            to_write: Whether a writer is about to be opened.
        """
        connector = self._connectors[spot]
        left_out = frozenset() if to_write else _write_only(connector)
        under = self._of_block(spot)
        over = lay(self._overrides.of(spot, skip=left_out), own)
        try:
            given = self._loaded.settings(
                *spot, skip=left_out, block_secret=self._block_secret, under=under, over=over
            )
        except ConfigError as error:
            key = unspell(error.key or "")[len(spot) + 1 :]  # behind `settings`
            raise self._elsewhere(spot, key, error.message) or error from None
        return {name: value for name, value in given.items() if name not in left_out}

    def _of_block(self, spot: Spot) -> dict[str, Any]:
        """What the block of a connector holds of its settings; empty where it has none.

        A block of another connector knows settings that are none here, so what the profile says is
        looked at first: its slips must not wait for the server.
        """
        block, model = self._blocks.get(spot), self._connectors[spot].settings
        if block is None:
            return {}
        for name in self._loaded.part(spot).settings:
            if name not in model.model_fields:
                key = ".".join((*spot, "settings", name))
                raise ConfigError(f"unknown key{hint(name, [*model.model_fields])}", key=key)
        if str(block) not in self._held:
            self._held[str(block)] = self._load(spot, block)
        held = self._held[str(block)]
        if block.connector.name == self._connectors[spot].name:
            return dict(held)
        return {name: value for name, value in held.items() if name in model.model_fields}

    def _load(self, spot: Spot, block: BlockOf) -> dict[str, Any]:
        key = ".".join((*spot, "block"))
        slug = slug_of(block.connector.name)
        try:
            held = self._read_block(slug, block.name, block.connector.settings)
        except ConfigError as error:
            raise ConfigError(error.message, key=key) from None
        except ConnectorError as error:
            error.operation = f"{error.operation} ({self._loaded.where(key)}: {key})"
            raise
        left_out = frozenset() if self._writes else _write_only(block.connector)
        return {name: value for name, value in held.items() if name not in left_out}

    def _validated(self, spot: Spot, given: dict[str, Any]) -> BaseModel:
        model = self._connectors[spot].settings
        try:
            return model.model_validate(given)
        except ValidationError as error:
            raise self._loaded.explain(
                error,
                model,
                *spot,
                "settings",
                elsewhere=lambda key, said: self._elsewhere(spot, key, said),
            ) from None
        except ConfigError as error:
            if error.key is None or error.file is not None:
                raise
            theirs = self._elsewhere(spot, unspell(error.key), error.message)
            if theirs is not None:
                raise theirs from None
            error.key = ".".join((*spot, "settings", error.key))
            raise

    def _elsewhere(self, spot: Spot, key: Key, said: str) -> ConfigError | None:
        """What is wrong with a setting, said with the layer that gave it; None for the profile.

        Without a key it is about several of them: then it is the block's if all are.
        """
        theirs = self._overrides.origin(spot, key, said)
        block, part = self._blocks.get(spot), self._loaded.part(spot)
        connector = self._connectors[spot]
        made_of_fields = (
            {connector.mapped_setting, connector.fields_setting}
            if part.fields
            else set[str | None]()
        )
        own = _stands_in(part.settings, key) if key else bool(part.settings)
        if theirs or block is None or own or made_of_fields & {*key[:1]}:
            return theirs
        place = ", ".join([f"the block {block}", *([".".join(map(str, key))] if key else [])])
        return self._loaded.locate(ConfigError(f"{place}: {said}", key=".".join((*spot, "block"))))


def check_without_prefect(loaded: LoadedProfile, connectors: Connectors) -> None:
    """Validate what can be before there is a Prefect to ask for secrets and blocks.

    Raises:
        ConfigError: With its key.
    """
    settings = ConnectorSettings(
        loaded, connectors, block_secret=_ask_prefect, read_block=_ask_prefect, writes=False
    )
    with suppress(_AskPrefect):
        settings.of_source()
    for name in connectors.further:
        with suppress(_AskPrefect):
            settings.of_further(name)
    for target in connectors.targets:
        with suppress(_AskPrefect):
            settings.of_target(target, to_write=False)


class _AskPrefect(Exception):
    """It is neither in the environment nor in a file: it may be in a Prefect block."""


def _ask_prefect(*_: Any) -> Any:
    raise _AskPrefect


def _stands_in(settings: Any, key: Key) -> bool:
    """Whether a setting is given, as a whole or in part of a group."""
    for step in key:
        try:
            settings = settings[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _write_only(connector: Connector) -> frozenset[str]:
    """Settings that only a writer needs; a preview does not even resolve them."""
    return frozenset(
        name
        for name, field_ in connector.settings.model_fields.items()
        if isinstance(field_.json_schema_extra, dict) and field_.json_schema_extra.get("write_only")
    )
