"""A system whose answer nobody understands stops the run in a sentence, whichever step met it."""

from datetime import date

import pytest

from connectors.hr_file.source import HrFileSource
from connectors.memory.reader import MemoryReader
from connectors.model.errors import BrokenSource
from tasks.collect import import_people, read_accounts
from tasks.examine import examine
from tasks.setup import forget
from tests.flows.site import DAY, a_site
from tests.plainly import a_run

SECRET = "Ann Smit"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    with a_site(tmp_path):
        begun = a_run(tmp_path / "site.yaml", live=False, as_of=date.fromisoformat(DAY))
        yield begun
        forget(begun)


def stumbling(*_, **__):
    raise KeyError(SECRET)


def test_while_people_are_read(run, monkeypatch):
    monkeypatch.setattr(HrFileSource, "read", stumbling)
    with pytest.raises(BrokenSource, match=r"^source read people: an answer") as caught:
        import_people.fn(run)
    assert SECRET not in str(caught.value)


def test_while_accounts_are_read(run, monkeypatch):
    monkeypatch.setattr(MemoryReader, "read", stumbling)
    with pytest.raises(BrokenSource, match=r"^directory read accounts: an answer") as caught:
        read_accounts.fn(run, "directory")
    assert SECRET not in str(caught.value)


def test_while_it_is_checked(run, monkeypatch):
    monkeypatch.setattr(MemoryReader, "check", stumbling)
    [finding] = examine.fn(run, "directory").findings
    assert not finding.ok
    assert not finding.reached
    assert "KeyError at flows/test_misread.py" in finding.detail
    assert SECRET not in finding.detail
