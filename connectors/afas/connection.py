"""How to reach one environment of AFAS Profit: settings that the three connectors share."""

import base64
import re
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError

import xmltodict
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from connectors.model.errors import ConfigError

TOKEN_FORM: Final = "<token><version>1</version><data>…64 hexadecimal digits…</data></token>"  # noqa: S105 - its form
MAX_PARALLEL: Final = 5
"""Calls at once that AFAS allows: get-connector.md says 5, troubleshooting.md 8."""
MAX_ROWS: Final = 1000
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_BETWEEN_TAGS: Final = re.compile(r"(?<=>)\s+|\s+(?=<)")
"""Spaces and line ends that a token gets when it is shown, mailed or pasted into a form."""


class GetConnectors(BaseModel):
    """Names under which the GetConnector definitions were loaded in this environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    users: str = Field(
        "T4E_HelloID_Users_v2",
        title="GetConnector of users",
        description="Persons with their employee and their user.",
    )
    employments: str = Field(
        "T4E_HelloID_Employments_v2",
        title="GetConnector of employments",
        description="Employments, a line per function.",
    )
    positions: str = Field(
        "T4E_HelloID_Positions_v2",
        title="GetConnector of positions",
        description="Positions inside an employment.",
    )
    organizational_units: str = Field(
        "T4E_HelloID_OrganizationalUnits_v2",
        title="GetConnector of departments",
        description="Departments with parent and manager.",
    )
    groups: str = Field(
        "T4E_HelloID_Groups_v2",
        title="GetConnector of groups",
        description="Groups of users; read when `read_groups` is on.",
    )
    user_groups: str = Field(
        "T4E_HelloID_UserGroups_v2",
        title="GetConnector of group members",
        description="Who is in which group; read when `read_groups` is on.",
    )
    profit_users: str = Field(
        "Profit_Users",
        title="GetConnector of all users",
        description="Users with their description; asked when `create_user` or `send_description`"
        " is on.",
    )


class AfasSettings(BaseModel):
    """What source and targets share: how to reach one environment of AFAS Profit."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str = Field(
        title="Base URL",
        description="Address of the REST services, such as"
        " `https://12345.rest.afas.online/ProfitRestServices`.",
    )
    token: SecretStr = Field(
        title="Token in XML format",
        description="Token of the app connector: the complete XML.",
    )
    integration_id: str | None = Field(
        None,
        title="Integration id",
        description="`<subscription>_<project>`; AFAS asks its partners for it.",
    )
    get_connectors: GetConnectors = Field(
        default_factory=GetConnectors,
        title="GetConnectors",
        description="Names of the GetConnectors, where yours differ.",
    )
    verify: Path | None = Field(
        None,
        title="Certificate authority file",
        description="Certificate authority file; by default those of this machine.",
    )
    language: Literal["en-us", "nl-nl", "nl-be"] = Field(
        "en-us",
        title="Language of error texts",
        description="Language of AFAS's error texts; a conflict is recognised in these only.",
    )
    timeout_seconds: float = Field(
        120.0,
        gt=0,
        le=900,
        title="Timeout in seconds",
        description="Longest wait for one answer.",
    )
    max_rows: int = Field(
        MAX_ROWS,
        title="Rows per request",
        ge=1,
        le=10_000,
        description="Rows per request; fewer are asked when rows are wide.",
    )

    @field_validator("base_url")
    @classmethod
    def _address(cls, given: str) -> str:
        """Refuse to send a token in the clear to anything but this machine."""
        # What was given is not quoted: somebody may have put the token here, or a password.
        try:
            parts = urlsplit(given.strip())
            host = parts.hostname
        except ValueError:
            parts, host = urlsplit(""), None
        if not host or parts.scheme not in {"http", "https"} or "@" in parts.netloc:
            message = "not an address such as https://12345.rest.afas.online/ProfitRestServices"
            raise ConfigError(message, key="base_url")
        if parts.scheme == "http" and host not in LOOPBACK:
            message = "this address would send the token unencrypted: use https"
            raise ConfigError(message, key="base_url")
        return given.strip().rstrip("/")

    @field_validator("token", "write_token", check_fields=False)
    @classmethod
    def _token(cls, given: SecretStr | None, about: ValidationInfo) -> SecretStr | None:
        if given is None:
            return None
        text = given.get_secret_value().strip()
        if not is_token(text):
            message = f"not an AFAS token: it has the form {TOKEN_FORM}, complete"
            raise ConfigError(message, key=about.field_name)
        return SecretStr(_BETWEEN_TAGS.sub("", text))

    @property
    def customer_of_address(self) -> str | None:
        """The five digits that the address of an environment begins with, None without them."""
        first = (urlsplit(self.base_url).hostname or "").partition(".")[0]
        return first if re.fullmatch(r"\d{5}", first) else None


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
