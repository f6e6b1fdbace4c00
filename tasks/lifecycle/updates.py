"""Updates: the attributes of existing accounts that differ, a column at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from connectors.model.change import UpdateAccount, Verb
from connectors.model.values import CLEAR, Value
from tasks.lifecycle.assignments import Because
from tasks.lifecycle.columns import Column
from tasks.lifecycle.compare import differing
from tasks.lifecycle.desired import Desired, current, misfit, needs_of
from tasks.lifecycle.held import Held
from tasks.lifecycle.matching import Match
from tasks.lifecycle.policy import FieldMapping
from tasks.lifecycle.roster import NOBODY, Marked, Mask, Positions


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What of a target's attributes is written, beside what differs.

    Attributes:
        writes: Whether an attribute is written at all.
        again: Who gets theirs written although the target holds them already; None for nobody.
    """

    writes: Callable[[str], bool] = lambda _: True
    again: Mask | None = None

    def also(self, places: Positions, values: Column) -> Positions:
        """Which of these persons have a value that is written again."""
        if self.again is None:
            return NOBODY
        known = [value is not None and value is not CLEAR for value in values]
        return np.flatnonzero(self.again[places] & np.array(known, dtype=np.bool_))


ONLY_WHAT_DIFFERS: Final = Rewrite()


def plan_updates(
    held: Held,
    match: Match,
    because: Marked[Because],
    desired: Desired,
    action: str,
    rewrite: Rewrite = ONLY_WHAT_DIFFERS,
) -> dict[int, UpdateAccount]:
    """An update per person of whose account an attribute differs, by position.

    Args:
        held: What the target holds.
        match: Whose account is whose.
        because: Gives the reasons: who is due an account.
        desired: Wanted attributes of persons who have an account.
        action: `update`; `correlate` for accounts that are taken over now; `delete` for what a
            delete that clears a record writes.
        rewrite: Which attributes are written, and whose again.
    """
    policy = held.policy
    if action == "update" and policy.only_update_on_correlate and rewrite.again is None:
        return {}
    if action != "delete" and not policy.can(Verb.UPDATE):
        return {}
    before: dict[int, dict[str, Value]] = {}
    after: dict[int, dict[str, Value]] = {}
    for mapping in policy.mapped(action):
        if not rewrite.writes(mapping.name):
            continue
        for place, now, wanted in _differing(held, match, desired, mapping, rewrite):
            after.setdefault(place, {})[mapping.name] = wanted
            if now is not None:
                before.setdefault(place, {})[mapping.name] = now
    needs = needs_of(policy.mapped(action))
    return {
        place: held.change(
            UpdateAccount,
            match.roster.ids[place],
            held.ref(match.row[place]),
            _reasons(because, place),
            before=before.get(place, {}),
            after=after[place],
            needs=[need for name, need in needs.items() if name in after[place]],
        )
        for place in sorted(after)
    }


def _reasons(because: Marked[Because], place: int) -> Because:
    return because.at(place) if because.mask[place] else ()


def _differing(
    held: Held, match: Match, desired: Desired, mapping: FieldMapping, rewrite: Rewrite
) -> Iterator[tuple[int, Value | None, Value]]:
    """Where one attribute is to change: position, what is held, what is wanted."""
    known = held.policy.manifest.attribute(mapping.name)
    column = desired.columns[mapping.name]
    now = current(held.accounts, match.row[desired.places], mapping.name)
    numbers = differing(column, now, mapping.compare)
    for number in sorted({*numbers, *rewrite.also(desired.places, column).tolist()}):
        place, wanted = int(desired.places[number]), column[number]
        reason, code = misfit(wanted, known), "misfit"
        if wanted is CLEAR and known is not None and not known.clearable:
            reason = f"{mapping.name} cannot be empty here; it stays as it is"
            code = "not_clearable"
        if reason is not None:
            held.say(match.roster.ids[place], code, reason, ref=held.ref(match.row[place]))
            continue
        yield place, now[number], wanted
