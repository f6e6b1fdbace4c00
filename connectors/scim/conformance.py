"""SCIM under the laws: a provider that can everything, and one that can as little as it may."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from connectors.model.values import Value
from connectors.scim import CONNECTORS
from connectors.scim.manifest import MANAGER, WORK_MAIL
from connectors.scim.sandbox.served import ServedScim
from connectors.scim.sandbox.switches import Switches, poor
from connectors.scim.urns import ENTERPRISE
from connectors.sdk.conformance.odd import ODD_IDS, plain
from connectors.sdk.conformance.subject import Subject

DEPARTMENT: Final = f"{ENTERPRISE}:department"
MISSING: Final = "00000000-0000-4000-8000-000000000000"
UPDATE: Final[Mapping[str, Value]] = {
    "displayName": "O'Brien, Ольга (née Weiß)",
    DEPARTMENT: 'Care "North", 2',
    'phoneNumbers[type eq "mobile"].value': "+31 6 0000 0001",
}


@contextmanager
def full() -> Iterator[Subject]:
    """A provider that can everything, Bulk included."""
    with ServedScim() as served:
        yield subject_on(served, served.settings)


@contextmanager
def one_by_one() -> Iterator[Subject]:
    """The same, by a client with a secret, and by requests of its own for every change."""
    with ServedScim(Switches(patch_answers=204)) as served:
        settings = {**served.settings_by_client, "use_bulk": False}
        yield subject_on(served, settings, secrets={"client_secret": "not-the-secret"})


@contextmanager
def minimal() -> Iterator[Subject]:
    """A provider without filter, PATCH, Bulk, versions and sorting."""
    with ServedScim(poor()) as served:
        yield subject_on(served, served.settings)


def subject_on(
    served: ServedScim,
    settings: Mapping[str, Any],
    *,
    secrets: Mapping[str, str] | None = None,
) -> Subject:
    """The connector on a running sandbox."""
    return Subject(
        connector=CONNECTORS[0],
        settings=settings,
        content=served.snapshot,
        persons=("1000001", "1000002"),
        create=_create,
        update=UPDATE,
        unsupported={"unknownAttribute": "x"},
        permission=served.add_group('G-Conformance "all"'),
        missing_ref=MISSING,
        secrets=secrets or {"token": "not-the-token"},
        rename={"userName": "bo.jansen@example.org", WORK_MAIL: "bo.jansen@example.org"},
        free_text=("displayName", DEPARTMENT),
        odd_persons=ODD_IDS,
        page_size="page_size",
        page_sizes=(1, 200),
        faults=served.faults,
        endpoint="base_url",
        impatient={"timeout_seconds": 0.3},
    )


def _create(person: str) -> dict[str, Value]:
    name = plain(person)
    return {
        "userName": f"{name}@example.org",
        "externalId": person,
        "displayName": f"Bo Smit, {person}",
        "name.familyName": "Smit",
        "name.givenName": "Bo",
        WORK_MAIL: f"{name}@example.org",
        f"{ENTERPRISE}:employeeNumber": person,
        MANAGER: MISSING,
    }


SUBJECTS: Final = {"scim": full, "scim one by one": one_by_one, "scim minimal": minimal}
