"""A sandbox with the connector on it, for tests that make things happen."""

from contextlib import closing

from connectors.model.change import (
    CreateAccount,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    GrantPermission,
    RevokePermission,
    UpdateAccount,
)
from connectors.scim.manifest import WORK_MAIL
from connectors.scim.reader import ScimReader
from connectors.scim.sandbox.served import ServedScim
from connectors.scim.settings import ScimSettings
from connectors.scim.writer import ScimWriter

TARGET = "app"


class Lab:
    """A provider and the connector's ways to it.

    Attributes:
        served: The provider.
        sink: Where initial passwords go; None for none.
    """

    def __init__(self, served: ServedScim, **settings):
        self.served, self.sink = served, None
        self._settings = {**served.settings, **settings}

    def settings(self, **others):
        return ScimSettings(**{**self._settings, **others})

    def read(self, **others):
        with closing(ScimReader(self.settings(**others), TARGET)) as reader:
            return reader.read()

    def check(self, **others):
        with closing(ScimReader(self.settings(**others), TARGET)) as reader:
            return list(reader.check())

    def apply(self, *changes, **others):
        with closing(ScimWriter(self.settings(**others), TARGET, self.sink)) as writer:
            return list(writer.apply(iter(changes)))

    def calls(self, only="*"):
        """The requests so far that fit a pattern, discovery left out."""
        seen = [str(one).replace("/scim/v2", "") for one in self.served.faults.log]
        return [one for one in seen if only in {"*", one.split(" ")[0]} and "/S" not in one]


def create(person="1000001", **after):
    values = {
        "userName": f"{person}@example.org",
        "externalId": person,
        "displayName": "Bo Smit",
        WORK_MAIL: f"{person}@example.org",
        **after,
    }
    return CreateAccount(target=TARGET, person=person, after=values)


def update(ref, person="1000001", **after):
    return UpdateAccount(target=TARGET, person=person, ref=ref, after=after)


def enable(ref=None, person="1000001"):
    return EnableAccount(target=TARGET, person=person, ref=ref, after={"enabled": True})


def disable(ref, person="1000001"):
    return DisableAccount(target=TARGET, person=person, ref=ref, after={"enabled": False})


def delete(ref, person="1000001"):
    return DeleteAccount(target=TARGET, person=person, ref=ref)


def grant(ref, permission, person="1000001"):
    named = {"permission": permission, "name": permission}
    return GrantPermission(target=TARGET, person=person, ref=ref, after=named)


def revoke(ref, permission, person="1000001"):
    named = {"permission": permission, "name": permission}
    return RevokePermission(target=TARGET, person=person, ref=ref, before=named)


def outcomes(receipts):
    return [receipt.outcome.value for receipt in receipts]
