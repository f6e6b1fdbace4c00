"""What HR files can do: give people, and take back addresses."""

from typing import Final

from connectors.model.change import Verb
from connectors.model.manifest import Attribute, Compare, Manifest

KEY: Final = "external_id"

MANIFEST: Final = Manifest(
    connector="hr_file",
    title="HR files: CSV, XLSX, JSON or Parquet",
    verbs=frozenset({Verb.CORRELATE, Verb.UPDATE}),
    correlation=KEY,
    attributes=(
        Attribute(
            name="work_email",
            description="Mail address at work.",
            compare=Compare.IGNORE_CASE,
            max_length=254,
        ),
        Attribute(
            name="user_principal_name",
            description="Name the person signs in with.",
            compare=Compare.IGNORE_CASE,
            max_length=1024,
        ),
    ),
    open_attributes=True,
    produces=("work_email", "user_principal_name"),
    write_back=True,
    max_concurrency=1,
    read_permissions=("Read the folder or file of `path`, and the file of `write_back_path`.",),
    write_permissions=("Create and replace files in the folder of `write_back_path`.",),
    documentation="https://www.rfc-editor.org/rfc/rfc4180",
)
