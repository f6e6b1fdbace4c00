"""Reads the accounts and groups of the service."""

from collections.abc import Iterator

import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.connector import Finding
from connectors.model.errors import ConnectorError
from connectors.model.manifest import ADDRESS, LOGIN
from connectors.sdk.calls import Call
from connectors.sdk.clock import now
from connectors.sdk.skeleton.client import Row, every, open_http
from connectors.sdk.skeleton.manifest import MANIFEST
from connectors.sdk.skeleton.mapping import attributes_of
from connectors.sdk.skeleton.settings import SkeletonSettings


class SkeletonReader:
    """The accounts of a service, over a connection that cannot write.

    Args:
        settings: Where it is.
        target: Name of the target in the profile.
    """

    def __init__(self, settings: SkeletonSettings, target: str) -> None:
        """Open a connection; nothing is sent yet."""
        self._settings, self._target = settings, target
        self._http = open_http(settings, target, read_only=True)

    def read(self) -> Accounts:
        """Every account, group and member.

        Raises:
            Fatal: The service could not be read. Nothing partial is returned.
        """
        taken_at = now()
        rows = {row["id"]: row for row in self._every("/accounts", "accounts")}
        groups = self._groups()
        grants = [
            (member["id"], key)
            for key in groups
            for member in self._every(f"/groups/{key}/members", "members")
            if member["id"] in rows
        ]
        return Accounts.from_records(
            target=self._target,
            records={
                ref: {
                    "person": row.get("person"),
                    "enabled": bool(row["enabled"]),
                    "label": row["login"],
                    "protected": bool(row.get("administrator")),
                }
                for ref, row in rows.items()
            },
            attributes={ref: attributes_of(row) for ref, row in rows.items()},
            taken_at=taken_at,
            grants=grants,
            permissions=groups,
            taken=[
                (space, row[name], ref)
                for ref, row in rows.items()
                for space, name in ((LOGIN, "login"), (ADDRESS, "mail"))
                if row.get(name)
            ],
        )

    def permissions(self) -> pd.DataFrame:
        """Every group, as in `Accounts.permissions`."""
        groups = self._groups()
        index = pd.Index(list(groups), dtype="str", name="permission")
        frame = pd.DataFrame({"name": list(groups.values()), "grantable": True}, index=index)
        return frame.astype({"name": "str", "grantable": bool})

    def check(self) -> Iterator[Finding]:
        """Look whether the service is there and what the token may do."""
        try:
            rights = set(self._http.send(Call("GET", "/me")).json["rights"])
        except ConnectorError as error:
            yield Finding(ok=False, subject=self._target, detail=str(error), reached=False)
            return
        needed = {*MANIFEST.read_permissions, *MANIFEST.write_permissions}
        for right in sorted(needed):
            detail = "granted" if right in rights else "not granted: grant it to the token"
            yield Finding(ok=right in rights, subject=right, detail=detail)
        for right in sorted(rights - needed):
            detail = "granted and not needed: take it away from the token"
            yield Finding(ok=True, subject=right, detail=detail, warns=True)

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _groups(self) -> dict[str, str]:
        return {row["id"]: row["name"] for row in self._every("/groups", "groups")}

    def _every(self, path: str, name: str) -> Iterator[Row]:
        return every(self._http, path, name=name, page_size=self._settings.page_size)
