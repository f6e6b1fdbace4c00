"""What stands beside users and groups: recycle bin, roles, licences, domains, our own app."""

import re
from collections.abc import Mapping
from typing import Any, Final

from connectors.entra_id.sandbox.objects import Thing
from connectors.entra_id.sandbox.problems import bad_request, not_found, unsupported_query
from connectors.entra_id.sandbox.query import options_of, pairs
from connectors.entra_id.sandbox.request import DONE, Request, Response
from connectors.entra_id.sandbox.rights import ALL
from connectors.entra_id.sandbox.schema import USER
from connectors.entra_id.sandbox.tenant import Tenant
from connectors.entra_id.sandbox.users import Users
from connectors.entra_id.sandbox.views import METADATA, collection, entity, shown, typed

GRAPH_APP: Final = "00000003-0000-0000-c000-000000000000"
"""The app id of Microsoft Graph itself, in every tenant."""


class DirectoryDoors:
    """The doors below `/directory`, `/directoryRoles`, `/subscribedSkus`, `/organization`, …."""

    def __init__(self, tenant: Tenant, users: Users) -> None:
        """Remember the tenant."""
        self._tenant, self._users = tenant, users

    # --- Recycle bin (E11) ------------------------------------------------------------------------

    def deleted(self, request: Request, kind: str) -> Response:
        """What lies in the recycle bin."""
        options = options_of(kind, request.query, request.headers, most=999)
        return self._users.page_of(kind, self._tenant.deleted(kind), options, request)

    def restore(self, request: Request, key: str) -> Response:
        """Take an object out of the recycle bin, with its names if nobody took them meanwhile."""
        thing = self._binned(key)
        reconcile = isinstance(request.body, dict) and request.body.get(
            "autoReconcileProxyConflict"
        )
        if reconcile:
            free = [
                address
                for address in thing.properties.get("proxyAddresses", ())
                if self._is_free(thing, address)
            ]
            self._tenant.change(thing, {"proxyAddresses": free or None})
        self._tenant.claim(thing, thing.properties)
        thing.properties.pop("deletedDateTime", None)
        self._tenant.restore(thing)
        names = [name for name, one in USER.items() if one.shown]
        values = {**typed(thing), **shown(thing, names)}
        return Response(200, {"@odata.context": f"{METADATA}directoryObjects/$entity", **values})

    def purge(self, key: str) -> Response:
        """Remove for good."""
        self._tenant.purge(self._binned(key))
        return DONE

    def _binned(self, key: str) -> Thing:
        thing = self._tenant.things.get(key.lower())
        if thing is None or thing not in self._tenant.deleted(thing.kind):
            raise not_found(key)
        return thing

    def _is_free(self, thing: Thing, address: str) -> bool:
        return not any(
            address.casefold() in map(str.casefold, other.properties.get("proxyAddresses", ()))
            for other in self._tenant.things.values()
            if other is not thing
        )

    # --- Roles ------------------------------------------------------------------------------------

    def roles(self) -> Response:
        """Roles that are in use."""
        values = [
            {"id": key, "displayName": role["name"], "roleTemplateId": role["template"]}
            for key, role in self._tenant.roles.items()
        ]
        return Response(200, collection("directoryRoles", values))

    def role_members(self, request: Request, key: str) -> Response:
        """Who has a role: users, and groups that may be given one."""
        if key not in self._tenant.roles:
            raise not_found(key)
        members = [self._tenant.things[one] for one in self._tenant.roles[key]["members"]]
        options = options_of("user", request.query, request.headers, most=999)
        answer = self._users.page_of("user", members, options, request)
        kinds = {one.id: typed(one) for one in members}
        answer.body["value"] = [{**kinds[one["id"]], **one} for one in answer.body["value"]]
        return answer

    def role_assignments(self) -> Response:
        """Who has which role, over the whole directory."""
        values = [
            {
                "id": self._tenant.new_id(f"{key} {member}"),
                "roleDefinitionId": role["template"],
                "principalId": member,
                "directoryScopeId": "/",
            }
            for key, role in self._tenant.roles.items()
            for member in role["members"]
        ]
        return Response(200, collection("roleManagement/directory/roleAssignments", values))

    # --- Licences ---------------------------------------------------------------------------------

    def skus(self) -> Response:
        """What was bought."""
        values = [
            {
                "id": f"{self._tenant.id}_{key}",
                "skuId": key,
                "skuPartNumber": sku["name"],
                "capabilityStatus": "Enabled",
                "appliesTo": "User",
                "consumedUnits": self._in_use(key),
                "prepaidUnits": {"enabled": sku["units"], "suspended": 0, "warning": 0},
                "servicePlans": [],
            }
            for key, sku in self._tenant.skus.items()
        ]
        return Response(200, collection("subscribedSkus", values))

    def _in_use(self, sku: str) -> int:
        return sum(
            sku in thing.licences for thing in self._tenant.things.values() if not thing.deleted_at
        )

    def assign(self, request: Request, key: str) -> Response:
        """Give and take licences: all of it, or nothing."""
        user = self._tenant.find("user", key)
        content = request.content()
        added, removed = content.get("addLicenses"), content.get("removeLicenses")
        if not isinstance(added, list) or not isinstance(removed, list):
            raise bad_request("addLicenses and removeLicenses are required.")
        given = [str(one.get("skuId")) if isinstance(one, dict) else "" for one in added]
        if given and not user.properties.get("usageLocation"):
            raise bad_request(
                "License assignment cannot be done for user with invalid usage location."
            )
        for sku in given:
            self._check_units(user, sku)
        for sku in removed:
            if not isinstance(sku, str) or sku not in user.licences:
                raise bad_request("User does not have a corresponding license.")
            if "" not in user.licences[sku]:
                raise bad_request(
                    "User license is inherited from a group membership and it cannot be removed "
                    "directly from the user."
                )
        for sku in given:
            user.licences.setdefault(sku, set()).add("")
        for sku in removed:
            user.licences[sku].discard("")
            if not user.licences[sku]:
                del user.licences[sku]
        self._tenant.note(user, "assignedLicenses")
        names = [name for name, one in USER.items() if one.shown]
        values = shown(user, [*names, "assignedLicenses"])
        return Response(200, entity("user", values))

    def _check_units(self, user: Thing, sku: str) -> None:
        known = self._tenant.skus.get(sku)
        if known is None:
            raise bad_request(f"License {sku} does not correspond to a valid company License.")
        if sku not in user.licences and self._in_use(sku) >= known["units"]:
            raise bad_request(f"Subscription with SKU {sku} does not have any available licenses.")

    # --- The tenant itself ------------------------------------------------------------------------

    def organization(self) -> Response:
        """The tenant and its verified domains."""
        domains = [
            {
                "name": name,
                "isDefault": place == 0,
                "isInitial": name.endswith(".onmicrosoft.com"),
                "type": "Managed",
                "capabilities": "Email, OfficeCommunicationsOnline",
            }
            for place, name in enumerate(self._tenant.domains)
        ]
        value = {
            "id": self._tenant.id,
            "displayName": "Example organisation",
            "verifiedDomains": domains,
        }
        return Response(200, collection("organization", [value]))

    # --- Apps -------------------------------------------------------------------------------------

    def service_principals(self, request: Request, apps: Mapping[str, set[str]]) -> Response:
        """Apps of the tenant, and Graph itself with the names of its permissions."""
        asked = pairs(request.query).get("$filter", "")
        found = re.fullmatch(r"appId eq '([^']*)'", asked.strip())
        if asked and found is None:
            raise unsupported_query("Only a filter on appId is answered here.")
        keys = [key for key in (*apps, GRAPH_APP) if found is None or key == found[1]]
        values = [self._service_principal(key, apps) for key in keys]
        return Response(200, collection("servicePrincipals", values))

    def _service_principal(self, key: str, apps: Mapping[str, set[str]]) -> dict[str, Any]:
        known = sorted(set(ALL).union(*apps.values()))
        roles = [{"id": self._role_id(role), "value": role} for role in known]
        return {
            "id": self._principal_id(key),
            "appId": key,
            "displayName": "Microsoft Graph" if key == GRAPH_APP else "Retour",
            "appRoles": roles if key == GRAPH_APP else [],
        }

    def app_role_assignments(self, key: str, apps: Mapping[str, set[str]]) -> Response:
        """Application permissions that an app was given."""
        found = (some for app, some in apps.items() if self._principal_id(app) == key)
        roles = next(found, None)
        if roles is None:
            raise not_found(key)
        values = [
            {
                "id": self._tenant.new_id(f"assignment {key} {role}"),
                "appRoleId": self._role_id(role),
                "principalId": key,
                "principalType": "ServicePrincipal",
                "resourceDisplayName": "Microsoft Graph",
                "resourceId": self._principal_id(GRAPH_APP),
            }
            for role in sorted(roles)
        ]
        return Response(200, collection("appRoleAssignments", values))

    def _principal_id(self, app: str) -> str:
        return self._tenant.new_id(f"service principal {app}")

    def _role_id(self, role: str) -> str:
        return self._tenant.new_id(f"app role {role}")
