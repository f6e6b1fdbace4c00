"""What a new sandbox holds: units for accounts, groups, an administrator, roles and licences.

Ids follow from the seed, so that two sandboxes begin alike.
"""

from datetime import date
from typing import Any, Final

from connectors.google_workspace.sandbox.groups import Groups
from connectors.google_workspace.sandbox.units import Roles, Units
from connectors.google_workspace.sandbox.users import Users
from connectors.google_workspace.sandbox.workspace import Sku, Workspace
from connectors.sdk.invent import invent

DOMAIN: Final = "example.org"
SECOND_DOMAIN: Final = "care.example.org"
CUSTOMER: Final = "C03example"
ADMIN: Final = "admin@example.org"
HELPDESK: Final = "helpdesk@example.org"
STARTERS: Final = "/Staff/Starters"
STAFF: Final = "/Staff"
LEAVERS: Final = "/Leavers"
UNITS: Final = (STAFF, STARTERS, LEAVERS, "/Service accounts")
GROUPS: Final = (
    "all-staff",
    "care-staff",
    "nursing",
    "office",
    "finance",
    "hr",
    "it",
    "management",
    "vpn",
)
PRODUCT: Final = "Google-Apps"
BUSINESS_PLUS: Final = "1010020025"
BUSINESS_STARTER: Final = "1010020027"
SKUS: Final = {
    BUSINESS_PLUS: "Google Workspace Business Plus",
    BUSINESS_STARTER: "Google Workspace Business Starter",
}
ROLES: Final = ("_GROUPS_ADMIN_ROLE", "_HELP_DESK_ADMIN_ROLE", "_USER_MANAGEMENT_ADMIN_ROLE")
PASSWORD: Final = "Sandbox#2026!x"
BEGAN: Final = "2020-01-01T00:00:00.000Z"


def furnished(seed: int = 1) -> Workspace:
    """A workspace with its first content."""
    workspace = Workspace(domains=(DOMAIN, SECOND_DOMAIN), customer=CUSTOMER, seed=seed)
    units, groups, roles = Units(workspace), Groups(workspace), Roles(workspace)
    for path in UNITS:
        above, _, name = path.rpartition("/")
        units.insert({"name": name, "parentOrgUnitPath": above or "/"})
    for name in GROUPS:
        groups.insert({"email": f"{name}@{DOMAIN}", "name": name.replace("-", " ").capitalize()})
    for name in ROLES:
        key = workspace.number(17)
        workspace.roles[key] = {
            "kind": "admin#directory#role",
            "etag": f'"{name}"',
            "roleId": key,
            "roleName": name,
            "isSystemRole": True,
            "isSuperAdminRole": False,
        }
    for sku, name in SKUS.items():
        workspace.skus[PRODUCT, sku] = Sku(name)
    admin = add_user(workspace, ADMIN, "Ada", "Admin", orgUnitPath="/Service accounts")
    admin["isAdmin"] = True
    helpdesk = add_user(workspace, HELPDESK, "Help", "Desk", orgUnitPath="/Service accounts")
    roles.assign({"roleId": next(iter(workspace.roles)), "assignedTo": helpdesk["id"]})
    for user in (admin, helpdesk):
        workspace.touch(user)
    return workspace


def add_user(
    workspace: Workspace, address: str, given: str, family: str, **fields: Any
) -> dict[str, Any]:
    """Make a user who has been there since long; the resource itself, to be changed."""
    user = Users(workspace).insert(
        {
            "primaryEmail": address,
            "name": {"givenName": given, "familyName": family},
            "password": PASSWORD,
            **fields,
        }
    )
    user["creationTime"] = BEGAN
    workspace.touch(user)
    return user


def add_people(workspace: Workspace, people: int, seed: int, today: date) -> None:
    """Give invented persons an account, with their number in HR, everybody in the first group."""
    groups = Groups(workspace)
    persons = invent(people, seed, today).persons
    rows = persons[["external_id", "nick_name", "family_name"]].itertuples(index=False)
    for number, nick, family in rows:
        user = add_user(
            workspace,
            f"u{number}@{DOMAIN}",
            str(nick),
            str(family),
            orgUnitPath=STAFF,
            externalIds=[{"value": number, "type": "organization"}],
        )
        groups.add(f"{GROUPS[0]}@{DOMAIN}", {"id": user["id"]})
