"""What a run was asked for: parameters as a form or a REST call sends them, checked by us.

Prefect's server checks types and choices, and not whether a day is one; nor does it check anything
where somebody switched that off. Prefect's own check in the run would end it with a traceback.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, StrictBool, ValidationError

from connectors.model.errors import ConfigError


def _day(given: Any) -> Any:
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise ValueError("is no day; write it like 2026-12-01") from None


Day = Annotated[date, BeforeValidator(_day)]


class Asked(BaseModel):
    """Parameters of every flow, by name."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    profile: str = ""
    dry_run: StrictBool = True  # "no" and 0 are slips, and not a live run
    as_of: Day | None = None
    persons: list[str] = []
    targets: list[str] = []
    approve: str | None = None
    rules: list[str] = []
    departments: list[str] = []
    hired_since: Day | None = None
    fields: list[str] = []
    resume: str | None = None
    again: bool = False
    fix: list[str] = []
    ignore: list[str] = []
    until: Day | None = None
    reason: str = ""
    unignore: list[str] = []
    run: str = ""
    delete_created: StrictBool = False


NOTHING: Final[Mapping[str, Any]] = {
    "profile": "",
    "dry_run": True,
    "as_of": None,
    "persons": [],
    "targets": [],
    "approve": None,
}
"""Of a run that could not be understood."""


def as_asked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with their types; those that were not given are left out.

    Raises:
        ConfigError: One of them is not what it should be; with its name as key.
    """
    try:
        return Asked.model_validate(dict(given)).model_dump(exclude_unset=True)
    except ValidationError as error:
        slip = error.errors(include_url=False)[0]
    name = str(slip["loc"][0])
    value = given.get(name)
    why = str(slip.get("ctx", {}).get("error") or slip["msg"]).replace("Input should be", "must be")
    raise ConfigError(f"{value!r} {why}", key=name)
