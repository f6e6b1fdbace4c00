"""Which field goes where, as data: rows of the GetConnectors to people, mapped fields to updates.

Source of names and codes: the T4E_HelloID_*_v2 definitions that come with
Tools4everBV/HelloID-Conn-Prov-Source-AFAS-Profit; customers load them and may rename them.
"""

from collections.abc import Mapping
from typing import Any, Final

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
}
"""What an employment and a position both say; where there is a position, the position says it."""

EMPLOYMENT_COLUMNS: Final = {
    **LINE_COLUMNS,
    "employment_id": "ExternalID",
    "person_id": "Medewerker",
    "type": "Soort_medewerker",
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

COLUMNS: Final = {
    "users": PERSON_COLUMNS,
    "employments": EMPLOYMENT_COLUMNS,
    "positions": POSITION_COLUMNS,
    "organizational_units": DEPARTMENT_COLUMNS,
}
"""Per GetConnector that the source reads: our field -> AFAS's."""
ORDER: Final = {
    "users": ("external_id", "person_number"),
    "employments": ("employment_id", "person_id", "line_start"),
    "positions": ("position_id", "employment_id", "person_id", "line_start"),
    "organizational_units": ("external_id",),
}
"""Fields, by our names, that order the rows without ties; without them pages overlap."""

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
}
"""KnUser field -> column that shows it."""
EMPLOYEE_KEY: Final = "Medewerker"
USER_KEY: Final = "Gebruiker"
LABEL: Final = "DisplayName"
BLOCKED: Final = "Geblokkeerd"
NOT_WRITTEN: Final = frozenset({EMPLOYEE_KEY, USER_KEY, LABEL, BLOCKED, "BcCo"})
"""Columns that say which record it is and what state it is in; no update sends them."""

EMPLOYEE_FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "EmAd": {"from": "accounts.active_directory.mail", "on": ["create", "update"]},
}
"""Default `fields` of the target `afas.employee`."""
USER_FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "Upn": {"from": "accounts.active_directory.userPrincipalName", "on": ["create", "update"]},
    "EmAd": {"from": "accounts.active_directory.mail", "on": ["create", "update"]},
}
"""Default `fields` of the target `afas.user`."""
