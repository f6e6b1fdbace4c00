"""Groups: make, read, change, delete, and who is in them (E7, E8, E9)."""

from collections import Counter
from typing import Any, Final

from connectors.entra_id.sandbox.objects import Thing
from connectors.entra_id.sandbox.problems import (
    BAD_REQUEST,
    SYNCED,
    Problem,
    bad_request,
    denied,
    not_found,
)
from connectors.entra_id.sandbox.query import options_of
from connectors.entra_id.sandbox.request import DONE, Request, Response, referred
from connectors.entra_id.sandbox.schema import GROUP
from connectors.entra_id.sandbox.tenant import Tenant, with_mail
from connectors.entra_id.sandbox.users import Users
from connectors.entra_id.sandbox.views import entity, shown

REQUIRED: Final = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")
MOST_AT_ONCE: Final = 20
"""References in one `members@odata.bind`."""
PRESENT: Final = (
    "One or more added object references already exist for the following modified properties: "
    "'members'."
)
"""(seen) Source: pnp/pnpframework issue 140, there with 'owners'."""
MAIL_ENABLED: Final = "Cannot Update a mail-enabled security groups and or distribution list."
DYNAMIC: Final = "The members of a group with dynamic membership follow from its rule."
"""(unverified): that it is refused is documented, the words are not."""
UNSEEN: Final = "One or more of the source resource objects in the request do not exist."


class Groups:
    """The doors below `/groups`.

    Attributes:
        counts: `deletes_without_ref`: how often somebody forgot `/$ref`.
    """

    def __init__(self, tenant: Tenant, users: Users) -> None:
        """Remember the tenant."""
        self._tenant, self._users = tenant, users
        self.counts: Counter[str] = Counter()

    def create(self, request: Request) -> Response:
        """Make a group."""
        content = {n: v for n, v in request.content().items() if not n.endswith("@odata.bind")}
        for name in REQUIRED:
            if content.get(name) in (None, ""):
                raise bad_request(f"A value is required for property '{name}' of resource 'Group'.")
        values = self._checked(content)
        if values["mailEnabled"] and "Unified" not in values.get("groupTypes", ()):
            raise bad_request(MAIL_ENABLED)
        if values["mailEnabled"]:
            values["mail"] = f"{values['mailNickname']}@{self._tenant.domains[0]}"
            values["proxyAddresses"] = with_mail((), values["mail"])
        made = self._tenant.add("group", {n: v for n, v in values.items() if v is not None})
        names = [name for name, one in GROUP.items() if one.shown]
        return Response(201, entity("group", shown(made, names)))

    def update(self, request: Request, key: str) -> Response:
        """Change properties, or add up to twenty members at once."""
        group = self._tenant.find("group", key)
        content = dict(request.content())
        added = content.pop("members@odata.bind", [])
        values = self._checked(content)
        if values and group.is_synced:
            raise bad_request(SYNCED)
        if added:
            self._add_all(group, added)
        self._tenant.change(group, values)
        return DONE

    def delete(self, key: str) -> Response:
        """Microsoft 365 groups go into the recycle bin, security groups are gone."""
        group = self._tenant.find("group", key)
        if group.is_synced:
            raise bad_request(SYNCED)
        if "Unified" in group.group_types:
            group.properties["deletedDateTime"] = self._tenant.clock.stamp()
            self._tenant.bin(group)
        else:
            self._tenant.purge(group)
        return DONE

    def _checked(self, content: dict[str, Any]) -> dict[str, Any]:
        values = {n: v for n, v in content.items() if not n.startswith("@odata.")}
        for name, value in values.items():
            known = GROUP.get(name)
            if known is None:
                message = (
                    f"Property '{name}' does not exist as a declared property or extension "
                    "property."
                )
                raise Problem(400, BAD_REQUEST, message)
            if not known.writable:
                raise bad_request(f"Property '{name}' is read-only and cannot be set.")
            if value is None and known.clearable:
                continue
            if value is None or not known.fits(value) or (value == "" and not known.clearable):
                message = f"Invalid value specified for property '{name}' of resource 'Group'."
                raise bad_request(message, ("InvalidValue", name))
        return values

    # --- Members ----------------------------------------------------------------------------------

    def members(self, request: Request, key: str, *, only: str = "") -> Response:
        """Who is in a group: a page, each with its kind."""
        group = self._tenant.find("group", key)
        options = options_of("user", request.query, request.headers, most=999)
        there = [self._tenant.things[member] for member in group.members]
        there.sort(key=lambda one: one.place)
        chosen = [one for one in there if not only or one.kind == only]
        answer = self._users.page_of("user", chosen, options, request)
        kinds = {one.id: one.kind for one in there}
        for value in answer.body["value"]:
            value["@odata.type"] = f"#microsoft.graph.{kinds[value['id']]}"
        answer.body["@odata.context"] = (
            "https://graph.microsoft.com/v1.0/$metadata#directoryObjects"
        )
        return answer

    def add_member(self, request: Request, key: str) -> Response:
        """Add one member."""
        group = self._writable(key)
        member = self._object(request.reference())
        if member.id in group.members:
            raise bad_request(PRESENT)
        self._tenant.join(group, member.id)
        return DONE

    def _add_all(self, group: Thing, references: Any) -> None:
        """Add several: all of them, or none."""
        self._refuse_closed(group)
        if not isinstance(references, list) or len(references) > MOST_AT_ONCE:
            raise bad_request(f"At most {MOST_AT_ONCE} references can be added at once.")
        members = [self._object(referred(one)) for one in references]
        if any(member.id in group.members for member in members):
            raise bad_request(PRESENT)
        for member in members:
            self._tenant.join(group, member.id)

    def remove_member(self, key: str, member: str) -> Response:
        """Take a member out; 404 for somebody who is none (E7)."""
        group = self._writable(key)
        if member.lower() not in group.members:
            raise not_found(member)
        self._tenant.leave(group, member.lower())
        return DONE

    def remove_without_ref(self, key: str, member: str) -> Response:
        """The trap of E8: without `/$ref` it is the member itself that goes."""
        self.counts["deletes_without_ref"] += 1
        self._tenant.find("group", key)
        if self._tenant.switches.ref_delete_deletes:
            return self._users.delete(member)
        raise bad_request("Unsupported resource for this method.")

    def _writable(self, key: str) -> Thing:
        try:
            group = self._tenant.find("group", key)
        except Problem:
            held = self._tenant.things.get(key.lower())
            if held is not None and held.kind == "group" and held.deleted_at is None:
                raise bad_request(UNSEEN) from None  # it is there, and not to be seen yet (E3)
            raise
        self._refuse_closed(group)
        return group

    def _refuse_closed(self, group: Thing) -> None:
        if group.is_synced:
            raise bad_request(SYNCED)
        if "DynamicMembership" in group.group_types:
            raise bad_request(DYNAMIC)
        if group.properties.get("mailEnabled") and "Unified" not in group.group_types:
            raise bad_request(MAIL_ENABLED)
        if group.properties.get("isAssignableToRole"):
            raise denied()

    def _object(self, key: str) -> Thing:
        """Any directory object by id; a user by its principal name too."""
        kind = getattr(self._tenant.things.get(key.lower()), "kind", "user")
        return self._tenant.find(kind, key)
