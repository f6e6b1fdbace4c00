"""Taking back what was given, and giving back what was taken."""

from collections.abc import Iterator, Mapping, Sequence

from connectors.model.change import Change, GrantPermission, RevokePermission, Unmanage, Verb
from connectors.model.values import Attributes
from tasks.lifecycle.held import Held
from tasks.lifecycle.undo_effects import Effect, Gift
from tasks.lifecycle.undo_parts import CANNOT, SINCE, UNDONE, Part


class Gifts(Part):
    """The permissions of the accounts of one target.

    Args:
        held: What the target holds now.
        because: The reason that every change gives.
        grants: Person -> permissions that we gave, as the ledger knows them.
    """

    def __init__(
        self, held: Held, because: tuple[str, ...], grants: Mapping[str, frozenset[str]]
    ) -> None:
        """See what can be given."""
        super().__init__(held, because)
        self._grants = grants
        permissions = held.accounts.permissions
        self._grantable = frozenset(permissions.index[permissions["grantable"]])

    def changes(self, effect: Effect, ref: str) -> Iterator[Change]:
        """What takes back everything that was done about permissions of an account."""
        for permission in sorted(effect.permissions):
            yield from self._permission(effect, ref, effect.permissions[permission])

    def again(
        self, effect: Effect, contents: Sequence[Attributes], ref: str | None
    ) -> Iterator[Change]:
        """What gives an account again what we had given to it; held still, it is only noted.

        Args:
            effect: What the run did to the account: it let go of it.
            contents: What we had given.
            ref: Of the account, None for one that is only brought back now.
        """
        held = self._held.permissions(ref) if ref is not None else frozenset[str]()
        ours = self._grants.get(effect.person, frozenset())
        for content in contents:
            permission = str(content["permission"])
            if permission in held and permission not in ours:
                yield self._change(GrantPermission, effect, before=content, after=content)
            elif permission not in held and self._may_grant(effect, content):
                yield self._change(GrantPermission, effect, after=content)

    def _permission(self, effect: Effect, ref: str, gift: Gift) -> Iterator[Change]:
        content = gift.content
        permission, name = str(content["permission"]), str(content["name"])
        held = permission in self._held.permissions(ref)
        ours = permission in self._grants.get(effect.person, frozenset())
        if gift.given and not ours:
            code, said = (SINCE, "is held, and not by our grant") if held else (UNDONE, "is gone")
            self._say(effect, code, f"{name!r} {said}")
        elif gift.given and gift.only_noted:
            yield self._change(Unmanage, effect, before=content)
        elif gift.given:
            # Ours, and gone already: the ledger alone has something to take back.
            before, after = (content, {}) if held else ({}, content)
            yield self._change(RevokePermission, effect, before=before, after=after)
        elif ours:
            self._say(effect, UNDONE, f"{name!r} is ours again")
        elif gift.only_noted and held:
            yield self._change(GrantPermission, effect, before=content, after=content)
        elif gift.only_noted:
            self._say(effect, UNDONE, f"{name!r} was gone before the run")
        elif held:
            self._say(effect, SINCE, f"{name!r} was given by somebody else since")
        elif self._may_grant(effect, content):
            yield self._change(GrantPermission, effect, after=content)

    def _may_grant(self, effect: Effect, content: Attributes) -> bool:
        if content["permission"] in self._grantable and self._held.policy.can(Verb.GRANT):
            return True
        self._say(effect, CANNOT, f"{content['name']!r} is not there any more, or not ours to give")
        return False
