"""Settings of Google Workspace, as they stand in a profile."""

import fnmatch
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from connectors.google_workspace.fields import CUSTOM, is_known
from connectors.model.errors import ConfigError, quoted

WRITE_ONLY: Final[dict[str, Any]] = {"write_only": True}
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def _a_protected_address(address: str) -> str:
    parts = urlsplit(address)
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        # Not quoted: somebody may have put a password there.
        message = "should read https://host, with a path if need be"
        raise ValueError(message)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        message = "credentials travel here: use https:// (http:// only to this machine)"
        raise ValueError(message)
    _ = parts.port  # out of range: ValueError
    return address.rstrip("/")


def _a_path(path: str) -> str:
    if not path.startswith("/") or (path != "/" and path.endswith("/")):
        message = f"{quoted(path)} should read /Unit or /Unit/Unit below, as Google writes it"
        raise ValueError(message)
    return path


Address = Annotated[str, AfterValidator(_a_protected_address)]
UnitPath = Annotated[str, AfterValidator(_a_path)]


class Containers(BaseModel):
    """Where accounts live, by the state they are in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    initial: UnitPath = Field(
        default="/", description="Organisational unit in which new accounts are made."
    )
    enabled: UnitPath | None = Field(
        default=None, description="Unit of accounts in use; left out, they stay where they are."
    )
    disabled: UnitPath | None = Field(
        default=None, description="Unit of disabled accounts; left out, they stay where they are."
    )

    def named(self) -> tuple[str, ...]:
        """Every unit that is named, each once."""
        return tuple(dict.fromkeys(p for p in (self.initial, self.enabled, self.disabled) if p))


class GoogleWorkspaceSettings(BaseModel):
    """Everything the connector needs to know about one customer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service_account: SecretStr = Field(
        min_length=1,
        description="Key of the service account: the JSON of its key file, or file:PATH of it.",
    )
    subject: str = Field(
        pattern=r"^[^@\s]+@[^@\s]+$",
        description="Address of the administrator that the service account acts for.",
    )
    write_service_account: SecretStr | None = Field(
        default=None,
        description="Key of a service account that writes; left out, the one that reads does.",
        json_schema_extra=WRITE_ONLY,
    )
    write_subject: str | None = Field(
        default=None,
        description="Administrator that the writing service account acts for; left out, the one "
        "of `subject`.",
        json_schema_extra=WRITE_ONLY,
    )
    writes_apart: bool = Field(
        default=False,
        description="Whether writing has a service account of its own, so that the one that reads "
        "should not be allowed to write; `check` looks for that.",
    )
    customer: str = Field(
        default="my_customer",
        min_length=1,
        description="Id of the customer, such as C03az79cb; my_customer is that of the subject.",
    )
    api_url: Address = Field(
        default="https://admin.googleapis.com", description="Address of the Directory API."
    )
    token_url: Address = Field(
        default="https://oauth2.googleapis.com/token", description="Address of the token endpoint."
    )
    licensing_url: Address = Field(
        default="https://licensing.googleapis.com",
        description="Address of the Enterprise License Manager API.",
    )
    verify: str | None = Field(
        default=None,
        description="PEM file of the authority that signed the certificates; left out, the "
        "authorities of this machine count.",
    )
    containers: Containers = Field(
        default=Containers(),
        description="Organisational units for new, enabled and disabled accounts.",
    )
    base_unit: UnitPath = Field(
        default="/", description="Accounts in this unit and below are read; no others are touched."
    )
    external_id_type: str = Field(
        default="organization",
        min_length=1,
        description="Type of the externalIds entry that holds the HR id; custom:NAME for a custom "
        "type.",
    )
    on_disable: Literal["suspend", "archive"] = Field(
        default="suspend",
        description="What disabling does; `archive` needs a licence for archived users.",
    )
    hide_disabled: bool = Field(
        default=True,
        description="Whether disabled accounts leave the global address list, and enabled ones "
        "enter it.",
    )
    allow_delete: bool = Field(
        default=False,
        description="Whether accounts may be deleted; Google keeps them for 20 days.",
    )
    undelete: bool = Field(
        default=False,
        description="Whether somebody who returns gets an account back that was deleted in the "
        "last 20 days, instead of a new one.",
    )
    groups: tuple[str, ...] = Field(
        default=("*",),
        description="Addresses of groups that rules may grant, with * for any letters; members "
        "are read of these only.",
    )
    on_role_revoke: Literal["demote", "remove"] = Field(
        default="demote",
        description="What revoking a role in a group does: `demote` leaves an ordinary member, "
        "`remove` ends the membership.",
    )
    licences: dict[str, str] = Field(
        default={},
        description="Licences that rules may grant: name -> product/SKU, such as "
        "Google-Apps/1010020027.",
    )
    extra_attributes: tuple[str, ...] = Field(
        default=(),
        description="Custom fields to read, as customSchemas.SCHEMA.FIELD; filled in by Retour "
        "with what the profile maps.",
    )
    protected: tuple[str, ...] = Field(
        default=(),
        description="Accounts that are never changed, by address or id; administrators and "
        "`subject` are protected in any case.",
    )
    initial_passwords: str | None = Field(
        default=None,
        description="Where initial passwords go, such as file:PATH or age:RECIPIENT:PATH; a "
        "writer needs it.",
        json_schema_extra=WRITE_ONLY,
    )
    password_length: int = Field(
        default=16, ge=8, le=100, description="Characters of an initial password."
    )
    change_password_at_next_login: bool = Field(
        default=True,
        description="Whether people must replace their initial password when they first sign in.",
    )
    page_size: int = Field(
        default=500,
        ge=1,
        le=500,
        description="Users per page, 1 to 500; groups, members and licences come 200 at most.",
    )
    concurrency: int = Field(
        default=4,
        ge=1,
        le=16,
        description="Requests side by side; with batches, batches side by side.",
    )
    batch_size: int = Field(
        default=50,
        ge=1,
        le=1000,
        description="Writes of different persons in one request, 1 for single calls. Google counts "
        "each of them towards its quotas.",
    )
    calls_per_minute: int = Field(
        default=2400,
        ge=1,
        description="Calls in a minute, parts of batches included; Google's quota per user and "
        "project unless raised there.",
    )
    patience_seconds: float = Field(
        default=60.0,
        ge=0.0,
        le=600.0,
        description="How long to wait until an account that was just made can be seen everywhere.",
    )
    timeout_seconds: float = Field(
        default=60.0, gt=0.0, le=600.0, description="Seconds to wait for each answer."
    )

    @field_validator("extra_attributes")
    @classmethod
    def _known_attributes(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in names if not is_known(name)]
        if unknown:
            message = (
                f"{quoted(unknown[0])} is no attribute of a Google account; custom fields are "
                f"named {CUSTOM}SCHEMA.FIELD"
            )
            raise ValueError(message)
        return names

    @field_validator("licences")
    @classmethod
    def _licences_with_product(cls, licences: dict[str, str]) -> dict[str, str]:
        for name, sku in licences.items():
            if not name or sku.count("/") != 1 or not all(sku.split("/")):
                message = f"the licence {quoted(name)} should be PRODUCT/SKU, not {quoted(sku)}"
                raise ValueError(message)
        return licences

    @model_validator(mode="after")
    def _containers_in_scope(self) -> Self:
        for path in self.containers.named():
            if not self.reads(path):
                message = (
                    f"the unit {quoted(path)} is not below base_unit: its accounts are never read"
                )
                raise ValueError(message)
        return self

    def reads(self, path: str) -> bool:
        """Whether accounts in a unit are in scope."""
        base = self.base_unit.rstrip("/").casefold()
        return f"{path.casefold()}/".startswith(f"{base}/")

    def grants(self, group: str) -> bool:
        """Whether rules may grant the group of that address."""
        return any(fnmatch.fnmatch(group.casefold(), form.casefold()) for form in self.groups)

    @property
    def custom_schemas(self) -> tuple[str, ...]:
        """The custom schemas of which a field is read."""
        named = (name for name in self.extra_attributes if name.startswith(CUSTOM))
        return tuple(dict.fromkeys(name.split(".")[1] for name in named))


def key_text(secret: SecretStr, key: str) -> SecretStr:
    """The JSON of a service account's key, read from its file where the setting names one.

    Raises:
        ConfigError: The file cannot be read. Its content is not quoted.
    """
    text = secret.get_secret_value().strip()
    if text.startswith("{"):
        return secret
    file = Path(text.removeprefix("file:")).expanduser()
    try:
        return SecretStr(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError):
        message = "it is neither the JSON of a key nor a file that can be read"
        raise ConfigError(message, key=key) from None
