"""Settings of the HR file connector."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Noun = Literal["persons", "contracts", "departments"]
Format = Literal["csv", "xlsx", "json", "parquet"]


class HrFileSettings(BaseModel):
    """Where the files of HR lie and how they are written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path = Field(
        description="Folder with persons, contracts and, optionally, departments; or one XLSX or "
        "JSON file that holds all of them."
    )
    format: Format | Literal["auto"] = Field(
        default="auto", description="Format of the files; auto looks at what is there."
    )
    write_back_path: Path | None = Field(
        default=None,
        description="CSV file that takes what is written back, a row per person; needed when this "
        "connector is used as a target. It is made when it is not there.",
    )
    encoding: str = Field(
        default="utf-8-sig",
        description="Encoding of CSV files; the default is UTF-8 with or without a byte order "
        "mark. Excel in Western Europe saves cp1252.",
    )
    delimiter: Literal["auto", ",", ";", "\t", "|"] = Field(
        default="auto",
        description="What stands between the cells of a CSV file; auto looks at its first line.",
    )
    columns: dict[Noun, dict[str, str]] = Field(
        default_factory=dict,
        description="Other headings: per file, a field and the heading it stands under.",
    )
    persons_only: bool = Field(
        default=False,
        description="Whether only persons are read, and only external_id is required of them: for "
        "a further source that fills in what HR does not say.",
    )
