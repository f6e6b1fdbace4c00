"""What a profile decides about a target, compiled: the planner's view of the configuration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from connectors.model.change import Verb
from connectors.model.manifest import Compare, Manifest

ACTIONS: Final = ("create", "correlate", "update", "delete")
"""Actions a field mapping may name. `correlate` is the run in which an account is taken over;
`delete` is for targets where that clears a record."""

Kind = Literal["value", "from", "template", "call"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMapping:
    """How one attribute of a target gets its value.

    Attributes:
        name: The attribute.
        kind: `value` (fixed), `from` (a path), `template` (text with paths) or `call` (a function).
        argument: The value, path, text or function.
        on: Actions it applies to, of `ACTIONS`.
        unique: Whether the value must be free in the attribute's name space before a create.
        compare: When two values are equal.
        when_empty: What an HR field without value means: `keep` what the target holds, or `clear`
            it. Never applies to `accounts.…`: a missing upstream account clears nothing.
    """

    name: str
    kind: Kind
    argument: Any
    on: frozenset[str] = frozenset({"create", "update"})
    unique: bool = False
    compare: Compare = Compare.EXACT
    when_empty: Literal["keep", "clear"] = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Containers:
    """Where accounts live, in the target's own spelling.

    Attributes:
        initial: Where a create puts them.
        enabled: Where an enable moves them; None leaves them.
        disabled: Where a disable moves them; None leaves them.
    """

    initial: str | None = None
    enabled: str | None = None
    disabled: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leavers:
    """What happens to the account of somebody who is not due it any more.

    Attributes:
        disable_after_days: Days after the last day it was due; 0 disables on the first day without,
            None never does.
        delete_after_days: Days until it is deleted, None for never.
    """

    disable_after_days: int | None = 0
    delete_after_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many changes of a verb a run may make.

    Attributes:
        count: At most so many, None for no such limit.
        share: At most this part (0 to 1) of what is managed, though one is always allowed. None for
            no such limit.
    """

    count: int | None = None
    share: float | None = None

    def most(self, *, of: int) -> int | None:
        """The most changes that pass, `of` being what is there now; None where any number does."""
        counts = [] if self.count is None else [self.count]
        if self.share is not None:
            counts.append(max(1, int(self.share * of + 1e-9)))
        return min(counts, default=None)

    def allows(self, planned: int, *, of: int) -> bool:
        """Whether so many changes pass, `of` being what is managed now."""
        most = self.most(of=of)
        return most is None or planned <= most

    def __str__(self) -> str:
        """Read like the profile: `50`, `10%`, `50 and 10%`, `unlimited`."""
        parts = [] if self.count is None else [str(self.count)]
        if self.share is not None:
            parts.append(f"{self.share * 100:g}%")
        return " and ".join(parts) or "unlimited"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPolicy:
    """What a profile decides about a target.

    Attributes:
        name: Name in the profile.
        manifest: What the connector can do.
        depends_on: Targets whose accounts feed this one.
        fields: Mappings in the profile's order; of one attribute at most one per action.
        correlate: Path of the person's value that the correlation attribute holds.
        containers: None for a target without.
        leavers: Grace periods.
        limits: Of one run, per verb; also `grant_permission`, `revoke_permission` (of those that
            are no groups) and `losses` (persons who stay and lose something).
        window: The same over several days, per verb.
        over_days: Days of that window, today included.
        protected: Native ids or names of accounts that nobody but people may touch.
        only_update_on_correlate: Write fields only in the run that takes an account over.
        named_by_rules: Whether any rule grants something here. A write-back target that no rule
            names is due to everybody who is due an account upstream.
    """

    name: str
    manifest: Manifest
    depends_on: tuple[str, ...] = ()
    fields: tuple[FieldMapping, ...] = ()
    correlate: str = "person.external_id"
    containers: Containers | None = None
    leavers: Leavers = field(default_factory=Leavers)
    limits: Mapping[str, Limit] = field(default_factory=dict)
    window: Mapping[str, Limit] = field(default_factory=dict)
    over_days: int = 7
    protected: tuple[str, ...] = ()
    only_update_on_correlate: bool = False
    named_by_rules: bool = False

    @property
    def follows(self) -> bool:
        """Whether it takes everybody who is due an account in the targets that feed it."""
        return self.manifest.write_back and not self.named_by_rules

    def can(self, verb: Verb) -> bool:
        """Whether the connector offers the verb."""
        return verb in self.manifest.verbs

    def mapped(self, action: str) -> tuple[FieldMapping, ...]:
        """Mappings that apply to an action; to `correlate` also those for updates."""
        chosen = tuple(mapping for mapping in self.fields if action in mapping.on)
        if action != "correlate":
            return chosen
        named = {mapping.name for mapping in chosen}
        return chosen + tuple(one for one in self.mapped("update") if one.name not in named)


Call = Callable[[Mapping[str, Any]], Any]
"""A customer's function: known facts of one person by path -> value, None for "no value known"."""
