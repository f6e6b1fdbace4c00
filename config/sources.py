"""Sources of people beside the first one, and how they are joined to it."""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, model_validator

from config.several import hint
from config.spec import BlockName, Spec, Text
from connectors.model.people import CUSTOM, PERSON_FLAGS, PERSON_TEXT

SOURCE_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_KEYS: Final = ("external_id", "person_number", "user_id")
_FIELDS: Final = frozenset({*PERSON_TEXT, *PERSON_FLAGS} - {"external_id"})


def _source_name(name: str) -> str:
    if not SOURCE_NAME.fullmatch(name):
        message = "the name of a source is lower-case letters, digits and _, a letter first"
        raise ValueError(message)
    return name


def _immutable(field: str) -> str:
    if field not in _KEYS and not _is_custom(field):
        message = (
            f"must be {', '.join(_KEYS)} or {CUSTOM}NAME: names and addresses change, and nobody is"
            " recognised by them"
        )
        raise ValueError(message)
    return field


def _of_a_person(field: str) -> str:
    if field not in _FIELDS and not _is_custom(field):
        message = (
            f"there is no field {field!r} of a person{hint(field, sorted(_FIELDS), listed=False)}"
        )
        raise ValueError(message)
    return field


def _is_custom(field: str) -> bool:
    return field.startswith(CUSTOM) and field != CUSTOM


SourceName = Annotated[str, AfterValidator(_source_name)]
KeyField = Annotated[str, AfterValidator(_immutable)]
PersonField = Annotated[str, AfterValidator(_of_a_person)]


class FurtherSourceSpec(Spec):
    """A source beside the first one: it fills in what that one does not say, and may add people."""

    connector: Text
    """Name of the connector, such as `hr_file`; `retour connectors` lists them."""
    settings: dict[str, Any] = Field(default_factory=dict, repr=False)
    """Settings of the connector; its README lists them."""
    block: BlockName | None = None
    """Name of the Prefect block that holds settings of this connector; those given here count more.
    `afas/NAME` is one of another connector of the same system: of it count the settings of both."""
    fields: dict[Text, Any] = Field(default_factory=dict)
    """Where the connector finds what it cannot guess: our field -> the field of this system."""
    key: KeyField = "external_id"
    """Field of this source that says who somebody is: external_id, person_number, user_id or one of
    `custom.`; it must never change."""
    matches: KeyField = "external_id"
    """Field of the sources before this one that holds the same."""
    adds: bool = False
    """Whether persons whom the sources before do not know come in as persons of their own."""
    owns: tuple[PersonField, ...] = ()
    """Fields of a person in which this source counts more than the ones before; elsewhere it only
    fills what is empty."""
    takes: tuple[PersonField, ...] | None = None
    """The only fields of a known person that are taken from this source; left out, all are."""

    @model_validator(mode="after")
    def _agrees(self) -> "FurtherSourceSpec":
        if self.adds and self.matches != "external_id":
            message = "a source that adds people is joined on external_id: leave out matches"
            raise ValueError(message)
        if self.takes is not None and (lost := sorted({*self.owns} - {*self.takes})):
            message = f"owns {', '.join(lost)}, which is not among what it takes"
            raise ValueError(message)
        return self
