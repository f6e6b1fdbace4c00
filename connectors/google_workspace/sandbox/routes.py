"""Which request does what: the paths of both APIs, the scopes they need, and their answers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.google_workspace.sandbox.groups import Groups
from connectors.google_workspace.sandbox.licences import Licences
from connectors.google_workspace.sandbox.looking import matching, page, shown, user_view
from connectors.google_workspace.sandbox.refusals import Refusal, as_object, not_found
from connectors.google_workspace.sandbox.units import Domains, Roles, Units
from connectors.google_workspace.sandbox.users import Users
from connectors.google_workspace.sandbox.workspace import Workspace

AUTH: Final = "https://www.googleapis.com/auth/"
USER: Final = frozenset({f"{AUTH}admin.directory.user"})
ALIAS: Final = USER | {f"{AUTH}admin.directory.user.alias"}
GROUP: Final = frozenset({f"{AUTH}admin.directory.group"})
MEMBERSHIP: Final = GROUP | {f"{AUTH}admin.directory.group.member"}
UNIT: Final = frozenset({f"{AUTH}admin.directory.orgunit"})
DOMAIN: Final = frozenset({f"{AUTH}admin.directory.domain"})
ROLE: Final = frozenset({f"{AUTH}admin.directory.rolemanagement"})
LICENCE: Final = frozenset({f"{AUTH}apps.licensing"})

DIRECTORY: Final = "/admin/directory/v1"
LICENSING: Final = "/apps/licensing/v1"
PRODUCTS: Final = f"{LICENSING}/product/{{product}}"


@dataclass(frozen=True, slots=True)
class Question:
    """One request, taken apart: values in the path, the query, and the body."""

    path: Mapping[str, str]
    params: Mapping[str, str]
    body: bytes

    def content(self) -> dict[str, Any]:
        """The JSON object in the body.

        Raises:
            Refusal: 400.
        """
        return as_object(self.body)


Answering = Callable[[Question], Any]


@dataclass(frozen=True, slots=True)
class Route:
    """A kind of request.

    Attributes:
        method: Upper case.
        pattern: Of the path.
        scopes: Any of them is enough.
        answer: What it does; None means 204.
        writes: Name of the path's value that names the user being changed, "" for none.
    """

    method: str
    pattern: re.Pattern[str]
    scopes: frozenset[str]
    answer: Answering
    writes: str = ""


class Routes:
    """All requests of a workspace.

    Args:
        workspace: The content; its lock is held while a request is answered.
    """

    def __init__(self, workspace: Workspace) -> None:
        """Put the table together."""
        self._workspace = workspace
        self._users, self._groups = Users(workspace), Groups(workspace)
        self._units, self._domains = Units(workspace), Domains(workspace)
        self._roles, self._licences = Roles(workspace), Licences(workspace)
        self._routes: list[Route] = []
        self._add_users()
        self._add_groups()
        self._add_customer()
        self._add_licences()

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route of a request, and the values in its path, still encoded.

        Raises:
            Refusal: 404, there is none.
        """
        for route in self._routes:
            if route.method == method and (found := route.pattern.fullmatch(path)):
                return route, found.groupdict()
        raise Refusal(404, "notFound", "Not Found")

    def _add(
        self, line: str, scopes: frozenset[str], answer: Answering, *, writes: str = ""
    ) -> None:
        method, path = line.split()
        if method == "GET":
            scopes = scopes | {f"{scope}.readonly" for scope in scopes}
        pattern = re.sub(r"\{\+(\w+)\}", r"(?P<\1>.+)", path)
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
        self._routes.append(Route(method, re.compile(pattern), scopes, answer, writes))

    def _add_users(self) -> None:
        users, one = self._users, f"{DIRECTORY}/users/{{user}}"

        def view(question: Question, user: Mapping[str, Any]) -> Any:
            return shown(user_view(user, question.params), question.params)

        self._add(f"GET {DIRECTORY}/users", USER, self._list_users)
        self._add(f"POST {DIRECTORY}/users", USER, lambda q: view(q, users.insert(q.content())))
        self._add(f"GET {one}", ALIAS, lambda q: view(q, self._workspace.user(q.path["user"])))
        for method in ("PUT", "PATCH"):
            self._add(
                f"{method} {one}",
                USER,
                lambda q, clears=method == "PUT": view(  # type: ignore[misc]  # bound on purpose
                    q, users.update(q.path["user"], q.content(), clears=clears)
                ),
                writes="user",
            )
        self._add(f"DELETE {one}", USER, lambda q: users.delete(q.path["user"]), writes="user")
        for verb, does in (("undelete", users.undelete), ("makeAdmin", users.make_admin)):
            self._add(
                f"POST {one}/{verb}",
                USER,
                lambda q, does=does: does(q.path["user"], q.content()),  # type: ignore[misc]  # as above
                writes="user",
            )
        self._add(f"GET {one}/aliases", ALIAS, lambda q: users.aliases(q.path["user"]))
        self._add(
            f"POST {one}/aliases",
            ALIAS,
            lambda q: users.add_alias(q.path["user"], q.content()),
            writes="user",
        )
        self._add(
            f"DELETE {one}/aliases/{{alias}}",
            ALIAS,
            lambda q: users.remove_alias(q.path["user"], q.path["alias"]),
            writes="user",
        )

    def _add_groups(self) -> None:
        groups, one = self._groups, f"{DIRECTORY}/groups/{{group}}"
        member = f"{one}/members/{{member}}"

        def look(question: Question) -> Any:
            return groups.view(self._workspace.group(question.path["group"]))

        def change(question: Question) -> Any:
            return groups.change(
                question.path["group"], question.path["member"], question.content()
            )

        self._add(f"GET {DIRECTORY}/groups", GROUP, self._list_groups)
        self._add(f"POST {DIRECTORY}/groups", GROUP, lambda q: groups.insert(q.content()))
        self._add(f"GET {one}", GROUP, look)
        self._add(f"DELETE {one}", GROUP, lambda q: groups.delete(q.path["group"]))
        self._add(f"GET {one}/members", MEMBERSHIP, self._list_members)
        self._add(
            f"POST {one}/members", MEMBERSHIP, lambda q: groups.add(q.path["group"], q.content())
        )
        self._add(
            f"GET {one}/hasMember/{{member}}",
            MEMBERSHIP,
            lambda q: groups.has_member(q.path["group"], q.path["member"]),
        )
        self._add(
            f"GET {member}", MEMBERSHIP, lambda q: groups.member(q.path["group"], q.path["member"])
        )
        self._add(f"PUT {member}", MEMBERSHIP, change)
        self._add(f"PATCH {member}", MEMBERSHIP, change)
        self._add(
            f"DELETE {member}",
            MEMBERSHIP,
            lambda q: groups.remove(q.path["group"], q.path["member"]),
        )

    def _add_customer(self) -> None:
        units, roles, customer = self._units, self._roles, f"{DIRECTORY}/customer/{{customer}}"

        def add(line: str, scopes: frozenset[str], answer: Answering) -> None:
            def of_customer(question: Question) -> Any:
                self._require_customer(question.path["customer"])
                return answer(question)

            self._add(line, scopes, of_customer)

        add(f"GET {customer}/orgunits", UNIT, lambda q: units.below(q.params))
        add(f"POST {customer}/orgunits", UNIT, lambda q: units.insert(q.content()))
        add(f"GET {customer}/orgunits/{{+path}}", UNIT, lambda q: units.get(q.path["path"]))
        add(f"GET {customer}/domains", DOMAIN, lambda _: self._domains.every())
        add(
            f"GET {customer}/domains/{{domain}}",
            DOMAIN,
            lambda q: self._domains.get(q.path["domain"]),
        )
        add(f"GET {customer}/roles", ROLE, lambda q: _items("roles", roles.every(), q, most=100))
        add(f"GET {customer}/roles/{{role}}", ROLE, lambda q: roles.get(q.path["role"]))
        one = f"{customer}/roleassignments/{{assignment}}"
        add(
            f"GET {customer}/roleassignments",
            ROLE,
            lambda q: _items("roleAssignments", roles.assignments(q.params), q, most=200),
        )
        add(f"POST {customer}/roleassignments", ROLE, lambda q: roles.assign(q.content()))
        add(f"GET {one}", ROLE, lambda q: roles.assignment(q.path["assignment"]))
        add(f"DELETE {one}", ROLE, lambda q: roles.take(q.path["assignment"]))

    def _add_licences(self) -> None:
        licences, sku = self._licences, f"{PRODUCTS}/sku/{{sku}}"

        def holders(question: Question) -> Any:
            path = question.path
            found = licences.holders(path["product"], path.get("sku"), question.params)
            items, token = page(found, question.params, default=100, most=1000)
            content = {"kind": "licensing#licenseAssignmentList", "etag": '"list"', "items": items}
            return shown({**content, **_next(token)}, question.params)

        self._add(f"GET {PRODUCTS}/users", LICENCE, holders)
        self._add(f"GET {sku}/users", LICENCE, holders)
        self._add(
            f"POST {sku}/user",
            LICENCE,
            lambda q: licences.assign(q.path["product"], q.path["sku"], q.content()),
        )
        for method, does in (("GET", licences.get), ("DELETE", licences.take)):
            self._add(
                f"{method} {sku}/user/{{user}}",
                LICENCE,
                lambda q, does=does: does(q.path["product"], q.path["sku"], q.path["user"]),  # type: ignore[misc]  # as above
            )

    # --- Lists ------------------------------------------------------------------------------------

    def _list_users(self, question: Question) -> Any:
        params, workspace = question.params, self._workspace
        self._require_scope(params)
        gone = params.get("showDeleted", "false").casefold() == "true"
        if gone:
            users = [one for one in workspace.deleted.values() if workspace.is_kept(one)]
        else:
            users = [one for ref, one in workspace.users.items() if not workspace.is_hidden(ref)]
        if "domain" in params:
            end = f"@{params['domain'].casefold()}"
            users = [one for one in users if one["primaryEmail"].endswith(end)]
        users = _sorted(matching(users, params.get("query", "")), params)
        found, token = page(users, params, default=100, most=500)
        content: dict[str, Any] = {"kind": "admin#directory#users", "etag": '"users"'}
        if found:  # without any, without the key (G2)
            content["users"] = [user_view(one, params) for one in found]
        return shown({**content, **_next(token)}, params)

    def _list_groups(self, question: Question) -> Any:
        params = question.params
        if "userKey" not in params:
            self._require_scope(params)
        found, token = page(self._groups.find(params), params, default=200, most=200)
        content: dict[str, Any] = {"kind": "admin#directory#groups", "etag": '"groups"'}
        if found:
            content["groups"] = found
        return shown({**content, **_next(token)}, params)

    def _list_members(self, question: Question) -> Any:
        params = question.params
        members = self._groups.members(question.path["group"], params)
        found, token = page(members, params, default=200, most=200)
        content: dict[str, Any] = {"kind": "admin#directory#members", "etag": '"members"'}
        if found:
            content["members"] = found
        return shown({**content, **_next(token)}, params)

    def _require_scope(self, params: Mapping[str, str]) -> None:
        if "customer" in params:
            self._require_customer(params["customer"])
        elif "domain" not in params:
            raise Refusal(400, "badRequest", "Bad Request")
        elif params["domain"].casefold() not in self._workspace.domains:
            raise Refusal(404, "notFound", "Domain not found.")

    def _require_customer(self, customer: str) -> None:
        if customer not in {"my_customer", self._workspace.customer}:
            raise not_found("customerId")


def _sorted(users: list[dict[str, Any]], params: Mapping[str, str]) -> list[dict[str, Any]]:
    by, order = params.get("orderBy", ""), params.get("sortOrder", "ASCENDING")
    if by not in {"", "email", "familyName", "givenName"}:
        raise Refusal(400, "invalidParameter", f"Invalid value for orderBy: {by[:40]}")
    if order not in {"ASCENDING", "DESCENDING"}:
        raise Refusal(400, "invalidParameter", f"Invalid value for sortOrder: {order[:40]}")

    def key(user: Mapping[str, Any]) -> tuple[str, str]:
        address = str(user["primaryEmail"])
        return (address if by in {"", "email"} else str(user["name"][by]).casefold(), address)

    return sorted(users, key=key, reverse=order == "DESCENDING")


def _items(kind: str, found: list[dict[str, Any]], question: Question, *, most: int) -> Any:
    items, token = page(found, question.params, default=most, most=most)
    content: dict[str, Any] = {"kind": f"admin#directory#{kind}", "etag": f'"{kind}"'}
    if items:
        content["items"] = items
    return shown({**content, **_next(token)}, question.params)


def _next(token: str | None) -> dict[str, str]:
    return {} if token is None else {"nextPageToken": token}
