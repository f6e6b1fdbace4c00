"""Entra ID under the laws: in batches, and request by request."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final

from connectors.entra_id import CONNECTORS
from connectors.entra_id.manifest import MANIFEST
from connectors.entra_id.sandbox.content import add_group
from connectors.entra_id.sandbox.served import serve
from connectors.model.connector import SandboxOptions
from connectors.model.values import Value
from connectors.sdk.conformance.odd import ODD_IDS, plain
from connectors.sdk.conformance.subject import Subject

SINGLE: Final = "entra_id request by request"
KEEPS_NAMES: Final = (
    "A deleted account keeps its names in the recycle bin for thirty days: the same person gets no "
    "second account by that name, unless restore_deleted takes the first one out, as it does above."
)
NOT_AGAIN: Final = {
    "chaos ends where calm would have ended": KEEPS_NAMES,
    "a create through a broken network makes one account at most": KEEPS_NAMES,
}
"""Laws that delete an account and make it again."""


@contextmanager
def subject(*, cannot: Mapping[str, str] | None = None, **settings: Any) -> Iterator[Subject]:
    """A tenant with groups, and no account but an administrator's and a few others."""
    with serve(SandboxOptions()) as sandbox:
        group = add_group(sandbox.tenant, "G-Conformance (all)")
        yield Subject(
            connector=CONNECTORS[0],
            settings={**sandbox.settings, **settings},
            content=sandbox.tenant.snapshot,
            persons=("1000001", "1000002"),
            create=_create,
            update={
                "displayName": "O'Brien, Ольга (née Weiß)",
                "jobTitle": "Nurse, (night) & 'day'",
                "otherMails": ("at.home@example.com", "at.sea@example.com"),
                "extensionAttribute3": "A-7",
            },
            unsupported={"noSuchAttribute": "x"},
            permission=group.id,
            missing_ref="00000000-0000-4000-8000-000000000000",
            secrets={"client_secret": "Not-The-Secret-1"},
            rename={
                "userPrincipalName": "b.jansen@example.org",
                "mail": "b.jansen@example.org",
                "mailNickname": "b.jansen",
            },
            free_text=("displayName", "department"),
            odd_persons=ODD_IDS,
            page_size="page_size",
            page_sizes=(1, 999),
            faults=sandbox.graph.faults,
            endpoint="graph_url",
            impatient={"timeout_seconds": 0.5},
            cannot=cannot or {},
        )


def _create(person: str) -> dict[str, Value]:
    address = f"{plain(person)}@example.org"
    return {
        "userPrincipalName": address,
        "mail": address,
        "mailNickname": plain(person),
        "employeeId": person,
        "displayName": "Bo Smit",
        "surname": "Smit",
        "usageLocation": "NL",
    }


SUBJECTS: Final[dict[str, Callable[[], AbstractContextManager[Subject]]]] = {
    MANIFEST.connector: partial(subject, restore_deleted=True),
    SINGLE: partial(subject, batch_size=1, cannot=NOT_AGAIN),
}
MANIFESTS: Final = {SINGLE: MANIFEST}
