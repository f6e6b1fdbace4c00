"""Options that several commands share, and what is checked of them before anything begins.

Nothing here imports Prefect or pandas: `retour --help` answers at once.
"""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from connectors.model.errors import ConfigError


def as_day(text: str) -> date:
    """A day as it is typed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write it like 2026-12-01") from None


Profile = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE", help="The profile; without it that of RETOUR_PROFILE, else demo."
    ),
]
Report = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Also write the report to this file, as JSON.")
]
Live = Annotated[bool, typer.Option("--live", help="Write. Without it this is a preview.")]
AsOf = Annotated[
    date | None,
    typer.Option(parser=as_day, metavar="DATE", help="Decide for this day instead of today."),
]
Approve = Annotated[
    str | None,
    typer.Option(metavar="DIGEST", help="Lift the limits for exactly this previewed plan."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For a program to read.")]


def profile_of(given: str | None) -> str:
    """The profile that was named, else that of the environment."""
    if given is not None:
        return given
    from config.settings import read_settings

    return read_settings().profile


def alone(option: str, others: Mapping[str, object]) -> None:
    """An option that does nothing else must not seem to do what others ask for."""
    for name, given in others.items():
        if given:
            raise ConfigError(f"leave this out: {option} does nothing else", key=name)


def digest_of(given: str | None) -> str | None:
    """A digest, before a whole run finds out that it is none."""
    if given is not None and not re.fullmatch(r"sha256:[0-9a-f]{64}", given):
        message = f"{given!r} is no digest; that is sha256: and 64 hexadecimal digits"
        raise ConfigError(message, key="--approve")
    return given


def ids_of(given: list[str] | None, option: str) -> tuple[str, ...]:
    """What an option was given. An empty one is most likely a variable that a script never set."""
    if any(not one.strip() for one in given or ()):
        raise ConfigError("an empty id names nobody", key=option)
    return tuple(given or ())


def log_level() -> str:
    """What Prefect may say on stderr: warnings, unless more was asked for."""
    from config.settings import read_settings

    settings = read_settings()
    return settings.log_level if "log_level" in settings.model_fields_set else "WARNING"


def file_to_write(path: Path | None, option: str = "--report") -> Path | None:
    """The file, if it can be written: better said before a run than after it."""
    if path is None:
        return None
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; name a file in it", key=option)
    if not path.parent.is_dir():
        raise ConfigError(f"there is no folder {path.parent}", key=option)
    return path.absolute()
