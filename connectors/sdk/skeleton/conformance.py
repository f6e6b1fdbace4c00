"""The connector under the laws: its sandbox, and values that fit it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from connectors.model.connector import SandboxOptions
from connectors.model.values import Value
from connectors.sdk.conformance.odd import ODD_IDS, plain
from connectors.sdk.conformance.subject import Subject
from connectors.sdk.skeleton import CONNECTORS
from connectors.sdk.skeleton.sandbox import serve

CANNOT: Final[dict[str, str]] = {}
"""A law, or what it needs -> why we are not held to it. Everything else has to be shown."""


@contextmanager
def subject() -> Iterator[Subject]:
    """A service with groups, and no account but the administrator's."""
    with serve(SandboxOptions()) as sandbox:
        yield Subject(
            connector=CONNECTORS[0],
            settings=sandbox.settings,
            content=sandbox.service.content,
            persons=("1000001", "1000002"),
            odd_persons=ODD_IDS,
            create=_create,
            update={"name": "O'Brien (née Weiß)", "phone": "+31 30 000 0001"},
            rename={"login": "renamed", "mail": "renamed@example.org", "name": "Bo Jansen"},
            free_text=("name", "title"),
            unsupported={"shoeSize": "44"},
            permission="g2",
            missing_ref="999999",
            secrets={"api_token": "not-the-token"},
            page_size="page_size",
            page_sizes=(1, 1000),
            faults=sandbox.faults,
            endpoint="base_url",
            impatient={"timeout_seconds": 0.2},
            cannot=CANNOT,
        )


def _create(person: str) -> dict[str, Value]:
    name = plain(person)
    return {
        "person": person,
        "login": f"u{name}",
        "mail": f"{name}@example.org",
        "name": "Ольга",
    }


SUBJECTS: Final = {"skeleton": subject}
