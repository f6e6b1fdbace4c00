"""The audit trail at the terminal, and somebody who is forgotten."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from connectors.ledger.forgetting import WHOSE
from connectors.ledger.ledger import open_ledger
from connectors.sdk.clock import now
from flows.forgetting import WORDS
from tests.connectors.ledger.examples import a_run, at_the_database, carry_out, create, done, grant
from tests.flows.site import Site, assert_no_traceback, retour

OLD = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def url(site: Site) -> str:
    """The ledger of a site in which something was done, also long ago."""
    where = f"sqlite:///{site.folder / 'ledger.db'}"
    with open_ledger(where) as ledger:
        for run in ("run-1", "run-2"):
            ledger.start_run(a_run(run, profile="site"))
        carry_out(ledger, done(create("1"), "r1"), run="run-1", profile="site", at=OLD)
        secret = create("2", homePhone="0612345678", note="x" * 900)
        carry_out(
            ledger, done(secret, "r2"), done(grant("2", "g"), "r2"), run="run-2", profile="site"
        )
    return where


def said(*arguments, code=0):
    result = retour(*arguments)
    assert_no_traceback(result)
    assert result.exit_code == code, result.output
    return result


def exported(*arguments):
    return [json.loads(line) for line in said("audit", "export", *arguments).stdout.splitlines()]


def test_a_whole_trail_says_so_and_gives_its_head_to_note_down(url: str) -> None:
    result = said("audit", "verify")
    assert "WHOLE - 3 lines" in result.stdout
    head = result.stdout.splitlines()[1].split()[1]
    assert said("audit", "verify", "--head", head).exit_code == 0
    assert said("audit", "verify", "--head", head.partition(":")[2]).exit_code == 0


def test_a_broken_trail_names_the_line_and_exits_1(url: str) -> None:
    at_the_database(url, "UPDATE audit SET text = 'other' WHERE sequence = 2")
    broken = said("audit", "verify", code=1)
    assert "BROKEN - line 2: its content is not what was written" in broken.stdout
    assert "look into that before" in said("audit", "prune", "--older-than", "9", code=2).stderr


def test_an_end_that_was_cut_off_is_found_by_the_head_that_was_noted(url: str) -> None:
    head = said("audit", "verify").stdout.splitlines()[1].split()[1]
    at_the_database(
        url,
        "DELETE FROM audit WHERE sequence = 3",
        "UPDATE audit_head SET sequence = 2, hash = (SELECT hash FROM audit WHERE sequence = 2)",
    )
    assert "WHOLE" in said("audit", "verify").stdout
    assert "sealed at line 3" in said("audit", "verify", "--head", head, code=1).stdout
    bare = head.partition(":")[2]
    assert "BROKEN - line 3" in said("audit", "verify", "--head", bare, code=1).stdout


def test_an_end_that_was_cut_off_is_found_by_the_report_of_a_run(url: str) -> None:
    with open_ledger(url) as ledger:
        seal = ledger.audit_seal()
        report = {"audit": {"line": seal.sequence, "hash": seal.hash}}
        ledger.finish_run("run-2", finished=now(), exit=0, digest=None, report=report)
    at_the_database(
        url,
        "DELETE FROM audit WHERE sequence = 3",
        "UPDATE audit_head SET sequence = 2, hash = (SELECT hash FROM audit WHERE sequence = 2)",
    )
    assert "sealed at line 3" in said("audit", "verify", code=1).stdout


def test_what_is_no_head_is_a_usage_error(url: str) -> None:
    assert "is no head" in said("audit", "verify", "--head", "12", code=2).stderr


def test_the_trail_is_exported_with_before_and_after_and_nothing_private(url: str) -> None:
    first, second, third = exported()
    assert (first["line"], first["person"], first["action"]) == (1, "1", "CreateAccount")
    assert first["after"] == {"mail": "1@example.org"}
    assert second["after"]["homePhone"] == "(private)"
    assert len(second["after"]["note"]) == 500
    assert third["after"]["permission"] == "g"
    assert exported("--with-private")[1]["after"]["homePhone"] == "0612345678"


def test_an_export_is_narrowed(url: str) -> None:
    today = now().date()
    assert [one["line"] for one in exported("--person", "2")] == [2, 3]
    assert [one["line"] for one in exported("--run", "run-1")] == [1]
    assert [one["line"] for one in exported("--since", str(today - timedelta(days=1)))] == [2, 3]
    assert [one["line"] for one in exported("--until", "2020-01-01")] == [1]
    assert exported("--profile", "other") == []
    said("audit", "export", "--output", "trail.jsonl")
    with open("trail.jsonl", encoding="utf-8") as file:  # noqa: PTH123 - in the folder of the test
        assert len(file.readlines()) == 3


def test_an_entry_that_is_too_large_says_so(url: str) -> None:
    with open_ledger(url) as ledger:
        many = create("3", **{f"field{number}": "x" * 400 for number in range(60)})
        carry_out(ledger, done(many, "r3"), run="run-2", profile="site")
    large = exported("--person", "3")[0]
    assert large["cut"] is True
    assert "after" not in large


def test_old_lines_are_cut_off_after_a_look(url: str) -> None:
    look = said("audit", "prune", "--older-than", "365")
    assert "PREVIEW - would cut off 1 line" in look.stdout
    assert len(exported()) == 3
    assert "LIVE - cut off 1 line" in said("audit", "prune", "--older-than", "365", "--live").stdout
    assert [one["line"] for one in exported()] == [2, 3, 4]
    assert "lines 1-1 were cut off" in said("audit", "verify").stdout
    assert "cut off 0 lines" in said("audit", "prune", "--older-than", "365", "--live").stdout
    said("audit", "prune", "--older-than", "739950", code=2)


def test_somebody_with_an_account_is_not_forgotten_unless_that_is_forced(url: str) -> None:
    refused = said("forget", "2", "--profile", "site.yaml", "--live", code=3)
    assert "they have an account of ours in directory" in refused.stderr
    assert len(exported("--person", "2")) == 2
    said("forget", "2", "--profile", "site.yaml", "--live", "--force")
    assert exported("--person", "2") == []
    assert [one["action"] for one in exported()][-1] == "ForgetPerson"
    assert "WHOLE" in said("audit", "verify").stdout


def test_forgetting_is_shown_first(url: str) -> None:
    look = said("forget", "2", "--profile", "site.yaml", "--force")
    assert "2  lines of the audit trail" in look.stdout
    assert "PREVIEW" in look.stdout
    assert len(exported("--person", "2")) == 2


def test_nobody_forgets_a_stranger_or_what_is_in_doubt(url: str) -> None:
    unknown = said("forget", "404", "--profile", "site.yaml", code=2)
    assert "knows nothing about a person '404'" in unknown.stderr
    database = sqlite3.connect(url.removeprefix("sqlite:///"))
    with database:
        database.execute("UPDATE journal SET outcome = NULL, receipt = NULL WHERE person = '2'")
    database.close()
    doubt = said("forget", "2", "--profile", "site.yaml", "--live", "--force", code=3)
    assert "a live run finds out first" in doubt.stderr


def test_every_place_that_is_taken_out_of_is_said_in_words() -> None:
    assert WORDS.keys() >= {*WHOSE, "absences", "messages_of_others"}
