"""What this connector can do in Active Directory, and which rights that takes."""

from typing import Final

from connectors.model.change import OFFERED
from connectors.model.manifest import ADDRESS, COMMON_NAME, LOGIN, Attribute, Compare, Manifest

NEVER_MAPPED: Final = (
    "container",
    "member",
    "memberOf",
    "name",
    "objectClass",
    "objectGUID",
    "objectSid",
    "unicodePwd",
    "userAccountControl",
    "userPassword",
)
"""Attributes that follow from something else, or that only this connector sets, in its own way."""
MANAGER_ID: Final = "managerId"
"""Not an attribute of the directory: the HR id of the manager, for which `manager` holds a name."""
PRODUCES: Final = ("mail", "userPrincipalName", "sAMAccountName", "distinguishedName")

_UNIQUE: Final = (
    Attribute(
        name="cn",
        description="Common name, the leaf of the distinguished name; a change renames the object.",
        unique_in=COMMON_NAME,
        clearable=False,
        max_length=64,
    ),
    Attribute(
        name="sAMAccountName",
        description="Short login name, unique in the domain.",
        compare=Compare.IGNORE_CASE,
        unique_in=LOGIN,
        clearable=False,
        max_length=20,
    ),
    Attribute(
        name="userPrincipalName",
        description="Login name in the form of an address, unique in the forest.",
        compare=Compare.IGNORE_CASE,
        unique_in=ADDRESS,
        max_length=1024,
    ),
    Attribute(
        name="mail",
        description="Mail address.",
        compare=Compare.IGNORE_CASE,
        unique_in=ADDRESS,
        max_length=256,
    ),
    Attribute(
        name="proxyAddresses",
        description="Addresses of a mailbox: one SMTP: for the primary one, smtp: for the others.",
        multi=True,
        unique_in=ADDRESS,
    ),
)

_TEXT: Final = {
    "employeeID": ("Number of the person in HR; the correlation attribute by default.", 16),
    "employeeNumber": ("A second number of the person.", 512),
    "employeeType": ("Kind of employment.", 256),
    "displayName": ("Name as it is shown.", 256),
    "givenName": ("Given name.", 64),
    "middleName": ("Further given names.", 64),
    "sn": ("Surname.", 64),
    "initials": ("Initials.", 6),
    "personalTitle": ("Form of address.", 64),
    "title": ("Job title.", 128),
    "department": ("Department.", 64),
    "division": ("Division.", 256),
    "company": ("Employer.", 64),
    "description": ("Description.", 1024),
    "info": ("Notes.", 1024),
    "physicalDeliveryOfficeName": ("Office.", 128),
    "telephoneNumber": ("Office telephone.", 64),
    "mobile": ("Mobile telephone.", 64),
    "homePhone": ("Private telephone.", 64),
    "ipPhone": ("Telephone over IP.", 64),
    "pager": ("Pager.", 64),
    "facsimileTelephoneNumber": ("Fax.", 64),
    "streetAddress": ("Street and number.", 1024),
    "postalCode": ("Postal code.", 40),
    "l": ("Town.", 128),
    "st": ("Province.", 128),
    "co": ("Country by name.", 128),
    "c": ("Country by its ISO 3166 code.", 3),
    "countryCode": ("Country by its number.", None),
    "preferredLanguage": ("Language.", None),
    "wWWHomePage": ("Web page.", 2048),
    "homeDirectory": ("Home folder.", None),
    "homeDrive": ("Drive letter of the home folder.", None),
    "profilePath": ("Folder of the profile.", None),
    "scriptPath": ("Logon script.", None),
    "accountExpires": ("When the account stops, in 100 ns since 1601; 0 for never.", None),
}

_PRIVATE: Final = frozenset({"homePhone", "otherHomePhone"})

_CUT: Final = frozenset({"displayName", "givenName", "sn"})
"""Names that people read: cut where they are longer than what fits."""

_SEVERAL: Final = {
    "otherTelephone": "Further office telephones.",
    "otherMobile": "Further mobile telephones.",
    "otherHomePhone": "Further private telephones.",
    "otherMailbox": "Further mail addresses.",
    "departmentNumber": "Numbers of departments.",
    "businessCategory": "Kinds of work.",
    "postOfficeBox": "Post office boxes.",
    "url": "Further web pages.",
}

MANIFEST: Final = Manifest(
    connector="active_directory",
    title="Active Directory",
    verbs=OFFERED,
    correlation="employeeID",
    attributes=(
        *_UNIQUE,
        *(
            Attribute(
                name=name,
                description=description,
                max_length=longest,
                private=name in _PRIVATE,
            )
            for name, (description, longest) in _TEXT.items()
        ),
        *(Attribute(name=name, description=text, multi=True) for name, text in _SEVERAL.items()),
        Attribute(
            name="manager",
            description="Distinguished name of the manager's account.",
            compare=Compare.DN,
        ),
        Attribute(
            name=MANAGER_ID,
            description="HR id of the manager; the account of that person becomes the manager.",
        ),
        Attribute(
            name="distinguishedName",
            description="Where the account stands; follows from cn and container.",
            compare=Compare.DN,
            clearable=False,
            on_update=False,
        ),
    ),
    open_attributes=True,
    reserved=NEVER_MAPPED,
    produces=PRODUCES,
    max_concurrency=4,
    read_permissions=(
        "read all properties of users, groups, contacts and computers in the whole domain",
    ),
    write_permissions=(
        "create and delete user objects in the containers, and full control of user objects there",
        "read and write the attribute member of the groups that may be granted",
    ),
    documentation="https://learn.microsoft.com/openspecs/windows_protocols/ms-adts/",
)
