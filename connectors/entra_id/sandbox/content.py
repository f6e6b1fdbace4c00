"""What a new tenant holds: domains, groups of every kind, licences, an administrator, a contact."""

from typing import Any, Final

from connectors.entra_id.sandbox.objects import Thing
from connectors.entra_id.sandbox.tenant import Tenant, with_mail

DOMAIN: Final = "example.org"
DOMAINS: Final = (DOMAIN, "example.com", "retour.onmicrosoft.com")
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
ADMINISTRATOR: Final = f"admin@{DOMAIN}"
BREAK_GLASS: Final = "emergency@retour.onmicrosoft.com"
SYNCED: Final = f"from.ad@{DOMAIN}"
CONTACT: Final = f"night.desk@{DOMAIN}"
TEAM: Final = f"care.team@{DOMAIN}"
LIST: Final = f"announcements@{DOMAIN}"
LICENCES: Final = {"SPE_E3": 500, "EXCHANGESTANDARD": 1000, "VISIOCLIENT": 2}
GLOBAL_ADMINISTRATOR: Final = "62e90394-69f5-4237-9190-012177145e10"
"""Template id of the role, the same in every tenant."""
USER_ADMINISTRATOR: Final = "fe930be7-5e62-47db-91af-98c3a49a38b1"
_PASSWORD: Final = "Known-To-Nobody#1"


def furnish(tenant: Tenant) -> None:
    """Put the first objects in."""
    tenant.domains.extend(DOMAINS)
    for name in GROUPS:
        add_group(tenant, name)
    add_group(
        tenant,
        "Everyone in care",
        groupTypes=["DynamicMembership"],
        membershipRule='(user.department -eq "Care")',
        membershipRuleProcessingState="On",
    )
    add_group(tenant, "Printers at the office", onPremisesSyncEnabled=True)
    add_group(
        tenant,
        "Care team",
        groupTypes=["Unified"],
        mailEnabled=True,
        mail=TEAM,
        proxyAddresses=with_mail((), TEAM),
        visibility="Private",
    )
    add_group(
        tenant,
        "Announcements",
        mailEnabled=True,
        securityEnabled=False,
        mail=LIST,
        proxyAddresses=with_mail((), LIST),
    )
    admins = add_group(tenant, "Help desk with a role", isAssignableToRole=True)
    for name, units in LICENCES.items():
        tenant.skus[tenant.new_id(f"sku {name}")] = {"name": name, "units": units}
    administrator = add_user(tenant, ADMINISTRATOR, displayName="Administrator")
    emergency = add_user(tenant, BREAK_GLASS, displayName="Break glass")
    add_user(
        tenant,
        SYNCED,
        displayName="Somebody from Active Directory",
        onPremisesSyncEnabled=True,
        onPremisesSamAccountName="fromad",
    )
    for name, template, members in (
        ("Global Administrator", GLOBAL_ADMINISTRATOR, [administrator.id, emergency.id]),
        ("User Administrator", USER_ADMINISTRATOR, [admins.id]),
    ):
        tenant.roles[tenant.new_id(f"role {name}")] = {
            "name": name,
            "template": template,
            "members": members,
        }
    add_contact(tenant, CONTACT, displayName="Night desk")


def add_group(tenant: Tenant, name: str, **properties: Any) -> Thing:
    """Make a group, as an administrator would by hand."""
    plain = {
        "displayName": name,
        "mailNickname": "".join(letter for letter in name if letter.isalnum() or letter in "-_"),
        "mailEnabled": False,
        "securityEnabled": True,
        "groupTypes": [],
    }
    return _settled(tenant.add("group", {**plain, **properties}, key=f"group {name}"))


def add_user(tenant: Tenant, principal: str, **properties: Any) -> Thing:
    """Make a user, as an administrator would by hand."""
    plain = {
        "userPrincipalName": principal,
        "displayName": principal.partition("@")[0],
        "mailNickname": principal.partition("@")[0],
        "accountEnabled": True,
        "userType": "Member",
    }
    if properties.get("mail") and "proxyAddresses" not in properties:
        properties["proxyAddresses"] = with_mail((), properties["mail"])
    made = _settled(tenant.add("user", {**plain, **properties}, key=f"user {principal}"))
    made.password = _PASSWORD
    return made


def add_contact(tenant: Tenant, mail: str, **properties: Any) -> Thing:
    """Make a contact, as an administrator would by hand."""
    plain = {
        "mail": mail,
        "mailNickname": mail.partition("@")[0],
        "proxyAddresses": with_mail((), mail),
    }
    return _settled(tenant.add("orgContact", {**plain, **properties}, key=f"contact {mail}"))


def _settled(thing: Thing) -> Thing:
    """Somebody made it long ago: it can be seen."""
    thing.made_at = 0.0
    return thing
