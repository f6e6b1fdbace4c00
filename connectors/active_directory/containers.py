"""Containers that changes name: they exist, or are made when the settings say so."""

import threading

from connectors.active_directory.directory import Directory, Scope
from connectors.active_directory.domain import ANY
from connectors.active_directory.names import dn_key, parse_dn, split_dn
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.active_directory.values import surely
from connectors.model.errors import AlreadyExists, Invalid, NotFound

OU = ("top", "organizationalUnit")


class ExistingContainers:
    """Sees to it that a container is there before an account is put into it.

    Args:
        settings: Templates, and whether missing OUs are made.
        directory: Bound as the account that writes.
        system: Name of the target, for messages.
    """

    def __init__(
        self, settings: ActiveDirectorySettings, directory: Directory, system: str
    ) -> None:
        """Nothing is known to exist yet."""
        self._directory, self._system = directory, system
        self._templates = settings.containers.templates() if settings.create_containers else ()
        self._there: set[object] = set()
        self._lock = threading.Lock()

    def require(self, dn: str) -> None:
        """Make sure that a container exists; one that a template came to is made.

        Raises:
            Invalid: It does not exist and may not be made, or it is no name.
            Refused: The account that writes may not make it.
        """
        try:
            key = dn_key(dn)
        except ValueError as error:
            raise Invalid(str(error), system=self._system) from None
        with self._lock:  # two persons of one new department
            if key in self._there:
                return
            if not self._exists(dn):
                self._make(dn)
            self._there.add(key)

    def _make(self, dn: str) -> None:
        """Make an OU and those above it, down from where its template is fixed."""
        key = dn_key(dn)
        template = next((one for one in self._templates if one.covers(key)), None)
        if template is None or template.is_fixed:
            message = f"the container {dn} does not exist"
            hint = "Make the OU, or correct the settings."
            raise Invalid(message, system=self._system, hint=hint)
        missing = [dn]
        while dn_key(parent := split_dn(missing[-1])[1]) != dn_key(template.fixed):
            if self._exists(parent):
                break
            missing.append(parent)
        for name in reversed(missing):
            self._add(name)

    def _add(self, dn: str) -> None:
        kind = parse_dn(dn)[0][0].upper()
        if kind != "OU":
            message = f"{dn} does not exist, and only OUs are made"
            raise Invalid(message, system=self._system)
        try:
            surely(lambda: self._directory.add(dn, {"objectClass": OU}), lambda: self._exists(dn))
        except AlreadyExists:
            return  # somebody else made it meanwhile
        except NotFound as error:
            message = f"the container {split_dn(dn)[1]} does not exist"
            raise Invalid(message, system=self._system) from error

    def _exists(self, dn: str) -> bool:
        try:
            return bool(self._directory.search(dn, ANY, ["objectGUID"], scope=Scope.BASE))
        except NotFound:
            return False
