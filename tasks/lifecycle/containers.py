"""Where accounts are to stand, by the state they are in; per person where a template says so."""

import re
from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Final, Literal

import numpy as np

from connectors.model.compare import same
from connectors.model.containers import ContainerForm, escape_container
from connectors.model.errors import ConfigError
from connectors.model.manifest import Compare
from connectors.model.values import as_text
from tasks.lifecycle.columns import Column, given, spread
from tasks.lifecycle.mapping import fill_templates
from tasks.lifecycle.order import UPSTREAM, parse_template
from tasks.lifecycle.people import known_path
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.roster import Mask, Positions
from tasks.lifecycle.world import NAMES, World

State = Literal["initial", "enabled", "disabled"]
STATES: Final[tuple[State, ...]] = ("initial", "enabled", "disabled")
_ONE_PART: Final = {ContainerForm.DN: r"(?:[^,\\]|\\.)+", ContainerForm.PATH: "[^/]+"}
"""What a value of a person can be, in a container of that form."""


class WantedContainers:
    """The containers of one target.

    Args:
        policy: Of the target.
        everybody: What is known of all persons.
    """

    def __init__(self, policy: TargetPolicy, everybody: World) -> None:
        """Nothing is filled in yet."""
        named, self._everybody = policy.containers, everybody
        self._form = policy.manifest.container_form
        self._named: dict[State, str | None] = {
            state: getattr(named, state) if named is not None else None for state in STATES
        }
        self._columns: dict[State, Column] = {}

    def fixed(self, state: State) -> str | None:
        """The one container of a state, None where there is none, or another one per person."""
        named = self._named[state]
        return named if named is not None and not _is_template(named) else None

    def of(self, state: State, person: str) -> str | None:
        """Where an account of somebody is to stand, None where nobody says or knows."""
        named = self._named[state]
        if named is None or not _is_template(named):
            return named
        found = self.at(state, np.array([self._everybody.roster.position(person)]))[0]
        return None if found is None else str(found)

    def lacks(self, person: str) -> str | None:
        """What is not known of somebody who gets an account, and is needed to say where."""
        named = self._named["initial"]
        if named is None or self.of("initial", person) is not None:
            return None
        return f"nobody knows where the account is to stand: {named} lacks a value"

    def at(self, state: State, places: Positions) -> Column:
        """The same for persons by their position."""
        if state not in self._columns:
            self._columns[state] = self._fill(self._named[state] or "")
        return self._columns[state][places]

    def are_ours(self, containers: Sequence[object]) -> Mask:
        """Which containers are among those that accounts are put into, or were."""
        texts = [one if isinstance(one, str) else "" for one in containers]
        return np.array([any(p.fullmatch(one) for p in self._patterns) for one in texts], np.bool_)

    @cached_property
    def _patterns(self) -> Collection[re.Pattern[str]]:
        named = {one for one in self._named.values() if one is not None}
        return [_pattern(one, self._form) for one in sorted(named)]

    def _fill(self, named: str) -> Column:
        everybody = self._everybody
        parts = parse_template(named)
        columns = [
            spread(everybody.column(part.path), self._escaped)
            for part in parts
            if part.path is not None
        ]
        return fill_templates(parts, columns, len(everybody))

    def _escaped(self, value: object) -> str:
        return escape_container(as_text(value), self._form)


def elsewhere(stands: Column, wanted: Column) -> Mask:
    """Where something is wanted, and it is not where it stands."""
    found = np.asarray(given(wanted) & (stands != wanted), dtype=np.bool_)
    for place in np.flatnonzero(found):
        found[place] = not same(stands[place], wanted[place], Compare.DN)
    return found


def check_container(named: str, key: str) -> None:
    """Refuse a template that asks for what a person does not have.

    Raises:
        ConfigError: With the key.
    """
    try:
        paths = [part.path for part in parse_template(named) if part.path is not None]
    except ConfigError as error:
        error.key = error.key or key
        raise
    for path in paths:
        if path.startswith((UPSTREAM, NAMES)) or not known_path(path):
            message = f"there is no {path!r} in what HR knows"
            raise ConfigError(message, key=key)


def _is_template(named: str) -> bool:
    return "{" in named or "}" in named


def _pattern(named: str, form: ContainerForm) -> re.Pattern[str]:
    """Every container that a template can come to, in whatever case and spacing."""
    text = ""
    for part in parse_template(named):
        text += re.sub(r"\s*(,|=)\s*", r"\\s*\1\\s*", re.escape(part.literal).replace(r"\ ", " "))
        if part.path is not None:
            text += _ONE_PART[form]
    return re.compile(text, re.IGNORECASE)
