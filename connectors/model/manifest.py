"""Manifest: what a connector can do and what it needs, as data that the planner reads."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from connectors.model.change import Verb
from connectors.model.containers import ContainerForm


class Compare(StrEnum):
    """When two values of an attribute count as equal."""

    EXACT = "exact"
    IGNORE_CASE = "ignore_case"
    """Mail addresses, login names."""
    DN = "dn"
    """LDAP distinguished names: case and spaces around separators do not matter."""
    SET = "set"
    """Several values, of which each counts once; in no order, as it is with `exact` too."""


ADDRESS: Final = "address"
"""Name space of mail addresses and user principal names, shared by all targets."""
LOGIN: Final = "login"
"""Name space of short login names (sAMAccountName), per target."""
COMMON_NAME: Final = "common_name"
"""Name space of common names, per target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute of a target's accounts.

    Attributes:
        name: As the target calls it and as `fields` in a profile names it.
        description: For administrators; a sentence.
        compare: When two values are equal.
        multi: Whether the value is a tuple of str.
        unique_in: Name space in which the value must be unique, None for no such rule.
        clearable: Whether an update may empty it.
        on_update: Whether an update may change it.
        max_length: Longest accepted text, None for no limit.
        cut: Whether a longer text is cut to that, rather than left out: names that people read.
        private: Whether it belongs to somebody's private life: the audit trail says that it changed
            and not how.
    """

    name: str
    description: str = ""
    compare: Compare = Compare.EXACT
    multi: bool = False
    unique_in: str | None = None
    clearable: bool = True
    on_update: bool = True
    max_length: int | None = None
    cut: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a connector can do.

    Attributes:
        connector: Name as in a profile, such as `afas.employee`.
        title: For people, such as "AFAS Profit: employee".
        verbs: What a writer can execute. Empty for a source.
        correlation: Attribute that holds the HR id: immutable, never a name or an address.
        attributes: Those known by name.
        open_attributes: Whether `fields` may name others (custom attributes), compared exactly.
        reserved: Names that `fields` may not use even so, whatever their case: the writer sets them
            itself, or the system has done away with them.
        produces: Attributes a receipt always reports back; targets downstream may use them.
        context: Attributes that a writer needs to find the record and does not change; the plan
            carries their values in `Change.context`.
        write_back: Whether this target is the HR system itself: it takes everybody who is due an
            account upstream, and needs no rule of its own.
        creates_enabled: Whether a create makes an account that can sign in. A disable follows it
            where access is not due, instead of an enable where it is.
        enable_updates: Whether an enable carries the attributes that differ in the same write.
        delete_clears: Whether a delete empties what the profile maps and leaves the record, which
            belongs to the HR system.
        shows_leavers_days: For so many days after somebody's last day the system still shows their
            record; a delete that clears has to come by then. None for ever.
        container_form: How containers are named, where accounts stand in some.
        lane: Targets with the same lane write the same record: one person, one write at a time
            across them. None for no such tie.
        max_concurrency: Writes side by side, over different persons.
        read_permissions: What must be granted to read; for `retour check` and the README.
        write_permissions: What must be granted to write.
        documentation: The vendor's page.
    """

    connector: str
    title: str
    verbs: frozenset[Verb] = frozenset()
    correlation: str = ""
    attributes: tuple[Attribute, ...] = ()
    open_attributes: bool = False
    reserved: tuple[str, ...] = ()
    produces: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    write_back: bool = False
    creates_enabled: bool = False
    enable_updates: bool = False
    delete_clears: bool = False
    shows_leavers_days: int | None = None
    container_form: ContainerForm = ContainerForm.DN
    lane: str | None = None
    max_concurrency: int = 4
    read_permissions: tuple[str, ...] = ()
    write_permissions: tuple[str, ...] = ()
    documentation: str = ""
    _spelled: dict[str, Attribute] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the attributes: they are asked for by name for every value of everybody."""
        first = {one.name.casefold(): one for one in reversed(self.attributes)}
        object.__setattr__(self, "_spelled", first)

    @property
    def private(self) -> frozenset[str]:
        """Attributes that the audit trail does not quote."""
        return frozenset(attribute.name for attribute in self.attributes if attribute.private)

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that name, a plain one if the target takes any, else None.

        Another spelling of one that is known is none: it would pass by everything said of that.
        """
        spelled = name.casefold()
        known = self._spelled.get(spelled)
        if known is not None:
            return known if known.name == name else None
        if not self.open_attributes or spelled in map(str.casefold, self.reserved):
            return None
        return Attribute(name=name)
