"""HR files under the laws."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from connectors.hr_file import CONNECTORS
from connectors.hr_file.sandbox import serve
from connectors.model.connector import SandboxOptions
from connectors.sdk.conformance.subject import Subject

PEOPLE: Final = 25
CANNOT: Final = {
    "faults": "A file is no system that could refuse, put off or lose an answer.",
    "endpoint": "There is no network between us and a file.",
    "page_size": "A file is read in one piece.",
    "secrets": "Whoever may open the file needs no further credentials.",
    "free_text": "Addresses and login names are all that is written back.",
}


@contextmanager
def subject() -> Iterator[Subject]:
    """CSV files of invented people, and no write-back file yet."""
    with serve(SandboxOptions(people=PEOPLE)) as sandbox:
        yield Subject(
            connector=CONNECTORS[0],
            settings=sandbox.settings,
            content=lambda: _content(sandbox.folder),
            people=PEOPLE,
            persons=("1000001", "1000012"),
            update={
                "work_email": "sean.o'brien@example.org",
                "user_principal_name": "sob@example.org",
            },
            unsupported={"external_id": "1"},
            missing_ref="9999999",
            rename={"work_email": "renamed@example.org"},
            cannot=CANNOT,
        )


def _content(folder: Path) -> bytes:
    """Every file but the lock, which says nothing."""
    files = sorted(file for file in folder.iterdir() if file.suffix != ".lock")
    return json.dumps({file.name: file.read_text(encoding="utf-8") for file in files}).encode()


SUBJECTS: Final = {"hr_file": subject}
