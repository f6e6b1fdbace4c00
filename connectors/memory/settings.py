"""Settings of the in-memory connector."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class MemorySettings(BaseModel):
    """Which store to use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        default="memory",
        description="Name of the store: in one process the same name is the same store.",
    )
    concurrency: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Persons written side by side: a store in this process is no quicker for it.",
    )
    path: Path | None = Field(
        default=None,
        description="JSON file with the content of the store: read when the store is first opened "
        "and replaced when a writer has finished. Without it all is gone when the process ends.",
    )
