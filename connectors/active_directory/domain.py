"""The domain that is read: its controller, its name, and searches in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.active_directory.directory import Directory, Entry, Scope
from connectors.active_directory.names import guid_dn, guid_text, is_below
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.errors import Misconfigured, NotFound, Refused

ANY: Final = "(objectClass=*)"
_RANGE: Final = "member;range="


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """The controller that answers, and where it stands.

    Attributes:
        domain: Name of the domain it serves.
        invocation: invocationId of its database; None when it does not say.
        usn: highestCommittedUSN, 0 when it does not say.
    """

    domain: str
    invocation: str | None
    usn: int


class DomainOf:
    """One domain, as a connection sees it.

    Args:
        settings: Base, page size.
        target: Name of the target, for messages.
        directory: The connection.
    """

    def __init__(
        self, settings: ActiveDirectorySettings, target: str, directory: Directory
    ) -> None:
        """Remember the parts."""
        self._settings, self._target, self._directory = settings, target, directory

    def controller(self) -> Controller:
        """The controller as it stands now, before anything else is read.

        Raises:
            Misconfigured: It serves another domain than `base_dn` is in.
        """
        root = self._directory.root()
        # The domain itself, in which names are unique; `base_dn` may be only a part of it.
        context = root.text("defaultNamingContext")
        if context is None or not is_below(self._settings.base_dn, context):
            message = (
                f"base_dn {self._settings.base_dn} is not in {context}, the controller's domain"
            )
            raise Misconfigured(message, system=self._target)
        return Controller(
            domain=context,
            invocation=self._invocation(root.text("dsServiceName")),
            usn=root.number("highestCommittedUSN"),
        )

    def _invocation(self, service: str | None) -> str | None:
        """Which database counts here: another one after a restore, and on every controller."""
        try:
            [found] = self._directory.search(service or "", ANY, ["invocationId"], scope=Scope.BASE)
            return guid_text(found.attributes["invocationid"][0])
        except (Refused, ValueError, KeyError):
            return None

    @property
    def groups_base(self) -> str:
        """Below which groups can be granted, as the settings spell it."""
        return self._settings.groups_base or self._settings.base_dn

    def search(
        self, base: str, filter_: str, attributes: Sequence[str], *, show_deleted: bool = False
    ) -> list[Entry]:
        """Everything below a base that matches, however many pages that takes."""
        return self._directory.search(
            base,
            filter_,
            list(attributes),
            page_size=self._settings.page_size,
            show_deleted=show_deleted,
        )

    def base(self) -> str:
        """`base_dn` as the directory writes it.

        Raises:
            Misconfigured: There is no such object.
        """
        return self.canonical(self._settings.base_dn)

    def canonical(self, dn: str) -> str:
        """A name as the directory itself writes it.

        Raises:
            Misconfigured: There is no such object.
        """
        try:
            found = self._directory.search(dn, ANY, ["objectGUID"], scope=Scope.BASE)
        except Refused as error:
            message = f"{dn} does not exist, or the account that reads may not see it"
            raise Misconfigured(message, system=self._target, code=error.code) from error
        if not found:
            message = f"{dn} cannot be seen by the account that reads"
            raise Misconfigured(message, system=self._target)
        return found[0].dn

    def guid_of(self, dn: str) -> str | None:
        """The GUID of the object of that name, None when it cannot be seen."""
        try:
            found = self._directory.search(dn, ANY, ["objectGUID"], scope=Scope.BASE)
            return found[0].guid
        except (NotFound, IndexError, KeyError):
            return None

    def members(self, group: Entry) -> Iterator[str]:
        """Distinguished names of the members; a large group gives them in ranges."""
        yield from group.texts("member")
        key = _range_key(group)
        while key is not None:
            yield from group.texts(key)
            end = key.rpartition("-")[2]
            if end == "*":
                return
            asked = [f"{_RANGE}{int(end) + 1}-*"]
            found = self._directory.search(
                guid_dn(group.guid), ANY, ["objectGUID", *asked], scope=Scope.BASE
            )
            if not found:
                message = "a group disappeared while its members were read"
                raise Misconfigured(message, system=self._target, operation=f"read {group.dn}")
            group = found[0]
            key = _range_key(group)


def _range_key(group: Entry) -> str | None:
    return next((name for name in group.attributes if name.startswith(_RANGE)), None)
