"""Who sits in the writer's seat. `tasks.setup` chooses; nobody else asks."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Protocol

import pandas as pd

from connectors.ledger.ledger import Ledger
from connectors.model.accounts import Accounts
from connectors.model.change import Change
from connectors.model.connector import Writer
from connectors.model.people import INVALID, People
from connectors.model.receipt import Receipt
from connectors.sdk.recorder import Recorder
from tasks.settle import recall, settle_intents


class Seat(Protocol):
    """What differs between a preview and a live run: who executes, and what is remembered."""

    def settle(self, accounts: dict[str, Accounts], correlations: dict[str, dict[str, str]]) -> int:
        """Settle what an earlier run left open; returns how many changes that were."""
        ...

    def recall(
        self, links: pd.DataFrame, grants: pd.DataFrame
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Links and grants of the ledger, with what `settle` found out."""
        ...

    def accept(self, people: People, day: date) -> None:
        """Remember an import that passed the guards."""
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

    def settle(self, accounts: dict[str, Accounts], correlations: dict[str, dict[str, str]]) -> int:
        """Find out what became of open changes, and leave them open: a live run settles them."""
        changes = [intent.change for intent in self._ledger.open_intents(self._profile)]
        settled = settle_intents(changes, accounts, correlations)
        self._settled = [(change, settled[change.id]) for change in changes]
        return len(changes)

    def recall(
        self, links: pd.DataFrame, grants: pd.DataFrame
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """What the ledger will say once a live run has settled: a preview decides the same."""
        return recall(links, grants, self._settled)

    def accept(self, people: People, day: date) -> None:
        """Remember nothing."""
        del people, day

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
    """

    def __init__(
        self, ledger: Ledger, *, profile: str, run: str, open_writer: Callable[[str], Writer]
    ) -> None:
        """Keep the parts; a writer is built when there is something to write."""
        self._ledger, self._profile, self._run = ledger, profile, run
        self._open_writer = open_writer

    def settle(self, accounts: dict[str, Accounts], correlations: dict[str, dict[str, str]]) -> int:
        """Compare the intents of a run that died with what the targets hold, and close them."""
        intents = self._ledger.open_intents(self._profile)
        settled = settle_intents([intent.change for intent in intents], accounts, correlations)
        closed = [(intent, settled[intent.change.id]) for intent in intents]
        self._ledger.close_intents(self._run, closed)
        return len(intents)

    def recall(
        self, links: pd.DataFrame, grants: pd.DataFrame
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """As they are: what was settled is in the ledger already."""
        return links, grants

    def accept(self, people: People, day: date) -> None:
        """Keep the snapshot, and since when somebody we manage is missing from it."""
        blocked = people.blocked
        unsure = blocked.loc[blocked["code"] == INVALID, "external_id"]
        present = set(people.persons["external_id"]) | set(unsure)
        known = set(self._ledger.links(self._profile)["person"])
        self._ledger.note_absences(self._profile, present=present, known=known, day=day)
        self._ledger.accept_snapshot(self._profile, self._run, people)

    def take(self, target: str) -> Writer:
        """The writer of the target, with a journal around it."""
        return Journaled(
            self._open_writer(target), self._ledger, profile=self._profile, run=self._run
        )


class Journaled:
    """A writer whose every change is journaled before it is written and settled after.

    A person's intents are one transaction of the ledger, and so are a person's receipts: most of a
    run's own work is in these.

    Args:
        writer: Does the writing.
        ledger: Where intents and receipts go.
        profile: Name of the profile.
        run: Id of the run.
    """

    def __init__(self, writer: Writer, ledger: Ledger, *, profile: str, run: str) -> None:
        """Wrap the writer."""
        self._writer, self._ledger, self._profile, self._run = writer, ledger, profile, run

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """Execute changes; an intent is on disk before a writer sees it, its receipt after.

        Receipts come when those of every change that was pulled of a person are there; none is
        given away before it is on disk.
        """
        pulled: dict[str, Change] = {}
        unanswered: Counter[str] = Counter()
        answers: list[Receipt] = []

        def announced() -> Iterator[Change]:
            for change in self._ledger.announce(self._run, self._profile, changes):
                pulled[change.id] = change
                unanswered[change.person] += 1
                yield change

        def settled() -> list[Receipt]:
            some = answers.copy()
            answers.clear()
            self._ledger.settle(self._run, self._profile, some, pulled)
            return some

        try:
            for receipt in self._writer.apply(announced()):
                answers.append(receipt)
                unanswered[receipt.person] -= 1
                if not unanswered[receipt.person]:
                    yield from settled()
        except Exception:
            yield from settled()
            raise
        yield from settled()

    def close(self) -> None:
        """Close the writer."""
        self._writer.close()
