"""Accounts: what a target holds, as columns."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

import pandas as pd

from connectors.model.texts import column_in, texts_in, texts_of
from connectors.model.values import Value, is_empty

GROUP: Final = "group"
PERMISSION: Final = "permission"
"""Kinds of what can be granted: membership of a group; and roles, licences and the like."""


class Accounts:
    """What a target holds, read in one go. An opaque object to Prefect.

    Attributes:
        accounts: One row per account. Index `ref` (str, native immutable id, unique). Columns
            `person` (str, the value of the correlation attribute, NA when empty), `enabled`
            (boolean, NA where the target knows no such state), `container` (str, NA where it has
            none), `label` (str, a name for people to read), `protected` (bool), `keep` (str, why it
            must not be deleted, NA where nothing speaks against it).
        attributes: Same index. One column per attribute. One that holds nothing but text has dtype
            str, NA where an account does not have it: a tenth of the memory, and compared as a
            column. Any other is object: str, bool, int, float or a sorted tuple of str, and None.
        grants: Columns `ref`, `permission` (str): who holds what, both native ids.
        permissions: Index `permission` (str, native id). Columns `name` (str, as rules name it),
            `grantable` (bool), `kind` (`group` unless the connector says `permission`: a role or a
            licence; limits can tell the two apart).
        taken: Names in use in the target, also by objects that are not accounts (groups, contacts,
            computers). Columns `space` (category of str, such as `address` or `login`), `value`
            (str, casefolded), `ref` (str, native id of the holder).
        without_account: For accounts that hang under a record which the target does not make (the
            user of an AFAS person): one row per record without an account. Columns `person` (str,
            value of the correlation attribute) and one (str) per name in the manifest's `context`.
            None where accounts stand by themselves.
        taken_at: When reading began, UTC.
    """

    __slots__ = (
        "accounts",
        "attributes",
        "grants",
        "permissions",
        "taken",
        "taken_at",
        "target",
        "without_account",
    )

    def __init__(  # noqa: PLR0913 - a part each
        self,
        *,
        target: str,
        accounts: pd.DataFrame,
        attributes: pd.DataFrame,
        taken_at: datetime,
        grants: pd.DataFrame | None = None,
        permissions: pd.DataFrame | None = None,
        taken: pd.DataFrame | None = None,
        without_account: pd.DataFrame | None = None,
    ) -> None:
        """Bring the frames into the shape above.

        Raises:
            ValueError: A native id stands twice.
        """
        self.target, self.taken_at = target, taken_at
        # Column by column, and a frame of them at the end: in a small reading, which is the usual
        # one, what counts is how often pandas is asked.
        enabled = column_in(accounts, "enabled").astype("boolean")
        protected = column_in(accounts, "protected").astype("boolean").fillna(False)  # noqa: FBT003
        index = accounts.index.astype("str").rename("ref")
        if index.has_duplicates:
            message = f"{target}: native id {index[index.duplicated()][0]} stands twice"
            raise ValueError(message)
        shaped = pd.DataFrame(
            {
                "person": texts_in(accounts, "person"),
                "enabled": enabled.array,
                "container": texts_in(accounts, "container"),
                "label": texts_in(accounts, "label"),
                "protected": protected.to_numpy(bool),
                "keep": texts_in(accounts, "keep"),
            },
            index=index,
            copy=False,
        )
        self.accounts = shaped
        self.attributes = _attributes(attributes, shaped.index)
        self.grants = _texts(grants, ["ref", "permission"])
        self.taken = _texts(taken, ["space", "value", "ref"]).astype({"space": "category"})
        self.without_account = (
            None
            if without_account is None
            else _texts(without_account, list(without_account.columns))
        )
        named = (
            permissions if permissions is not None else pd.DataFrame({"name": [], "grantable": []})
        )
        grantable = column_in(named, "grantable").astype("boolean").fillna(True)  # noqa: FBT003
        kind = column_in(named, "kind").astype("str").fillna(GROUP)
        self.permissions = pd.DataFrame(
            {
                "name": texts_in(named, "name", empty=True),
                "grantable": grantable.to_numpy(bool),
                "kind": kind.array,
            },
            index=named.index.astype("str").rename("permission"),
            copy=False,
        )

    @classmethod
    def from_records(  # noqa: PLR0913 - a part each
        cls,
        *,
        target: str,
        records: Mapping[str, Mapping[str, Any]],
        attributes: Mapping[str, Mapping[str, Value]],
        taken_at: datetime,
        grants: list[tuple[str, str]] | None = None,
        permissions: Mapping[str, str] | None = None,
        kinds: Mapping[str, str] | None = None,
        taken: list[tuple[str, str, str]] | None = None,
        without_account: list[Mapping[str, str]] | None = None,
    ) -> "Accounts":
        """Build from plain records: convenient for small targets and tests.

        Args:
            target: Name of the target.
            records: ref -> {person, enabled, container, label, protected, keep}, any left out.
            attributes: ref -> {attribute: value}; empty values are dropped.
            taken_at: When reading began, UTC.
            grants: (ref, permission) pairs.
            permissions: permission -> name.
            kinds: permission -> kind, for those that are no groups.
            taken: (space, value, ref) triples; values are casefolded here.
            without_account: Rows of the attribute of that name.
        """
        index = pd.Index(list(records), dtype="str", name="ref")
        known = {
            ref: {name: value for name, value in values.items() if not is_empty(value)}
            for ref, values in attributes.items()
        }
        names = sorted({name for values in known.values() for name in values})
        columns = {name: [known.get(ref, {}).get(name) for ref in records] for name in names}
        return cls(
            target=target,
            accounts=pd.DataFrame(list(records.values()), index=index),
            attributes=pd.DataFrame(
                {
                    name: pd.Series(values, index=index, dtype=object)
                    for name, values in columns.items()
                },
                index=index,
            ),
            taken_at=taken_at,
            grants=pd.DataFrame(grants or [], columns=["ref", "permission"]),
            permissions=pd.DataFrame(
                {
                    "name": list((permissions or {}).values()),
                    "kind": [(kinds or {}).get(one) for one in permissions or {}],
                },
                index=pd.Index(list(permissions or {})),
            ),
            taken=pd.DataFrame(
                [(space, value.casefold(), ref) for space, value, ref in taken or []],
                columns=["space", "value", "ref"],
            ),
            without_account=None if without_account is None else pd.DataFrame(without_account),
        )

    def value(self, ref: str, attribute: str) -> Value | None:
        """What an account holds in an attribute; None for nothing, and for one that was not read.

        Raises:
            KeyError: There is no such account.
        """
        if attribute not in self.attributes.columns:
            return None
        held = self.attributes.at[ref, attribute]
        return None if is_empty(held) else cast("Value", held)

    def __len__(self) -> int:
        """Number of accounts."""
        return len(self.accounts)

    def __bool__(self) -> bool:
        """A reading is a reading, also of an empty target."""
        return True

    def __repr__(self) -> str:
        """Counts only: a repr may end in a log."""
        return f"Accounts({self.target}: {len(self.accounts)})"


def _attributes(attributes: pd.DataFrame, refs: "pd.Index[str]") -> pd.DataFrame:
    """Attributes in the order of the accounts, text as text."""
    index = attributes.index.astype("str")
    aligned = attributes.set_axis(index)
    if not index.equals(refs):
        aligned = aligned.reindex(refs)
    columns = {name: _attribute(column) for name, column in aligned.items()}
    return pd.DataFrame(columns, index=refs, copy=False)


def _attribute(column: "pd.Series[Any]") -> Any:
    if column.dtype == "str" or pd.api.types.infer_dtype(column, skipna=True) == "string":
        return texts_of(column)
    objects = column.astype(object)
    return objects.where(objects.notna(), None).to_numpy()


def _texts(frame: pd.DataFrame | None, columns: list[str]) -> pd.DataFrame:
    shaped = frame if frame is not None else pd.DataFrame(columns=columns)
    return pd.DataFrame(
        {name: texts_in(shaped, name, empty=True) for name in columns}, columns=columns, copy=False
    )
