"""The deployments there are: `prefect.yaml`, and what a profile makes of it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.model.errors import ConfigError
from tasks.setup import Choices

FILE: Final = "prefect.yaml"
ROOT: Final = Path(__file__).parents[1]
TAG: Final = "retour"
"""On every deployment, and so on every run of it."""


class _Strict(BaseModel):
    """What this file may say. More than is carried out here would be lost without a word."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Pool(_Strict):
    """Whose workers run it."""

    name: str
    work_queue_name: str = "default"
    job_variables: dict[str, Any] = Field(default_factory=dict)


class Limit(_Strict):
    """How many of its runs there may be at once, and what becomes of one more."""

    limit: int
    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"]


class Schedule(_Strict):
    """When it runs by itself, and as what."""

    slug: str
    cron: str
    timezone: str
    active: bool
    parameters: dict[str, Any]


class Deployment(_Strict):
    """A flow with parameters, a pool and schedules, as Prefect knows it."""

    name: str
    description: str
    entrypoint: str
    work_pool: Pool
    tags: tuple[str, ...]
    parameters: dict[str, Any]
    concurrency_limit: Limit
    schedules: tuple[Schedule, ...] = ()


def read_deployments() -> tuple[Deployment, ...]:
    """The deployments of `prefect.yaml`, in its order.

    Raises:
        ConfigError: The file is not there, or says something that is not carried out here.
    """
    path = _file()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return tuple(Deployment.model_validate(one) for one in content["deployments"])
    except OSError as error:
        raise ConfigError(f"it cannot be read ({error.strerror})", file=str(path)) from error
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigError(f"there are no deployments in it ({error})", file=str(path)) from error
    except ValidationError as error:
        slip = error.errors()[0]
        key = ".".join(str(step) for step in slip["loc"])
        raise ConfigError(slip["msg"], file=str(path), key=f"deployments.{key}") from error


def for_profile(
    profile: str, choices: Choices, *, pool: str | None = None, several: bool = False
) -> Iterator[Deployment]:
    """The deployments of one profile.

    Args:
        profile: Name or file, as runs are given it.
        choices: What there is in it to choose from.
        pool: Name of another pool than that of the file.
        several: Whether there are those of other profiles beside them, so that names tell.
    """
    for one in read_deployments():
        own = {"profile": profile}
        yield one.model_copy(
            update={
                "name": f"{one.name}-{choices.profile}" if several else one.name,
                "tags": (*one.tags, tag_of(choices.profile)),
                "parameters": {**one.parameters, **own},
                "work_pool": one.work_pool.model_copy(update={"name": pool or one.work_pool.name}),
                "schedules": tuple(
                    schedule.model_copy(
                        update={
                            "timezone": choices.timezone,
                            "parameters": {**schedule.parameters, **own},
                        }
                    )
                    for schedule in one.schedules
                ),
            }
        )


def tag_of(profile: str) -> str:
    """The tag on everything of one profile."""
    return f"profile:{profile}"


def _file() -> Path:
    """That of the folder Retour is worked on in, else the one that was installed with it."""
    here = ROOT / FILE
    return here if here.is_file() else Path(sys.prefix) / "share" / "retour" / FILE
