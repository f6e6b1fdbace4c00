"""Attributes of an account and the user they stand in: flat on our side, nested on Google's.

An attribute is a field (`primaryEmail`), a part of an object (`name.givenName`), or a part of one
entry of an array: the work entry of `organizations`, the manager among `relations`. Google replaces
an array as a whole, so a change is merged into the entries that are there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.model.errors import Invalid
from connectors.model.values import Attributes, Clear, Pending, Value, is_empty

CUSTOM: Final = "customSchemas."
EXTERNAL_ID: Final = "externalId"
ALIASES: Final = "aliases"

User = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of one entry of an array.

    Attributes:
        array: Name of the array.
        kind: Type of the entry, `custom:NAME` for a custom one.
        part: Name of the part; `value` where the entry has no other.
    """

    array: str
    kind: str
    part: str = "value"

    def find(self, entries: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """The entry that counts: of our type, a primary one first."""
        ours = [one for one in entries if self._fits(one)]
        return next((one for one in ours if one.get("primary")), ours[0] if ours else None)

    def put(self, entries: Iterable[Mapping[str, Any]], value: Any) -> list[Mapping[str, Any]]:
        """The entries with a new value in it, None for none; all others as they are."""
        several = list(entries)
        held = self.find(several)
        if self.part == "value":
            others = [one for one in several if not self._fits(one)]
            return (
                others if value is None else [*others, {**(held or self._named()), "value": value}]
            )
        changed = {**(held or self._named()), self.part: value}
        if value is None:
            del changed[self.part]
        if held is None:
            return [*several, changed]
        return [changed if one is held else one for one in several]

    def _fits(self, entry: Mapping[str, Any]) -> bool:
        kind = entry.get("type")
        if kind == "custom" or (not kind and entry.get("customType")):
            return bool(self.kind == f"custom:{entry.get('customType')}")
        # The admin console writes an organisation without a type.
        return kind == self.kind or (not kind and self.array == "organizations")

    def _named(self) -> dict[str, Any]:
        kind, _, custom = self.kind.partition(":")
        named: dict[str, Any] = {"type": kind, **({"customType": custom} if custom else {})}
        return {**named, "primary": True} if self.array == "organizations" else named


NAME: Final = {"givenName": "givenName", "familyName": "familyName", "displayName": "displayName"}
PLAIN: Final = ("primaryEmail", "recoveryEmail", "recoveryPhone")
ENTRIES: Final = {
    "title": Entry("organizations", "work", "title"),
    "department": Entry("organizations", "work", "department"),
    "costCenter": Entry("organizations", "work", "costCenter"),
    "company": Entry("organizations", "work", "name"),
    "employeeType": Entry("organizations", "work", "description"),
    "location": Entry("organizations", "work", "location"),
    "manager": Entry("relations", "manager"),
    "workPhone": Entry("phones", "work"),
    "mobilePhone": Entry("phones", "mobile"),
    "homePhone": Entry("phones", "home"),
    "streetAddress": Entry("addresses", "work", "streetAddress"),
    "postalCode": Entry("addresses", "work", "postalCode"),
    "locality": Entry("addresses", "work", "locality"),
    "countryCode": Entry("addresses", "work", "countryCode"),
}
_KNOWN: Final = frozenset({EXTERNAL_ID, ALIASES, *NAME, *PLAIN, *ENTRIES})
ARRAYS: Final = tuple(dict.fromkeys(["externalIds", *(one.array for one in ENTRIES.values())]))


def is_known(name: str) -> bool:
    """Whether an attribute can be read and written."""
    if name.startswith(CUSTOM):
        return len(name.split(".")) == 3 and all(name.split("."))
    return name in _KNOWN


class Fields:
    """Translates between attributes and users.

    Args:
        external_id_type: Type of the entry that holds the HR id.
        custom: Custom fields to read, as `customSchemas.SCHEMA.FIELD`.
    """

    def __init__(self, *, external_id_type: str, custom: Iterable[str] = ()) -> None:
        """Put the entries together."""
        self._entries = {EXTERNAL_ID: Entry("externalIds", external_id_type), **ENTRIES}
        own = (name for name in custom if name.startswith(CUSTOM))
        self._all = (*PLAIN, *NAME, *self._entries, ALIASES, *own)

    # --- Reading ----------------------------------------------------------------------------------

    def attributes(self, user: User) -> dict[str, Value]:
        """What a user holds, without what is empty."""
        values = ((name, self._value(user, name)) for name in self._all)
        return {name: value for name, value in values if value is not None and not is_empty(value)}

    def person(self, user: User) -> str | None:
        """The HR id of a user."""
        value = self._entry(user, self._entries[EXTERNAL_ID])
        return None if value is None else str(value)

    def held(self, user: User, names: Iterable[str]) -> dict[str, Value | None]:
        """What a user holds of these names; None for what is empty or not known."""
        return {name: self._value(user, name) for name in names}

    def _value(self, user: User, name: str) -> Value | None:
        value = self._found(user, name)
        if isinstance(value, list | dict):
            message = f"{name} is no plain value"
            raise TypeError(message)  # whoever reads says that the answer is not as it should be
        found: Value | None = value
        return found

    def _found(self, user: User, name: str) -> Any:
        if name in PLAIN:
            return user.get(name)
        if name in NAME:
            return user.get("name", {}).get(NAME[name])
        if name in self._entries:
            return self._entry(user, self._entries[name])
        if name == ALIASES:
            return tuple(sorted(user.get(ALIASES, ())))
        if not name.startswith(CUSTOM):
            return None
        _, schema, field = name.split(".")
        value = user.get("customSchemas", {}).get(schema, {}).get(field)
        several = isinstance(value, list)
        return tuple(sorted(str(one.get("value", "")) for one in value)) if several else value

    @staticmethod
    def _entry(user: User, entry: Entry) -> Any:
        found = entry.find(user.get(entry.array) or ())
        return None if found is None else found.get(entry.part)

    # --- Writing ----------------------------------------------------------------------------------

    def check(self, after: Attributes) -> None:
        """Raise `Invalid` for what an account has no place for."""
        for name, value in after.items():
            if not is_known(name):
                message = f"a Google account has no attribute {name}"
                raise Invalid(message, hint=f"Custom fields are named {CUSTOM}SCHEMA.FIELD.")
            if isinstance(value, Pending):
                message = f"{name} is not known yet"
                raise Invalid(message)

    def body(self, after: Attributes, user: User) -> dict[str, Any]:
        """The part of a user that a change touches, as Google takes it.

        Args:
            after: Attributes to write, checked before. `aliases` are written otherwise.
            user: What is there now; empty for a new account.
        """
        body: dict[str, Any] = {}
        for name, wanted in after.items():
            value = _wire(wanted)
            if name in PLAIN:
                body[name] = value
            elif name in NAME:
                body.setdefault("name", {})[NAME[name]] = value
            elif name in self._entries:
                entry = self._entries[name]
                entries = body[entry.array] if entry.array in body else user.get(entry.array)
                body[entry.array] = entry.put(entries or (), value)
            elif name.startswith(CUSTOM):
                _, schema, field = name.split(".")
                body.setdefault("customSchemas", {}).setdefault(schema, {})[field] = value
        return {name: _filled(value) if name in ARRAYS else value for name, value in body.items()}

    def holds(self, user: User, after: Attributes) -> bool:
        """Whether a user holds the wanted values already; letters of addresses in any case."""
        held = self.held(user, after)
        return all(_same(name, value, held.get(name)) for name, value in after.items())


def _filled(entries: Any) -> list[Mapping[str, Any]] | None:
    """Entries that say something; an array without any is emptied by null, and by nothing else."""
    return [one for one in entries if one.keys() - {"type", "customType", "primary"}] or None


def _same(name: str, wanted: Value, found: Value | None) -> bool:
    if isinstance(wanted, Clear) or is_empty(wanted):
        return is_empty(found)
    if name in {"primaryEmail", ALIASES, "manager"}:
        return _folded(wanted, str.casefold) == _folded(found, str.casefold)
    if isinstance(wanted, tuple) or isinstance(found, tuple):
        return _folded(wanted) == _folded(found)
    return str(wanted) == str(found)


def _folded(value: Value | None, fold: Callable[[str], str] = str) -> list[str]:
    """The texts of a value, in an order of their own."""
    several = value if isinstance(value, tuple) else () if value is None else (str(value),)
    return sorted(map(fold, several))


def _wire(value: Value) -> Any:
    match value:
        case Clear():
            return None
        case tuple():
            return [{"value": one} for one in value]
        case "":
            return None
        case _:
            return value
