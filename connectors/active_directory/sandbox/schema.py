"""What the sandbox knows of Active Directory's schema: classes, attributes, sizes.

Without the Exchange extension, so `extensionAttribute1` and the like do not exist here either.

Source: MS-ADA1 to MS-ADA3 (syntax and rangeUpper of every attribute), MS-SAMR 3.1.1.6 (account
    names).
"""

from dataclasses import dataclass
from typing import Final

CLASSES: Final = {
    "domainDNS": ("top", "domain", "domainDNS"),
    "container": ("top", "container"),
    "organizationalUnit": ("top", "organizationalUnit"),
    "user": ("top", "person", "organizationalPerson", "user"),
    "contact": ("top", "person", "organizationalPerson", "contact"),
    "computer": ("top", "person", "organizationalPerson", "user", "computer"),
    "group": ("top", "group"),
    "classStore": ("top", "classStore"),
    "msDS-PasswordSettings": ("top", "msDS-PasswordSettings"),
}
CATEGORIES: Final = {"user": "person", "contact": "person", "domainDNS": "domain-DNS"}
"""What `objectCategory` is for a class, where it is not the class itself."""
PARENTS: Final = frozenset({"domainDNS", "container", "organizationalUnit"})
BELOW_USERS: Final = frozenset({"classStore"})
"""Classes whose objects may stand below an account, as the records of mobile devices do."""
RDN_KINDS: Final = {"organizationalUnit": "OU", "domainDNS": "DC"}
"""Type of the leaf part; CN for everything else."""
PRINCIPALS: Final = frozenset({"user", "computer", "group"})
"""Classes that have a sAMAccountName."""

LINKS: Final = frozenset({"manager", "assistant", "secretary", "managedBy"})
INDEXED: Final = ("sAMAccountName", "userPrincipalName", "mail", "proxyAddresses", "employeeID")
"""employeeID is not indexed in a real directory; here it is, so that tests are quick."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What may stand in an attribute.

    Attributes:
        name: The schema's spelling.
        longest: Characters at most.
        multi: Whether it may have several values.
        number: Whether it is a whole number.
    """

    name: str
    longest: int | None = None
    multi: bool = False
    number: bool = False


COMPUTED: Final = {
    name.lower(): name
    for name in (
        "objectGUID", "objectSid", "distinguishedName", "name", "memberOf", "primaryGroupID",
        "whenCreated", "whenChanged", "uSNCreated", "uSNChanged", "badPwdCount",
        "lastLogonTimestamp", "objectCategory",
        "isCriticalSystemObject", "adminCount", "isDeleted", "tokenGroups", "msDS-ResultantPSO",
    )
}  # fmt: skip
"""Attributes that only the directory itself writes, by their names in lower case."""

_LENGTHS: Final = {
    "sAMAccountName": 256, "userPrincipalName": 1024, "mail": 256, "employeeID": 16,
    "employeeNumber": 512, "employeeType": 256, "displayName": 256, "givenName": 64,
    "middleName": 64, "sn": 64, "initials": 6, "personalTitle": 64, "title": 128, "department": 64,
    "division": 256, "company": 64, "description": 1024, "info": 1024,
    "physicalDeliveryOfficeName": 128, "telephoneNumber": 64, "mobile": 64, "homePhone": 64,
    "ipPhone": 64, "pager": 64, "facsimileTelephoneNumber": 64, "streetAddress": 1024,
    "postalCode": 40, "l": 128, "st": 128, "co": 128, "c": 3, "wWWHomePage": 2048,
    "preferredLanguage": None, "homeDirectory": None, "homeDrive": None, "profilePath": None,
    "scriptPath": None,
}  # fmt: skip
_SEVERAL: Final = (
    "proxyAddresses", "otherTelephone", "otherMobile", "otherHomePhone", "otherMailbox",
    "departmentNumber",    "businessCategory", "postOfficeBox", "url",
)  # fmt: skip
_NUMBERS: Final = (
    "userAccountControl", "pwdLastSet", "accountExpires", "countryCode", "groupType",
    "lockoutTime", "minPwdLength", "pwdProperties", "msDS-MinimumPasswordLength",
)  # fmt: skip

RULES: Final = {
    rule.name.lower(): rule
    for rule in (
        *(Rule(name, longest) for name, longest in _LENGTHS.items()),
        *(Rule(f"msDS-cloudExtensionAttribute{number}", 1024) for number in range(1, 21)),
        *(Rule(name, 2048, multi=True) for name in _SEVERAL),
        *(Rule(name, number=True) for name in _NUMBERS),
        *(Rule(name) for name in sorted(LINKS)),
    )
}
"""Attributes that may be written, by their names in lower case."""

FORBIDDEN_IN_LOGIN: Final = frozenset('"/\\[]:;|=,+*?<>')
COMMON_NAME_LENGTH: Final = 64
DOMAIN_SID: Final = (21, 1_004_336_348, 1_177_238_915, 682_003_330)
"""Of the domain: the parts of S-1-5-… before the number of an account."""
WELL_KNOWN: Final = {"Administrator": 500, "Domain Admins": 512}
"""sAMAccountName -> the last part of its security identifier."""
LOGIN_LENGTH: Final = 20
"""Characters of a sAMAccountName of a user; a group may have 256."""

DISABLED: Final = 0x0002
PASSWORD_NOT_REQUIRED: Final = 0x0020
NORMAL: Final = 0x0200
KNOWN_FLAGS: Final = 0x03FFFFFB & ~0x0100
"""Bits of userAccountControl that mean anything for an account of a domain; 0x0001 does not."""
