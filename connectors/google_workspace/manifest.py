"""What this connector can do in Google Workspace, and which scopes that takes."""

from dataclasses import replace
from typing import Final

from connectors.google_workspace.scopes import LICENSING
from connectors.google_workspace.settings import GoogleWorkspaceSettings
from connectors.model.change import OFFERED, Verb
from connectors.model.manifest import ADDRESS, Attribute, Compare, Manifest

PRODUCES: Final = ("primaryEmail",)

_TEXT: Final = {
    "title": "Job title.",
    "department": "Department.",
    "costCenter": "Cost centre.",
    "company": "Employer.",
    "employeeType": "Kind of employment.",
    "location": "Where the person works.",
    "workPhone": "Office telephone.",
    "mobilePhone": "Mobile telephone.",
    "streetAddress": "Street and number of the work address.",
    "postalCode": "Postal code of the work address.",
    "locality": "Town of the work address.",
    "countryCode": "Country of the work address, by its ISO 3166 code.",
}
_PRIVATE: Final = {
    "homePhone": "Private telephone.",
    "recoveryEmail": "Private address to recover the account with.",
    "recoveryPhone": "Private telephone to recover the account with, as +31612345678.",
}

MANIFEST: Final = Manifest(
    connector="google_workspace",
    title="Google Workspace",
    verbs=OFFERED | {Verb.RESTORE},
    correlation="externalId",
    attributes=(
        Attribute(
            name="externalId",
            description="Number of the person in HR: the externalIds entry of the configured type.",
            clearable=False,
        ),
        Attribute(
            name="primaryEmail",
            description="Login and main address; after a change the old one stays as an alias.",
            compare=Compare.IGNORE_CASE,
            unique_in=ADDRESS,
            clearable=False,
        ),
        Attribute(
            name="aliases",
            description="Further addresses, complete: one that is not named is taken away.",
            compare=Compare.IGNORE_CASE,
            multi=True,
            unique_in=ADDRESS,
        ),
        Attribute(
            name="givenName", description="Given name.", clearable=False, max_length=60, cut=True
        ),
        Attribute(
            name="familyName", description="Surname.", clearable=False, max_length=60, cut=True
        ),
        Attribute(name="displayName", description="Name as it is shown.", max_length=256, cut=True),
        Attribute(
            name="manager",
            description="Address of the manager's account (relations).",
            compare=Compare.IGNORE_CASE,
        ),
        *(Attribute(name=name, description=text) for name, text in _TEXT.items()),
        *(Attribute(name=name, description=text, private=True) for name, text in _PRIVATE.items()),
    ),
    open_attributes=True,
    reserved=(
        "archived",
        "changePasswordAtNextLogin",
        "id",
        "includeInGlobalAddressList",
        "orgUnitPath",
        "password",
        "suspended",
    ),
    produces=PRODUCES,
    max_concurrency=16,
    read_permissions=(
        "admin.directory.user.readonly",
        "admin.directory.group.readonly",
        "admin.directory.orgunit.readonly",
        "admin.directory.domain.readonly",
        f"{LICENSING.rpartition('/')[2]} (with licences; it has no scope for reading only)",
    ),
    write_permissions=(
        "admin.directory.user",
        "admin.directory.group.member",
        f"{LICENSING.rpartition('/')[2]} (with licences)",
    ),
    documentation="https://developers.google.com/workspace/admin/directory/v1/guides",
)


def manifest_for(settings: GoogleWorkspaceSettings) -> Manifest:
    """What can be done under given settings: deleting has to be allowed."""
    if settings.allow_delete:
        return MANIFEST
    return replace(MANIFEST, verbs=MANIFEST.verbs - {Verb.DELETE})
