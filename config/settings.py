"""Settings of this installation, from `RETOUR_…` variables or `.env`."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.environment import DOTENV, dotenv_is_readable
from config.problems import sentences
from config.several import all_in_one
from connectors.model.errors import ConfigError

PREFIX = "RETOUR_"


class RetourSettings(BaseSettings):
    """Where this installation keeps things, and how wide it works."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=DOTENV,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    profile: str = "demo"
    """Profile that a command takes when none is named: a name, or the path of a file."""
    ledger_url: str = Field(default="sqlite:///.retour/ledger.db", repr=False)
    """Database of the ledger, as SQLAlchemy writes it; may hold a password."""
    secrets_dir: Path | None = None
    """Folder with a file per secret, named like it."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least weight of a line that is logged."""
    shard_size: int = Field(default=200, ge=1, le=10_000)
    """People with changes that one apply task takes."""
    task_runner: Literal["threads", "dask"] = "threads"
    """Where apply tasks run: on `threads` of the run, or in processes of `dask`, on any machine."""
    task_workers: int | None = Field(default=None, ge=1, le=1_000)
    """Apply tasks at once on threads (8 if not set), or worker processes of Dask (2 if not set)."""
    dask_scheduler: str | None = Field(default=None, pattern=r"^(tcp|tls)://[^\s/@]+:\d+/?$")
    """Scheduler of a Dask that runs already, `tcp://HOST:PORT` or `tls://HOST:PORT`."""


def read_settings() -> RetourSettings:
    """The settings, checked.

    Raises:
        ConfigError: With the name of every variable that is wrong. No value is shown: it may hold a
            password.
    """
    try:
        with dotenv_is_readable():
            return RetourSettings()
    except ValidationError as error:
        raise all_in_one(
            [
                ConfigError(
                    f"{sentence}. {RetourSettings.model_fields[name].description}",
                    key=f"{PREFIX}{name.upper()}",
                )
                for name, sentence in sentences(error, RetourSettings)
            ]
        ) from None
