"""The in-memory connector under the laws."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from connectors.memory import CONNECTORS
from connectors.memory.manifest import PERSON
from connectors.memory.sandbox import serve
from connectors.model.connector import SandboxOptions
from connectors.model.values import Value
from connectors.sdk.conformance.subject import Subject

PEOPLE: Final = 25


@contextmanager
def subject() -> Iterator[Subject]:
    """A store with people and groups and no account."""
    with serve(SandboxOptions(people=PEOPLE)) as sandbox:
        yield Subject(
            connector=CONNECTORS[0],
            settings=sandbox.settings,
            content=lambda: json.dumps(sandbox.store.content()).encode(),
            people=PEOPLE,
            persons=("1000001", "1000002"),
            create=_create,
            update={
                "displayName": "O'Brien (née Weiß)",
                "aliases": ("b@example.org", "a@example.org"),
            },
            unsupported={"shoeSize": "44"},
            container="staff",
            permission="g-2",
            missing_ref="m-999999",
        )


def _create(person: str) -> dict[str, Value]:
    return {
        PERSON: person,
        "userName": f"u{person}",
        "commonName": f"Person {person}",
        "mail": f"{person}@example.org",
        "displayName": "Ольга",
        "container": "new",
    }


SUBJECTS: Final = {"memory": subject}
