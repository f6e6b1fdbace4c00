"""What this connector can do in Entra ID, and which rights that takes."""

from dataclasses import replace
from typing import Final

from connectors.entra_id.attributes import (
    CORRELATION,
    EXTENSIONS,
    LISTS,
    MANAGER,
    NEVER_WRITTEN,
)
from connectors.entra_id.rights import needed_to_read, needed_to_write
from connectors.entra_id.settings import EntraIdSettings
from connectors.model.change import OFFERED, Verb
from connectors.model.manifest import ADDRESS, Attribute, Compare, Manifest

PRODUCES: Final = ("userPrincipalName", "mail")

_NAMES: Final = (
    Attribute(
        name="userPrincipalName",
        description="Name to sign in with, in a verified domain of the tenant.",
        compare=Compare.IGNORE_CASE,
        unique_in=ADDRESS,
        clearable=False,
        max_length=113,
    ),
    Attribute(
        name="mail",
        description="Mail address; becomes the primary one of proxyAddresses.",
        compare=Compare.IGNORE_CASE,
        unique_in=ADDRESS,
        max_length=256,
    ),
    Attribute(
        name="mailNickname",
        description="Alias of a mailbox; left out, what stands before the @ of the sign-in name.",
        compare=Compare.IGNORE_CASE,
        clearable=False,
        max_length=64,
    ),
    Attribute(
        name="displayName",
        description="Name as it is shown.",
        clearable=False,
        max_length=256,
        cut=True,
    ),
)

_TEXT: Final = {
    CORRELATION: ("Number of the person in HR; the correlation attribute.", 16),
    "givenName": ("Given name.", 64),
    "surname": ("Surname.", 64),
    "jobTitle": ("Job title.", 128),
    "department": ("Department.", 64),
    "companyName": ("Employer.", 64),
    "officeLocation": ("Office.", 128),
    "employeeType": ("Kind of employment.", None),
    "employeeHireDate": ("First working day, as a date.", None),
    "costCenter": ("Cost centre (employeeOrgData).", None),
    "division": ("Division (employeeOrgData).", None),
    "faxNumber": ("Fax.", None),
    "city": ("Town.", 128),
    "state": ("Province.", 128),
    "country": ("Country.", 128),
    "preferredLanguage": ("Language, such as nl-NL.", None),
    "userType": ("Member or Guest.", None),
    "passwordPolicies": ("Exceptions from the policy of passwords.", None),
    "onPremisesImmutableId": ("Link to an account in a federated directory.", None),
}
_CUT: Final = frozenset({"givenName", "surname"})
"""Names that people read: cut where they are longer than what fits."""
_OF_PRIVATE_LIFE: Final = {
    "mobilePhone": ("Mobile telephone.", 64),
    "streetAddress": ("Street and number.", 1024),
    "postalCode": ("Postal code.", 40),
    "ageGroup": ("Whether somebody is a minor.", None),
    "consentProvidedForMinor": ("Whether consent was given for a minor.", None),
}
_LISTS: Final = {
    "businessPhones": "Office telephone; Entra ID keeps one.",
    "otherMails": "Further mail addresses, such as a private one.",
}

MANIFEST: Final = Manifest(
    connector="entra_id",
    title="Microsoft Entra ID",
    verbs=(OFFERED - {Verb.MOVE}) | {Verb.RESTORE},
    correlation=CORRELATION,
    attributes=(
        *_NAMES,
        *(
            Attribute(name=name, description=description, max_length=longest, cut=name in _CUT)
            for name, (description, longest) in _TEXT.items()
        ),
        *(
            Attribute(name=name, description=description, max_length=longest, private=True)
            for name, (description, longest) in _OF_PRIVATE_LIFE.items()
        ),
        *(
            Attribute(name=name, description=text, multi=True, private=name == "otherMails")
            for name, text in _LISTS.items()
            if name in LISTS
        ),
        *(
            Attribute(
                name=name,
                description="A field of the organisation's own (onPremisesExtensionAttributes).",
                max_length=1024,
            )
            for name in EXTENSIONS
        ),
        Attribute(
            name="usageLocation",
            description="Country code, such as NL; licences need one.",
            clearable=False,
            max_length=2,
        ),
        Attribute(
            name="showInAddressList", description="Whether the address list shows the account."
        ),
        Attribute(
            name=MANAGER,
            description="HR id of the manager, who needs an account with that number here.",
        ),
    ),
    open_attributes=True,
    reserved=NEVER_WRITTEN,
    produces=PRODUCES,
    max_concurrency=16,
    read_permissions=needed_to_read(None),
    write_permissions=needed_to_write(None),
    documentation="https://learn.microsoft.com/graph/api/resources/users",
)


def manifest_for(settings: EntraIdSettings) -> Manifest:
    """The manifest under settings: rights that nothing needs are not asked for."""
    return replace(
        MANIFEST,
        read_permissions=needed_to_read(settings),
        write_permissions=needed_to_write(settings),
    )


def shapes(settings: EntraIdSettings) -> dict[str, bool]:
    """The attributes that are read of an account, and whether each has several values."""
    found = {one.name: one.multi for one in MANIFEST.attributes}
    known = {name.casefold() for name in found} | {name.casefold() for name in NEVER_WRITTEN}
    for name in settings.extra_attributes:
        if name.casefold() not in known:
            found[name] = False
            known.add(name.casefold())
    return found
