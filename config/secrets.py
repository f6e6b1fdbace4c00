"""`secret://NAME` in settings: stays a reference until the value is needed, and goes no further.

Looked up in this order: the environment variable `RETOUR_SECRET_NAME` (upper case, `-` and `.`
become `_`), the file `NAME` in the folder `RETOUR_SECRETS_DIR`, the Prefect Secret block `NAME`.
No message and no repr holds a value.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from config.environment import read_environment
from config.paths import at_home
from config.yaml_file import Key, spell
from connectors.model.errors import ConfigError

SCHEME: Final = "secret://"
FOLDER: Final = "RETOUR_SECRETS_DIR"
MAIL_PASSWORD: Final = ("notify", "mail", "password")
"""The one place outside the settings of a connector."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

BlockSecret = Callable[[str], str | None]
"""Gives the value of the Prefect Secret block of a name, None when there is none."""


def resolve_secrets(
    settings: Mapping[str, Any],
    *,
    skip: frozenset[str] = frozenset(),
    block_secret: BlockSecret | None = None,
    environment: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The settings with every reference replaced by its value.

    Args:
        settings: Of one connector, as the profile gives them.
        skip: Settings that stay as they are, reference and all: those only a writer needs, in a run
            that builds none.
        block_secret: Looks a Prefect Secret block up; None where there is no Prefect to ask.
        environment: Variables; None for those of the process and of `.env`.

    Raises:
        ConfigError: A secret is nowhere, empty or not readable; carries the key of the setting.
    """
    held = read_environment() if environment is None else environment
    folder = held.get(FOLDER)
    search = _Search(held, at_home(folder) if folder else None, block_secret)
    return {
        name: value if name in skip else search.resolve(value, (name,))
        for name, value in settings.items()
    }


def check_references(content: Any, key: Key = ()) -> list[tuple[Key, str]]:
    """References in a profile that can never be resolved, each as its key and a sentence.

    Args:
        content: The profile, variables expanded.
        key: Where the content stands.
    """
    if isinstance(content, dict):
        return [
            problem
            for name, value in content.items()
            for problem in check_references(value, (*key, name))
        ]
    if isinstance(content, list):
        return [
            problem
            for place, value in enumerate(content)
            for problem in check_references(value, (*key, place))
        ]
    if not isinstance(content, str) or SCHEME not in content:
        return []
    if not _takes_secrets(key):
        return [(key, "secret:// works in settings only")]
    if not content.startswith(SCHEME) or not _NAME.fullmatch(content.removeprefix(SCHEME)):
        return [
            (
                key,
                "a secret is the whole value: secret:// and a name of letters, digits, - _ .",
            )
        ]
    return []


def _takes_secrets(key: Key) -> bool:
    """Whether what stands at a key of the profile is looked up where it is used."""
    if key == MAIL_PASSWORD:
        return True
    return "settings" in (key[1:2] if key[:1] == ("source",) else key[2:3])


def variable_of(name: str) -> str:
    """The environment variable that can hold a secret."""
    return f"RETOUR_SECRET_{re.sub('[-.]', '_', name).upper()}"


def read_secret(path: Path) -> str | None:
    """What a file holds, without the last line end; None when there is no such file.

    Raises:
        ConfigError: It cannot be read; says why, and nothing of what it holds.
    """
    try:
        return path.read_text(encoding="utf-8-sig").rstrip("\r\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(str(reason)) from None


@dataclass(frozen=True, slots=True)
class _Search:
    """Where secrets are looked for."""

    environment: Mapping[str, str] = field(repr=False)
    folder: Path | None
    block_secret: BlockSecret | None

    def resolve(self, value: Any, key: Key) -> Any:
        if isinstance(value, dict):
            return {name: self.resolve(part, (*key, name)) for name, part in value.items()}
        if isinstance(value, list):
            return [self.resolve(part, (*key, place)) for place, part in enumerate(value)]
        if not isinstance(value, str) or not value.startswith(SCHEME):
            return value
        name = value.removeprefix(SCHEME)
        if not _NAME.fullmatch(name):
            raise ConfigError("what follows secret:// is not a name", key=spell(key))
        found = (
            self.environment.get(variable_of(name))
            or self._from_file(name, key)
            or (self.block_secret(name) if self.block_secret else None)
        )
        if not found:
            message = f"the secret {name} is nowhere, or empty: {self._places(name)}"
            raise ConfigError(message, key=spell(key))
        return found

    def _from_file(self, name: str, key: Key) -> str | None:
        if self.folder is None:
            return None
        try:
            return read_secret(self.folder / name)
        except ConfigError as error:
            message = f"the secret {name} cannot be read from {self.folder / name}: {error.message}"
            raise ConfigError(message, key=spell(key)) from None

    def _places(self, name: str) -> str:
        path = self.folder / name if self.folder else f"{name} in a folder that {FOLDER} names"
        places = [f"set {variable_of(name)}", f"put it into the file {path}"]
        if self.block_secret is not None:
            places.append(f"save it as the Prefect Secret block {name}")
        return ", or ".join(places)
