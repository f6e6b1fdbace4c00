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
        )


def _content(folder: Path) -> bytes:
    """Every file but the lock, which says nothing."""
    files = sorted(file for file in folder.iterdir() if file.suffix != ".lock")
    return json.dumps({file.name: file.read_text(encoding="utf-8") for file in files}).encode()


SUBJECTS: Final = {"hr_file": subject}
