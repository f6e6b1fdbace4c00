"""What ran, and everything about one run, from the ledger."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Any, Final

from rich.text import Text

from config.settings import read_settings
from connectors.ledger.ledger import Ledger, open_ledger
from connectors.ledger.records import JournalEntry, RunRecord
from connectors.ledger.runs import BROKEN_OFF
from connectors.model.private import VEIL
from flows.issue_view import heading_of, show_counts, verdict_of
from flows.report_view import OUTCOME_STYLES, reasons, show_end, show_report
from flows.terminal import line, say, show, show_json, table
from tasks.reporting import veiled
from tasks.run import UNREACHABLE

MEANINGS: Final = {
    0: "done",
    1: "incomplete",
    2: "misconfigured",
    3: "refused",
    4: "waits for approval",
    5: "stale plan",
    6: "unreachable",
    130: "interrupted",
    BROKEN_OFF: "broken off",
}
SHORT_DIGEST: Final = 12


def list_runs(profile: str | None, limit: int) -> None:
    """Write the latest runs to stdout, newest first."""
    with _ledger() as ledger:
        records, place = ledger.runs(profile, limit=limit), ledger.address
        # Which target it was stands in the report, and few end like that.
        unread = {
            one.run: (ledger.run(one.run).report or {}).get("unseen", {})
            for one in records
            if one.exit == UNREACHABLE
        }
    if not records:
        say(f"No runs{f' of {profile}' if profile else ''} in {place}.")
        return
    rows = table("run", "profile", "flow", "mode", "as of", "took", "plan", "exit", wrapped=(6, 7))
    for record in records:
        rows.add_row(
            record.run,
            record.profile,
            record.flow,
            Text(record.mode, "bold" if record.mode == "live" else ""),
            record.as_of.isoformat(),
            _took(record),
            Text((record.digest or "-").removeprefix("sha256:")[:SHORT_DIGEST], "dim"),
            _exit(record, unread.get(record.run, {})),
        )
    show(rows)


def show_run(name: str, *, as_json: bool) -> None:
    """Write one run to stdout: what was planned and why, what became of it, its journal.

    Raises:
        ConfigError: No run, or more than one, begins so.
    """
    with _ledger() as ledger:
        record = ledger.run(name)
        journal = ledger.journal(record.run)
    report = record.report or _stub(record)
    if as_json:
        show_json({**report, "journal": [_entry(entry) for entry in journal]})
        return
    if "issue_counts" in report and not report["plan"]:
        _show_reconciliation(report)
        return
    show_report(report)
    _show_journal(record, journal)
    if record.exit == BROKEN_OFF:
        line(Text("BROKEN OFF", "bold red"), " - its process died; see the journal")
    elif record.report is None:
        line(Text("OPEN", "bold yellow"), " - it is going on, or its process died; see the journal")
    else:
        show_end(report)
        why = reasons(report)
        if why:
            line(Text("Why    ", "dim"), why)


def _show_reconciliation(report: Mapping[str, Any]) -> None:
    """One that only looked: it planned nothing, and did not find nothing for that."""
    line(heading_of(report))
    line()
    show_counts(report)
    line(verdict_of(report))
    why = reasons(report)
    if why:
        line(Text("Why    ", "dim"), why)


@contextmanager
def _ledger() -> Iterator[Ledger]:
    with open_ledger(read_settings().ledger_url) as ledger:
        yield ledger


def _stub(record: RunRecord) -> dict[str, Any]:
    """What can be said of a run that has not reported."""
    return {
        "retour": 1,
        "run": record.run,
        "profile": record.profile,
        "mode": record.mode,
        "as_of": record.as_of.isoformat(),
        "started": record.started.isoformat(timespec="seconds"),
        "finished": record.finished and record.finished.isoformat(timespec="seconds"),
        "exit": record.exit,
        "plan": None,
        "targets": {},
        "changes": [],
        "notes": [],
        "refused": None,
    }


def _show_journal(record: RunRecord, journal: list[JournalEntry]) -> None:
    if not journal:
        if record.mode == "live":
            line(Text("Nothing is in the journal: no write was tried.", "dim"))
            line()
        return
    line(Text("Journal", "bold"))
    zone = _zone(record)
    rows = table("tried", "target", "person", "verb", "account", "outcome", "", wrapped=(4, 6))
    for entry in journal:
        receipt, change = entry.receipt, entry.change
        outcome = receipt.outcome.value if receipt else "open"
        detail = (receipt.detail or "") if receipt else "announced, and never answered"
        if entry.settled_by not in {None, record.run}:
            detail = f"settled by run {entry.settled_by}. {detail}".rstrip()
        rows.add_row(
            Text(_local(entry.announced, zone) if entry.announced else "-", "dim"),
            change.target,
            change.person,
            change.verb.value,
            (receipt.ref if receipt else None) or change.ref or "",
            Text(outcome, OUTCOME_STYLES.get(outcome, "" if receipt else "red")),
            detail,
        )
    show(rows, indent=2)
    open_ones = sum(entry.receipt is None for entry in journal)
    if open_ones:
        line(Text(f"  {open_ones} are open: the next live run looks what became of them", "yellow"))
    line()


def _entry(entry: JournalEntry) -> dict[str, Any]:
    change = veiled(entry.change, {entry.change.target: entry.private})
    receipt = entry.receipt.to_json() if entry.receipt else None
    if receipt is not None:
        hidden = dict.fromkeys(entry.private & receipt["produced"].keys(), VEIL)
        receipt["produced"] = receipt["produced"] | hidden
    return {
        "change": json.loads(json.dumps(change.to_json())),
        "announced": entry.announced.isoformat() if entry.announced else None,
        "receipt": receipt,
        "settled_by": entry.settled_by,
    }


def _local(moment: datetime, zone: tzinfo | None) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _zone(record: RunRecord) -> tzinfo | None:
    """That of the report, so that a write does not seem to be before its run; None is ours."""
    return datetime.fromisoformat(record.report["started"]).tzinfo if record.report else None


def _took(record: RunRecord) -> str:
    if record.finished is None or record.exit == BROKEN_OFF:
        return "-"
    seconds = round((record.finished - record.started).total_seconds())
    minutes, seconds = divmod(max(seconds, 0), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _exit(record: RunRecord, unread: Iterable[str]) -> Text:
    if record.exit is None:
        return Text("open", "yellow")
    style = {0: "green", 1: "yellow"}.get(record.exit, "red")
    meant = f"without {', '.join(unread)}" if unread else MEANINGS.get(record.exit, "")
    return Text(f"{record.exit} {meant}".rstrip(), style)
