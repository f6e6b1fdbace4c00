"""What a page of users says, by columns: taken in while the next pages are on their way."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import pandas as pd

from connectors.model.values import Value
from connectors.scim.manifest import manifest_for
from connectors.scim.members import address_of
from connectors.scim.pages import Resource, ident_of
from connectors.scim.paths import Path, columns_of, parse_path
from connectors.scim.permissions import permission_of, values_of
from connectors.scim.protection import Protection
from connectors.scim.settings import ScimSettings

_ADDRESSES: Final = {"userName": parse_path("userName"), "emails": parse_path("emails.value")}


class Shaped(NamedTuple):
    """Users by columns, a value per user in each; of `held` and `taken` a pair.

    Attributes:
        refs: Native ids.
        locations: Where each says that it is, "" where it does not.
        records: Column of `Accounts.accounts` -> values.
        attributes: Attribute -> values, None for nothing.
        held: (ref, permission) of roles and entitlements.
        taken: (address, ref).
    """

    refs: list[str]
    locations: list[str]
    records: dict[str, list[Any]]
    attributes: dict[str, list[Value | None]]
    held: list[tuple[str, str]]
    taken: list[tuple[str, str]]


class Shaping:
    """Shapes pages of users.

    Args:
        settings: What to read.
        target: Name of the target, for messages.
    """

    def __init__(self, settings: ScimSettings, target: str) -> None:
        """Find out where everything stands."""
        self._settings, self._target = settings, target
        self._protection = Protection(settings)
        self._paths = paths_of(settings)
        self._correlation = {"person": parse_path(settings.correlation)}

    def page(self, users: Sequence[Resource]) -> Shaped:
        """One page.

        Raises:
            BrokenSource: Somebody has no id.
        """
        refs = [ident_of(user, self._target, "Users") for user in users]
        states = [user.get("active") for user in users]
        persons = columns_of(self._correlation, users)["person"]
        return Shaped(
            refs=refs,
            locations=[address_of(user) for user in users],
            records={
                "person": [text_of(value) for value in persons],
                "enabled": [state if isinstance(state, bool) else None for state in states],
                "label": [text_of(user.get("userName")) for user in users],
                "protected": [bool(self._protection.reason(user)) for user in users],
            },
            attributes=self._attributes(users),
            held=[
                (ref, permission_of(attribute, value))
                for ref, user in zip(refs, users, strict=True)
                for attribute in self._settings.permissions
                for value in values_of(user, attribute)
            ],
            taken=[
                (value.casefold(), ref)
                for ref, values in zip(refs, addresses_of(users), strict=True)
                for value in values
            ],
        )

    def all(self, pages: Sequence[Shaped]) -> Shaped:
        """All pages as one."""
        none = self.page([])
        return Shaped(
            refs=_joined(page.refs for page in pages),
            locations=_joined(page.locations for page in pages),
            records={name: _joined(page.records[name] for page in pages) for name in none.records},
            attributes={
                name: _joined(page.attributes[name] for page in pages) for name in none.attributes
            },
            held=_joined(page.held for page in pages),
            taken=_joined(page.taken for page in pages),
        )

    def _attributes(self, users: Sequence[Resource]) -> dict[str, list[Value | None]]:
        columns = columns_of(self._paths, users)
        correlation = self._settings.correlation
        columns[correlation] = [text_of(value) for value in columns[correlation]]
        return columns


def paths_of(settings: ScimSettings) -> dict[str, Path]:
    """Attribute -> where it stands, for everything that is read."""
    return {
        attribute.name: parse_path(settings.names.get(attribute.name, attribute.name))
        for attribute in manifest_for(settings).attributes
    }


def frame_of(columns: Mapping[str, list[Any]], index: "pd.Index[Any]") -> pd.DataFrame:
    """Columns as a frame of objects: nothing is guessed from what the values look like."""
    series = {
        name: pd.Series(values, index=index, dtype=object) for name, values in columns.items()
    }
    return pd.DataFrame(series, index=index)


def addresses_of(users: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """The names that each user is addressed by: userName and mail addresses."""
    columns = columns_of(_ADDRESSES, users)
    for name, mails in zip(columns["userName"], columns["emails"], strict=True):
        several = mails if isinstance(mails, tuple) else (mails,)
        yield [value for value in (name, *several) if isinstance(value, str) and value]


def text_of(value: Value | None) -> str | None:
    """A value as a text, None for nothing."""
    return None if value is None or value == "" else str(value)


def _joined(lists: Iterable[list[Any]]) -> list[Any]:
    return list(chain.from_iterable(lists))
