"""What a plan is made from: all that the planner may look at."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.people import People
from tasks.lifecycle.naming import NameOptions
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.roster import NOBODY, Positions
from tasks.lifecycle.rule import Rule
from tasks.lifecycle.scope import Scope


class Memory:
    """What the ledger knows, as the planner needs it. An opaque object to Prefect.

    Attributes:
        links: Columns target, person, ref (str).
        grants: Columns target, person, permission (str).
        absences: Person -> first day they were missing from the source.
        names: Columns space, value, person (str): names we gave, in whatever became of them.
        called: Person -> what HR called them when we made or took over their first account, hashed.
    """

    __slots__ = ("__dict__", "absences", "called", "grants", "links", "names")

    def __init__(
        self,
        *,
        links: pd.DataFrame | None = None,
        grants: pd.DataFrame | None = None,
        absences: Mapping[str, date] | None = None,
        names: pd.DataFrame | None = None,
        called: Mapping[str, str] | None = None,
    ) -> None:
        """Start from nothing where nothing is given."""
        self.links = links if links is not None else _empty("target", "person", "ref")
        self.grants = grants if grants is not None else _empty("target", "person", "permission")
        self.absences = dict(absences or {})
        self.names = names if names is not None else _empty("space", "value", "person")
        self.called = dict(called or {})

    @cached_property
    def _links(self) -> dict[str, Positions]:
        return _per_target(self.links)

    @cached_property
    def _grants(self) -> dict[str, Positions]:
        return _per_target(self.grants)

    @property
    def linked_targets(self) -> list[str]:
        """Targets of which the ledger knows accounts, those of a profile that are gone too."""
        return list(self._links)

    def links_of(self, target: str) -> "pd.Series[str]":
        """Native id by person."""
        rows = self.links.take(self._links.get(target, NOBODY))
        return pd.Series(rows["ref"].array, index=pd.Index(rows["person"].array, name="person"))

    def grants_of(self, target: str) -> pd.DataFrame:
        """What we granted in a target: columns person, permission (native id)."""
        return self.grants[["person", "permission"]].take(self._grants.get(target, NOBODY))


def _per_target(frame: pd.DataFrame) -> dict[str, Positions]:
    """Where the rows of each target stand, found once for all who ask."""
    codes, targets = pd.factorize(frame["target"])
    return {str(name): np.flatnonzero(codes == code) for code, name in enumerate(targets)}


def _empty(*columns: str) -> pd.DataFrame:
    return pd.DataFrame({column: pd.Series([], dtype="str") for column in columns})


class Inputs:
    """Everything a plan depends on. An opaque object to Prefect.

    Attributes:
        profile: Name of the profile.
        as_of: The day to decide for.
        people: The import.
        rules: All rules of the profile.
        policies: By target, in dependency order.
        accounts: By target: what they hold. Of all of them but the unseen.
        memory: What the ledger knows.
        options: Which name generators.
        scope: What the run may change.
        protected: Persons whose accounts nobody may touch.
        unseen: Targets that could not be read, and why.
    """

    __slots__ = (
        "accounts",
        "as_of",
        "memory",
        "options",
        "people",
        "policies",
        "profile",
        "protected",
        "rules",
        "scope",
        "unseen",
    )

    def __init__(  # noqa: PLR0913 - the inputs of a decision, listed once
        self,
        *,
        profile: str,
        as_of: date,
        people: People,
        rules: tuple[Rule, ...],
        policies: Mapping[str, TargetPolicy],
        accounts: Mapping[str, Accounts],
        memory: Memory,
        options: NameOptions,
        scope: Scope | None = None,
        protected: frozenset[str] = frozenset(),
        unseen: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the parts."""
        self.unseen = dict(unseen or {})
        self.profile, self.as_of, self.people, self.rules = profile, as_of, people, rules
        self.policies, self.accounts, self.memory = policies, accounts, memory
        self.options, self.scope = options, scope or Scope()
        self.protected = protected

    @property
    def seen(self) -> dict[str, TargetPolicy]:
        """Policies of the targets that were read, in dependency order."""
        return {name: one for name, one in self.policies.items() if name not in self.unseen}
