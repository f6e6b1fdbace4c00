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
from connectors.active_directory.places import Template, parse_place
from connectors.model.errors import quoted

LDAPS_PORT: Final = 636
LDAP_PORT: Final = 389
SANDBOX: Final = "sandbox:"
WRITE_ONLY: Final[dict[str, Any]] = {"write_only": True}


def _a_name(dn: str) -> str:
    if not parse_dn(dn):
        message = "an empty text is not a distinguished name"
        raise ValueError(message)
    return dn


def _a_place(text: str) -> str:
    parse_place(text)
    return text


DistinguishedName = Annotated[str, AfterValidator(_a_name)]
Place = Annotated[str, AfterValidator(_a_place)]
"""A distinguished name; values of it may stand in braces, such as `OU={contract.title},OU=Staff`"""


class Containers(BaseModel):
    """Where accounts live, by the state they are in.

    Each may be a template such as `OU={contract.department_name},OU=Staff,DC=example,DC=org`: paths
    stand in braces, in place of a value, and what stands there is escaped.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    initial: Place = Field(
        description="OU in which new accounts are made; a template such as "
        "OU={contract.department_name},OU=Staff,DC=example,DC=org makes it follow a person."
    )
    enabled: Place | None = Field(
        default=None,
        description="OU of accounts in use, or a template; left out, accounts stay where they are.",
    )
    disabled: Place | None = Field(
        default=None,
        description="OU of disabled accounts, or a template; left out, accounts stay where they "
        "are.",
    )

    def templates(self) -> tuple[Template, ...]:
        """Every container that is named, each once, as something that names can be held against."""
        named = dict.fromkeys(dn for dn in (self.initial, self.enabled, self.disabled) if dn)
        return tuple(parse_place(dn) for dn in named)

    def named(self) -> tuple[str, ...]:
        """What has to exist of every container, each once: of a template its fixed end."""
        return tuple(dict.fromkeys(one.fixed for one in self.templates()))


class ActiveDirectorySettings(BaseModel):
    """Everything the connector needs to know about one domain."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    server: str = Field(
        description="One domain controller, as ldaps://host or ldaps://host:port; ldap://host with "
        "start_tls; or sandbox:PATH for a sandbox kept in a file, sandbox://NAME for one in memory."
    )
    start_tls: bool = Field(
        default=False,
        description="Whether a connection to ldap:// is protected by StartTLS before anything else "
        "is sent; without it ldap:// is refused.",
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
    create_containers: bool = Field(
        default=False,
        description="Whether an OU of a template that is missing is made when the first account is "
        "put there; the account that writes needs the right to create OUs.",
    )
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
        description="Where initial passwords go, as age:PATH?recipient=age1… (encrypted), "
        "file:PATH (CSV, readable by its owner only) or prefect-secret:PREFIX (a Secret block of "
        "Prefect for each); a writer needs it.",
        json_schema_extra=WRITE_ONLY,
    )
    password_length: int = Field(
        default=16,
        ge=8,
        le=120,
        description="Characters of an initial password; more where the policy of the domain asks "
        "for more.",
    )
    change_password_at_next_logon: bool = Field(
        default=True,
        description="Whether people must replace their initial password when they first sign in.",
    )
    delete_children: bool = Field(
        default=False,
        description="Whether a delete also removes what stands below an account, such as the "
        "records of its mobile devices; left out, such an account is not deleted.",
    )
    batch_size: int = Field(
        default=100,
        ge=1,
        le=500,
        description="Persons taken at once: looked up together, and joined to a group by one write "
        "per group. Somebody who interrupts a run waits for them.",
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
        if (
            address.scheme not in {"ldap", "ldaps"}
            or not address.hostname
            or address.path.strip("/")
            or address.username
        ):
            # Not quoted: somebody may have put a password there.
            message = "should read ldaps://host or ldaps://host:port"
            raise ValueError(message)
        _ = address.port  # out of range: ValueError
        return server

    @model_validator(mode="after")
    def _a_protected_connection(self) -> Self:
        scheme = urlsplit(self.server).scheme
        if scheme == "ldap" and not self.start_tls:
            message = (
                "ldap:// sends passwords unprotected and cannot set any: use ldaps://, or add "
                "start_tls: true (the controller needs a certificate for both)"
            )
            raise ValueError(message)
        if scheme == "ldaps" and self.start_tls:
            message = (
                "ldaps:// is protected from its first byte: leave start_tls out, or use ldap://"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _containers_in_scope(self) -> Self:
        for dn in self.containers.named():
            if not is_below(dn, self.base_dn):
                message = f"the container {quoted(dn)} is not below base_dn, so its accounts would "
                message += "never be read"
                raise ValueError(message)
        return self

    @property
    def host(self) -> str:
        """Host of the controller."""
        return urlsplit(self.server).hostname or ""

    @property
    def port(self) -> int:
        """Port of the controller."""
        address = urlsplit(self.server)
        return address.port or (LDAP_PORT if address.scheme == "ldap" else LDAPS_PORT)
