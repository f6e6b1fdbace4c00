"""What one target holds, indexed by account, and changes to it in their common form."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

from connectors.model.accounts import Accounts
from connectors.model.change import Change, Need
from connectors.model.receipt import Note
from connectors.model.values import Attributes, is_empty
from tasks.lifecycle.due import Because
from tasks.lifecycle.mapping import known
from tasks.lifecycle.policy import TargetPolicy

_C = TypeVar("_C", bound=Change)
_NOTHING: Final[frozenset[str]] = frozenset()
_EMPTY: Final[dict[str, Any]] = {}


class Held:
    """The accounts of one target, for asking about one of them.

    Attributes:
        policy: What the profile decides about the target.
        accounts: The reading itself.
    """

    __slots__ = (
        "_container",
        "_context",
        "_enabled",
        "_keep",
        "_members",
        "_protected",
        "_said",
        "accounts",
        "policy",
    )

    def __init__(self, policy: TargetPolicy, accounts: Accounts) -> None:
        """Index the reading."""
        self.policy, self.accounts = policy, accounts
        frame = accounts.accounts
        refs = frame.index.tolist()
        self._enabled = dict(zip(refs, known(frame["enabled"]), strict=True))
        self._container = (
            dict(zip(refs, known(frame["container"]), strict=True)) if policy.containers else {}
        )
        self._protected = frozenset(frame.index[frame["protected"]])
        self._keep = frame["keep"].dropna().to_dict()
        self._context = [n for n in policy.manifest.context if n in accounts.attributes.columns]
        self._members: dict[str, set[str]] = {}
        for ref, permission in zip(
            accounts.grants["ref"].tolist(), accounts.grants["permission"].tolist(), strict=True
        ):
            self._members.setdefault(ref, set()).add(permission)
        self._said: dict[Note, None] = {}

    def is_enabled(self, ref: str) -> bool:
        """Whether the person can sign in; False where the target knows no such state."""
        return self._enabled.get(ref) is True

    def is_disabled(self, ref: str) -> bool:
        """Whether the person cannot sign in; False where the target knows no such state."""
        return self._enabled.get(ref) is False

    def is_protected(self, ref: str) -> bool:
        """Whether nobody may touch it."""
        return ref in self._protected

    def reason_to_keep(self, ref: str) -> str | None:
        """Why it must not be deleted, None where nothing speaks against it."""
        return self._keep.get(ref)

    def container(self, ref: str) -> str | None:
        """Where it stands."""
        return self._container.get(ref)

    def permissions(self, ref: str) -> frozenset[str] | set[str]:
        """What it holds, as native ids."""
        return self._members.get(ref, _NOTHING)

    def number(self, ref: str) -> dict[str, str]:
        """The correlation attribute and its value; nothing where it is empty."""
        value = self.accounts.accounts.at[ref, "person"]
        return {self.policy.manifest.correlation: value} if isinstance(value, str) else {}

    def change(  # noqa: PLR0913 - the parts of a change
        self,
        kind: type[_C],
        person: str,
        ref: str | None,
        because: Because,
        *,
        before: Attributes = _EMPTY,
        after: Attributes = _EMPTY,
        needs: Iterable[Need] = (),
        context: Mapping[str, str] | None = None,
    ) -> _C:
        """A change in this target, with the values that its writer needs.

        Args:
            kind: Class of the change.
            person: Whose account it is.
            ref: Native id, None for one that is made just now.
            because: Rules and contracts that say so.
            before: What the account holds.
            after: What it shall hold.
            needs: Values that come from upstream.
            context: Instead of what was read with the account.
        """
        if context is None:
            context = self._context_of(ref) if self._context and ref is not None else {}
        return kind(
            target=self.policy.name,
            person=person,
            ref=ref,
            before=before,
            after=after,
            because=because,
            needs=tuple(needs),
            context=context,
        )

    def say(self, person: str, code: str, reason: str, *, ref: str = "") -> None:
        """Note why something is not done; saying it twice is saying it once."""
        note = Note(target=self.policy.name, person=person, code=code, reason=reason, ref=ref)
        self._said[note] = None

    @property
    def notes(self) -> list[Note]:
        """What was said."""
        return list(self._said)

    def _context_of(self, ref: str) -> Mapping[str, str]:
        attributes = self.accounts.attributes
        if ref not in attributes.index:
            return {}
        found = {name: attributes.at[ref, name] for name in self._context}
        return {name: str(value) for name, value in found.items() if not is_empty(value)}
