"""People, changes and receipts that the ledger's tests write down."""

import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import create_engine

from connectors.ledger.engine import engine_for
from connectors.ledger.names import reserve
from connectors.ledger.records import RunRecord
from connectors.model.change import CreateAccount, GrantPermission, RevokePermission
from connectors.model.people import People
from connectors.model.receipt import Outcome
from connectors.sdk.fanout import receipt_of

ROOT = Path(__file__).parents[3]
PROFILE = "demo"
DAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def a_run(run="run-1", **fields):
    return RunRecord(
        **{
            "run": run,
            "profile": PROFILE,
            "mode": "live",
            "as_of": DAY,
            "started": MORNING,
            **fields,
        }
    )


def create(person, *, target="directory", **after):
    after = after or {"mail": f"{person}@example.org"}
    return CreateAccount(target=target, person=person, after=after, because=("rule:staff",))


def grant(person, permission, *, target="directory"):
    after = {"permission": permission, "name": f"G-{permission}"}
    return GrantPermission(target=target, person=person, after=after, because=("rule:staff",))


def revoke(person, permission, *, target="directory"):
    before = {"permission": permission, "name": f"G-{permission}"}
    return RevokePermission(target=target, person=person, ref="any", before=before)


def carry_out(ledger, *results, run="run-1", profile=PROFILE, at=None):
    """Announce and settle (change, outcome, ref) as a writer would, at an instant or now."""
    changes = {change.id: change for change, _, _ in results}
    assert ledger.announce(run, profile, changes.values()) == list(changes.values())
    receipts = [receipt_of(change, outcome, ref=ref) for change, outcome, ref in results]
    receipts = [replace(receipt, at=at or receipt.at) for receipt in receipts]
    ledger.settle(run, profile, receipts, changes)
    return receipts


def done(change, ref=None):
    return (change, Outcome.DONE, ref)


def some_people(count=3, *, taken_at=MORNING):
    ids = [f"1000{number:03d}" for number in range(count)]
    return People(
        persons=pd.DataFrame(
            {
                "external_id": ids,
                "given_name": ["Zoë", "Łucja", None, *["Ann"] * count][:count],
                "excluded": [number == 1 for number in range(count)],
                "custom.shoe_size": ["42", None, "38", *["40"] * count][:count],
            }
        ),
        contracts=pd.DataFrame(
            {
                "external_id": [f"{person}-1" for person in ids],
                "person_id": ids,
                "start_date": pd.Timestamp("2020-02-29"),
                "end_date": [pd.NaT, pd.Timestamp("2099-12-31"), pd.NaT, *[pd.NaT] * count][:count],
                "fte": [0.6, 1.0, float("nan"), *[0.5] * count][:count],
            }
        ),
        departments=pd.DataFrame({"external_id": ["CARE"], "name": ["Care"]}),
        blocked=pd.DataFrame({"external_id": ["1000999"], "reason": ["no name"]}),
        taken_at=taken_at,
    )


def at_the_database(url, *statements):
    """Change the database behind the ledger's back."""
    engine = create_engine(engine_for(url).url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


@contextmanager
def programs(code, *arguments):
    """Run code in processes of their own, one per tuple of arguments, to talk to by lines.

    They are all up and running before the first one goes on: each waits for a line at `go()`.
    """
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", GO + code, *some],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for some in arguments
        ]
        try:
            for program in started:
                assert program.stdout.readline() == "ready\n"
            for program in started:
                print("go", file=program.stdin, flush=True)
            yield started
        finally:
            for program in started:
                program.kill()


GO = """
import sys
from connectors.ledger.ledger import open_ledger
from tests.connectors.ledger.examples import a_run, carry_out, create, done, grant

def go():
    print("ready", flush=True)
    sys.stdin.readline()
"""


def reserve_names(ledger, profile, names, at, *, unused_since=None):
    """Give names away without announcing anything; those that are refused."""
    with ledger._writing() as connection:
        return reserve(connection, profile, names, at, unused_since)
