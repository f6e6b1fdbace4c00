"""The profile: what one site has decided. Grammar only: what a connector can do, it says itself."""

import re
from functools import cache
from typing import Annotated, Any, Final, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, field_validator, model_validator

from config.defaults import (
    COMMON_NAME_GENERATOR,
    DISPLAY_GENERATOR,
    INITIALS_GENERATOR,
    LOGIN_GENERATOR,
    MAIL_GENERATOR,
    SURNAME_GENERATOR,
)
from config.fields import FieldSpecs
from config.limits import Limit, SourceLimits, TargetLimits
from config.several import hint
from config.spec import Spec, Text, Whole

_TARGET: Final = re.compile(r"[a-z][a-z0-9_]*")
_DOMAIN: Final = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}"
)
_CORRELATED: Final = re.compile(r"person\.[a-z]\w*(?:\.[\w-]+)*")


def _target_name(name: str) -> str:
    if not _TARGET.fullmatch(name):
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
    block: Text | None = None
    """A Prefect block that holds settings; those given here count more."""
    fields: dict[Text, Any] = Field(default_factory=dict)
    """Where the connector finds what it cannot guess: our field -> the field of this HR system."""
    limits: SourceLimits = SourceLimits()
    """How far an import may be from the last one before it is refused."""


class LeaversSpec(Spec):
    """What happens to the account of somebody who is not due it any more."""

    disable_after_days: Whole = Field(default=0, ge=0)
    """Days until it is disabled; 0 is the first day without."""
    delete_after_days: Annotated[Whole, Field(ge=0)] | None = None
    """Days until it is deleted; left out, it never is."""

    @model_validator(mode="after")
    def _in_order(self) -> "LeaversSpec":
        if self.delete_after_days is not None and self.delete_after_days < self.disable_after_days:
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
    block: Text | None = None
    """A Prefect block that holds settings; those given here count more."""
    correlate: str = "person.external_id"
    """What of a person the target's correlation attribute holds; must never change, as an HR id."""
    fields: dict[Text, FieldSpecs] = Field(default_factory=dict)
    """Attribute -> where its value comes from, or a list with a mapping per action; others keep the
    connector's own mapping."""
    leavers: LeaversSpec = LeaversSpec()
    """What happens to the account of somebody who is not due it any more."""
    limits: TargetLimits = TargetLimits()
    """How much one run may change here before it is refused."""
    concurrency: Annotated[Whole, Field(ge=1, le=64)] | None = None
    """Persons written side by side; left out, as many as the connector allows."""
    only_update_on_correlate: bool = False
    """Whether attributes are written only in the run that takes an account over."""

    @field_validator("correlate")
    @classmethod
    def _of_a_person(cls, path: str) -> str:
        if not _CORRELATED.fullmatch(path):
            message = "must be a path of a person, such as person.external_id"
            raise ValueError(message)
        return path


class NamesSpec(Spec):
    """Which generators make names; the numbers are those of the table in the README."""

    mail: Whole = Field(default=MAIL_GENERATOR, ge=1, le=14)
    """Generator of mail addresses and user principal names."""
    login: Whole = Field(default=LOGIN_GENERATOR, ge=1, le=8)
    """Generator of short login names (sAMAccountName)."""
    display: Whole = Field(default=DISPLAY_GENERATOR, ge=1, le=3)
    """Form of display names."""
    surname: Whole = Field(default=SURNAME_GENERATOR, ge=1, le=2)
    """Form of surnames."""
    common_name: Whole = Field(default=COMMON_NAME_GENERATOR, ge=1, le=3)
    """Form of common names, and of the number behind one that is taken."""
    initials: Whole = Field(default=INITIALS_GENERATOR, ge=1, le=2)
    """Form of initials: 1 with dots, 2 without."""
    domain: str | None = None
    """Domain of the addresses that are made, such as `example.org`."""

    @field_validator("domain")
    @classmethod
    def _is_domain(cls, domain: str | None) -> str | None:
        if domain is not None and not _DOMAIN.fullmatch(domain.lower()):
            message = "must be a domain such as example.org, without @"
            raise ValueError(message)
        return domain and domain.lower()


class Profile(Spec):
    """What one site has decided: where people come from, where accounts go, and how carefully."""

    timezone: str
    """Time zone in which a day begins and ends, such as `Europe/Amsterdam`."""
    source: SourceSpec
    """The HR system that people come from."""
    targets: dict[TargetName, TargetSpec] = Field(min_length=1)
    """Systems by the name that rules and reports use for them: lower case, digits and _."""
    rules: tuple[Text, ...] = ()
    """Rule files, or folders of them, relative to the profile."""
    limits: TargetLimits = TargetLimits()
    """Limits of every target that does not set its own."""
    approval: Literal["refuse", "ask"] = "refuse"
    """What happens over a limit: the run is refused, or waits until a person approves its plan."""
    names: NamesSpec = NamesSpec()
    """Which generators make names."""
    notify: tuple[Any, ...] = Field(default=(), json_schema_extra={"maxItems": 0})
    """Who is told about what; not available yet."""

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        zones = _timezones()
        if name not in zones:
            message = f"there is no such time zone{hint(name, zones, listed=False)}"
            raise ValueError(message)
        return name

    @field_validator("notify")
    @classmethod
    def _nobody_told(cls, wanted: tuple[Any, ...]) -> tuple[Any, ...]:
        if wanted:
            message = (
                "is not available yet; leave it out, and let Prefect automations watch the runs"
            )
            raise ValueError(message)
        return wanted

    def limits_of(self, target: str) -> dict[str, Limit]:
        """A limit for every verb: the target's own, else the profile's, else the default.

        Raises:
            KeyError: There is no such target.
        """
        return self.targets[target].limits.complete(self.limits)


@cache
def _timezones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))
