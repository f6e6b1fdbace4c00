"""What a new sandbox holds: OUs for accounts and groups, an administrator, a service account.

Their GUIDs follow from their names, so that two sandboxes begin alike.
"""

import uuid
from typing import Final

from connectors.active_directory.sandbox.objects import Object
from connectors.active_directory.sandbox.schema import NORMAL
from connectors.active_directory.sandbox.store import Store

BASE_DN: Final = "DC=corp,DC=example,DC=org"
STARTERS: Final = f"OU=Starters,OU=Managed,{BASE_DN}"
STAFF: Final = f"OU=Staff,OU=Managed,{BASE_DN}"
LEAVERS: Final = f"OU=Leavers,OU=Managed,{BASE_DN}"
TEAMS: Final = f"OU=Teams,OU=Managed,{BASE_DN}"
"""Here the service account may make OUs too."""
GROUPS_BASE: Final = f"OU=Groups,{BASE_DN}"

ADMINISTRATOR: Final = "Administrator"
ADMINISTRATOR_PASSWORD: Final = "Passw0rd!Adm1n"
SERVICE: Final = "svc-retour"
SERVICE_USER: Final = "svc-retour@corp.example.org"
SERVICE_PASSWORD: Final = "Sandbox#2026!x"

GROUPS: Final = (
    "G-All-Staff",
    "G-Care-Staff",
    "G-Nursing",
    "G-Office",
    "G-Finance",
    "G-HR",
    "G-IT",
    "G-Management",
    "G-VPN",
)


def furnish(store: Store) -> None:
    """Put the first objects in, as one transaction."""
    made: dict[str, Object] = {}

    def make(name: str, kind: str, parent: str | None, **attributes: str) -> Object:
        leaf = ("CN" if kind in {"container", "user", "group"} else "OU", name)
        guid = str(
            uuid.uuid5(uuid.NAMESPACE_DNS, f"{name},{parent or ''},{store.base_dn.casefold()}")
        )
        made[name] = Object(
            guid=guid,
            parent=made[parent].guid if parent else made["domain"].guid if made else None,
            rdn=leaf,
            kind=kind,
            attributes={key: [value] for key, value in attributes.items()},
        )
        return made[name]

    def make_user(name: str, password: str, **attributes: str) -> Object:
        user = make(
            name, "user", "Users", sAMAccountName=name, userAccountControl=str(NORMAL), **attributes
        )
        user.set_password(password)
        user.attributes["pwdLastSet"] = ["1"]
        return user

    make("domain", "domainDNS", None, minPwdLength="8", pwdProperties="1")
    make("Users", "container", None)
    deleted = make("Deleted Objects", "container", None, isDeleted="TRUE")
    managed = make("Managed", "organizationalUnit", None)
    for name in ("Starters", "Staff", "Leavers", "Teams"):
        make(name, "organizationalUnit", "Managed")
    groups = make("Groups", "organizationalUnit", None)
    for name in GROUPS:
        make(name, "group", "Groups", sAMAccountName=name, groupType="-2147483646")
    admins = make(
        "Domain Admins",
        "group",
        "Users",
        sAMAccountName="Domain Admins",
        groupType="-2147483646",
        adminCount="1",
        isCriticalSystemObject="TRUE",
    )
    administrator = make_user(
        ADMINISTRATOR, ADMINISTRATOR_PASSWORD, adminCount="1", isCriticalSystemObject="TRUE"
    )
    administrator.groups = [admins.guid]
    service = make_user(SERVICE, SERVICE_PASSWORD, userPrincipalName=SERVICE_USER)
    for container in (managed, groups, deleted):
        container.delegates = [service.guid]
    made["Teams"].builders = [service.guid]
    store.commit(put=made.values())
