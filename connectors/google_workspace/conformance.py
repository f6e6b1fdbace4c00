"""Google Workspace under the laws: calls one by one, in batches, and with all that is careful."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final

from connectors.google_workspace import CONNECTORS
from connectors.google_workspace.manifest import MANIFEST, manifest_for
from connectors.google_workspace.sandbox import serve
from connectors.google_workspace.sandbox.content import BUSINESS_STARTER, LEAVERS, PRODUCT, STAFF
from connectors.google_workspace.sandbox.serve import LICENSING
from connectors.google_workspace.settings import GoogleWorkspaceSettings
from connectors.model.connector import SandboxOptions
from connectors.model.values import Value
from connectors.sdk.conformance.odd import ODD_IDS, plain
from connectors.sdk.conformance.subject import Subject

VARIANTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "google_workspace": {"allow_delete": True},
    "google_workspace one call at a time": {"allow_delete": True, "batch_size": 1},
    "google_workspace archiving": {
        "on_disable": "archive",
        "hide_disabled": False,
        "licences": {"Starter": f"{PRODUCT}/{BUSINESS_STARTER}"},
    },
    "google_workspace with roles and returns": {"allow_delete": True, "undelete": True},
}
"""What it can be set to: its name and a word about it -> settings."""
EXAMPLE: Final = {"service_account": "{}", "subject": "admin@example.org"}
"""Settings to ask for a manifest; nothing is sent anywhere."""


@contextmanager
def subject(name: str) -> Iterator[Subject]:
    """A workspace with units and groups, and no account but those of administrators."""
    more = VARIANTS[name]
    with serve(SandboxOptions()) as sandbox:
        # Without returns, the laws that delete have to be able to give an address again.
        sandbox.workspace.switches.deleted_keep_addresses = bool(more.get("undelete"))
        if more.get("licences"):
            sandbox.tokens.delegated |= {LICENSING}
        permission = sandbox.add_group("conformance.all@example.org")
        if "roles" in name:
            permission += ":MANAGER"
        if more.get("licences"):
            permission = f"licence:{PRODUCT}/{BUSINESS_STARTER}"
        yield Subject(
            connector=CONNECTORS[0],
            settings={**sandbox.settings, **more},
            content=lambda: json.dumps(sandbox.snapshot(), sort_keys=True).encode(),
            persons=("1000001", "1000002"),
            create=_create,
            update={
                "displayName": "O'Brien, Ольга (née Weiß)",
                "department": 'Ward "3", North',
                "workPhone": "+31 30 000 0001",
            },
            unsupported={"noSuchAttribute": "x"},
            container=LEAVERS,
            permission=permission,
            missing_ref="100000000000000000000",
            given_by_target=frozenset({"aliases"}),
            secrets={"service_account": _foreign_key(sandbox.settings["service_account"])},
            rename={"primaryEmail": "bo.o.brien@example.org", "familyName": "O'Brien"},
            free_text=("displayName", "department"),
            odd_persons=ODD_IDS,
            page_size="page_size",
            page_sizes=(1, 500),
            faults=sandbox.faults,
            endpoint="api_url",
            impatient={"timeout_seconds": 0.3, "patience_seconds": 0.0},
        )


def _create(person: str) -> dict[str, Value]:
    return {
        "primaryEmail": f"bo.smit.{plain(person)}@example.org",
        "externalId": person,
        "givenName": "Bo",
        "familyName": "O'Smit",
        "title": "Nurse",
        "container": STAFF,
    }


def _foreign_key(text: str) -> str:
    """The key of another service account: one that is not known."""
    return json.dumps({**json.loads(text), "client_email": "other@example.iam.gserviceaccount.com"})


def _manifest(name: str) -> Any:
    return manifest_for(GoogleWorkspaceSettings(**EXAMPLE, **VARIANTS[name]))


SUBJECTS: Final[Mapping[str, Callable[[], AbstractContextManager[Subject]]]] = {
    name: partial(subject, name) for name in VARIANTS
}
MANIFESTS: Final = {name: _manifest(name) for name in VARIANTS if name != MANIFEST.connector}
