"""What the connector can do, as data; the settings add attributes to it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from connectors.model.change import Verb
from connectors.model.manifest import ADDRESS, Attribute, Compare, Manifest
from connectors.scim.paths import parse_path
from connectors.scim.settings import ScimSettings
from connectors.scim.urns import ENTERPRISE

USER_NAME: Final = "userName"
WORK_MAIL: Final = 'emails[type eq "work"].value'
MANAGER: Final = f"{ENTERPRISE}:manager.value"
RESERVED: Final = ("active", "groups", "id", "members", "meta", "password", "schemas")

_TEXT: Final = {
    "displayName": "Name as it is shown.",
    "nickName": "Name in daily use.",
    "name.formatted": "The whole name.",
    "name.familyName": "Surname.",
    "name.givenName": "Given name.",
    "name.middleName": "Further given names.",
    "name.honorificPrefix": "What stands before the name.",
    "name.honorificSuffix": "What stands behind the name.",
    "title": "Job title.",
    "userType": "Kind of employment.",
    "preferredLanguage": "Language, such as nl-NL.",
    "locale": "How dates and numbers are written, such as nl-NL.",
    "timezone": "Time zone, such as Europe/Amsterdam.",
    "profileUrl": "Web page.",
    'phoneNumbers[type eq "work"].value': "Office telephone.",
    'phoneNumbers[type eq "mobile"].value': "Mobile telephone.",
    'addresses[type eq "work"].streetAddress': "Street and number of the office.",
    'addresses[type eq "work"].postalCode': "Postal code of the office.",
    'addresses[type eq "work"].locality': "Town of the office.",
    'addresses[type eq "work"].region': "Province of the office.",
    'addresses[type eq "work"].country': "Country of the office by its ISO 3166 code.",
    f"{ENTERPRISE}:employeeNumber": "Number of the person in HR.",
    f"{ENTERPRISE}:costCenter": "Cost center.",
    f"{ENTERPRISE}:organization": "Employer.",
    f"{ENTERPRISE}:division": "Division.",
    f"{ENTERPRISE}:department": "Department.",
    MANAGER: "Id of the manager's account.",
}
_PRIVATE: Final = {
    'emails[type eq "home"].value': "Private mail address.",
    'phoneNumbers[type eq "home"].value': "Private telephone.",
}

MANIFEST: Final = Manifest(
    connector="scim",
    title="SCIM 2.0",
    verbs=frozenset(
        {
            Verb.CORRELATE,
            Verb.CREATE,
            Verb.UPDATE,
            Verb.ENABLE,
            Verb.DISABLE,
            Verb.GRANT,
            Verb.REVOKE,
            Verb.DELETE,
        }
    ),
    correlation="externalId",
    attributes=(
        Attribute(
            name=USER_NAME,
            description="Name to sign in with, unique at the provider.",
            compare=Compare.IGNORE_CASE,
            unique_in=ADDRESS,
            clearable=False,
        ),
        Attribute(name="externalId", description="Number of the person in HR."),
        Attribute(
            name=WORK_MAIL,
            description="Mail address.",
            compare=Compare.IGNORE_CASE,
            unique_in=ADDRESS,
        ),
        Attribute(
            name="emails.value",
            description="All mail addresses, for a provider that knows no kinds of them.",
            compare=Compare.IGNORE_CASE,
            multi=True,
            unique_in=ADDRESS,
        ),
        *(Attribute(name=name, description=text) for name, text in _TEXT.items()),
        *(Attribute(name=name, description=text, private=True) for name, text in _PRIVATE.items()),
    ),
    open_attributes=True,
    reserved=RESERVED,
    produces=(USER_NAME, WORK_MAIL),
    max_concurrency=16,
    read_permissions=("read /Users and /Groups, and the three discovery endpoints",),
    write_permissions=(
        "create, change and delete /Users",
        "change members of the /Groups that may be granted",
    ),
    documentation="https://www.rfc-editor.org/rfc/rfc7644",
)


def manifest_for(settings: ScimSettings) -> Manifest:
    """What the connector can do under these settings."""
    known = {attribute.name: attribute for attribute in MANIFEST.attributes}
    spelled = {name.casefold() for name in (*known, *RESERVED, *settings.permissions)}
    for name in names_of(settings):
        if name.casefold() not in spelled:
            known[name] = _attribute(name, settings, known)
            spelled.add(name.casefold())
    key = settings.correlation
    known[key] = replace(known.get(key, Attribute(name=key)), clearable=False, unique_in=None)
    return replace(
        MANIFEST,
        correlation=settings.correlation,
        attributes=tuple(known.values()),
        produces=(*MANIFEST.produces, *settings.names),
        reserved=(*RESERVED, *settings.permissions),
    )


def names_of(settings: ScimSettings) -> Iterator[str]:
    """Every attribute that settings name."""
    yield settings.correlation
    yield from settings.names
    yield from settings.extra_attributes
    yield from settings.several


def _attribute(name: str, settings: ScimSettings, known: dict[str, Attribute]) -> Attribute:
    """An attribute that no list has; a short name is what its path is."""
    path = settings.names.get(name, name)
    if path in known:
        return replace(known[path], name=name)
    parsed = parse_path(path)
    address = parsed.schema is None and parsed.attribute == "emails" and parsed.leaf == "value"
    return Attribute(
        name=name,
        multi=parsed.several or path in settings.several or name in settings.several,
        compare=Compare.IGNORE_CASE if address else Compare.EXACT,
        unique_in=ADDRESS if address else None,
        private=parsed.by == "type" and parsed.of == "home",
    )
