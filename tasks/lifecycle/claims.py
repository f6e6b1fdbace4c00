"""What new accounts use up of names: which fields, in which space, and for which values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.model.change import Change, Verb
from connectors.model.manifest import ADDRESS
from connectors.model.values import Clear, Pending
from tasks.lifecycle.mapping import call, fill_template
from tasks.lifecycle.naming import Names
from tasks.lifecycle.order import parse_template, paths_of
from tasks.lifecycle.people import column_of
from tasks.lifecycle.policy import FieldMapping, TargetPolicy
from tasks.lifecycle.taken import plain_address
from tasks.lifecycle.world import NAMES

Claims = list[tuple[str, str]]
"""(space, value) pairs that new accounts would use."""


def space_of(policy: TargetPolicy, attribute: str) -> str:
    """Name space a value must be unique in: addresses over all targets, others within one.

    An attribute that only the profile calls unique has a space of its own.
    """
    known = policy.manifest.attribute(attribute)
    if known is None or known.unique_in is None:
        return f"{policy.name}.{attribute}"
    return ADDRESS if known.unique_in == ADDRESS else f"{policy.name}:{known.unique_in}"


def reads_names(mapping: FieldMapping) -> bool:
    """Whether a field is made from the names we choose; a customer's function may look at them."""
    return mapping.kind == "call" or any(path.startswith(NAMES) for path in paths_of(mapping))


def reads_chosen_names(mapping: FieldMapping) -> bool:
    """Whether it is made from those of them that are chosen once; the others follow HR."""
    chosen = {f"{NAMES}{part}" for part in FROZEN_NAMES}
    return mapping.kind == "call" or not chosen.isdisjoint(paths_of(mapping))


@dataclass(frozen=True, slots=True)
class Use:
    """A field of new accounts in which no two of them may hold the same.

    Attributes:
        space: Name space of its values.
        mapping: How it gets them.
        named: Whether it is made from the names we choose, and so another one for each of them.
    """

    space: str
    mapping: FieldMapping
    named: bool

    def claims(
        self, known: Mapping[str, Any], names: Names | None, made: dict[Any, list[str]]
    ) -> Claims:
        """What it would use up for one person who tries a name.

        Args:
            known: Facts of the person by path.
            names: The name.
            made: Values that were made of them already; fields of several targets are often alike.
        """
        if self.mapping.kind == "value":  # which may be a list
            return [(self.space, value) for value in self._values(known, names)]
        same = (self.mapping.kind, self.mapping.argument)
        values = made.get(same)
        if values is None:
            values = made[same] = self._values(known, names)
        return [(self.space, value) for value in values]

    def _values(self, known: Mapping[str, Any], names: Names | None) -> list[str]:
        value = _value_of(self.mapping, known, names)
        if value is None or value == "":
            return []
        return [plain_address(str(one)) for one in _several(value)]


class Uses:
    """What accounts in some targets use up.

    Args:
        policies: Of these targets.

    Attributes:
        named: Whether any field there is made from the names we choose.
        chosen: Whether one is made from those of them that are chosen once.
        fields: Those that matter.
        spaces_of_names: Where what is used up depends on the name that is chosen.
    """

    def __init__(self, policies: Mapping[str, TargetPolicy]) -> None:
        """Look through the fields."""
        mapped = [(one, mapping) for one in policies.values() for mapping in one.mapped("create")]
        self.named = any(reads_names(mapping) for _, mapping in mapped)
        self.chosen = any(reads_chosen_names(mapping) for _, mapping in mapped)
        self.fields = [
            Use(space_of(policy, mapping.name), mapping, reads_names(mapping))
            for policy, mapping in mapped
            if mapping.unique
        ]
        self.spaces_of_names = frozenset(one.space for one in self.fields if one.named)


def claims_of(policy: TargetPolicy, change: Change) -> Claims:
    """What a planned change takes for its person: names that we choose and the account lacks.

    What comes from an upstream account was claimed there.

    Args:
        policy: Of the target of the change.
        change: Any change.
    """
    if change.verb not in {Verb.CREATE, Verb.UPDATE, Verb.ENABLE}:
        return []
    chosen = {
        mapping.name: space_of(policy, mapping.name)
        for mapping in policy.mapped("create")
        if mapping.unique and (change.verb is Verb.CREATE or reads_names(mapping))
    }
    upstream = {need.field for need in change.needs}
    return [
        (chosen[name], plain_address(one))
        for name, value in change.after.items()
        if name in chosen and name not in upstream and not isinstance(value, Clear | Pending)
        for one in map(str, _several(value))
        if one not in _several(change.before.get(name))
    ]


def _several(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _value_of(mapping: FieldMapping, known: Mapping[str, Any], names: Names | None) -> Any:
    """The value of a field for one person who tries a name; the same that `mapping` gives later."""
    match mapping.kind:
        case "value":
            return mapping.argument
        case "from":
            return _fact(mapping.argument, known, names)
        case "template":
            parts = parse_template(mapping.argument)
            paths = (part.path for part in parts if part.path is not None)
            return fill_template(parts, [_fact(path, known, names) for path in paths])
        case "call":  # pragma: no branch - there is no other
            chosen = {f"{NAMES}{part}": getattr(names, part, None) for part in NAME_PARTS}
            return call(mapping, {**known, **{path: it for path, it in chosen.items() if it}})


def _fact(path: str, known: Mapping[str, Any], names: Names | None) -> Any:
    column = column_of(path)
    return (names and _chosen(names, column)) or known.get(column)


def _chosen(names: Names, column: str) -> Any:
    """What a name that is tried says of a column; nothing where it is about something else."""
    part = column.removeprefix(NAMES)
    return getattr(names, part) if part in NAME_PARTS and part != column else None


FROZEN_NAMES = (
    "local_part",
    "upn_local_part",
    "proxy_addresses",
    "login",
    "mail_nickname",
    "common_name",
)
"""Parts that are chosen once, at create; an update never sees them."""
NAME_PARTS = (*FROZEN_NAMES, "display_name", "surname", "initials", "domain")
"""What `names.…` offers to a mapping."""
