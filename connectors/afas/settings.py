"""Settings of the three AFAS connectors, checked before anything is sent."""

import base64
import re
from pathlib import Path
from typing import ClassVar, Final, Literal, Self
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError

import xmltodict
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from connectors.afas.mapping import (
    COLUMNS,
    EMPLOYEE_COLUMNS,
    USER_COLUMNS,
)
from connectors.model.errors import ConfigError
from connectors.model.people import CUSTOM

TOKEN_FORM: Final = "<token><version>1</version><data>…64 hexadecimal digits…</data></token>"  # noqa: S105 - its form
MAX_PARALLEL: Final = 5
"""Calls at once that AFAS allows: get-connector.md says 5, troubleshooting.md 8."""
MAX_ROWS: Final = 1000
OWN_FIELDS: Final = {
    "users": "person_fields",
    "employments": "employment_fields",
    "positions": "position_fields",
    "organizational_units": "department_fields",
}
"""Kind of GetConnector -> setting that renames its fields."""
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class GetConnectors(BaseModel):
    """Names under which the GetConnector definitions were loaded in this environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    users: str = Field(
        "T4E_HelloID_Users_v2", description="Persons with their employee and their user."
    )
    employments: str = Field(
        "T4E_HelloID_Employments_v2", description="Employments, a line per function."
    )
    positions: str = Field(
        "T4E_HelloID_Positions_v2", description="Positions inside an employment."
    )
    organizational_units: str = Field(
        "T4E_HelloID_OrganizationalUnits_v2", description="Departments with parent and manager."
    )
    profit_users: str = Field(
        "Profit_Users",
        description="Users with their description; asked when `send_description` is on.",
    )


class AfasSettings(BaseModel):
    """What source and targets share: how to reach one environment of AFAS Profit."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str = Field(
        description="Address of the REST services, such as"
        " `https://12345.rest.afas.online/ProfitRestServices`."
    )
    token: SecretStr = Field(description="Token of the app connector: the complete XML.")
    integration_id: str | None = Field(
        None, description="`<subscription>_<project>`; AFAS asks its partners for it."
    )
    get_connectors: GetConnectors = Field(
        default_factory=GetConnectors, description="Names of the GetConnectors, where yours differ."
    )
    verify: Path | None = Field(
        None, description="Certificate authority file; by default those of this machine."
    )
    language: Literal["en-us", "nl-nl", "nl-be"] = Field(
        "en-us",
        description="Language of AFAS's error texts; a conflict is recognised in these only.",
    )
    timeout_seconds: float = Field(120.0, gt=0, le=900, description="Longest wait for one answer.")
    max_rows: int = Field(
        MAX_ROWS,
        ge=1,
        le=10_000,
        description="Rows per request; fewer are asked when rows are wide.",
    )

    @field_validator("base_url")
    @classmethod
    def _address(cls, given: str) -> str:
        """Refuse to send a token in the clear to anything but this machine."""
        parts = urlsplit(given.strip())
        if not parts.hostname or parts.scheme not in {"http", "https"}:
            message = f"{given!r} is not an address such as https://12345.rest.afas.online/ProfitRestServices"
            raise ConfigError(message, key="base_url")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            message = f"{given!r} would send the token unencrypted: use https"
            raise ConfigError(message, key="base_url")
        return given.strip().rstrip("/")

    @field_validator("token", "write_token", check_fields=False)
    @classmethod
    def _token(cls, given: SecretStr | None, about: ValidationInfo) -> SecretStr | None:
        if given is None:
            return None
        text = given.get_secret_value().strip()
        if not is_token(text):
            message = f"not an AFAS token: it has the form {TOKEN_FORM}, complete and on one line"
            raise ConfigError(message, key=about.field_name)
        return SecretStr(text)


class SourceSettings(AfasSettings):
    """Settings of the source `afas`."""

    positions: Literal["use", "employments_only"] = Field(
        "use",
        description="Whether positions inside an employment are contracts of their own. Changing it"
        " changes every contract key.",
    )
    contract_dates: Literal["contract", "function"] = Field(
        "contract",
        description="Whose period a contract has: `contract` takes the employment contract and cuts"
        " it only where one function follows another, `function` takes the function line.",
    )
    drop_persons_without_contracts: bool = Field(
        default=True,
        description="Whether persons without an employment are left out of the snapshot.",
    )
    person_fields: dict[str, str] = Field(
        default_factory=dict,
        description="Fields of the users GetConnector, where yours differ or say more: person field"
        " or `custom.<name>` -> field.",
    )
    employment_fields: dict[str, str] = Field(
        default_factory=dict,
        description="The same for the employments GetConnector, `custom.<name>` included.",
    )
    position_fields: dict[str, str] = Field(
        default_factory=dict,
        description="The same for the positions GetConnector, without `custom`.",
    )
    department_fields: dict[str, str] = Field(
        default_factory=dict, description="The same for the units GetConnector, without `custom`."
    )

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        for kind, defaults in COLUMNS.items():
            for field in self._own(kind):
                allowed = field in defaults or (
                    field.startswith(CUSTOM) and kind in {"users", "employments"}
                )
                if not allowed:
                    message = (
                        f"there is no field {field!r}; there are {', '.join(sorted(defaults))}"
                    )
                    raise ConfigError(message, key=f"{OWN_FIELDS[kind]}.{field}")
        return self

    def _own(self, kind: str) -> dict[str, str]:
        own: dict[str, str] = getattr(self, OWN_FIELDS[kind])
        return own

    def columns(self, kind: str) -> dict[str, str]:
        """Fields of the GetConnector of a kind (`users`, `employments`, …): our name -> AFAS's."""
        return {**COLUMNS[kind], **self._own(kind)}


class TargetSettings(AfasSettings):
    """What both targets share."""

    default_columns: ClassVar[dict[str, str]] = {}

    write_token: SecretStr | None = Field(
        None,
        description="Token that may write, when `token` may only read.",
        json_schema_extra={"write_only": True},
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Fields of the users GetConnector, where yours differ or say more: update field"
        " -> field that shows it.",
    )
    concurrency: int = Field(
        MAX_PARALLEL, ge=1, le=MAX_PARALLEL, description="Persons written side by side."
    )

    @property
    def readable(self) -> dict[str, str]:
        """Update field -> field of the users GetConnector."""
        return {**self.default_columns, **self.columns}


class EmployeeSettings(TargetSettings):
    """Settings of the target `afas.employee`."""

    default_columns: ClassVar[dict[str, str]] = EMPLOYEE_COLUMNS

    update_through: Literal["KnEmployee", "KnPerson"] = Field(
        "KnEmployee",
        description="The UpdateConnector that writes the fields of the employee's person.",
    )


class UserSettings(TargetSettings):
    """Settings of the target `afas.user`."""

    default_columns: ClassVar[dict[str, str]] = USER_COLUMNS

    send_description: bool = Field(
        default=False,
        description="Whether updates repeat the description (`Nm`), read from Profit_Users first.",
    )


def is_token(text: str) -> bool:
    """Whether a text is a complete token of version 1."""
    try:
        content = xmltodict.parse(text)
    except (ExpatError, ValueError):
        return False
    match content:
        case {"token": {"version": "1", "data": str(digits), **others}} if not others:
            return re.fullmatch(r"[0-9A-Fa-f]{64}", digits) is not None
        case _:
            return False


def authorization(token: SecretStr) -> str:
    """The Authorization header of a token. Source: AFASSoftware/OASContent, authentication.md."""
    return f"AfasToken {base64.b64encode(token.get_secret_value().encode()).decode()}"
