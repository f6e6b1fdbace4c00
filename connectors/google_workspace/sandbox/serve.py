"""Serving the sandbox: `retour sandbox google_workspace`, the demo, and tests."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from connectors.google_workspace.sandbox.application import LICENCES, TOKEN, Application
from connectors.google_workspace.sandbox.content import (
    ADMIN,
    LEAVERS,
    STAFF,
    STARTERS,
    add_user,
    furnished,
)
from connectors.google_workspace.sandbox.groups import Groups
from connectors.google_workspace.sandbox.refusals import Refusal
from connectors.google_workspace.sandbox.tokens import Tokens
from connectors.google_workspace.sandbox.troubles import order_reason
from connectors.google_workspace.sandbox.users import Users, is_password
from connectors.google_workspace.sandbox.workspace import Workspace
from connectors.model.connector import SandboxOptions
from connectors.model.errors import ConfigError
from connectors.sdk.sandbox_http import Faults
from connectors.sdk.serve import HttpServer

AUTH: Final = "https://www.googleapis.com/auth/"
DELEGATED: Final = frozenset(
    f"{AUTH}{scope}"
    for scope in (
        "admin.directory.user",
        "admin.directory.user.readonly",
        "admin.directory.group.member",
        "admin.directory.group.readonly",
        "admin.directory.orgunit.readonly",
        "admin.directory.domain.readonly",
    )
)
LICENSING: Final = f"{AUTH}apps.licensing"


class ServedWorkspace:
    """A running sandbox.

    Attributes:
        workspace: The content, to look into; `workspace.switches` makes it slow, late or strict.
        tokens: Of the service account; `tokens.delegated` is what it may.
        application: Counts and records requests.
        url: Its address.
    """

    def __init__(self, workspace: Workspace, *, port: int = 0) -> None:
        """Start serving on loopback."""
        self.workspace = workspace
        self.tokens = Tokens(workspace, project="retour-sandbox", delegated=DELEGATED)
        self.application = Application(workspace, self.tokens)
        self._server = HttpServer(self.application, port=port)
        self.url = self._server.url
        self.tokens.audience = f"{self.url}{TOKEN}"
        self._folder = tempfile.TemporaryDirectory(prefix="retour-google-")
        self.passwords = Path(self._folder.name) / "initial-passwords.csv"

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings under which the connector reaches it."""
        return {
            "service_account": self.tokens.service_account(),
            "subject": ADMIN,
            "api_url": self.url,
            "token_url": self.tokens.audience,
            "licensing_url": f"{self.url}{LICENCES}",
            "containers": {"initial": STARTERS, "enabled": STAFF, "disabled": LEAVERS},
            "initial_passwords": f"file:{self.passwords}",
        }

    # --- Looking ----------------------------------------------------------------------------------

    def account(self, person: str) -> dict[str, Any]:
        """The user with that externalId: the resource, and `groups`, addresses of groups.

        Raises:
            KeyError: There is none, or more than one.
        """
        found = self.accounts().get(person, [])
        if len(found) != 1:
            message = f"{len(found)} users have the externalId {person}"
            raise KeyError(message)
        return found[0]

    def accounts(self) -> dict[str, list[dict[str, Any]]]:
        """Users by externalId, as in `account`."""
        found: dict[str, list[dict[str, Any]]] = {}
        with self.workspace.lock:
            for ref, user in self.workspace.users.items():
                groups = [
                    group.resource["email"]
                    for group in self.workspace.groups.values()
                    if ref in group.members
                ]
                for one in user.get("externalIds", []):
                    found.setdefault(one["value"], []).append({**user, "groups": sorted(groups)})
        return found

    def can_sign_in(self, address: str, password: str) -> bool:
        """Whether that is the password of a user who is neither suspended nor archived."""
        ref = self.workspace.holder(address)
        user = self.workspace.users.get(ref or "")
        if user is None or user["suspended"] or user["archived"]:
            return False
        return is_password(self.workspace.passwords[user["id"]], password)

    def snapshot(self) -> dict[str, Any]:
        """Everything it holds, to compare two moments."""
        return self.workspace.snapshot()

    # --- Making things happen ---------------------------------------------------------------------

    @property
    def faults(self) -> Faults:
        """What requests meet; see `Faults`. Paths begin as in `/users/123`."""
        return self.application.faults

    def refuse(self, reason: str, only: str = "*", **more: int) -> None:
        """Let the next requests be refused with a reason; see `order_reason`."""
        order_reason(self.faults, reason, only=only, **more)

    def add_group(self, address: str) -> str:
        """Make a group; its id."""
        with self.workspace.lock:
            return str(Groups(self.workspace).insert({"email": address})["id"])

    def close(self) -> None:
        """Stop serving."""
        self._server.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def serve(options: SandboxOptions) -> ServedWorkspace:
    """Serve a workspace.

    Args:
        options: `data` is a JSON file as in the README, which is added to the first content.
            Nobody is invented: accounts are what a run makes.

    Raises:
        ConfigError: The file is not of that form.
    """
    workspace = furnished(options.seed)
    if options.data:
        _add(workspace, options.data)
    return ServedWorkspace(workspace, port=options.port)


def _add(workspace: Workspace, file: Path) -> None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        groups = Groups(workspace)
        for address in content.get("groups", []):
            groups.insert({"email": address})
        for account in content.get("accounts", []):
            _add_account(workspace, groups, dict(account))
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        message = f"not the content of a workspace ({type(error).__name__}); see the README"
        raise ConfigError(message, file=str(file)) from error
    except Refusal as refusal:
        raise ConfigError(refusal.message, file=str(file)) from refusal


def _add_account(workspace: Workspace, groups: Groups, account: dict[str, Any]) -> None:
    names = account.pop("groups", [])
    aliases = account.pop("aliases", [])
    name = account.pop("name")
    user = add_user(
        workspace, account.pop("primaryEmail"), name["givenName"], name["familyName"], **account
    )
    for address in aliases:
        Users(workspace).add_alias(user["id"], {"alias": address})
    for address in names:
        groups.add(address, {"id": user["id"]})
