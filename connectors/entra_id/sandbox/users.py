"""Users: make, read, change, delete; manager, sessions, licences."""

import re
from collections.abc import Iterable
from typing import Any, Final

from connectors.entra_id.sandbox import rights
from connectors.entra_id.sandbox.objects import Thing
from connectors.entra_id.sandbox.problems import (
    BAD_REQUEST,
    SYNCED,
    Problem,
    bad_request,
    denied,
    not_found,
)
from connectors.entra_id.sandbox.query import Options, next_link, options_of, page
from connectors.entra_id.sandbox.request import DONE, Request, Response
from connectors.entra_id.sandbox.schema import SCHEMAS, TITLES, USER, WRITABLE_WHEN_SYNCED
from connectors.entra_id.sandbox.tenant import Tenant, with_mail
from connectors.entra_id.sandbox.views import collection, entity, shown, typed

REQUIRED: Final = (
    "accountEnabled",
    "displayName",
    "mailNickname",
    "userPrincipalName",
    "passwordProfile",
)
SENSITIVE: Final = frozenset(
    {"accountEnabled", "businessPhones", "mobilePhone", "otherMails", "userPrincipalName"}
)
"""Of an administrator no app with User.ReadWrite.All changes these.

Source: Microsoft Graph, "users resource type", who can perform sensitive actions.
"""
_PRINCIPAL: Final = re.compile(r"[A-Za-z0-9'.\-_!#^~]{1,64}@[A-Za-z0-9.\-]{1,48}")
_ADDRESS: Final = re.compile(r"[^\s@\u0080-\U0010ffff]{1,64}@[A-Za-z0-9.\-]{1,190}")


class Users:
    """The doors below `/users`."""

    def __init__(self, tenant: Tenant) -> None:
        """Remember the tenant."""
        self._tenant = tenant

    def list(self, request: Request, *, kind: str = "user") -> Response:
        """A page of users, or of another kind."""
        switches = self._tenant.switches
        options = options_of(kind, request.query, request.headers, most=switches.most_per_page)
        return self.page_of(kind, self._tenant.of(kind), options, request)

    def page_of(
        self, kind: str, things: Iterable[Thing], options: Options, request: Request
    ) -> Response:
        """A page of some objects."""
        part, after, total = page(things, options)
        values = [self._shown(thing, options) for thing in part]
        link = next_link(request.base, request.path, options, after) if after is not None else None
        more = {"count": total} if options.count else {}
        return Response(200, collection(kind, values, **more, nextLink=link))

    def read(self, request: Request, key: str, *, kind: str = "user") -> Response:
        """One user."""
        thing = self._tenant.find(kind, key)
        options = options_of(kind, request.query, request.headers, most=999)
        return Response(200, entity(kind, self._shown(thing, options)))

    def _shown(self, thing: Thing, options: Options) -> dict[str, Any]:
        values = shown(thing, options.select)
        if "manager" in options.expand and thing.manager is not None:
            boss = self._tenant.things[thing.manager]
            values["manager"] = {**typed(boss), "id": boss.id}
        return values

    # --- Writing ----------------------------------------------------------------------------------

    def create(self, request: Request) -> Response:
        """Make a user (E5)."""
        content = dict(request.content())
        for name in REQUIRED:
            if content.get(name) in (None, ""):
                raise bad_request(f"A value is required for property '{name}' of resource 'User'.")
        values = self._checked(content, new=True)
        password = content["passwordProfile"].get("password")
        self._check_password(password)
        if values.get("mail"):
            values["proxyAddresses"] = with_mail((), values["mail"])
        kept = {name: value for name, value in values.items() if value not in (None, [], {})}
        kept.setdefault("userType", "Member")
        kept.pop("passwordProfile", None)
        made = self._tenant.add("user", kept)
        made.password = password
        names = [name for name, one in USER.items() if one.shown]
        return Response(201, entity("user", shown(made, names)))

    def update(self, request: Request, key: str) -> Response:
        """Change the named properties; null takes one away (E6)."""
        user = self._tenant.find("user", key)
        content = request.content()
        values = self._checked(content, new=False)
        if user.is_synced and not values.keys() <= WRITABLE_WHEN_SYNCED:
            raise bad_request(SYNCED)
        if self._is_administrator(user) and (SENSITIVE | {"passwordProfile"}) & values.keys():
            raise denied()
        profile = values.pop("passwordProfile", None)
        if profile and "password" in profile:
            if not request.roles.intersection(rights.WRITE_PASSWORDS):
                raise denied()
            self._check_password(profile["password"])
        if "mail" in values:
            held = user.properties.get("proxyAddresses", ())
            values["proxyAddresses"] = with_mail(held, values["mail"])
        for name in ("onPremisesExtensionAttributes", "employeeOrgData"):
            if isinstance(values.get(name), dict):
                merged = {**user.properties.get(name, {}), **values[name]}
                values[name] = {part: v for part, v in merged.items() if v is not None} or None
        self._tenant.claim(user, values)
        if profile and "password" in profile:
            user.password = profile["password"]
        empty = {name: None for name, value in values.items() if value in ([], "", {})}
        self._tenant.change(user, {**values, **empty})
        return DONE

    def _checked(self, content: dict[str, Any], *, new: bool) -> dict[str, Any]:
        """The properties of a body.

        Raises:
            Problem: One is unknown, read-only, of another type, too long; or a domain is not ours.
        """
        values = {n: v for n, v in content.items() if not n.startswith("@odata.")}
        for name, value in values.items():
            self._check("user", name, value)
        principal = values.get("userPrincipalName")
        if principal is not None:
            domain = principal.rpartition("@")[2].casefold()
            if not _PRINCIPAL.fullmatch(principal):
                raise _invalid("userPrincipalName", "user")
            if domain not in map(str.casefold, self._tenant.domains):
                raise bad_request(
                    "The domain portion of the userPrincipalName property is invalid. You must use "
                    "one of the verified domain names in your organization.",
                    ("InvalidValue", "userPrincipalName"),
                )
        if values.get("mail") and not _ADDRESS.fullmatch(values["mail"]):
            raise _invalid("mail", "user")
        if len(values.get("businessPhones") or ()) > 1:
            raise _invalid("businessPhones", "user")
        usage = values.get("usageLocation")
        if usage is not None and not re.fullmatch(r"[A-Z]{2}", usage):
            raise _invalid("usageLocation", "user")
        if new and any(v == "" for v in values.values()):
            name = next(n for n, v in values.items() if v == "")
            raise _invalid(name, "user")
        return values

    def _check(self, kind: str, name: str, value: Any) -> None:
        known = SCHEMAS[kind].get(name)
        if known is None:
            message = (
                f"Property '{name}' does not exist as a declared property or extension property."
            )
            raise Problem(400, BAD_REQUEST, message)
        if not known.writable:
            raise bad_request(f"Property '{name}' is read-only and cannot be set.")
        if value is None:
            if not known.clearable:
                raise _invalid(name, kind)
            return
        if not known.fits(value) or (value == "" and not known.clearable):
            raise _invalid(name, kind)

    def _check_password(self, password: Any) -> None:
        """At least eight characters of three kinds out of four."""
        kinds = (str.islower, str.isupper, str.isdigit, lambda one: not one.isalnum())
        if (
            not isinstance(password, str)
            or not 8 <= len(password) <= 256
            or sum(any(kind(letter) for letter in password) for kind in kinds) < 3
        ):
            raise bad_request(
                "The specified password does not comply with password complexity requirements. "
                "Please provide a different password.",
                ("InvalidPassword", "passwordProfile"),
            )

    def delete(self, key: str) -> Response:
        """Into the recycle bin (E11)."""
        user = self._tenant.find("user", key)
        if self._is_administrator(user):
            raise denied()
        if user.is_synced:
            raise bad_request(SYNCED)
        user.properties["deletedDateTime"] = self._tenant.clock.stamp()
        self._tenant.bin(user)
        return DONE

    def _is_administrator(self, user: Thing) -> bool:
        groups = {group.id for group in self._tenant.groups_of(user.id)}
        return any(
            user.id in role["members"] or groups & set(role["members"])
            for role in self._tenant.roles.values()
        )

    # --- Manager and sessions ---------------------------------------------------------------------

    def manager(self, request: Request, key: str) -> Response:
        """Who the manager is."""
        user = self._tenant.find("user", key)
        if user.manager is None:
            raise not_found("manager")
        boss = self._tenant.things[user.manager]
        options = options_of("user", request.query, request.headers, most=999)
        return Response(200, {**typed(boss), **shown(boss, options.select)})

    def set_manager(self, request: Request, key: str) -> Response:
        """Set the manager."""
        user = self._tenant.find("user", key)
        boss = self._tenant.find("user", request.reference())
        self._refuse_synced(user)
        if boss.id == user.id:
            raise bad_request("A user cannot be their own manager.")
        self._tenant.set_manager(user, boss.id)
        return DONE

    def clear_manager(self, key: str) -> Response:
        """Take the manager away; 404 where there is none."""
        user = self._tenant.find("user", key)
        self._refuse_synced(user)
        if user.manager is None:
            raise not_found("manager")
        self._tenant.set_manager(user, None)
        return DONE

    def revoke_sessions(self, key: str) -> Response:
        """End all sign-in sessions."""
        user = self._tenant.find("user", key)
        user.sign_ins_revoked += 1
        user.properties["signInSessionsValidFromDateTime"] = self._tenant.clock.stamp()
        context = "https://graph.microsoft.com/v1.0/$metadata#Edm.Boolean"
        return Response(200, {"@odata.context": context, "value": True})

    def member_of(self, request: Request, key: str) -> Response:
        """Groups of a user."""
        user = self._tenant.find("user", key)
        options = options_of("group", request.query, request.headers, most=999)
        groups = self._tenant.groups_of(user.id)
        answer = self.page_of("group", groups, options, request)
        for value in answer.body["value"]:
            value["@odata.type"] = "#microsoft.graph.group"
        return answer

    def _refuse_synced(self, user: Thing) -> None:
        if user.is_synced:
            raise bad_request(SYNCED)


def _invalid(name: str, kind: str) -> Problem:
    message = f"Invalid value specified for property '{name}' of resource '{TITLES[kind]}'."
    return bad_request(message, ("InvalidValue", name))
