"""What a run keeps of its readings, and which runs may."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from pydantic import BaseModel, SecretStr

from connectors.ledger.ledger import Ledger, open_ledger
from connectors.model.accounts import Accounts
from connectors.model.connector import ReadsChanges
from connectors.model.errors import Unreachable
from tasks.kept import KeptReading, digest_of

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)


class Directory:
    """Counts its readings, and gives the count to be kept."""

    def __init__(self, *, gives: bytes | None = b"1") -> None:
        self.asked: list[bytes | None] = []
        self.gives = gives

    def read(self) -> Accounts:
        message = "who can tell what changed is not asked for everything"
        raise AssertionError(message)

    def read_since(self, kept: bytes | None) -> tuple[Accounts, bytes | None]:
        self.asked.append(kept)
        frame = pd.DataFrame(index=pd.Index([], dtype="str"))
        return Accounts(target="ad", accounts=frame, attributes=frame, taken_at=NOW), self.gives

    def check(self) -> tuple[()]:
        return ()

    def close(self) -> None:
        """Nothing is open."""


class Plain(Directory):
    """Cannot tell what changed."""

    read_since = None  # type: ignore[assignment]  # as if it were not there

    def read(self) -> Accounts:
        frame = pd.DataFrame(index=pd.Index([], dtype="str"))
        return Accounts(target="ad", accounts=frame, attributes=frame, taken_at=NOW)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


def reading(
    ledger: Ledger, *, days: int = 7, now: datetime = NOW, keeps: bool = True, digest: str = "d"
) -> KeptReading:
    return KeptReading(
        ledger,
        profile="demo",
        target="ad",
        digest=digest,
        whole_days=days,
        now=now,
        keeps=keeps,
    )


def test_the_second_live_run_builds_on_the_first(ledger: Ledger) -> None:
    directory = Directory()
    assert isinstance(directory, ReadsChanges)
    for _ in range(2):
        reading(ledger).read(directory)
    assert directory.asked == [None, b"1"]


def test_a_reading_that_fails_leaves_what_is_kept_as_it_is(ledger: Ledger) -> None:
    reading(ledger).read(Directory())
    kept = ledger.kept("demo", "ad", "d")

    class Down(Directory):
        def read_since(self, kept: bytes | None) -> tuple[Accounts, bytes | None]:
            raise Unreachable("nobody answers", system="ad")

    with pytest.raises(Unreachable):
        reading(ledger).read(Down())
    assert ledger.kept("demo", "ad", "d") == kept == b"1"


def test_a_preview_uses_what_is_kept_and_keeps_nothing(ledger: Ledger) -> None:
    directory = Directory()
    reading(ledger, keeps=False).read(directory)
    reading(ledger).read(directory)
    directory.gives = b"2"
    reading(ledger, keeps=False).read(directory)
    reading(ledger).read(directory)
    assert directory.asked == [None, None, b"1", b"1"]


def test_other_settings_need_a_full_reading(ledger: Ledger) -> None:
    directory = Directory()
    reading(ledger).read(directory)
    reading(ledger, digest="other").read(directory)
    assert directory.asked == [None, None]


def test_everything_is_read_again_after_some_days_however_often_it_was_read_between(
    ledger: Ledger,
) -> None:
    directory = Directory()
    for day in range(10):
        reading(ledger, days=7, now=NOW + timedelta(days=day)).read(directory)
    # Its own clock stands still, so the eighth day and those after it find it too old.
    assert directory.asked == [None, *[b"1"] * 7, None, None]


def test_with_no_days_everything_is_read_in_every_run_and_nothing_is_kept(ledger: Ledger) -> None:
    directory = Directory()
    reading(ledger, days=0).read(directory)
    reading(ledger).read(directory)
    assert directory.asked == [None, None]


def test_a_reader_that_gives_nothing_to_keep_is_asked_for_everything_again(ledger: Ledger) -> None:
    directory = Directory()
    reading(ledger).read(directory)
    directory.gives = None
    reading(ledger).read(directory)
    reading(ledger).read(directory)
    assert directory.asked == [None, b"1", None]


def test_a_reader_that_cannot_tell_reads_everything(ledger: Ledger) -> None:
    directory = Plain()
    assert len(reading(ledger).read(directory)) == 0


def test_a_digest_follows_the_settings_and_no_secret() -> None:
    class Settings(BaseModel):
        base: str
        password: SecretStr

    one = Settings(base="a", password=SecretStr("x"))
    assert digest_of("ad", one) == digest_of("ad", Settings(base="a", password=SecretStr("y")))
    assert digest_of("ad", one) != digest_of("ad", Settings(base="b", password=SecretStr("x")))
    assert digest_of("ad", one) != digest_of("entra", one)
