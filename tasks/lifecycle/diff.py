"""The difference between wanted and held as changes: only what differs becomes an object."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from datetime import date

from connectors.model.accounts import Accounts
from connectors.model.change import (
    Change,
    CorrelateAccount,
    CreateAccount,
    DeleteAccount,
    EnableAccount,
    Need,
    UpdateAccount,
    Verb,
)
from connectors.model.manifest import Compare
from connectors.model.receipt import Note
from connectors.model.values import Value
from tasks.lifecycle.access import Access
from tasks.lifecycle.compare import same
from tasks.lifecycle.desired import Desired, needs_of
from tasks.lifecycle.due import NOT_DUE, Because, Due, Gone
from tasks.lifecycle.held import Held
from tasks.lifecycle.matching import Match
from tasks.lifecycle.permissions import Permissions
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.records import contexts
from tasks.lifecycle.updates import plan_updates


class TargetDiff:
    """Compares one target.

    Args:
        policy: What the profile decides about it.
        accounts: What it holds.
        match: Whose account is whose.
        due: What is due in it.
        granted: Person -> permissions (native ids) that we gave.
    """

    def __init__(
        self,
        policy: TargetPolicy,
        accounts: Accounts,
        match: Match,
        due: Due,
        granted: Mapping[str, set[str]],
    ) -> None:
        """Index what is asked per person."""
        self.policy, self.match, self.due = policy, match, due
        self._held = Held(policy, accounts)
        self._access = Access(self._held)
        self._permissions = Permissions(self._held, due.permissions, granted)

    @property
    def notes(self) -> list[Note]:
        """Why nothing is done, as far as comparing showed."""
        return self._held.notes

    def creates(self, desired: Desired, correlate: Mapping[str, str]) -> Iterator[Change]:
        """Changes for persons who get an account: create, enable when access is due, permissions.

        Args:
            desired: Wanted attributes.
            correlate: Person -> value of the correlation attribute.
        """
        needs = needs_of(self.policy.mapped("create"))
        containers = self.policy.containers
        records = contexts(self._held.accounts, [correlate[who] for who in desired.persons])
        for place, person in enumerate(desired.persons):
            after: dict[str, Value] = {}
            for attribute, column in desired.columns.items():
                if not same(column[place], None, Compare.EXACT):
                    after[attribute] = column[place]
            # Whatever a profile maps to it: the account has to be recognised again.
            after[self.policy.manifest.correlation] = correlate[person]
            if containers is not None and containers.initial is not None:
                after["container"] = containers.initial
            because = self.due.account[person]
            yield self._held.change(
                CreateAccount,
                person,
                None,
                because,
                after=after,
                needs=[need for name, need in needs.items() if name in after],
                context=records.get(correlate[person], {}),
            )
            if person in self.due.access:
                yield from self._access.give(person, None, self.due.access[person])
            else:
                yield from self._access.withhold(person, _without_rules(because))
            yield from self._permissions.changes(person, None, ())

    def existing(self, desired: Desired, action: str) -> Iterator[Change]:
        """Changes for due persons who have an account.

        Args:
            desired: Wanted attributes.
            action: `update`, or `correlate` for accounts that are taken over now.
        """
        updates = plan_updates(self._held, self.match, self.due, desired, action)
        for person in desired.persons:
            ref, because = self.match.refs[person], self.due.account[person]
            if self._is_protected(person, ref):
                continue
            linked = person in self.match.linked
            if not linked:
                number = self._held.number(ref)
                yield self._held.change(
                    CorrelateAccount, person, ref, because, before=number, after=number
                )
            lost = _without_rules(because)
            if person in self.due.access:
                access = self._access.give(person, ref, self.due.access[person])
            else:
                access = self._access.take(person, ref, lost)
            yield from self._written(updates.get(person), access)
            yield from self._permissions.changes(person, ref, lost, ours=linked)

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
        self,
        since: Mapping[str, Gone],
        as_of: date,
        *,
        frozen: Set[str],
        employed: Set[str],
        emptied: Desired,
    ) -> Iterator[Change]:
        """Changes for persons whose linked account is not due any more.

        Args:
            since: Person -> first day without, and the reason. Of somebody who is not in it nobody
                knows: a rule or a fact changed, and the account is shut now.
            as_of: The day to decide for.
            frozen: Persons who are left as they are.
            employed: Persons with a running contract; their accounts are never deleted.
            emptied: What a delete that clears leaves behind.
        """
        left = plan_updates(self._held, self.match, self.due, emptied, "delete")
        cleared = self.policy.manifest.delete_clears
        for person in sorted(self.match.linked - self.due.account.keys() - frozen):
            ref = self.match.refs[person]
            if self._is_protected(person, ref):
                continue
            gone = since.get(person)
            because = (gone.reason,) if gone is not None else (NOT_DUE,)
            to_go = self._is_to_go(person, ref, gone, as_of, employed)
            if cleared and to_go:
                yield self._clear(person, ref, because, left)
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

    def _shut(
        self, person: str, ref: str, gone: Gone | None, because: Because, as_of: date
    ) -> Iterator[Change]:
        """Take access away, when its time has come."""
        if gone is None or (as_of - gone.first_day).days >= self.policy.leavers.disable_after_days:
            yield from self._access.take(person, ref, because)
            yield from self._access.shelve(person, ref, because)
        elif self._held.is_enabled(ref):
            reason = (
                f"no account is due since {gone.first_day}; it is disabled "
                f"{self.policy.leavers.disable_after_days} days after that"
            )
            self._held.say(person, "grace", reason, ref=ref)

    def _clear(
        self, person: str, ref: str, because: Because, emptied: Mapping[str, UpdateAccount]
    ) -> Change:
        """Empty a record that stays: what differs from the way it is left behind."""
        before: dict[str, Value] = {}
        after: dict[str, Value] = {}
        needs: tuple[Need, ...] = ()
        if self._held.is_enabled(ref):  # shut in any case, also where no disable is offered
            before["enabled"], after["enabled"] = True, False
        if person in emptied:
            before |= emptied[person].before
            after |= emptied[person].after
            needs = emptied[person].needs
        return self._held.change(
            DeleteAccount, person, ref, because, before=before, after=after, needs=needs
        )

    def _unseen(
        self, since: Mapping[str, Gone], as_of: date, *, frozen: Set[str], employed: Set[str]
    ) -> Iterator[Change]:
        """Records to clear that the target does not show: it is asked for each once more."""
        for person in sorted(self.match.gone.keys() - self.due.account.keys() - frozen):
            gone, ref = since.get(person), self.match.gone[person]
            if self._is_to_go(person, ref, gone, as_of, employed):
                because = (gone.reason,) if gone is not None else (NOT_DUE,)
                yield self._held.change(DeleteAccount, person, ref, because)

    def _is_to_go(
        self, person: str, ref: str, gone: Gone | None, as_of: date, employed: Set[str]
    ) -> bool:
        """Whether an account is deleted; where its time has come and it is not, a note says why."""
        days = self.policy.leavers.delete_after_days
        if days is None:
            return False
        if person in employed:
            reason = "no account is due, but HR has a running contract; it is kept, without access"
        elif gone is None:
            reason = "no account is due, and nobody knows since when; it is kept, without access"
        elif (as_of - gone.first_day).days < days:
            return False
        elif not self.policy.can(Verb.DELETE):
            reason = f"{self.policy.manifest.title} deletes nothing; it is kept, without access"
        elif (against := self._held.reason_to_keep(ref)) is not None:
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
