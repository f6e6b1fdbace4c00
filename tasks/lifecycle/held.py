"""What one target holds, indexed by account, and changes to it in their common form."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.change import HR_ID, Change, Need
from connectors.model.receipt import Note
from connectors.model.texts import places_in
from connectors.model.values import Attributes, is_empty
from tasks.lifecycle.assignments import Because
from tasks.lifecycle.columns import known
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.roster import Mask, Objects, Positions

_C = TypeVar("_C", bound=Change)
_EMPTY: Final[dict[str, Any]] = {}


class Held:
    """The accounts of one target, for asking about one of them, or about all at once.

    Attributes:
        policy: What the profile decides about the target.
        accounts: The reading itself.
        enabled: Per account whether the person can sign in; False where that is not known.
        disabled: Per account whether the person cannot; False where that is not known.
        protected: Per account whether nobody may touch it.
    """

    __slots__ = (
        "__dict__",
        "_context",
        "_rows",
        "_said",
        "accounts",
        "disabled",
        "enabled",
        "policy",
        "protected",
    )

    def __init__(self, policy: TargetPolicy, accounts: Accounts) -> None:
        """Lay the states out."""
        self.policy, self.accounts = policy, accounts
        enabled = accounts.accounts["enabled"]
        self.enabled: Mask = enabled.to_numpy(dtype=bool, na_value=False)
        self.disabled: Mask = (~enabled).to_numpy(dtype=bool, na_value=False)
        self.protected: Mask = accounts.accounts["protected"].to_numpy(dtype=bool)
        self._context = [n for n in policy.manifest.context if n in accounts.attributes.columns]
        self._said: dict[Note, None] = {}
        self._rows: dict[str, int] = {}

    @cached_property
    def containers(self) -> Objects:
        """Where accounts stand, by row; None where that is nowhere."""
        return known(self.accounts.accounts["container"])

    @cached_property
    def _carried(self) -> Objects:
        """Whose the accounts say that they are, by row; None where they say nothing."""
        return known(self.accounts.accounts["person"])

    @cached_property
    def _grants(self) -> tuple[Positions, Positions, Objects]:
        """Who holds what: rows of accounts, sorted, and permissions by their place among all."""
        grants = self.accounts.grants
        rows = places_in(grants["ref"], pd.Series(self.accounts.accounts.index.array))
        codes, permissions = pd.factorize(grants["permission"])
        order = np.argsort(rows, kind="stable")
        return rows[order], codes[order], permissions.to_numpy(dtype=object)

    def ref(self, row: int) -> str:
        """Native id of the account in a row; from here on it can be asked about by that id."""
        ref = str(self.accounts.accounts.index[row])
        self._rows[ref] = row
        return ref

    def row(self, ref: str) -> int:
        """Where an account stands in the reading."""
        return self._rows[ref]

    def is_enabled(self, ref: str) -> bool:
        """Whether the person can sign in; False where the target knows no such state."""
        return bool(self.enabled[self.row(ref)])

    def is_disabled(self, ref: str) -> bool:
        """Whether the person cannot sign in; False where the target knows no such state."""
        return bool(self.disabled[self.row(ref)])

    def is_protected(self, ref: str) -> bool:
        """Whether nobody may touch it."""
        return bool(self.protected[self.row(ref)])

    def reason_to_keep(self, ref: str) -> str | None:
        """Why it must not be deleted, None where nothing speaks against it."""
        reason = self.accounts.accounts["keep"].iat[self.row(ref)]
        return reason if isinstance(reason, str) else None

    def container(self, ref: str) -> str | None:
        """Where it stands."""
        container: str | None = self.containers[self.row(ref)] if self.policy.containers else None
        return container

    def permissions(self, ref: str) -> frozenset[str]:
        """What it holds, as native ids."""
        rows, codes, permissions = self._grants
        row = self.row(ref)
        first, last = rows.searchsorted((row, row + 1))
        return frozenset(permissions[codes[first:last]])

    def holders(self) -> tuple[Positions, Positions, Objects]:
        """Who holds what: places of accounts, sorted, and permissions by place among the third."""
        return self._grants

    def number(self, ref: str) -> dict[str, str]:
        """The correlation attribute and its value; nothing where it is empty."""
        carried = self._hr_id(ref)
        return {self.policy.manifest.correlation: carried} if carried else {}

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
        if ref is not None and ref in self._rows:
            context = {**context, HR_ID: self._hr_id(ref)}
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

    def _hr_id(self, ref: str) -> str:
        """Whose the account says that it is; "" where it says nothing."""
        value: str | None = self._carried[self.row(ref)]
        return value or ""

    def _context_of(self, ref: str) -> Mapping[str, str]:
        if ref not in self._rows:  # not in this reading: it is asked for once more
            return {}
        attributes, row = self.accounts.attributes, self.row(ref)
        found = {name: attributes[name].iat[row] for name in self._context}
        return {name: str(value) for name, value in found.items() if not is_empty(value)}
