"""What the AFAS connectors can do, as data."""

from typing import Final

from connectors.model.change import Verb
from connectors.model.manifest import ADDRESS, Attribute, Compare, Manifest

LANE: Final = "afas"
"""Employee and user are parts of one person, and AFAS refuses two writers on one person."""
MAX_CONCURRENCY: Final = 5
DOCUMENTATION: Final = "https://help.afas.nl/help/NL/SE/App_Cnr_Rest_Api.htm"
TEXT_LENGTH: Final = 255
VERBS: Final = frozenset({Verb.CORRELATE, Verb.UPDATE})

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
    verbs=VERBS,
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
    ),
    open_attributes=True,
    context=("BcCo",),
    write_back=True,
    lane=LANE,
    max_concurrency=MAX_CONCURRENCY,
    read_permissions=("GetConnector T4E_HelloID_Users_v2",),
    write_permissions=("UpdateConnector KnEmployee, or KnPerson with `update_through: KnPerson`",),
    documentation=DOCUMENTATION,
)

USER: Final = Manifest(
    connector="afas.user",
    title="AFAS Profit: user",
    verbs=VERBS,
    correlation="Medewerker",
    attributes=(
        *_KEYS,
        Attribute(
            name="Gebruiker",
            description="User code.",
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
            description="Mail of the user.",
            compare=Compare.IGNORE_CASE,
            unique_in=ADDRESS,
            max_length=TEXT_LENGTH,
        ),
        Attribute(name="InSi", description="Access to InSite, true or false.", clearable=False),
        Attribute(
            name="Site",
            description="Access to OutSite, true or false; needs a mail.",
            clearable=False,
        ),
    ),
    open_attributes=True,
    write_back=True,
    lane=LANE,
    max_concurrency=MAX_CONCURRENCY,
    read_permissions=("GetConnector T4E_HelloID_Users_v2",),
    write_permissions=("UpdateConnector KnUser",),
    documentation=DOCUMENTATION,
)
