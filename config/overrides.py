"""A variable for one setting of a connector: `RETOUR_TARGETS__ACTIVE_DIRECTORY__BIND_PASSWORD`.

`RETOUR_SOURCE__SETTING`, `RETOUR_SOURCES__NAME__SETTING`, `RETOUR_TARGETS__NAME__SETTING`, and `__`
once more before a setting of a group; upper and lower case are the same. Looked up in this order:
the environment, `.env`, a file of that name in the folder `RETOUR_SECRETS_DIR`. A list, or a group
of free names, is written as JSON. A variable that leads nowhere is an error: it is a slip.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, get_origin

from pydantic import BaseModel, create_model
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError

from config.environment import read_environment
from config.paths import at_home
from config.problems import bare
from config.secrets import FOLDER, read_secret
from config.settings import PREFIX
from config.several import hint, raise_all
from config.yaml_file import Key
from connectors.model.errors import ConfigError

Spot = tuple[str, ...]
"""Where a connector stands in a profile: `("source",)`, or `sources` or `targets` and a name."""

STEP: Final = "__"
_ENVIRONMENT: Final = "environment"
"""Where a variable stands, in place of a file: its key is none of the profile."""
_GROUPS: Final = ("source", "sources", "targets")


class _Variables(BaseSettings):
    """Settings as pydantic-settings looks for them; made for one setting at a time."""

    model_config = SettingsConfigDict(
        env_nested_delimiter=STEP, env_ignore_empty=True, hide_input_in_errors=True
    )


@dataclass(frozen=True, slots=True)
class _Variable:
    """One variable: a line of the environment or of `.env`, or a file."""

    name: str
    held: str | Path = field(repr=False)

    def error(self, message: str) -> ConfigError:
        if isinstance(self.held, Path):
            return ConfigError(message, file=str(self.held))
        return ConfigError(message, file=_ENVIRONMENT, key=self.name)


class Overrides:
    """What variables and secret files say about the settings of the connectors of a profile.

    Args:
        models: Model of the settings, by where the connector stands.
        environment: Variables; None for those of the process and of `.env`.

    Raises:
        ConfigError: A variable leads nowhere: there is no such target, or no such setting.
    """

    def __init__(
        self, models: Mapping[Spot, type[BaseModel]], environment: Mapping[str, str] | None = None
    ) -> None:
        """Look at names only; no file is opened."""
        held = read_environment() if environment is None else environment
        self._models = models
        self._variables = _named(held)
        raise_all([error for one in self._variables.values() if (error := self._slip(one))])

    def of(self, spot: Spot, *, skip: frozenset[str] = frozenset()) -> dict[str, Any]:
        """The settings that variables give, not validated; references to secrets stay.

        Args:
            spot: Where the connector stands.
            skip: Settings that are not even looked at.

        Raises:
            ConfigError: A file cannot be read, or it is not JSON where that is due.
        """
        model, begin = self._models[spot], _begin(spot)
        steps = (name.removeprefix(begin) for name in self._variables if name.startswith(begin))
        settings = {rest.partition(STEP)[0] for rest in steps} & {*model.model_fields} - skip
        found: dict[str, Any] = {}
        for setting in sorted(settings):
            found |= self._read(setting, model, begin)
        return found

    def origin(self, spot: Spot, key: Key, message: str) -> ConfigError | None:
        """What is wrong with a setting, said with the variable that gave it; None if none did."""
        names = [step for step in key if isinstance(step, str)]
        while names:
            variable = self._variables.get(_begin(spot) + STEP.join(names).lower())
            if variable is not None:
                return variable.error(message)
            names.pop()
        return None

    def _read(self, setting: str, model: type[BaseModel], begin: str) -> dict[str, Any]:
        annotation: Any = model.model_fields[setting].annotation
        only: Any = {setting: (annotation, None)}
        named = create_model("Variables", __base__=_Variables, **only)
        whole = f"{begin}{setting}"
        texts = {
            name: text
            for name, variable in self._variables.items()
            if f"{name}{STEP}".startswith(f"{whole}{STEP}") and (text := _text_of(variable))
        }
        source = EnvSettingsSource(named, env_prefix=begin)
        source.env_vars = texts  # those of the process, of .env and of files in one
        try:
            return source()
        except (SettingsError, RecursionError):  # the latter of brackets without end
            given = next(self._variables[name] for name in sorted(texts))
            example = '["a", "b"]' if get_origin(bare(annotation)) is not dict else '{"a": "b"}'
            message = f"must be JSON here, such as {example}"
            raise given.error(message) from None

    def _slip(self, variable: _Variable) -> ConfigError | None:
        """What is wrong with the name of a variable."""
        rest = variable.name.lower().removeprefix(PREFIX.lower())
        known = [spot for spot in self._models if rest.startswith(f"{STEP.join(spot)}{STEP}")]
        if not known:
            group, _, name = rest.partition(STEP)
            names = sorted(spot[1] for spot in self._models if spot[0] == group and spot[1:])
            one = name.partition(STEP)[0]
            message = f"the profile has no {group.removesuffix('s')} {one!r}{hint(one, names)}"
            return variable.error(message)
        spot = max(known, key=lambda one: len(one[-1]))
        steps = rest.removeprefix(f"{STEP.join(spot)}{STEP}").split(STEP)
        return self._no_setting(variable, self._models[spot], steps)

    def _no_setting(
        self, variable: _Variable, model: type[BaseModel], steps: list[str]
    ) -> ConfigError | None:
        first, *further = steps
        if first not in model.model_fields:
            message = f"there is no setting {first!r}{hint(first, sorted(model.model_fields))}"
            return variable.error(message)
        group = bare(model.model_fields[first].annotation)
        if not further:
            return None
        if isinstance(group, type) and issubclass(group, BaseModel):
            return self._no_setting(variable, group, further)
        message = f"{first} is given as a whole: nothing follows its name"
        return variable.error(message)


def lay(over: Mapping[str, Any], under: Mapping[str, Any]) -> dict[str, Any]:
    """Settings laid over others: groups key by key, and anything else, a list too, as a whole."""
    laid = dict(under)
    for name, value in over.items():
        below = laid.get(name)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            laid[name] = lay(value, below)
        else:
            laid[name] = value
    return laid


def _named(environment: Mapping[str, str]) -> dict[str, _Variable]:
    """Every variable that is meant for a connector, by its name in lower case."""
    folder = environment.get(FOLDER)
    files = _files(at_home(folder)) if folder else {}
    lines = {name: text for name, text in environment.items() if text}
    return {
        name.lower(): _Variable(name, held)
        for name, held in (*files.items(), *lines.items())  # a later one counts more
        if name.lower().startswith(tuple(_begin((group,)) for group in _GROUPS))
    }


def _files(folder: Path) -> dict[str, str | Path]:
    """Files by name; what is wrong with the folder is told when a secret is looked up in it."""
    try:
        return {path.name: path for path in sorted(folder.iterdir()) if path.is_file()}
    except OSError:
        return {}


def _text_of(variable: _Variable) -> str | None:
    if isinstance(variable.held, str):
        return variable.held
    try:
        return read_secret(variable.held)
    except ConfigError as error:
        raise variable.error(error.message) from None


def _begin(spot: Spot) -> str:
    return f"{PREFIX}{STEP.join(spot)}{STEP}".lower()
