"""What each person is due in one target, and since when somebody is not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from tasks.lifecycle.assignments import Assignments, Because, Days, Gift, by_name
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.roster import Marked, Mask, Positions, Roster
from tasks.lifecycle.rule import ACCESS, ACCOUNT, Kind, Rule

NOT_DUE: Final = "not_due"
"""The reason behind what is taken away because no rule names it any more."""


class Entitled(Marked[Mapping[str, Because]]):
    """Persons with the groups and permissions that rules name for them: name -> reasons.

    Attributes:
        who: Positions, one per person and name, sorted.
        what: The name, as a place in `names`.
        names: All names, sorted.
        rules: Name -> rules that give it to anybody, sorted, each as `rule:ID`.
    """

    __slots__ = ("names", "rules", "what", "who")

    def __init__(
        self, made: Assignments, gifts: Mapping[str, Sequence[Gift]], *, frozen: Mask | None = None
    ) -> None:
        """Pair persons with names.

        Args:
            made: The assignments.
            gifts: What rules give in the target, by name.
            frozen: Persons to leave out.
        """
        gifts = {name: [gift for gift in some if len(gift.rows)] for name, some in gifts.items()}
        self.names = sorted(name for name, some in gifts.items() if some)
        whose = [made.given_to(gifts[name]) for name in self.names]
        who = np.concatenate(whose) if whose else np.array([], dtype=np.intp)
        what = np.repeat(np.arange(len(whose)), [len(some) for some in whose])
        if frozen is not None and len(who):
            thawed = ~frozen[who]
            who, what = who[thawed], what[thawed]
        order = np.argsort(who, kind="stable")
        self.who: Positions = who[order]
        self.what: Positions = what[order]
        self.rules = {
            name: sorted({f"rule:{made.rules[gift.rule].id}" for gift in gifts[name]})
            for name in self.names
        }
        mask = np.zeros(len(made.roster), dtype=np.bool_)
        mask[self.who] = True

        def tell(place: int) -> dict[str, Because]:
            first, last = self.who.searchsorted((place, place + 1))
            mine = [self.names[what] for what in self.what[first:last]]
            return {name: made.reasons(gifts[name], place) for name in mine}

        super().__init__(made.roster, mask, tell)


@dataclass(frozen=True, slots=True)
class Given:
    """What some rules give in one target.

    Attributes:
        account: Person -> the rules and contracts that say so.
        access: The same for signing in.
        permissions: Person -> permission as rules name it -> reasons.
    """

    account: Marked[Because]
    access: Marked[Because]
    permissions: Entitled


@dataclass(frozen=True, slots=True)
class Due(Given):
    """What is due in one target.

    Attributes:
        released: What retired rules gave, and leave to those who have it.
    """

    released: Given


def due_per_target(
    made: Assignments, policies: Mapping[str, TargetPolicy], frozen: Mask
) -> dict[str, Due]:
    """Sort assignments by target; a write-back target follows the targets that feed it.

    Args:
        made: The assignments.
        policies: In dependency order.
        frozen: Persons who are left as they are: they are due nothing and lose nothing.
    """
    dues: dict[str, Due] = {}
    for name, policy in policies.items():
        if policy.follows:
            feeding = [dues[other] for other in policy.depends_on]
            dues[name] = _following(made, feeding)
        else:
            dues[name] = _due(made, name, frozen)
    return dues


def _due(made: Assignments, target: str, frozen: Mask) -> Due:
    def due(kind: Kind, *, released: bool) -> Marked[Because]:
        mask = made.due(target, kind, released=released) & ~frozen
        return Marked(
            made.roster, mask, lambda place: made.because(target, kind, place, released=released)
        )

    def entitled(gifts: Iterable[Gift]) -> Entitled:
        return Entitled(made, by_name(gifts, target), frozen=frozen)

    return Due(
        due(ACCOUNT, released=False),
        due(ACCESS, released=False),
        entitled(made.gifts),
        released=Given(
            due(ACCOUNT, released=True), due(ACCESS, released=True), entitled(made.released)
        ),
    )


def _following(made: Assignments, feeding: Sequence[Due]) -> Due:
    nothing = Entitled(made, {})

    def together(parts: Sequence[Marked[Because]]) -> Marked[Because]:
        if len(parts) == 1:
            return parts[0]

        def tell(place: int) -> Because:
            told = [part.at(place) for part in parts if part.mask[place]]
            return tuple(sorted(set().union(*told)))

        mask: Mask = np.logical_or.reduce([part.mask for part in parts])
        return Marked(made.roster, mask, tell)

    released = [due.released for due in feeding]
    return Due(
        together([due.account for due in feeding]),
        together([due.access for due in feeding]),
        nothing,
        released=Given(
            together([due.account for due in released]),
            together([due.access for due in released]),
            nothing,
        ),
    )


@dataclass(frozen=True, slots=True)
class Gone:
    """Since when somebody is due no account.

    Attributes:
        first_day: The first day without.
        reason: `ended:…` with the last day, or `absent:…` with the first day missing from HR.
    """

    first_day: date
    reason: str


class Lapsed(Marked[Gone]):
    """Persons who were due an account once, with since when they are not.

    Attributes:
        first_day: Over the roster the first day without, NaT where nobody knows one.
        absent: Whether that is because they went missing from HR.
    """

    __slots__ = ("absent", "first_day")

    def __init__(self, roster: Roster, first_day: Days, absent: Mask) -> None:
        """Keep the days."""
        self.first_day, self.absent = first_day, absent
        super().__init__(roster, ~np.isnat(first_day), self._gone)

    def _gone(self, place: int) -> Gone:
        day: date = self.first_day[place].item()
        if self.absent[place]:
            return Gone(day, f"absent:{day.isoformat()}")
        return Gone(day, f"ended:{(day - timedelta(days=1)).isoformat()}")


def too_late(policy: TargetPolicy, rules: Iterable[Rule]) -> str | None:
    """What is wrong with clearing the records of leavers so late, None if nothing is.

    Args:
        policy: Of the target.
        rules: All rules. The days until a delete begin when the last of them lets go.
    """
    longest, waits = policy.manifest.shows_leavers_days, policy.leavers.delete_after_days
    if longest is None or waits is None or not policy.manifest.delete_clears:
        return None
    granting = policy.depends_on if policy.follows else (policy.name,)
    kept = [
        rule.window_of(ACCOUNT).until_days
        for rule in rules
        if rule.counts and any(t in rule.grant and rule.grant[t].account for t in granting)
    ]
    lingers = max(kept, default=0)
    if lingers + waits <= longest:
        return None
    return (
        f"records are cleared {lingers + waits} days after the last day ({lingers} by the rules, "
        f"{waits} by delete_after_days), and leavers are shown for {longest} days only: some are "
        f"never cleared; at most {max(0, longest - lingers)} days are in time"
    )


def gone_since(
    policy: TargetPolicy,
    made: Assignments,
    upstream: Mapping[str, Lapsed],
    *,
    holders: Mapping[str, Mask],
    absences: Mapping[str, date],
) -> Lapsed:
    """First day without an account being due, and the reason, of who was due one once.

    Args:
        policy: Of the target. One that follows the targets that feed it has lost somebody when the
            last of these has.
        made: The assignments; they know when contracts ended.
        upstream: The same for the targets before it.
        holders: Target -> who has an account of ours there.
        absences: Person -> first day they were missing from the source.
    """
    if policy.follows:
        return _last_of([upstream[t] for t in policy.depends_on], made.roster, policy, holders)
    first_day = made.ended(policy.name) + np.timedelta64(1, "D")
    absent = np.zeros(len(made.roster), dtype=np.bool_)
    places = made.roster.positions(list(absences))
    for place, day in zip(places.tolist(), absences.values(), strict=True):
        if place >= 0 and np.isnat(first_day[place]):
            first_day[place], absent[place] = np.datetime64(day, "D"), True
    return Lapsed(made.roster, first_day, absent)


def _last_of(
    feeding: Sequence[Lapsed], roster: Roster, policy: TargetPolicy, holders: Mapping[str, Mask]
) -> Lapsed:
    first_day: Days = np.full(len(roster), np.datetime64("NaT", "D"))
    absent = np.zeros(len(roster), dtype=np.bool_)
    for one in feeding:
        later = ~np.isnat(one.first_day) & ~(one.first_day <= first_day)
        first_day = np.where(later, one.first_day, first_day)
        absent = np.where(later, one.absent, absent)
    for name, one in zip(policy.depends_on, feeding, strict=True):
        # Where a feeding target still holds an account and cannot say since when, nobody can.
        first_day[holders[name] & np.isnat(one.first_day)] = np.datetime64("NaT", "D")
    return Lapsed(roster, first_day, absent)
