"""Properties of users, groups and contacts: types, lengths, what may be written, what is shown.

Source: Microsoft Graph v1.0, pages "user resource type", "group resource type", "Create user",
"Update user", and the CSDL in microsoftgraph/msgraph-metadata for the types.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["text", "texts", "flag", "moment", "object", "objects", "number"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property.

    Attributes:
        kind: Its type.
        writable: Whether a request may set it.
        clearable: Whether it may be null.
        longest: Characters at most.
        shown: Whether a reading without `$select` has it.
        filtered: Whether `$filter` knows it.
        parts: Of an object: the names it may have.
    """

    kind: Kind = "text"
    writable: bool = True
    clearable: bool = True
    longest: int = 0
    shown: bool = False
    filtered: bool = False
    parts: tuple[str, ...] = ()

    def fits(self, value: Any) -> bool:
        """Whether a value is of the type."""
        match self.kind:
            case "text" | "moment":
                return isinstance(value, str) and (not self.longest or len(value) <= self.longest)
            case "texts":
                return isinstance(value, list) and all(isinstance(one, str) for one in value)
            case "flag":
                return isinstance(value, bool)
            case "number":
                return isinstance(value, int) and not isinstance(value, bool)
            case "object":
                return isinstance(value, dict) and (
                    not self.parts or value.keys() <= set(self.parts)
                )
            case "objects":
                return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _text(longest: int = 0, *, shown: bool = False, filtered: bool = False) -> Property:
    return Property(longest=longest, shown=shown, filtered=filtered)


_READ_ONLY: Final = Property(writable=False)
_FILTERED: Final = Property(writable=False, filtered=True)
_EXTENSIONS: Final = tuple(f"extensionAttribute{number}" for number in range(1, 16))

USER: Final[dict[str, Property]] = {
    "id": Property(writable=False, shown=True, filtered=True),
    "accountEnabled": Property(kind="flag", clearable=False, filtered=True),
    "ageGroup": _text(),
    "assignedLicenses": Property(kind="objects", writable=False, filtered=True),
    "businessPhones": Property(kind="texts", shown=True),
    "city": _text(128, filtered=True),
    "companyName": _text(64, filtered=True),
    "consentProvidedForMinor": _text(),
    "country": _text(128, filtered=True),
    "createdDateTime": Property(kind="moment", writable=False, filtered=True),
    "creationType": _READ_ONLY,
    "deletedDateTime": Property(kind="moment", writable=False),
    "department": _text(64, filtered=True),
    "displayName": Property(longest=256, clearable=False, shown=True, filtered=True),
    "employeeHireDate": Property(kind="moment", filtered=True),
    "employeeId": _text(16, filtered=True),
    "employeeLeaveDateTime": Property(kind="moment"),
    "employeeOrgData": Property(kind="object", parts=("costCenter", "division")),
    "employeeType": _text(filtered=True),
    "externalUserState": _READ_ONLY,
    "faxNumber": _text(),
    "givenName": _text(64, shown=True, filtered=True),
    "identities": Property(kind="objects", writable=False),
    "jobTitle": _text(128, shown=True, filtered=True),
    "licenseAssignmentStates": Property(kind="objects", writable=False),
    "mail": _text(256, shown=True, filtered=True),
    "mailNickname": Property(longest=64, clearable=False, filtered=True),
    "mobilePhone": _text(64, shown=True),
    "officeLocation": _text(128, shown=True, filtered=True),
    "onPremisesDistinguishedName": _READ_ONLY,
    "onPremisesExtensionAttributes": Property(kind="object", parts=_EXTENSIONS),
    "onPremisesImmutableId": _text(filtered=True),
    "onPremisesLastSyncDateTime": Property(kind="moment", writable=False),
    "onPremisesSamAccountName": _READ_ONLY,
    "onPremisesSyncEnabled": Property(kind="flag", writable=False, filtered=True),
    "onPremisesUserPrincipalName": _READ_ONLY,
    "otherMails": Property(kind="texts", filtered=True),
    "passwordPolicies": _text(),
    "passwordProfile": Property(
        kind="object",
        parts=(
            "password",
            "forceChangePasswordNextSignIn",
            "forceChangePasswordNextSignInWithMfa",
        ),
    ),
    "postalCode": _text(40),
    "preferredLanguage": _text(shown=True),
    "proxyAddresses": Property(kind="texts", writable=False, filtered=True),
    "securityIdentifier": _READ_ONLY,
    "showInAddressList": Property(kind="flag"),
    "signInSessionsValidFromDateTime": Property(kind="moment", writable=False),
    "state": _text(128),
    "streetAddress": _text(1024),
    "surname": _text(64, shown=True, filtered=True),
    "usageLocation": _text(2, filtered=True),
    "userPrincipalName": Property(longest=113, clearable=False, shown=True, filtered=True),
    "userType": _text(filtered=True),
}

GROUP: Final[dict[str, Property]] = {
    "id": Property(writable=False, shown=True, filtered=True),
    "assignedLicenses": Property(kind="objects", writable=False),
    "classification": _text(shown=True),
    "createdDateTime": Property(kind="moment", writable=False, shown=True),
    "deletedDateTime": Property(kind="moment", writable=False, shown=True),
    "description": _text(1024, shown=True),
    "displayName": Property(longest=256, clearable=False, shown=True, filtered=True),
    "groupTypes": Property(kind="texts", shown=True, filtered=True),
    "isAssignableToRole": Property(kind="flag", filtered=True),
    "mail": Property(writable=False, shown=True, filtered=True),
    "mailEnabled": Property(kind="flag", shown=True, filtered=True),
    "mailNickname": Property(longest=64, clearable=False, shown=True, filtered=True),
    "membershipRule": _text(shown=True),
    "membershipRuleProcessingState": _text(shown=True),
    "onPremisesSyncEnabled": Property(kind="flag", writable=False, shown=True, filtered=True),
    "proxyAddresses": Property(kind="texts", writable=False, shown=True, filtered=True),
    "securityEnabled": Property(kind="flag", shown=True, filtered=True),
    "visibility": _text(shown=True),
}

CONTACT: Final[dict[str, Property]] = {
    "id": Property(writable=False, shown=True, filtered=True),
    "companyName": Property(writable=False, shown=True),
    "displayName": Property(writable=False, shown=True, filtered=True),
    "givenName": Property(writable=False, shown=True),
    "mail": Property(writable=False, shown=True, filtered=True),
    "mailNickname": Property(writable=False, shown=True, filtered=True),
    "onPremisesSyncEnabled": Property(kind="flag", writable=False, shown=True),
    "proxyAddresses": Property(kind="texts", writable=False, shown=True, filtered=True),
    "surname": Property(writable=False, shown=True),
}

SCHEMAS: Final = {"user": USER, "group": GROUP, "orgContact": CONTACT}
TITLES: Final = {"user": "User", "group": "Group", "orgContact": "OrgContact"}
SETS: Final = {"user": "users", "group": "groups", "orgContact": "contacts"}

WRITABLE_WHEN_SYNCED: Final = frozenset({"usageLocation", "passwordPolicies", "ageGroup"})
"""Of a user that comes from Active Directory; everything else is changed there."""
EMPTY_LISTS: Final = frozenset({"businessPhones", "otherMails", "proxyAddresses", "groupTypes"})
