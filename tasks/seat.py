"""Who sits in the writer's seat. `tasks.site` chooses; nobody else asks."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import date, datetime
from functools import partial
from typing import Final, Protocol

import pandas as pd

from connectors.ledger.ledger import Ledger
from connectors.ledger.names import Claimed, Name
from connectors.model.accounts import Accounts
from connectors.model.change import Change
from connectors.model.connector import Writer
from connectors.model.errors import Unreachable
from connectors.model.people import INVALID, People
from connectors.model.receipt import Outcome, Receipt
from connectors.sdk.clock import now
from connectors.sdk.fanout import receipt_of
from connectors.sdk.recorder import Recorder
from tasks.ahead import Due, portions
from tasks.lifecycle.called import fingerprints
from tasks.lifecycle.claims import claims_of
from tasks.lifecycle.policy import TargetPolicy
from tasks.settle import recall, settle_intents

BEGUN: Final = "another process of this run had begun it, and has not said what became of it"
"""What is said of a change that must not be sent a second time."""


class Seat(Protocol):
    """What differs between a preview and a live run: who executes, and what is remembered."""

    def settle(
        self,
        accounts: dict[str, Accounts],
        correlations: dict[str, dict[str, str]],
        *,
        unread: Collection[str] = (),
    ) -> int:
        """Settle what an earlier run left open; returns how many changes that were.

        Args:
            accounts: By target.
            correlations: Target -> person -> value of the correlation attribute.
            unread: Targets that could not be read; what is open there stays as it is.
        """
        ...

    def recall(
        self, links: pd.DataFrame, grants: pd.DataFrame
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Links and grants of the ledger, with what `settle` found out."""
        ...

    def found_out(self) -> Mapping[str, Receipt]:
        """What `settle` found out and the ledger does not say yet: receipts by id of the change."""
        ...

    def accept(
        self, people: People, day: date, *, busy: Collection[str] = (), whole: bool = True
    ) -> None:
        """Remember an import that passed the guards.

        Args:
            people: The import.
            day: The day it speaks for.
            busy: Persons of whom the plan changes or says something.
            whole: Whether every target was read. Where one was not, nothing is remembered but since
                when people are missing: what the import calls for there is still to be done.
        """
        ...

    def take(self, target: str) -> Writer:
        """Whoever executes the changes of a target."""
        ...


class PreviewSeat:
    """Pretends, and remembers nothing.

    Args:
        ledger: Is read, never written.
        profile: Name of the profile.
    """

    def __init__(self, ledger: Ledger, *, profile: str) -> None:
        """Keep the parts."""
        self._ledger, self._profile = ledger, profile
        self._settled: list[tuple[Change, Receipt]] = []

    def settle(
        self,
        accounts: dict[str, Accounts],
        correlations: dict[str, dict[str, str]],
        *,
        unread: Collection[str] = (),
    ) -> int:
        """Find out what became of open changes, and leave them open: a live run settles them."""
        intents = self._ledger.open_intents(self._profile)
        changes = [one.change for one in intents if one.change.target not in unread]
        settled = settle_intents(changes, accounts, correlations)
        self._settled = [(change, settled[change.id]) for change in changes]
        return len(changes)

    def recall(
        self, links: pd.DataFrame, grants: pd.DataFrame
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """What the ledger will say once a live run has settled: a preview decides the same."""
        return recall(links, grants, self._settled)

    def found_out(self) -> Mapping[str, Receipt]:
        """What a live run would find out."""
        return {change.id: receipt for change, receipt in self._settled}

    def accept(
        self, people: People, day: date, *, busy: Collection[str] = (), whole: bool = True
    ) -> None:
        """Remember nothing."""
        del people, day, busy, whole

    def take(self, target: str) -> Writer:
        """A recorder; no writer is built and no credential of one is resolved."""
        del target
        return Recorder()


class LiveSeat:
    """Writes, with the ledger as witness.

    Args:
        ledger: Where intents and receipts go.
        profile: Name of the profile.
        run: Id of the run.
        open_writer: Builds the writer of a target.
        policies: By target; tell which values are names.
        rename: Whether people whose name changes get new names.
        unused_since: Names of people who are without any account since before are given to others;
            None for never.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        profile: str,
        run: str,
        open_writer: Callable[[str], Writer],
        policies: Mapping[str, TargetPolicy] | None = None,
        rename: bool = False,
        unused_since: datetime | None = None,
    ) -> None:
        """Keep the parts; a writer is built when there is something to write."""
        self._ledger, self._profile, self._run = ledger, profile, run
        self._open_writer = open_writer
        self._policies, self._rename = policies or {}, rename
        self._unused_since = unused_since

    def settle(
        self,
        accounts: dict[str, Accounts],
        correlations: dict[str, dict[str, str]],
        *,
        unread: Collection[str] = (),
    ) -> int:
        """Compare the intents of a run that died with what the targets hold, and close them."""
        every = self._ledger.open_intents(self._profile)
        intents = [one for one in every if one.change.target not in unread]
        settled = settle_intents([intent.change for intent in intents], accounts, correlations)
        closed = [(intent, settled[intent.change.id]) for intent in intents]
        self._ledger.close_intents(self._run, closed)
        return len(intents)

    def recall(
        self, links: pd.DataFrame, grants: pd.DataFrame
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """As they are: what was settled is in the ledger already."""
        return links, grants

    def found_out(self) -> Mapping[str, Receipt]:
        """Nothing: it is in the ledger."""
        return {}

    def accept(
        self, people: People, day: date, *, busy: Collection[str] = (), whole: bool = True
    ) -> None:
        """Keep the snapshot, since when somebody we manage is missing from it, and their names."""
        blocked = people.blocked
        unsure = blocked.loc[blocked["code"] == INVALID, "external_id"]
        present = set(people.persons["external_id"]) | set(unsure)
        known = set(self._ledger.links(self._profile)["person"])
        self._ledger.note_absences(self._profile, present=present, known=known, day=day)
        if not whole:
            return
        self._note_names(people, known, set(busy))
        self._ledger.accept_snapshot(self._profile, self._run, people)

    def _note_names(self, people: People, known: set[str], busy: set[str]) -> None:
        """Note what HR calls everybody: of those with an account, what it was when they got it.

        A rename is over when nothing is left to do for the person.
        """
        noted = self._ledger.called(self._profile)
        persons = people.persons.set_index("external_id")
        now_called = fingerprints(persons)
        before = pd.Series(noted, dtype="str").reindex(persons.index)
        fresh = now_called[(now_called != before).to_numpy(dtype=bool)].to_dict()
        done = set() if not self._rename else known - busy
        self._ledger.note_called(
            self._profile,
            {
                str(person): name
                for person, name in fresh.items()
                if person not in known or person not in noted or person in done
            },
            now(),
        )

    def take(self, target: str) -> Writer:
        """The writer of the target, with a journal around it."""
        return Journaled(
            self._open_writer(target),
            self._ledger,
            profile=self._profile,
            run=self._run,
            policy=self._policies.get(target),
            unused_since=self._unused_since,
        )


class Journaled:
    """A writer whose every change is journaled before it is written and settled after.

    A person's intents are in one transaction of the ledger, and so are a person's receipts; where a
    target is quick, some persons share one. Names that a change gives are reserved before that; who
    comes too late for one is refused, and never gets another name silently.

    Args:
        writer: Does the writing.
        ledger: Where intents and receipts go.
        profile: Name of the profile.
        run: Id of the run.
        policy: Of the target; tells which values are names. None where none are.
        unused_since: As in `LiveSeat`.
    """

    def __init__(
        self,
        writer: Writer,
        ledger: Ledger,
        *,
        profile: str,
        run: str,
        policy: TargetPolicy | None = None,
        unused_since: datetime | None = None,
    ) -> None:
        """Wrap the writer."""
        self._writer, self._ledger, self._profile, self._run = writer, ledger, profile, run
        self._policy, self._unused_since = policy, unused_since

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """Execute changes; an intent is on disk before a writer sees it, its receipt after.

        Receipts come when those of every change that was pulled of a person are there; none is
        given away before it is on disk.
        """
        pulled: dict[str, Change] = {}
        unanswered: Counter[str] = Counter()
        answers: list[Receipt] = []
        told: list[Receipt] = []
        due = Due()

        def tried(person: Sequence[Change]) -> None:
            told.extend(self._of_another_process(person))

        def refused(names: Sequence[Name], changes: Sequence[Change]) -> None:
            late = self._too_late(names, changes)
            pulled.update((change.id, change) for change in changes)
            answers.extend(late)

        def announced() -> Generator[Change]:
            for persons in portions(changes):
                every = [change for person in persons for change in person]
                claimed = Claimed(
                    self._names_in(every), partial(refused, changes=every), self._unused_since
                )
                waiting = deque(
                    self._ledger.announce(
                        self._run, self._profile, every, known=tried, claimed=claimed
                    )
                )
                try:
                    while waiting:
                        change = waiting.popleft()
                        pulled[change.id] = change
                        unanswered[change.person] += 1
                        yield change
                finally:
                    self._withdraw(waiting)

        def settled() -> list[Receipt]:
            some = answers.copy()
            answers.clear()
            self._ledger.settle(self._run, self._profile, some, pulled)
            due.done()
            some += told
            told.clear()
            return some

        with closing(announced()) as handed:
            try:
                for receipt in self._writer.apply(handed):
                    answers.append(receipt)
                    unanswered[receipt.person] -= 1
                    if not unanswered[receipt.person] and due.now(len(answers)):
                        yield from settled()
            except Exception:
                yield from settled()
                raise
            yield from settled()

    @staticmethod
    def _too_late(names: Sequence[Name], changes: Sequence[Change]) -> Iterator[Receipt]:
        """Receipts of those for whom a name is not free any more."""
        gone: dict[str, dict[str, None]] = {}
        for name in names:
            gone.setdefault(name.person, {})[name.value] = None
        for change in changes:
            if lost := gone.get(change.person):
                reason = f"{', '.join(lost)} was given to somebody else since; the next run finds "
                reason += "another name"
                yield receipt_of(change, Outcome.FAILED, detail=reason)

    def _of_another_process(self, person: Sequence[Change]) -> Iterator[Receipt]:
        """Receipts of somebody who was announced in this run before: nothing is sent twice.

        A task runner takes a shard anew when the process that had it is gone, or seems to be.
        """
        known = self._ledger.so_far(self._run, person)
        for change in person:
            yield known.get(change.id) or receipt_of(change, Outcome.IN_DOUBT, detail=BEGUN)

    def _names_in(self, changes: Iterable[Change]) -> list[Name]:
        """Names that people are given."""
        policy = self._policy
        if policy is None:
            return []
        return [
            Name(space, value, change.person)
            for change in changes
            for space, value in claims_of(policy, change)
        ]

    def _withdraw(self, changes: Collection[Change]) -> None:
        """Forget intents that no writer has seen: it stopped before."""
        if changes:
            with suppress(Unreachable):  # then they are open, and the next run looks at them
                self._ledger.withdraw(self._run, changes)

    def close(self) -> None:
        """Close the writer."""
        self._writer.close()
