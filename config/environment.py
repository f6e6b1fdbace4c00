"""`${NAME}` in a value: from the environment, else from `.env` in the working directory."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pydantic_settings import BaseSettings, DotEnvSettingsSource

from config.yaml_file import Key
from connectors.model.errors import ConfigError

DOTENV: Final = Path(".env")

_REFERENCE: Final = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|)")
"""An escaped brace, a reference with or without a default, or the begin of neither."""

Problems = list[tuple[Key, str]]


@contextmanager
def dotenv_is_readable() -> Iterator[None]:
    """Say what is wrong with a `.env` that is read here.

    Raises:
        ConfigError: It cannot be read, or is not text.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        message = "the file is not UTF-8 text; save it as UTF-8"
        raise ConfigError(message, file=str(DOTENV)) from error
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise ConfigError(message, file=str(DOTENV)) from error


def read_environment() -> dict[str, str]:
    """Variables of the process, and those of `.env` that it does not have.

    Raises:
        ConfigError: There is a `.env` that cannot be read.
    """
    with dotenv_is_readable():
        stored = DotEnvSettingsSource(
            BaseSettings, env_file=DOTENV, env_file_encoding="utf-8", case_sensitive=True
        ).env_vars
    return {name: value for name, value in stored.items() if value is not None} | dict(os.environ)


def expand(content: Any, environment: Mapping[str, str], problems: Problems, key: Key = ()) -> Any:
    """The content with every `${NAME}` and `${NAME:-default}` in its values replaced.

    `$${` is a plain `${`. Keys stay as they are. What a variable holds is not expanded again.

    Args:
        content: As a YAML file gives it.
        environment: Variables.
        problems: Gets a sentence for every reference that leads nowhere, with its key.
        key: Where the content stands.
    """
    if isinstance(content, dict):
        return {
            name: expand(value, environment, problems, (*key, name))
            for name, value in content.items()
        }
    if isinstance(content, list):
        return [
            expand(value, environment, problems, (*key, place))
            for place, value in enumerate(content)
        ]
    return (
        _expand_text(content, environment, problems, key) if isinstance(content, str) else content
    )


def _expand_text(text: str, environment: Mapping[str, str], problems: Problems, key: Key) -> str:
    def replace(found: re.Match[str]) -> str:
        name, default = found[1], found[2]
        if found[0] == "$${":
            return "${"
        if name is None:
            problems.append(
                (
                    key,
                    "'${' begins no variable; write ${NAME}, ${NAME:-default}, or $${ for the text",
                )
            )
            return ""
        held = environment.get(name, "")
        if not _is_text(held):
            problems.append((key, f"the environment variable {name} is not UTF-8 text"))
            return ""
        if not held and default is None:
            message = f"set the environment variable {name}, or put it into .env"
            problems.append((key, message))
        return held or default or ""

    return _REFERENCE.sub(replace, text)


def _is_text(held: str) -> bool:
    """Whether it was UTF-8: what was not, Python keeps as halves of characters."""
    try:
        held.encode()
    except UnicodeEncodeError:
        return False
    return True
