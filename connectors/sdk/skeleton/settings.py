"""Settings of the connector. `retour connectors show skeleton` lists them."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class SkeletonSettings(BaseModel):
    """Where the service is, and who we are there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str = Field(
        title="Address", description="Address of the service, such as `https://api.example.org`."
    )
    api_token: SecretStr = Field(
        title="Token", description="Token that was made for Retour in the service."
    )
    verify: str | None = Field(
        default=None,
        title="Certificate authority file",
        description="Certificate authority file; by default those of this machine.",
    )
    page_size: int = Field(default=500, ge=1, le=1000, description="Accounts per request.")
    concurrency: int = Field(default=4, ge=1, le=16, description="Persons written side by side.")
    timeout_seconds: float = Field(
        default=60.0, gt=0, le=600, description="Longest wait for one answer."
    )
