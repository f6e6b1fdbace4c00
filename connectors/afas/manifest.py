"""What the AFAS connectors can do, as data; the settings of a target add to it or take away."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from connectors.afas.mapping import (
    DESCRIPTION,
    DOCUMENTS_TO,
    EMPLOYEE_FIELDS,
    NEW_USER_FIELDS,
    ONLY_ON_CREATE,
    PAYSLIP_FIELDS,
    PRIVATE,
    RESERVED,
    USER_FIELDS,
    USER_KEY,
    Fields,
    user_code,
)
from connectors.afas.settings import EmployeeSettings, UserSettings
from connectors.model.change import Verb
from connectors.model.manifest import ADDRESS, Attribute, Compare, Manifest

LANE: Final = "afas"
"""Employee and user are parts of one person, and AFAS refuses two writers on one person."""
MAX_CONCURRENCY: Final = 5
DOCUMENTATION: Final = "https://help.afas.nl/help/NL/SE/App_Cnr_Rest_Api.htm"
TEXT_LENGTH: Final = 255
SHOWS_LEAVERS_DAYS: Final = 85
"""The users GetConnector shows a leaver for three months, 89 days at least: less three nights."""

_KEYS: Final = (
    Attribute(
        name="Medewerker",
        description="Employee number.",
        clearable=False,
        on_update=False,
        max_length=15,
    ),
    Attribute(
        name="BcCo", description="Person number.", clearable=False, on_update=False, max_length=15
    ),
)


def _not_shown(**fields: str) -> tuple[Attribute, ...]:
    """Fields of a person that no column of the users GetConnector shows by default."""
    return tuple(
        Attribute(
            name=name,
            description=f"{what}; needs an entry in `columns`, because no default column shows it.",
            max_length=TEXT_LENGTH,
            private=name in PRIVATE,
        )
        for name, what in fields.items()
    )


SOURCE: Final = Manifest(
    connector="afas",
    title="AFAS Profit",
    correlation="Medewerker",
    read_permissions=(
        "GetConnector T4E_HelloID_Users_v2",
        "GetConnector T4E_HelloID_Employments_v2",
        "GetConnector T4E_HelloID_Positions_v2",
        "GetConnector T4E_HelloID_OrganizationalUnits_v2",
    ),
    documentation=DOCUMENTATION,
)

EMPLOYEE: Final = Manifest(
    connector="afas.employee",
    title="AFAS Profit: employee",
    verbs=frozenset({Verb.CORRELATE, Verb.UPDATE, Verb.DELETE}),
    correlation="Medewerker",
    attributes=(
        *_KEYS,
        Attribute(
            name="EmAd",
            description="Work mail of the employee's person.",
            compare=Compare.IGNORE_CASE,
            unique_in=ADDRESS,
            max_length=TEXT_LENGTH,
        ),
        Attribute(name="TeNr", description="Work phone.", max_length=TEXT_LENGTH),
        Attribute(name="MbNr", description="Work mobile phone.", max_length=TEXT_LENGTH),
        *_not_shown(
            EmailPortal="Mail for access to the portal",
            TeN2="Private phone",
            MbN2="Private mobile phone",
            EmA2="Private mail",
            DaBi="Date of birth",
            SoSe="Citizen service number (BSN)",
        ),
    ),
    open_attributes=True,
    reserved=RESERVED,
    context=("BcCo",),
    write_back=True,
    delete_clears=True,
    shows_leavers_days=SHOWS_LEAVERS_DAYS,
    lane=LANE,
    max_concurrency=MAX_CONCURRENCY,
    read_permissions=("GetConnector T4E_HelloID_Users_v2",),
    write_permissions=("UpdateConnector KnEmployee, or KnPerson with `update_through: KnPerson`",),
    documentation=DOCUMENTATION,
)

USER: Final = Manifest(
    connector="afas.user",
    title="AFAS Profit: user",
    verbs=frozenset({Verb.CORRELATE, Verb.UPDATE, Verb.ENABLE, Verb.DISABLE, Verb.DELETE}),
    correlation="Medewerker",
    attributes=(
        *_KEYS,
        Attribute(
            name="Gebruiker",
            description="User code; changed with `update_user_id` only.",
            clearable=False,
            on_update=False,
            max_length=80,
        ),
        Attribute(
            name="Nm",
            description="Description of a new user; never written again, it may be set by hand.",
            clearable=False,
            on_update=False,
            max_length=80,
        ),
        Attribute(
            name="Upn",
            description="Name to sign in to InSite and Profit with.",
            compare=Compare.IGNORE_CASE,
            unique_in=ADDRESS,
            max_length=TEXT_LENGTH,
        ),
        Attribute(
            name="EmAd",
            description="Mail of the user; OutSite, Pocket and two-factor login need it.",
            compare=Compare.IGNORE_CASE,
            unique_in=ADDRESS,
            max_length=TEXT_LENGTH,
        ),
        Attribute(
            name="InSi",
            description="Access to InSite, true or false; also turns on Pocket.",
            clearable=False,
        ),
        Attribute(
            name="Site",
            description="Access to OutSite, true or false; needs a mail.",
            clearable=False,
        ),
        Attribute(
            name="Awin",
            description="Profit Windows, true or false; also turns on InSite and Pocket.",
            clearable=False,
        ),
        *(
            Attribute(
                name=name,
                description=f"{what}, true or false. No default column shows it: sent on create,"
                " later only with an entry in `columns`.",
                clearable=False,
                on_update=False,
            )
            for name, what in (
                ("OcUs", "Licence for co-operation"),
                ("PoMa", "Administrator of the AFAS Online portal"),
                ("AcUs", "AFAS Accept"),
            )
        ),
    ),
    open_attributes=True,
    reserved=RESERVED,
    context=("BcCo",),
    write_back=True,
    creates_enabled=True,
    enable_updates=True,
    delete_clears=True,
    shows_leavers_days=SHOWS_LEAVERS_DAYS,
    lane=LANE,
    max_concurrency=MAX_CONCURRENCY,
    read_permissions=("GetConnector T4E_HelloID_Users_v2",),
    write_permissions=("UpdateConnector KnUser",),
    documentation=DOCUMENTATION,
)


_DOCUMENTS: Final = Attribute(
    name=DOCUMENTS_TO,
    description="Which mail receives digital documents; a delete selects the private one.",
    clearable=False,
    on_update=False,
)


def employee_manifest(settings: EmployeeSettings) -> Manifest:
    """What `afas.employee` can do under these settings."""
    writes_through = [settings.update_through]
    attributes = EMPLOYEE.attributes
    if settings.payslips_to_private_mail:
        attributes = (*_with_private_mail_kept(attributes, settings), _DOCUMENTS)
        if "KnEmployee" not in writes_through:
            writes_through.append("KnEmployee")
    return replace(
        EMPLOYEE,
        attributes=attributes,
        read_permissions=(f"GetConnector {settings.get_connectors.users}",),
        write_permissions=tuple(f"UpdateConnector {name}" for name in writes_through),
    )


def _with_private_mail_kept(
    attributes: tuple[Attribute, ...], settings: EmployeeSettings
) -> Iterator[Attribute]:
    """The attributes; none that holds the private mail can be emptied: documents go there."""
    mail = {
        ours for ours, theirs in settings.columns.items() if theirs == settings.private_mail_column
    }
    for attribute in attributes:
        yield replace(attribute, clearable=False) if attribute.name in mail else attribute
    for name in sorted(mail - {attribute.name for attribute in attributes}):
        yield Attribute(name=name, clearable=False, private=True)


def employee_fields(settings: EmployeeSettings) -> Fields:
    """Default `fields` of `afas.employee` under these settings."""
    if not settings.payslips_to_private_mail:
        return EMPLOYEE_FIELDS
    return {**EMPLOYEE_FIELDS, **PAYSLIP_FIELDS}


def user_manifest(settings: UserSettings) -> Manifest:
    """What `afas.user` can do under these settings."""
    verbs = USER.verbs
    if settings.create_user:
        verbs |= {Verb.CREATE}
    if not settings.manage_access:
        verbs -= {Verb.ENABLE, Verb.DISABLE}
    names = settings.get_connectors
    reads = [names.users]
    if settings.create_user or settings.send_description:
        reads.append(names.profit_users)
    return replace(
        USER,
        verbs=verbs,
        attributes=tuple(_updatable(attribute, settings) for attribute in USER.attributes),
        read_permissions=tuple(f"GetConnector {name}" for name in reads),
    )


def _updatable(attribute: Attribute, settings: UserSettings) -> Attribute:
    """An attribute, changeable by an update where the settings make it so."""
    renamed = attribute.name == USER_KEY and settings.update_user_id
    shown = attribute.name in ONLY_ON_CREATE - {DESCRIPTION} and attribute.name in settings.columns
    return replace(attribute, on_update=True) if renamed or shown else attribute


def user_fields(settings: UserSettings) -> Fields:
    """Default `fields` of `afas.user` under these settings."""
    fields = dict(USER_FIELDS)
    if settings.create_user:
        fields |= NEW_USER_FIELDS
    on = [
        action
        for action, wanted in (
            ("create", settings.create_user),
            ("correlate", settings.update_user_id),
        )
        if wanted
    ]
    if on and settings.customer_number:
        fields[USER_KEY] = user_code(settings.customer_number, on)
    return fields
