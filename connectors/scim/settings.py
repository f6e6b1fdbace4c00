"""Settings of a SCIM provider, as they stand in a profile."""

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

from connectors.model.errors import ConfigError
from connectors.scim.paths import parse_path

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
WRITE_ONLY: Final[dict[str, Any]] = {"write_only": True}
BULK_SIZE: Final = 100
Capability = Literal["filter", "patch", "bulk", "etag", "sort"]
PermissionAttribute = Literal["roles", "entitlements"]


def _a_path(text: str) -> str:
    return str(parse_path(text))


AttributePath = Annotated[str, AfterValidator(_a_path)]


class ScimSettings(BaseModel):
    """Everything the connector needs to know about one provider."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str = Field(
        description="Address in front of /Users, such as https://app.example.org/scim/v2."
    )
    token: SecretStr | None = Field(
        default=None,
        description="Bearer token that reads, and writes as well unless there is a write_token.",
    )
    write_token: SecretStr | None = Field(
        default=None,
        description="Bearer token that writes; left out, the token that reads also writes.",
        json_schema_extra=WRITE_ONLY,
    )
    token_url: str | None = Field(
        default=None,
        description="Token endpoint for OAuth 2.0 client credentials, instead of a token.",
    )
    client_id: str | None = Field(
        default=None, min_length=1, description="Client id for the token endpoint."
    )
    client_secret: SecretStr | None = Field(
        default=None, description="Client secret for the token endpoint."
    )
    client_auth: Literal["basic", "form"] = Field(
        default="basic",
        description="How id and secret travel: basic (HTTP Basic, which all endpoints know) "
        "or form.",
    )
    scope: str = Field(
        default="", description="Scopes to ask for when reading, separated by spaces."
    )
    write_scope: str | None = Field(
        default=None,
        description="Scopes to ask for when writing; left out, those for reading.",
        json_schema_extra=WRITE_ONLY,
    )
    correlation: AttributePath = Field(
        default="externalId",
        description="Attribute that holds the HR id of a person.",
    )
    extra_attributes: tuple[AttributePath, ...] = Field(
        default=(),
        description="Attributes to read beside the usual ones; the field mapping adds its own "
        "by itself.",
    )
    names: dict[Annotated[str, Field(pattern=r"^[A-Za-z]\w*$")], AttributePath] = Field(
        default_factory=dict,
        description="Short names for paths, such as mail for the value of the work address; other "
        "targets can then read accounts.NAME-OF-TARGET.mail.",
    )
    several: tuple[AttributePath, ...] = Field(
        default=(),
        description="Attributes of other extensions that hold several values.",
    )
    permissions: dict[PermissionAttribute, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Which of roles and entitlements can be granted, and the values there are; "
        "values that somebody holds are known without being listed.",
    )
    overrule: dict[Capability, bool] = Field(
        default_factory=dict,
        description="What the provider can or cannot, where it announces otherwise.",
    )
    use_bulk: bool = Field(
        default=True,
        description="Whether changes of several persons travel together where there is Bulk.",
    )
    page_size: int = Field(
        default=100,
        ge=0,
        le=10_000,
        description="Resources per page; the provider may give fewer. 0 leaves it to the provider.",
    )
    concurrency: int = Field(
        default=4,
        ge=1,
        le=16,
        description="Requests side by side: of different persons while writing, of different "
        "pages while reading.",
    )
    protected: tuple[str, ...] = Field(
        default=(), description="Accounts that are never changed, by userName or id."
    )
    initial_passwords: str | None = Field(
        default=None,
        description="Where initial passwords go, such as file:PATH; left out, accounts "
        "are made without a password, as for single sign-on.",
        json_schema_extra=WRITE_ONLY,
    )
    ca_file: Path | None = Field(
        default=None,
        description="PEM file of the authority that signed the certificates; left out, the "
        "authorities of this machine count.",
    )
    timeout_seconds: float = Field(
        default=60.0, gt=0, le=600, description="Longest wait for one answer."
    )

    @field_validator("base_url", "token_url")
    @classmethod
    def _protected_address(cls, given: str | None, about: Any) -> str | None:
        """Refuse to send a token in the clear to anything but this machine."""
        if given is None:
            return None
        # What was given is not quoted: somebody may have put a token or a password there.
        try:
            parts = urlsplit(given.strip())
            host, _ = parts.hostname, parts.port
        except ValueError:
            parts, host = urlsplit(""), None
        if not host or parts.scheme not in {"http", "https"} or "@" in parts.netloc:
            message = "not an address such as https://app.example.org/scim/v2"
            raise ConfigError(message, key=about.field_name)
        if parts.query or parts.fragment:
            message = "an address has neither ? nor #"
            raise ConfigError(message, key=about.field_name)
        if parts.scheme == "http" and host not in LOOPBACK:
            message = "this address would send the token unencrypted: use https"
            raise ConfigError(message, key=about.field_name)
        return given.strip().rstrip("/")

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        client = {
            "token_url": self.token_url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        given = [name for name, value in client.items() if value]
        if self.token and given:
            message = (
                f"a token or a client, not both: leave out {' and '.join(given)}, or the token"
            )
            raise ConfigError(message, key="token")
        if not self.token and not given:
            message = "how to sign in: with a token, or with token_url, client_id and client_secret"
            raise ConfigError(message, key="token")
        missing = [name for name, value in client.items() if not value]
        if given and missing:
            raise ConfigError("a client needs it as well", key=missing[0])
        return self

    @model_validator(mode="after")
    def _names_are_new(self) -> Self:
        for name in self.names:
            if name in {"container", "enabled", "active", "password", "userName"}:
                raise ConfigError("this name has a meaning already", key=f"names.{name}")
        return self
