"""Files of an invented HR system, for trying things out."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pandas as pd

from connectors.hr_file.settings import Format
from connectors.model.connector import SandboxOptions
from connectors.model.people import CUSTOM, People
from connectors.sdk.clock import now
from connectors.sdk.invent import invent

COLUMNS: Final = {
    "persons": (
        "external_id", "given_name", "nick_name", "initials", "family_name_prefix", "family_name",
        "partner_name_prefix", "partner_name", "convention", "work_email", "user_principal_name",
        "personal_email", "excluded",
    ),
    "contracts": (
        "external_id", "person_id", "start_date", "end_date", "fte", "hours_per_week", "percentage",
        "sequence", "department_id", "department_name", "title_id", "title", "employer",
        "cost_center", "location", "manager_id", "type",
    ),
    "departments": ("external_id", "name", "parent_id", "manager_id"),
}  # fmt: skip


class HrFiles:
    """A folder of files that can be read and written back to.

    Args:
        folder: Holds persons.csv, contracts.csv and departments.csv.
    """

    def __init__(self, folder: Path) -> None:
        """Remember the folder."""
        self.folder = folder

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings under which the connector finds the files."""
        return {"path": str(self.folder), "write_back_path": str(self.folder / "write_back.csv")}

    def close(self) -> None:
        """Nothing is served; the folder goes when the sandbox is left, unless `state` named it."""


@contextmanager
def serve(options: SandboxOptions) -> Iterator[HrFiles]:
    """Write the files of invented people, or copy those of `data`, a folder of such files.

    They lie in `state` when it is given and stay there, otherwise in a folder that is removed.
    """
    folder = options.state or Path(tempfile.mkdtemp(prefix="retour-hr-"))
    try:
        if options.data is not None:
            shutil.copytree(options.data, folder, dirs_exist_ok=True)
        elif not (folder / "persons.csv").exists():
            write_hr_files(invent(options.people, options.seed, now().date()), folder)
        yield HrFiles(folder)
    finally:
        if options.state is None:
            shutil.rmtree(folder)


def write_hr_files(people: People, folder: Path, format: Format = "csv") -> Path:  # noqa: A002 - as the setting
    """Write people in the documented columns.

    Args:
        people: Whom to write; custom columns lose their prefix.
        folder: Made when it is not there.
        format: `xlsx` gives one workbook `hr.xlsx`, the others a file per table.

    Returns:
        What to put into the setting `path`: the folder, or the workbook.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "persons": _documented("persons", people.persons),
        "contracts": _documented("contracts", people.contracts),
        "departments": _documented("departments", people.departments),
    }
    if format == "xlsx":
        with pd.ExcelWriter(folder / "hr.xlsx") as book:
            for name, table in tables.items():
                table.to_excel(book, sheet_name=name, index=False)
        return folder / "hr.xlsx"
    for name, table in tables.items():
        file = folder / f"{name}.{format}"
        match format:
            case "csv":
                table.to_csv(file, index=False, lineterminator="\n")
            case "parquet":
                table.to_parquet(file, index=False)
            case "json":
                rows = json.loads(table.to_json(orient="records"))
                file.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    return folder


def _documented(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    custom = [column for column in frame.columns if column.startswith(CUSTOM)]
    table = frame[[*COLUMNS[name], *custom]].rename(
        columns=lambda column: column.removeprefix(CUSTOM)
    )
    for column in ("start_date", "end_date"):
        if column in table:
            table[column] = table[column].dt.strftime("%Y-%m-%d")
    return table
