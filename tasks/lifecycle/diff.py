"""The difference between wanted and held as changes: only what differs becomes an object."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.change import (
    Change,
    CorrelateAccount,
    CreateAccount,
    DeleteAccount,
    EnableAccount,
    Need,
    Unmanage,
    UpdateAccount,
    Verb,
)
from connectors.model.compare import same
from connectors.model.manifest import Compare
from connectors.model.receipt import Note
from connectors.model.values import Value
from tasks.lifecycle.access import Access
from tasks.lifecycle.assignments import Because
from tasks.lifecycle.containers import WantedContainers
from tasks.lifecycle.desired import Desired, misfit, needs_of
from tasks.lifecycle.due import NOT_DUE, Gone, Lapsed
from tasks.lifecycle.held import Held
from tasks.lifecycle.permissions import Permissions
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.records import contexts
from tasks.lifecycle.roster import Mask, Positions
from tasks.lifecycle.stand import Stand
from tasks.lifecycle.updates import ONLY_WHAT_DIFFERS, Rewrite, plan_updates

Emptied = Callable[[Positions], Desired]


class TargetDiff:
    """Compares one target: whole columns first, then person by person whoever may differ.

    Args:
        policy: What the profile decides about it.
        accounts: What it holds.
        stand: Whose account is whose, and what is due.
        granted: Columns person, permission (native id): what we gave.
        containers: Where accounts are to stand.
        rewrite: Which attributes are written, and whose although they are held.
    """

    def __init__(
        self,
        policy: TargetPolicy,
        accounts: Accounts,
        stand: Stand,
        granted: pd.DataFrame,
        containers: WantedContainers,
        rewrite: Rewrite = ONLY_WHAT_DIFFERS,
    ) -> None:
        """Index what is asked per person."""
        self._rewrite = rewrite
        self.policy, self.match, self.due = policy, stand.match, stand.due
        self._roster, self._numbers = stand.match.roster, stand.correlate
        self._held = Held(policy, accounts)
        self._containers = containers
        self._access = Access(self._held, containers)
        self._permissions = Permissions(
            self._held,
            self.match,
            self.due.permissions,
            granted,
            self.due.released.permissions,
        )

    @property
    def notes(self) -> list[Note]:
        """Why nothing is done, as far as comparing showed."""
        return self._held.notes

    def creates(self, desired: Desired) -> Iterator[Change]:
        """Changes for persons who get an account: create, enable when access is due, permissions.

        Args:
            desired: Wanted attributes.
        """
        needs = needs_of(self.policy.mapped("create"))
        persons: list[str] = self._roster.ids[desired.places].tolist()
        records = contexts(self._held.accounts, [self._numbers[who] for who in persons])
        account, access = self.due.account, self.due.access
        for place, (person, position) in enumerate(
            zip(persons, desired.places.tolist(), strict=True)
        ):
            after = dict(self._fitting(desired, place, person))
            # Whatever a profile maps to it: the account has to be recognised again.
            after[self.policy.manifest.correlation] = self._numbers[person]
            lacking = self._containers.lacks(person)
            if lacking is not None:
                self._held.say(person, "no_container", lacking)
                continue
            container = self._containers.of("initial", person)
            if container is not None:
                after["container"] = container
            because = account.at(position)
            yield self._held.change(
                CreateAccount,
                person,
                None,
                because,
                after=after,
                needs=[need for name, need in needs.items() if name in after],
                context=records.get(self._numbers[person], {}),
            )
            if access.mask[position]:
                yield from self._access.give(person, None, access.at(position))
            else:
                yield from self._access.withhold(person, _without_rules(because))
            yield from self._permissions.changes(person, None, ())

    def _fitting(self, desired: Desired, place: int, person: str) -> Iterator[tuple[str, Value]]:
        """Wanted attributes of a new account, without those that the target cannot hold."""
        for name, column in desired.columns.items():
            reason = misfit(column[place], self.policy.manifest.attribute(name))
            if reason is not None:
                self._held.say(person, "misfit", reason)
            elif not same(column[place], None, Compare.EXACT):
                yield name, column[place]

    def existing(
        self, desired: Desired, action: str, places: Positions | None = None
    ) -> Iterator[Change]:
        """Changes for due persons who have an account.

        Args:
            desired: Wanted attributes.
            action: `update`, or `correlate` for accounts that are taken over now.
            places: The persons, where those of `desired` are only some of them: the others hold
                what is wanted.
        """
        places = desired.places if places is None else places
        if not len(places):
            return
        updates = plan_updates(
            self._held, self.match, self.due.account, desired, action, self._rewrite
        )
        released = self.due.released
        for place in self._may_differ(places, updates).tolist():
            person, ref = self._roster.ids[place], self._held.ref(self.match.row[place])
            because = self.due.account.at(place)
            if self._is_protected(person, ref):
                continue
            linked = bool(self.match.is_linked[place])
            if not linked:
                number = self._held.number(ref)
                yield self._held.change(
                    CorrelateAccount, person, ref, because, before=number, after=number
                )
            lost = _without_rules(because)
            access: Iterable[Change] = ()
            if self.due.access.mask[place]:
                access = self._access.give(person, ref, self.due.access.at(place))
            elif not released.access.mask[place]:
                access = self._access.take(person, ref, lost)
            yield from self._written(updates.get(place), access)
            yield from self._permissions.changes(person, ref, lost, ours=linked)

    def _may_differ(self, places: Positions, updates: Mapping[int, Change]) -> Positions:
        """Who of those with an account has to be looked at one by one; all others stay as is."""
        held, rows = self._held, self.match.row[places]
        wanted = self.due.access.mask[places]
        look = np.where(
            wanted,
            held.disabled[rows] | self._access.misplaced("enabled", places, rows),
            held.enabled[rows],
        )
        look |= held.protected[rows] | ~self.match.is_linked[places]
        look |= self._permissions.unsettled()[places]
        look |= np.isin(places, list(updates))
        return places[look]

    def _written(self, update: UpdateAccount | None, access: Iterable[Change]) -> Iterator[Change]:
        """An update and what changes access; one write where an enable carries both."""
        for change in access:
            joined = isinstance(change, EnableAccount) and self.policy.manifest.enable_updates
            if update is not None and joined:
                change = replace(  # noqa: PLW2901 - the same enable, with more to say
                    change,
                    before={**change.before, **update.before},
                    after={**change.after, **update.after},
                    because=tuple(sorted({*change.because, *update.because})),
                    needs=update.needs,
                )
                update = None
            yield change
        if update is not None:
            yield update

    def leavers(
        self, since: Lapsed, as_of: date, *, frozen: Mask, employed: Mask, emptied: Emptied
    ) -> Iterator[Change]:
        """Changes for persons whose linked account is not due any more.

        Args:
            since: Person -> first day without, and the reason. Of somebody who is not in it nobody
                knows: a rule or a fact changed, and the account is shut now.
            as_of: The day to decide for.
            frozen: Persons who are left as they are.
            employed: Persons with a contract that runs or is to begin; their accounts are never
                deleted.
            emptied: From positions to what a delete that clears leaves behind there.
        """
        places = np.flatnonzero(self.match.is_linked & ~self.due.account.mask & ~frozen)
        places = self._may_leave(places, since, as_of, employed)
        cleared = self.policy.manifest.delete_clears
        left: dict[int, UpdateAccount] = {}
        if cleared and self.policy.leavers.delete_after_days is not None and len(places):
            left = plan_updates(self._held, self.match, self.due.account, emptied(places), "delete")
        released = self.due.released
        for place in places.tolist():
            person, ref = self._roster.ids[place], self._held.ref(self.match.row[place])
            if self._is_protected(person, ref):
                continue
            if released.account.mask[place]:
                yield self._held.change(Unmanage, person, ref, released.account.at(place))
                continue
            gone = since.get(person)
            because = (gone.reason,) if gone is not None else (NOT_DUE,)
            to_go = self._is_to_go(person, ref, gone, as_of, employed=bool(employed[place]))
            if cleared and to_go:
                yield self._clear(person, ref, because, left.get(place))
                continue
            yield from self._shut(person, ref, gone, because, as_of)
            if to_go:
                yield self._held.change(
                    DeleteAccount, person, ref, because, before=self._held.number(ref)
                )
            else:
                yield from self._permissions.changes(person, ref, because)
        if cleared:
            yield from self._unseen(since, as_of, frozen=frozen, employed=employed)

    def _may_leave(
        self, places: Positions, since: Lapsed, as_of: date, employed: Mask
    ) -> Positions:
        """Which leavers have to be looked at one by one; all others are shut already."""
        held, rows = self._held, self.match.row[places]
        look = held.enabled[rows] | held.protected[rows]
        look |= self._access.misplaced("disabled", places, rows)
        look |= self._permissions.holding_ours()[places]
        look |= self.due.released.account.mask[places]
        days = self.policy.leavers.delete_after_days
        if days is not None:
            first = since.first_day[places]
            over = np.datetime64(as_of, "D") - first >= np.timedelta64(days, "D")
            look |= employed[places] | np.isnat(first) | over
        return places[look]

    def _shut(
        self, person: str, ref: str, gone: Gone | None, because: Because, as_of: date
    ) -> Iterator[Change]:
        """Take access away, when its time has come."""
        days = self.policy.leavers.disable_after_days
        if days is not None and (gone is None or (as_of - gone.first_day).days >= days):
            yield from self._access.take(person, ref, because)
            yield from self._access.shelve(person, ref, because)
        elif self._held.is_enabled(ref):
            reason = "no account is due; the profile never disables those of leavers here"
            if days is not None and gone is not None:
                reason = (
                    f"no account is due since {gone.first_day}; it is disabled {days} days after "
                    "that"
                )
            code = "grace" if days is not None else "kept"
            self._held.say(person, code, reason, ref=ref)

    def _clear(
        self, person: str, ref: str, because: Because, emptied: UpdateAccount | None
    ) -> Change:
        """Empty a record that stays: what differs from the way it is left behind."""
        before: dict[str, Value] = {}
        after: dict[str, Value] = {}
        needs: tuple[Need, ...] = ()
        if self._held.is_enabled(ref):  # shut in any case, also where no disable is offered
            before["enabled"], after["enabled"] = True, False
        if emptied is not None:
            before |= emptied.before
            after |= emptied.after
            needs = emptied.needs
        return self._held.change(
            DeleteAccount, person, ref, because, before=before, after=after, needs=needs
        )

    def _unseen(
        self, since: Lapsed, as_of: date, *, frozen: Mask, employed: Mask
    ) -> Iterator[Change]:
        """Records to clear that the target does not show: it is asked for each once more."""
        for person, ref in self.match.gone.items():
            place = self._roster.position(person)
            if self.due.account.mask[place] or frozen[place]:
                continue
            gone = since.get(person)
            if self._is_to_go(person, ref, gone, as_of, employed=bool(employed[place]), seen=False):
                because = (gone.reason,) if gone is not None else (NOT_DUE,)
                yield self._held.change(DeleteAccount, person, ref, because)

    def _is_to_go(
        self,
        person: str,
        ref: str,
        gone: Gone | None,
        as_of: date,
        *,
        employed: bool,
        seen: bool = True,
    ) -> bool:
        """Whether an account is deleted; where its time has come and it is not, a note says why."""
        days = self.policy.leavers.delete_after_days
        if days is None:
            return False
        if employed:
            reason = (
                "no account is due, but HR has a contract that runs or is to begin; it is kept, "
                "without access"
            )
        elif gone is None:
            reason = "no account is due, and nobody knows since when; it is kept, without access"
        elif (as_of - gone.first_day).days < days:
            return False
        elif not self.policy.can(Verb.DELETE):
            reason = f"{self.policy.manifest.title} deletes nothing; it is kept, without access"
        elif seen and (against := self._held.reason_to_keep(ref)) is not None:
            reason = f"{against}; it is kept"
        else:
            return True
        self._held.say(person, "kept", reason, ref=ref)
        return False

    def _is_protected(self, person: str, ref: str) -> bool:
        if not self._held.is_protected(ref):
            return False
        reason = "the account is protected; it is left as it is"
        self._held.say(person, "protected", reason, ref=ref)
        return True


def _without_rules(because: Because) -> Because:
    """Why something is taken from somebody who keeps the account: these contracts, and no rule."""
    return (*(reason for reason in because if not reason.startswith("rule:")), NOT_DUE)
