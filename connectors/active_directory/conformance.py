"""Active Directory under the laws."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from connectors.active_directory import CONNECTORS
from connectors.active_directory.sandbox import serve
from connectors.active_directory.sandbox.content import STAFF, STARTERS
from connectors.model.connector import SandboxOptions
from connectors.model.values import Value
from connectors.sdk.conformance.subject import Subject


@contextmanager
def subject() -> Iterator[Subject]:
    """A domain with OUs and groups, and no account but the built-in ones."""
    with serve(SandboxOptions()) as sandbox:
        yield Subject(
            connector=CONNECTORS[0],
            settings=sandbox.settings,
            content=lambda: json.dumps(sandbox.directory.snapshot(), sort_keys=True).encode(),
            persons=("1000001", "1000002"),
            create=_create,
            update={
                "displayName": "O'Brien, Ольга (née Weiß)",
                "otherTelephone": ("+31 30 000 0002", "+31 30 000 0001"),
            },
            unsupported={"noSuchAttribute": "x"},
            container=STAFF,
            permission=sandbox.directory.add_group("G-Conformance (all)"),
            missing_ref="00000000-0000-4000-8000-000000000000",
            secrets={"bind_password": "Not-The-Password-1"},
        )


def _create(person: str) -> dict[str, Value]:
    return {
        "cn": f"Bo Smit, {person}",
        "sAMAccountName": f"u{person}",
        "userPrincipalName": f"{person}@example.org",
        "mail": f"{person}@example.org",
        "employeeID": person,
        "displayName": "Bo Smit",
        "sn": "Smit",
        "container": STARTERS,
    }


SUBJECTS: Final = {"active_directory": subject}
