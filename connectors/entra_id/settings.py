"""Settings of Entra ID, as they stand in a profile."""

import re
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from connectors.model.errors import ConfigError

WRITE_ONLY: Final[dict[str, Any]] = {"write_only": True}
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
PEM: Final = "-----BEGIN "
FILE: Final = "file:"
_TENANT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]*")


class EntraIdSettings(BaseModel):
    """Everything the connector needs to know about one tenant."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    tenant_id: str = Field(description="The tenant, by its id or by a domain of its own.")
    client_id: str = Field(
        min_length=1, description="Application (client) id of the app registration that reads."
    )
    client_secret: SecretStr | None = Field(
        default=None, description="Secret of that app; a certificate is the better choice."
    )
    certificate: SecretStr | None = Field(
        default=None,
        description="Private key and certificate of that app in PEM, as text or as file:PATH.",
    )
    write_client_id: str | None = Field(
        default=None,
        description="App registration that writes; left out, the app that reads also writes.",
    )
    write_client_secret: SecretStr | None = Field(
        default=None, description="Secret of the app that writes.", json_schema_extra=WRITE_ONLY
    )
    write_certificate: SecretStr | None = Field(
        default=None,
        description="Private key and certificate of the app that writes, as text or as file:PATH.",
        json_schema_extra=WRITE_ONLY,
    )
    authority_url: str = Field(
        default="https://login.microsoftonline.com",
        description="Where tokens come from; another one in national clouds.",
    )
    graph_url: str = Field(
        default="https://graph.microsoft.com/v1.0",
        description="Address of Microsoft Graph with its version; another one in national clouds.",
    )
    ca_file: Path | None = Field(
        default=None,
        description="PEM file of an authority to trust, where a proxy breaks up TLS; left out, the "
        "authorities of this machine count.",
    )
    domains: tuple[str, ...] = Field(
        default=(),
        description="Domains that the mapping gives addresses in; a check looks whether they are "
        "verified in the tenant.",
    )
    groups: tuple[str, ...] = Field(
        default=(),
        description="Groups to read and grant, by name (with * as a wildcard) or id; left out, all "
        "of them.",
    )
    licences: bool = Field(
        default=True, description="Whether licences are read, so that rules can grant them."
    )
    contacts: bool = Field(
        default=True, description="Whether addresses of contacts count as taken."
    )
    protect_administrators: bool = Field(
        default=True,
        description="Whether accounts with a directory role are read and left alone; without it "
        "Graph itself refuses to change most of them.",
    )
    protected: tuple[str, ...] = Field(
        default=(),
        description="Accounts that are never changed, by user principal name or id, such as "
        "emergency access accounts.",
    )
    revoke_sessions_on_disable: bool = Field(
        default=True, description="Whether disabling an account also ends its sign-in sessions."
    )
    restore_deleted: bool = Field(
        default=False,
        description="Whether a create first looks for an account of that person in the recycle "
        "bin and restores it; takes one more request per create.",
    )
    usage_location: str | None = Field(
        default=None,
        pattern=r"^[A-Z]{2}$",
        description="Country code, such as NL, that new accounts get where the mapping says none; "
        "licences need one.",
    )
    extra_attributes: tuple[str, ...] = Field(
        default=(),
        description="Attributes to read beside the usual ones; what the field mapping names is "
        "added by itself.",
    )
    initial_passwords: str | None = Field(
        default=None,
        description="Where initial passwords go, such as file:PATH (CSV, readable by its owner "
        "only) or age:PATH?recipient=age1…; a writer needs it.",
        json_schema_extra=WRITE_ONLY,
    )
    password_length: int = Field(
        default=16, ge=8, le=256, description="Characters of an initial password."
    )
    change_password_at_next_sign_in: bool = Field(
        default=True,
        description="Whether people must replace their initial password when they first sign in.",
    )
    page_size: int = Field(
        default=999, ge=1, le=999, description="Objects per page of a reading, 1 to 999."
    )
    batch_size: int = Field(
        default=20,
        ge=1,
        le=20,
        description="Requests in a batch, 1 to 20; 1 sends every request by itself.",
    )
    concurrency: int = Field(
        default=4, ge=1, le=16, description="Batches, or requests, under way at once."
    )
    patience_seconds: float = Field(
        default=60.0,
        ge=0,
        le=600,
        description="How long a new account is waited for that cannot be seen yet.",
    )
    timeout_seconds: float = Field(
        default=100.0, gt=0, le=600, description="Longest wait for one answer, in seconds."
    )

    @field_validator("tenant_id")
    @classmethod
    def _a_tenant(cls, given: str) -> str:
        if not _TENANT.fullmatch(given):
            raise ConfigError("a tenant is named by its id or by a domain", key="tenant_id")
        return given

    @field_validator("authority_url", "graph_url")
    @classmethod
    def _an_address(cls, given: str, about: ValidationInfo) -> str:
        """Secrets and tokens travel in the clear to nobody but this machine."""
        # What was given is not quoted: somebody may have put a secret here.
        try:
            parts = urlsplit(given.strip())
            host, _ = parts.hostname, parts.port
        except ValueError:
            parts, host = urlsplit(""), None
        if not host or parts.scheme not in {"http", "https"} or "@" in parts.netloc or parts.query:
            raise ConfigError(
                "not an address such as https://graph.microsoft.com/v1.0", key=about.field_name
            )
        if parts.scheme == "http" and host not in LOOPBACK:
            raise ConfigError(
                "this address would send secrets unencrypted: use https", key=about.field_name
            )
        return given.strip().rstrip("/")

    @field_validator("certificate", "write_certificate")
    @classmethod
    def _a_certificate(cls, given: SecretStr | None, about: ValidationInfo) -> SecretStr | None:
        if given is not None:
            text = given.get_secret_value().strip()
            if not text.startswith((PEM, FILE)):
                message = "a certificate stands here as PEM text, or as file:PATH"
                raise ConfigError(message, key=about.field_name)
        return given

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        if (self.client_secret is None) is (self.certificate is None):
            raise ConfigError("give either client_secret or certificate", key="client_secret")
        if self.write_client_secret is not None and self.write_certificate is not None:
            message = "give either write_client_secret or write_certificate"
            raise ConfigError(message, key="write_client_secret")
        if self.write_client_id is None and (self.write_client_secret or self.write_certificate):
            message = "say which app writes: write_client_id"
            raise ConfigError(message, key="write_client_id")
        return self

    @property
    def token_url(self) -> str:
        """The token endpoint."""
        return f"{self.authority_url}/{self.tenant_id}/oauth2/v2.0/token"

    @property
    def scope(self) -> str:
        """What a token is asked for: everything the app was granted on this Graph."""
        parts = urlsplit(self.graph_url)
        if parts.hostname in LOOPBACK:
            return "https://graph.microsoft.com/.default"
        return f"{parts.scheme}://{parts.netloc}/.default"
