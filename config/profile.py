"""The profile: what one site has decided. Grammar only: what a connector can do, it says itself."""

import re
from functools import cache
from typing import Annotated, Any, Final, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from config.artifacts import ArtifactsSpec
from config.fields import FieldSpecs
from config.limits import Limit, SourceLimits, TargetLimits
from config.names import NamesSpec
from config.notify import NotifySpec
from config.several import hint
from config.sources import SOURCE_NAME, FurtherSourceSpec, SourceName
from config.spec import MAX_DAYS, NO_BOOLEAN, BlockName, Key, Spec, Text, keys_spelled, spelled

TARGET_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_CORRELATED: Final = re.compile(r"person\.[a-z]\w*(?:\.[\w-]+)*")


def _target_name(name: str) -> str:
    if not TARGET_NAME.fullmatch(name):
        message = "the name of a target is lower-case letters, digits and _, a letter first"
        raise ValueError(message)
    return name


TargetName = Annotated[str, AfterValidator(_target_name)]


class SourceSpec(Spec):
    """The HR system that people come from."""

    connector: Text
    """Name of the connector, such as `afas`; `retour connectors` lists them."""
    settings: dict[str, Any] = Field(default_factory=dict, repr=False)
    """Settings of the connector; its README lists them."""
    block: BlockName | None = None
    """Name of the Prefect block that holds settings of this connector; those given here count more.
    `afas/NAME` is one of another connector of the same system: of it count the settings of both."""
    fields: dict[Text, Any] = Field(default_factory=dict)
    """Where the connector finds what it cannot guess: our field -> the field of this HR system."""
    limits: SourceLimits = SourceLimits()
    """How far an import may be from the last one before it is refused."""


def _or_never(given: Any) -> Any:
    return None if given == "never" else given


Days = Annotated[
    Annotated[int, Field(ge=0, le=MAX_DAYS), NO_BOOLEAN] | None,
    BeforeValidator(_or_never),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": MAX_DAYS},
                {"const": "never"},
            ]
        }
    ),
]
"""A number of days, or `never`."""


class LeaversSpec(Spec):
    """What happens to the account of somebody who is not due it any more."""

    disable_after_days: Days = 0
    """Days until it is disabled; 0 is the first day without. `never` keeps it as it is, though what
    rules gave to it is taken back."""
    delete_after_days: Days = None
    """Days until it is deleted; left out, or `never`, it never is."""

    @model_validator(mode="after")
    def _in_order(self) -> "LeaversSpec":
        disable, delete = self.disable_after_days, self.delete_after_days
        if delete is not None and disable is None:
            message = (
                "an account that is never disabled is not deleted either: leave out "
                "delete_after_days, or disable after some days"
            )
            raise ValueError(message)
        if delete is not None and disable is not None and delete < disable:
            message = "an account is disabled before it is deleted: delete_after_days is too small"
            raise ValueError(message)
        return self


class TargetSpec(Spec):
    """A system that accounts are provisioned to, or that is written back to."""

    connector: Text
    """Name of the connector, such as `active_directory`; `retour connectors` lists them."""
    depends_on: tuple[TargetName, ...] = ()
    """Targets that are written first, because this one reads what they produced."""
    settings: dict[str, Any] = Field(default_factory=dict, repr=False)
    """Settings of the connector; its README lists them."""
    block: BlockName | None = None
    """Name of the Prefect block that holds settings of this connector; those given here count more.
    `afas/NAME` is one of another connector of the same system: of it count the settings of both."""
    correlate: str = Field("person.external_id", json_schema_extra=spelled(_CORRELATED))
    """What of a person the target's correlation attribute holds; must never change, as an HR id."""
    fields: dict[Text, FieldSpecs] = Field(default_factory=dict)
    """Attribute -> where its value comes from, or a list with a mapping per action; others keep the
    connector's own mapping."""
    leavers: LeaversSpec = LeaversSpec()
    """What happens to the account of somebody who is not due it any more."""
    limits: TargetLimits = TargetLimits()
    """How much one run may change here before it is refused."""
    protected: tuple[Key, ...] = ()
    """Accounts that are never touched, whatever rules say: by native id or by their name."""
    concurrency: Annotated[int, Field(ge=1, le=64), NO_BOOLEAN] | None = None
    """Persons written side by side; left out, as many as the connector allows."""
    full_read_every_days: Annotated[int, Field(ge=0, le=366), NO_BOOLEAN] = 7
    """Days after which everything is read again where the connector can read only what changed
    since the last run; 0 reads everything in every run."""
    only_update_on_correlate: bool = False
    """Whether attributes are written only in the run that takes an account over."""

    @field_validator("correlate")
    @classmethod
    def _of_a_person(cls, path: str) -> str:
        if not _CORRELATED.fullmatch(path):
            message = "must be a path of a person, such as person.external_id"
            raise ValueError(message)
        return path


class ProtectedSpec(Spec):
    """Whom no run ever touches."""

    persons: tuple[Key, ...] = ()
    """HR ids of people whose accounts are left as they are in every target."""


class Profile(Spec):
    """What one site has decided: where people come from, where accounts go, and how carefully."""

    timezone: str
    """Time zone in which a day begins and ends, such as `Europe/Amsterdam`."""
    source: SourceSpec
    """The HR system that people come from."""
    sources: dict[SourceName, FurtherSourceSpec] = Field(
        default_factory=dict, json_schema_extra=keys_spelled(SOURCE_NAME)
    )
    """Further sources by name, joined to the first one on a key; an earlier one counts more."""
    targets: dict[TargetName, TargetSpec] = Field(
        min_length=1, json_schema_extra=keys_spelled(TARGET_NAME)
    )
    """Systems by the name that rules and reports use for them: lower case, digits and _."""
    rules: tuple[Text, ...] = ()
    """Rule files, or folders of them, relative to the profile."""
    limits: TargetLimits = TargetLimits()
    """Limits of every target that does not set its own."""
    protected: ProtectedSpec = ProtectedSpec()
    """Whom no run ever touches, approved or not; accounts are named per target."""
    approval: Literal["refuse", "ask"] = "refuse"
    """What happens over a limit: the run is refused, or waits until a person approves its plan."""
    approval_hours: Annotated[int, Field(ge=1, le=24 * 90), NO_BOOLEAN] = 72
    """How long a run waits for that person before it is given up."""
    artifacts: ArtifactsSpec = ArtifactsSpec()
    """What of a run can be read in Prefect."""
    names: NamesSpec = NamesSpec()
    """Which generators make names."""
    notify: NotifySpec | None = None
    """Who is told about what; left out, nobody."""

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        zones = _timezones()
        if name not in zones:
            message = f"there is no such time zone{hint(name, zones, listed=False)}"
            raise ValueError(message)
        return name

    def limits_of(self, target: str) -> dict[str, Limit]:
        """A limit for every verb: the target's own, else the profile's, else the default.

        Raises:
            KeyError: There is no such target.
        """
        return self.targets[target].limits.complete(self.limits)

    def window_of(self, target: str) -> tuple[dict[str, Limit], int]:
        """A limit for every verb over several days, and how many days.

        Raises:
            KeyError: There is no such target.
        """
        limits = self.targets[target].limits
        return limits.complete_window(self.limits), limits.days(self.limits)


@cache
def _timezones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))
