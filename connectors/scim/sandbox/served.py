"""Serving the sandbox: `retour sandbox scim`, tests and benchmarks; and looking into it."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from connectors.model.connector import SandboxOptions
from connectors.model.errors import ConfigError
from connectors.model.people import People
from connectors.scim.sandbox.access import CLIENT, READ_TOKEN, SECRET, TOKEN
from connectors.scim.sandbox.application import BASE, SCIM_JSON, TOKENS, Provider
from connectors.scim.sandbox.catalogue import ENTERPRISE, GROUP, GROUPS, USER, USERS
from connectors.scim.sandbox.conform import conformed
from connectors.scim.sandbox.errors import ScimError
from connectors.scim.sandbox.switches import Switches
from connectors.sdk.clock import now
from connectors.sdk.invent import invent
from connectors.sdk.sandbox_http import Faults, Faulty
from connectors.sdk.serve import HttpServer
from connectors.sdk.trouble import Trouble

STAFF_GROUPS: Final = ("Staff", "Care", "Finance", "IT", "VPN users")
EVERY: Final = 20
"""Of so many invented people, the first has an account from earlier days."""


def _error(status: int) -> tuple[bytes, Mapping[str, str]]:
    """The body of an error that somebody ordered."""
    content = ScimError(status, "ordered by a test").to_json()
    return json.dumps(content).encode(), {"Content-Type": SCIM_JSON}


class ServedScim(Provider):
    """A running provider, with a view for tests and demonstrations.

    Attributes:
        faults: What goes wrong next, and the log of requests.
    """

    def __init__(self, switches: Switches | None = None, *, seed: int = 1, port: int = 0) -> None:
        """Start serving on loopback, empty."""
        super().__init__(switches, seed=seed)
        self.faults = Faults(
            render=_error,
            exempt=(f"* {TOKENS}",),
            reads=lambda _, path, __: path.endswith("/.search"),
            statuses={Trouble.CONFLICT: 412},
        )
        self._server = HttpServer(Faulty(self, self.faults), port=port)

    @property
    def url(self) -> str:
        """Address of the provider."""
        return f"{self._server.url}{BASE}"

    @property
    def token_url(self) -> str:
        """Address of the token endpoint."""
        return f"{self._server.url}{TOKENS}"

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings under which the connector reaches it."""
        return {"base_url": self.url, "token": TOKEN}

    @property
    def settings_by_client(self) -> Mapping[str, Any]:
        """The same for a client with a secret."""
        return {
            "base_url": self.url,
            "token_url": self.token_url,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "scope": "scim.read",
            "write_scope": "scim.read scim.write",
        }

    @property
    def settings_apart(self) -> Mapping[str, Any]:
        """The same with one token to read and one to write."""
        return {"base_url": self.url, "token": READ_TOKEN, "write_token": TOKEN}

    # --- Looking and preparing --------------------------------------------------------------------

    def users(self) -> list[dict[str, Any]]:
        """What is kept of every user, with its id."""
        with self.lock:
            return [{"id": one.id, **one.content} for one in self.store.all(USERS)]

    def user(self, ident: str) -> dict[str, Any]:
        """What is kept of a user.

        Raises:
            ScimError: It is not there.
        """
        with self.lock:
            return self.store.get(USERS, ident).content

    def members(self, group: str) -> set[str]:
        """Ids of who is in a group."""
        with self.lock:
            found = self.store.get(GROUPS, group).content.get("members") or []
            return {member["value"] for member in found}

    def add_user(self, name: str, /, **attributes: Any) -> str:
        """Make a user, as an administrator would by hand; its id."""
        return self._add(USERS, {"schemas": [USER], "userName": name, **attributes})

    def add_group(self, name: str, *members: str) -> str:
        """Make a group; its id."""
        listed = {"members": [{"value": one} for one in members]} if members else {}
        return self._add(GROUPS, {"schemas": [GROUP], "displayName": name, **listed})

    def snapshot(self) -> bytes:
        """Everything it keeps, to compare two moments."""
        with self.lock:
            return json.dumps(self.store.snapshot(), sort_keys=True).encode()

    def _add(self, kind: Any, content: dict[str, Any]) -> str:
        with self.lock:
            return self.store.add(kind, conformed(kind, content, self.switches)).id

    def fill(self, people: People) -> None:
        """Groups, and for a few of the people an account that somebody once made by hand."""
        groups = [self.add_group(name) for name in STAFF_GROUPS]
        persons = people.persons.iloc[::EVERY]
        for place, person in enumerate(persons.to_dict("records")):
            ident = self.add_user(
                f"{person['external_id']}@example.org",
                externalId=person["external_id"],
                displayName=person["display_name"],
                name={"familyName": person["family_name"], "givenName": person["nick_name"]},
                active=True,
                **{ENTERPRISE: {"employeeNumber": person["external_id"]}},
            )
            with self.lock:
                group = self.store.get(GROUPS, groups[place % len(groups)])
                members = [*group.content.get("members", []), {"value": ident}]
                self.store.change(group, {**group.content, "members": members})

    # --- Ending -----------------------------------------------------------------------------------

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def serve(options: SandboxOptions) -> ServedScim:
    """Serve a provider: with groups and a few accounts, or with what a file says.

    Args:
        options: `data` is a JSON file as in the README.

    Raises:
        ConfigError: The file is not of that form.
    """
    served = ServedScim(seed=options.seed, port=options.port)
    try:
        if options.data is None:
            served.fill(invent(options.people, options.seed, now().date()))
        else:
            _load(served, options.data)
    except BaseException:
        served.close()
        raise
    return served


def _load(served: ServedScim, file: Path) -> None:
    """Users and groups as SCIM has them, without `schemas`; members by userName."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or not content.keys() <= {"users", "groups"}:
            message = "users and groups are the only keys"
            raise ConfigError(message, file=str(file))
        refs = {}
        for user in content.get("users", []):
            refs[user["userName"]] = served.add_user(
                user["userName"], **{key: v for key, v in user.items() if key != "userName"}
            )
        for group in content.get("groups", []):
            members = [refs[name] for name in group.get("members", [])]
            served.add_group(group["displayName"], *members)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=str(file)) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"not of the form that the README shows: {error}", file=str(file)
        ) from error
    except KeyError as error:
        raise ConfigError(f"{error.args[0]} is missing", file=str(file)) from error
    except ScimError as error:
        raise ConfigError(error.detail, file=str(file)) from error
