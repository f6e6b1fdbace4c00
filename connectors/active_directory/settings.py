"""Settings of Active Directory, as they stand in a profile."""

from pathlib import Path
from typing import Annotated, Any, Final, Self
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

from connectors.active_directory.names import is_below, parse_dn

LDAPS_PORT: Final = 636
SANDBOX: Final = "sandbox:"
WRITE_ONLY: Final[dict[str, Any]] = {"write_only": True}


def _a_name(dn: str) -> str:
    if not parse_dn(dn):
        message = "an empty text is not a distinguished name"
        raise ValueError(message)
    return dn


DistinguishedName = Annotated[str, AfterValidator(_a_name)]


class Containers(BaseModel):
    """Where accounts live, by the state they are in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    initial: DistinguishedName = Field(description="OU in which new accounts are made.")
    enabled: DistinguishedName | None = Field(
        default=None, description="OU of accounts in use; left out, accounts stay where they are."
    )
    disabled: DistinguishedName | None = Field(
        default=None, description="OU of disabled accounts; left out, accounts stay where they are."
    )

    def named(self) -> tuple[str, ...]:
        """Every container that is named, each once."""
        return tuple(dict.fromkeys(dn for dn in (self.initial, self.enabled, self.disabled) if dn))


class ActiveDirectorySettings(BaseModel):
    """Everything the connector needs to know about one domain."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    server: str = Field(
        description="One domain controller, as ldaps://host or ldaps://host:port; or "
        "sandbox:PATH for a sandbox kept in a file, sandbox://NAME for one in memory."
    )
    ca_file: Path | None = Field(
        default=None,
        description="PEM file of the authority that signed the controller's certificate; left "
        "out, the authorities of this machine count.",
    )
    bind_user: str = Field(
        min_length=1,
        description="Account that reads, as user@domain, DOMAIN\\user or a distinguished name.",
    )
    bind_password: SecretStr = Field(
        min_length=1, description="Password of the account that reads."
    )
    write_bind_user: str | None = Field(
        default=None,
        description="Account that writes; left out, the account that reads also writes.",
        json_schema_extra=WRITE_ONLY,
    )
    write_bind_password: SecretStr | None = Field(
        default=None,
        description="Password of the account that writes.",
        json_schema_extra=WRITE_ONLY,
    )
    base_dn: DistinguishedName = Field(
        description="Accounts below this name are read; no others are touched."
    )
    containers: Containers = Field(description="OUs for new, enabled and disabled accounts.")
    groups_base: DistinguishedName | None = Field(
        default=None,
        description="Groups below this name can be granted; left out, those below base_dn.",
    )
    correlation: str = Field(
        default="employeeID",
        min_length=1,
        description="Attribute that holds the HR id of a person.",
    )
    concurrency: int = Field(
        default=4, ge=1, le=16, description="Persons written side by side, each on a connection."
    )
    extra_attributes: tuple[str, ...] = Field(
        default=(),
        description="Attributes to read beside the usual ones; name here what the field mapping "
        "adds, such as extensionAttribute1.",
    )
    initial_passwords: str | None = Field(
        default=None,
        description="Where initial passwords go, as file:PATH (CSV, readable by its owner only); "
        "a writer needs it.",
        json_schema_extra=WRITE_ONLY,
    )
    password_length: int = Field(
        default=16, ge=8, le=120, description="Characters of an initial password."
    )
    change_password_at_next_logon: bool = Field(
        default=True,
        description="Whether people must replace their initial password when they first sign in.",
    )
    page_size: int = Field(
        default=1000, ge=1, le=1000, description="Objects per page of a search, 1 to 1,000."
    )
    protected: tuple[str, ...] = Field(
        default=(),
        description="Accounts that are never changed, by sAMAccountName or objectGUID; "
        "administrative, built-in and our own service accounts are protected in any case.",
    )
    timeout_seconds: int = Field(
        default=30,
        ge=1,
        le=600,
        description="Seconds to wait for a connection, and for each answer.",
    )

    @field_validator("server")
    @classmethod
    def _a_protected_server(cls, server: str) -> str:
        if server.startswith(SANDBOX):
            if not server.removeprefix(SANDBOX).strip("/"):
                message = "a sandbox has a file or a name: sandbox:PATH or sandbox://NAME"
                raise ValueError(message)
            return server
        address = urlsplit(server)
        if address.scheme == "ldap":
            message = (
                "ldap:// sends passwords unprotected and cannot set any: use ldaps:// (the "
                "controller needs a certificate for that)"
            )
            raise ValueError(message)
        if (
            address.scheme != "ldaps"
            or not address.hostname
            or address.path.strip("/")
            or address.username
        ):
            message = f"{server!r} should read ldaps://host or ldaps://host:port"
            raise ValueError(message)
        _ = address.port  # out of range: ValueError
        return server

    @model_validator(mode="after")
    def _containers_in_scope(self) -> Self:
        for dn in self.containers.named():
            if not is_below(dn, self.base_dn):
                message = (
                    f"the container {dn} is not below base_dn, so its accounts would never be read"
                )
                raise ValueError(message)
        return self

    @property
    def host(self) -> str:
        """Host of the controller."""
        return urlsplit(self.server).hostname or ""

    @property
    def port(self) -> int:
        """Port of the controller."""
        return urlsplit(self.server).port or LDAPS_PORT
