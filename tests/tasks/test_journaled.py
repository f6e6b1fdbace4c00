"""The journal around a writer: what is on disk when."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import pytest

from connectors.ledger.ledger import Ledger, open_ledger
from connectors.ledger.records import RunRecord
from connectors.model.change import Change, CreateAccount, EnableAccount
from connectors.model.errors import Unreachable
from connectors.model.receipt import Outcome, Receipt
from connectors.sdk.fanout import Written, apply_per_person, receipt_of
from tasks.seat import Journaled

RUN, PROFILE = "run-1", "demo"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        opened.start_run(
            RunRecord(
                run=RUN,
                profile=PROFILE,
                mode="live",
                as_of=date(2026, 11, 23),
                started=datetime(2026, 11, 23, tzinfo=UTC),
            )
        )
        yield opened


def changes(*persons: str) -> list[Change]:
    return [
        kind(target="directory", person=person)
        for person in persons
        for kind in (CreateAccount, EnableAccount)
    ]


class SideBySide:
    """Writes as most connectors do."""

    def apply(self, some: Iterable[Change]) -> Iterator[Receipt]:
        written = lambda change: Written(ref=f"ref-{change.person}")  # noqa: E731
        return apply_per_person(some, written, concurrency=2)

    def close(self) -> None: ...


class GivesUp:
    """Answers for the first of two changes it has taken, and gives up."""

    def apply(self, some: Iterable[Change]) -> Iterator[Receipt]:
        taken = iter(some)
        first, _ = next(taken), next(taken)
        yield receipt_of(first, Outcome.DONE, ref="ref-1")
        message = "it does not answer"
        raise Unreachable(message)

    def close(self) -> None: ...


def settled(ledger: Ledger) -> set[str]:
    return {entry.change.id for entry in ledger.journal(RUN) if entry.receipt is not None}


def test_nobody_hears_of_a_receipt_that_is_not_on_disk(ledger: Ledger) -> None:
    planned = changes("1", "2", "3", "4", "5")
    heard = []
    for receipt in Journaled(SideBySide(), ledger, profile=PROFILE, run=RUN).apply(planned):
        heard.append(receipt.change)
        assert set(heard) <= settled(ledger)
    assert set(heard) == settled(ledger) == {change.id for change in planned}
    assert ledger.verify_audit() is None


def test_what_was_answered_before_a_target_was_given_up_is_on_disk_and_the_rest_is_open(
    ledger: Ledger,
) -> None:
    first, second = changes("1")
    receipts = Journaled(GivesUp(), ledger, profile=PROFILE, run=RUN).apply([first, second])

    assert next(receipts).change == first.id
    assert settled(ledger) == {first.id}
    with pytest.raises(Unreachable, match="does not answer"):
        next(receipts)
    assert [intent.change for intent in ledger.open_intents(PROFILE)] == [second]


def test_what_was_written_down_for_a_writer_that_stopped_before_it_is_not_open(
    ledger: Ledger,
) -> None:
    class StopsInTheMiddle(SideBySide):
        """Takes persons until it has four, and ends as if that were all."""

        def apply(self, some: Iterable[Change]) -> Iterator[Receipt]:
            return super().apply(islice(some, 8))

    planned = changes(*(f"{number:02}" for number in range(20)))
    receipts = list(Journaled(StopsInTheMiddle(), ledger, profile=PROFILE, run=RUN).apply(planned))
    assert {receipt.person for receipt in receipts} == {"00", "01", "02", "03"}
    assert settled(ledger) == {change.id for change in planned[:8]}
    assert ledger.open_intents(PROFILE) == []
    assert len(ledger.journal(RUN)) == 8


def test_a_shard_that_is_taken_anew_sends_nothing_twice(ledger: Ledger) -> None:
    planned = changes("1", "2", "3")
    list(Journaled(SideBySide(), ledger, profile=PROFILE, run=RUN).apply(planned[:2]))
    begun = ledger.announce(RUN, PROFILE, planned[2:4])  # and then the process was gone
    sent: list[Change] = []

    class Watched(SideBySide):
        def apply(self, some: Iterable[Change]) -> Iterator[Receipt]:
            def watched() -> Iterator[Change]:
                for change in some:
                    sent.append(change)
                    yield change

            return super().apply(watched())

    receipts = list(Journaled(Watched(), ledger, profile=PROFILE, run=RUN).apply(planned))

    assert sent == planned[4:]
    outcomes = {receipt.change: (receipt.outcome, receipt.ref) for receipt in receipts}
    assert outcomes == {
        **{change.id: (Outcome.DONE, "ref-1") for change in planned[:2]},
        **{change.id: (Outcome.IN_DOUBT, None) for change in begun},
        **{change.id: (Outcome.DONE, "ref-3") for change in planned[4:]},
    }
    # What is in doubt stays open, for the next run to look at.
    assert [intent.change for intent in ledger.open_intents(PROFILE)] == begun
