"""A report as a person reads it: what is planned where, every change with its reason, what next."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from shlex import join
from typing import Any, Final

from rich.text import Text

from flows.terminal import line, show, table
from flows.words import in_words
from tasks.reporting import told
from tasks.run import APPROVABLE, REFUSED, STALE, UNREACHABLE, USAGE, WAITING
from tasks.sentence import has_begun

MOST_CHANGES: Final = 40
MOST_NOTES: Final = 20
LONG_REASON: Final = 24

Report = Mapping[str, Any]
Change = Mapping[str, Any]

VERB_STYLES: Final = {
    "create": "green",
    "restore": "green",
    "enable": "green",
    "grant": "green",
    "correlate": "cyan",
    "update": "cyan",
    "move": "cyan",
    "disable": "yellow",
    "revoke": "yellow",
    "delete": "red",
}
OUTCOME_STYLES: Final = {"failed": "red", "in_doubt": "red", "set_aside": "yellow"}
ALREADY: Final = "already"
"""Nothing was left to write: a detail says why, such as that a leaver's record is not shown."""
IN_WORDS: Final = {"not_due": "no rule gives it on this day"}
"""What a reason is called where people read it."""
NOT_DONE: Final = frozenset(OUTCOME_STYLES)


def show_report(
    report: Report, *, most_changes: int | None = None, most_notes: int | None = None
) -> None:
    """Write a report to stdout.

    Args:
        report: As `--report` writes it.
        most_changes: Show no more changes than this; None for all.
        most_notes: Show no more notes than this; None for all.
    """
    line(
        Text(f"{report['profile']}: {report['mode']} of {report['as_of']}", "bold"),
        Text(f"   run {report['run']}", "dim"),
    )
    if report["plan"]:
        line()
        _show_targets(report)
        _show_changes(report, most=most_changes)
        _show_notes(report["notes"], most_notes)
    line()


def show_end(report: Report, command: Sequence[str] = (), *, approved: bool = False) -> None:
    """Say what this was and what to type next.

    Args:
        report: As `--report` writes it.
        command: What was typed, without `--live` and `--approve`: what comes next begins so. Empty
            when nothing comes next.
        approved: Whether this plan was approved, so that the run over its limits needs that too.
    """
    line(_verdict(report))
    if report["plan"]:
        line(Text("Plan   ", "dim"), report["plan"]["digest"])
    if report.get("messages"):
        line(Text("Tells  ", "dim"), told(report["messages"]))
    following = _next(report, command, approved=approved) if command else None
    if following:
        line(Text("Next   ", "dim"), following)


def reasons(report: Report) -> str | None:
    """Why nothing was written, without what to type next; None when nothing was refused."""
    refused: str | None = report["refused"]
    return refused and refused.partition(APPROVABLE)[0]


def _verdict(report: Report) -> Text:
    code, live = report["exit"], report["mode"] == "live"
    if code == WAITING:
        return Text("WAITING", "bold yellow") + Text(" - for an approval; nothing was written")
    refused = code == UNREACHABLE and report["refused"] and not has_begun(report)
    if code in {REFUSED, STALE, USAGE} or refused:
        return Text("REFUSED", "bold red") + Text(" - nothing was written")
    if report["refused"]:
        return Text("STOPPED", "bold red") + Text(" - before its end")
    unread = _unread(report)
    if not live:
        nothing = "" if report["changes"] else "; there is nothing to do"
        return Text("PREVIEW", "bold cyan") + Text(f" - nothing was written{nothing}{unread}")
    missing = sum(change["outcome"] in NOT_DONE for change in report["changes"])
    if missing:
        said = f" - {missing} of {_changes(report)} {'was' if missing == 1 else 'were'} not done"
        return Text("LIVE", "bold yellow") + Text(f"{said}{unread}")
    style = "bold yellow" if unread else "bold green"
    if not report["changes"]:
        return Text("LIVE", style) + Text(f" - there was nothing to do{unread}")
    return Text("LIVE", style) + Text(f" - {_changes(report)} done{unread}")


def _unread(report: Report) -> str:
    """Which targets are not in it."""
    names = list(report.get("unseen") or ())
    return f"; without {', '.join(names)}, which could not be read" if names else ""


def _changes(report: Report) -> str:
    count = len(report["changes"])
    return f"{count} {'change' if count == 1 else 'changes'}"


def _next(report: Report, command: Sequence[str], *, approved: bool) -> str | None:
    well = report["exit"] == 0 or (bool(_unread(report)) and not report["refused"])
    to_do = approved and report["mode"] == "preview" and well and report["changes"]
    if report["plan"] and (to_do or APPROVABLE in (report["refused"] or "")):
        return join([*command, "--live", "--approve", report["plan"]["digest"]])
    if report["exit"] == STALE:
        return join(command)
    if not well:
        return f"retour show {report['run']}" if report["changes"] else None
    if report["mode"] == "preview" and report["changes"]:
        return join([*command, "--live"])
    return f"retour show {report['run']}" if report["changes"] else None


def _show_targets(report: Report) -> None:
    rows = table("target", "managed", "planned", "outcomes", numbers=(1,), wrapped=(2, 3))
    for name, target in report["targets"].items():
        rows.add_row(
            Text(name, "bold"),
            str(target["managed"]),
            _counts(target["planned"], VERB_STYLES),
            _counts(target["outcomes"], OUTCOME_STYLES),
        )
    for name in report.get("unseen") or ():
        rows.add_row(Text(name, "bold"), "?", Text("could not be read", "yellow"), Text("-", "dim"))
    show(rows)


def _counts(counts: Mapping[str, int], styles: Mapping[str, str]) -> Text:
    parts = [Text(f"{count} {name}", styles.get(name, "")) for name, count in counts.items()]
    return Text(", ").join(parts) if parts else Text("-", "dim")


def _show_changes(report: Report, *, most: int | None) -> None:
    changes, live = report["changes"], report["mode"] == "live"
    where = f"; all of them: retour show {report['run']}"
    by_target = {
        target: list(some) for target, some in groupby(changes, key=lambda change: change["target"])
    }
    shares = _shares({target: len(some) for target, some in by_target.items()}, most)
    for target, some in by_target.items():
        line()
        line(Text(target, "bold"))
        rows = table("", "", "", wrapped=(2,))
        for change in _first(some, shares[target], bad_ones_first=live):
            rows.add_row(
                change["person"],
                Text(change["verb"], VERB_STYLES.get(change["verb"], "")),
                _what(change) + _became(change) + _because(change),
            )
        show(rows, indent=2)
        if len(some) > shares[target]:
            line(Text(f"  ... and {len(some) - shares[target]} more{where}", "dim"))


def _shares(counts: Mapping[str, int], most: int | None) -> dict[str, int]:
    """How many changes of each target are shown: at least one, and few leave room to others."""
    left = sum(counts.values()) if most is None else most
    shares: dict[str, int] = {}
    for place, target in enumerate(sorted(counts, key=lambda target: counts[target])):
        shares[target] = min(counts[target], max(1, left // (len(counts) - place)))
        left -= shares[target]
    return shares


def _first(changes: Sequence[Change], count: int, *, bad_ones_first: bool) -> list[Change]:
    """The first changes, in order; what went wrong must not hide behind what went well."""
    places = sorted(
        range(len(changes)),
        key=lambda place: not (bad_ones_first and changes[place]["outcome"] in NOT_DONE),
    )
    return [changes[place] for place in sorted(places[:count])]


def _what(change: Change) -> Text:
    before, after = change["before"], change["after"]
    if "permission" in before or "permission" in after:
        known = before | after
        held = Text("  held already", "dim") if before == after else Text()
        return Text(str(known.get("name") or known["permission"])) + held
    said = Text()
    for name in after or before:
        if said:
            said.append(", ")
        said.append(f"{name}: ", "dim")
        if name in before and name in after and before[name] != after[name]:
            said.append(f"{in_words(before[name])} -> ", "dim")
        said.append(in_words(after[name]) if after else in_words(before[name]))
    if change["verb"] == "correlate" and change["ref"] not in after.values():
        said.append(f"  takes over {change['ref']}", "dim")
    return said


def change_line(change: Change) -> Text:
    """What a change does and why, in a line."""
    return _what(change) + _because(change)


def _because(change: Change) -> Text:
    # A rule says more than the id of a contract, which in AFAS is 73 characters long.
    reasons = sorted(change["because"], key=lambda reason: not reason.startswith("rule:"))
    reasons = [IN_WORDS.get(reason, reason) for reason in reasons]
    short = (
        reason if len(reason) <= LONG_REASON or " " in reason else f"{reason[: LONG_REASON - 1]}…"
        for reason in reasons
    )
    return Text(f"  [{', '.join(short)}]" if reasons else "", "dim")


def _became(change: Change) -> Text:
    outcome, detail = change["outcome"], change["detail"]
    if outcome not in NOT_DONE and not (outcome == ALREADY and detail):
        return Text()
    said = outcome.replace("_", " ")
    if detail:
        said += f": {detail}"
    return Text(f"  {said}", OUTCOME_STYLES.get(outcome, "dim"))


def _show_notes(notes: Sequence[Mapping[str, Any]], most: int | None) -> None:
    if not notes:
        return
    ordered = sorted(notes, key=lambda note: note["code"] or "")
    left = most if most is not None else len(notes)
    line()
    line(Text("Notes", "bold"))
    rows = table("", "", "", "", wrapped=(3,))
    for code, group in groupby(ordered, key=lambda note: note["code"] or "note"):
        some = list(group)
        # Each kind gets its share, and one line at least: three hundred of one do not hide the
        # only one of another.
        for place, note in enumerate(some):
            if place and (left <= 0 or (most is not None and place == max(3, most // 4))):
                rows.add_row("", "", "", Text(f"... {len(some) - place} more", "dim"))
                break
            left -= 1
            heading = Text(
                f"{code.replace('_', ' ')} ({len(some)})" if place == 0 else "", "yellow"
            )
            rows.add_row(heading, note["target"] or "", note["person"] or "", note["reason"])
    show(rows, indent=2)
