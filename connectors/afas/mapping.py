"""Which field goes where, as data: rows of the GetConnectors to people, mapped fields to updates.

Source of names and codes: the T4E_HelloID_*_v2 definitions that come with
Tools4everBV/HelloID-Conn-Prov-Source-AFAS-Profit; customers load them and may rename them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.model.people import CONTRACT_NUMBERS, PERSON_FLAGS

PERSON_COLUMNS: Final = {
    "external_id": "Medewerker",
    "display_name": "DisplayName",
    "given_name": "Voornaam",
    "nick_name": "Roepnaam",
    "initials": "Voorletters",
    "family_name_prefix": "Voorvoegsel",
    "family_name": "Geboortenaam",
    "partner_name_prefix": "Voorvoegsel_partner",
    "partner_name": "Geboortenaam_partner",
    "convention": "Naamgebruik_code",
    "work_email": "Email_werk",
    "user_principal_name": "UPN",
    "work_phone": "Telefoonnr_werk",
    "work_mobile": "Mobielnr_werk",
    "user_id": "Gebruiker",
    "person_number": "Persoonsnummer",
}
REQUIRED_OF_PERSON: Final = ("nick_name", "family_name")

CONVENTIONS: Final = {"0": "B", "1": "PB", "2": "P", "3": "BP"}
"""`Naamgebruik_code` -> convention; anything else counts as B."""

LINE_COLUMNS: Final = {
    "department_id": "Organisatorische_eenheid_code",
    "department_name": "Organisatorische_eenheid_omschrijving",
    "title_id": "Functie_code",
    "title": "Functie_omschrijving",
    "cost_center": "Kostenplaats_code",
    "employer": "Werkgever_code",
    "manager_id": "Medewerkernummer_leidinggevende",
    "line_start": "Begindatum_functie",
    "line_end": "Einddatum_functie",
    "custom.cost_center_name": "Kostenplaats_omschrijving",
    "custom.employer_name": "Werkgever_omschrijving",
    "custom.deputy_manager_id": "Medewerkernummer_VervangendLeidinggevende",
}
"""What an employment and a position both say; where there is a position, the position says it."""

EMPLOYMENT_COLUMNS: Final = {
    **LINE_COLUMNS,
    "employment_id": "ExternalID",
    "person_id": "Medewerker",
    "type": "Soort_medewerker",
    "custom.type_id": "Soort_medewerker_code",
    "contract_start": "Begindatum_contract",
    "contract_end": "Einddatum_contract",
    "sequence": "Volgnummer_contract",
    "hours_per_week": "Uren_per_week",
    "percentage": "Parttime_percentage",
    "fte": "FTE",
}
POSITION_COLUMNS: Final = {
    **LINE_COLUMNS,
    "position_id": "ExternalID",
    "employment_id": "EmploymentExternalID",
    "person_id": "Medewerker",
    "percentage": "Percentage",
}
REQUIRED_OF_CONTRACT: Final = ("external_id", "start_date", "department_id", "title_id")

DEPARTMENT_COLUMNS: Final = {
    "external_id": "ExternalId",
    "name": "DisplayName",
    "parent_id": "ParentExternalId",
    "manager_id": "ManagerExternalId",
}

GROUP_COLUMNS: Final = {"group_id": "GroupId", "name": "Description"}
MEMBERSHIP_COLUMNS: Final = {"group_id": "GroupId", "user_id": "UserId"}
GROUPS: Final = "custom.afas_groups"
GROUP_NAMES: Final = "custom.afas_group_names"
"""Person fields that hold the groups of a person's user, by code and by description."""

COLUMNS: Final = {
    "users": PERSON_COLUMNS,
    "employments": EMPLOYMENT_COLUMNS,
    "positions": POSITION_COLUMNS,
    "organizational_units": DEPARTMENT_COLUMNS,
    "groups": GROUP_COLUMNS,
    "user_groups": MEMBERSHIP_COLUMNS,
}
"""Per GetConnector that the source reads: our field -> AFAS's."""
FURTHER: Final = {
    "users": frozenset({"personal_email", *PERSON_FLAGS}),
    "employments": frozenset({"location"}),
    "positions": frozenset({"location", "type", "fte", "hours_per_week", "sequence"}),
}
"""Fields of ours that the original definitions do not show; a profile can name a field for them."""
WITH_CUSTOM: Final = frozenset({"users", "employments", "positions"})
"""GetConnectors to which a profile can add `custom.<name>`."""
NEEDED: Final = {
    "users": frozenset({"external_id", "person_number", "nick_name", "family_name"}),
    "employments": frozenset(
        {"employment_id", "person_id", "department_id", "title_id", "line_start", "line_end"}
        | {"contract_start", "contract_end"}
    ),
    "positions": frozenset(
        {"position_id", "employment_id", "person_id", "department_id", "title_id"}
        | {"line_start", "line_end"}
    ),
    "organizational_units": frozenset({"external_id"}),
    "groups": frozenset({"group_id"}),
    "user_groups": frozenset({"group_id", "user_id"}),
}
"""Keys and required fields: the others can be left unread."""
ORDER: Final = {
    "users": ("external_id", "person_number"),
    "employments": ("employment_id", "person_id", "line_start"),
    "positions": ("position_id", "employment_id", "person_id", "line_start"),
    "organizational_units": ("external_id",),
    "groups": ("group_id",),
    "user_groups": ("user_id", "group_id"),
}
"""Fields, by our names, that order the rows without ties; without them pages overlap."""
DATES: Final = frozenset({"line_start", "line_end", "contract_start", "contract_end"})
NUMBERS: Final = frozenset(CONTRACT_NUMBERS)
FLAGS: Final = frozenset(PERSON_FLAGS)

EMPLOYEE_COLUMNS: Final = {
    "Medewerker": "Medewerker",
    "DisplayName": "DisplayName",
    "BcCo": "Persoonsnummer",
    "EmAd": "Email_werk",
    "TeNr": "Telefoonnr_werk",
    "MbNr": "Mobielnr_werk",
}
"""KnPerson field -> column that shows it. No column shows EmailPortal (`Email_portal` does not)."""
USER_COLUMNS: Final = {
    "Gebruiker": "Gebruiker",
    "Medewerker": "Medewerker",
    "DisplayName": "DisplayName",
    "Geblokkeerd": "Geblokkeerd",
    "BcCo": "Persoonsnummer",
    "Upn": "UPN",
    "EmAd": "Email_werk_gebruiker",
    "InSi": "InSite",
    "Site": "OutSite",
    "Awin": "Profit_Windows",
}
"""KnUser field -> column that shows it."""
EMPLOYEE_KEY: Final = "Medewerker"
USER_KEY: Final = "Gebruiker"
PERSON_KEY: Final = "BcCo"
LABEL: Final = "DisplayName"
BLOCKED: Final = "Geblokkeerd"
DOCUMENTS_TO: Final = "DocumentsTo"
"""Our name for `AfasEmployee.Fields.EmAd`, which selects the mail that digital documents go to."""
DESCRIPTION: Final = "Nm"

TO_PRIVATE_MAIL: Final = "P"
"""Value of it that sends digital documents to the private mail."""
KEYS: Final = frozenset({EMPLOYEE_KEY, PERSON_KEY, LABEL, BLOCKED, DOCUMENTS_TO})
"""Columns that say which record it is and what state it is in; no mapping sends them."""
RESERVED: Final = ("MtCd", "MatchPer", "BcId", "UsId", "UsIdNew", "Pw", "Acon", "Abac", "Acom")
"""Fields that no mapping may send. What to do (`MtCd`) and with whom (`MatchPer`, …) is decided per
action, in code; the others were removed from KnUser in Profit 3."""
RIGHTS: Final = ("InSi", "Site", "Awin", "OcUs", "PoMa", "AcUs")
"""Rights of a user. AFAS counts some of them as given when an insert leaves them out."""
PRIVATE: Final = frozenset({"EmA2", "TeN2", "MbN2", "DaBi", "SoSe"})
"""Fields of a person's private life: no message shows their values."""
ONLY_ON_CREATE: Final = frozenset({DESCRIPTION, "OcUs", "PoMa", "AcUs"})
"""Fields of a user that no column shows: a new user gets them, later nobody can compare them."""

Spec = Mapping[str, Any]
Fields = Mapping[str, Spec | Sequence[Spec]]

EMPLOYEE_FIELDS: Final[Fields] = {
    "EmAd": {"from": "accounts.active_directory.mail", "on": ["create", "update"]},
}
"""Default `fields` of the target `afas.employee`; a delete clears what is mapped."""
PAYSLIP_FIELDS: Final[Fields] = {DOCUMENTS_TO: {"value": TO_PRIVATE_MAIL, "on": ["delete"]}}
"""What a delete does besides, with the setting `payslips_to_private_mail`."""
USER_FIELDS: Final[Fields] = {
    "Upn": {"from": "accounts.active_directory.userPrincipalName", "on": ["create", "update"]},
    "EmAd": {"from": "accounts.active_directory.mail", "on": ["create", "update"]},
    "InSi": [
        {"value": True, "on": ["create", "correlate"]},
        {"value": False, "on": ["delete"]},
    ],
    # OutSite needs a mail, and a delete clears that: off, although the reference turns it on then.
    "Site": {"value": False, "on": ["create", "correlate", "delete"]},
    "Awin": {"value": False, "on": ["create", "delete"]},
}
"""Default `fields` of the target `afas.user`; a delete clears what has no value for it here."""
NEW_USER_FIELDS: Final[Fields] = {
    DESCRIPTION: {"from": "names.display_name", "on": ["create"]},
    "OcUs": {"value": False, "on": ["create"]},
    "PoMa": {"value": False, "on": ["create"]},
    "AcUs": {"value": False, "on": ["create"]},
}
"""What a new user gets besides, with the setting `create_user`."""


def user_code(customer: str, on: Sequence[str]) -> Spec:
    """Mapping of the user code: the customer's number, a dot, the employee number."""
    return {"template": f"{customer}.{{person.external_id}}", "on": list(on)}
