"""The impact of other rules, for a terminal and as a comment on a pull request."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.text import Text

from flows.report_view import VERB_STYLES
from flows.terminal import line, show, table

MOST_PERSONS: Final = 20
WHAT_STYLES: Final = {"new": "green", "gone": "red", "changed": "cyan"}

Part = Mapping[str, Any]


def show_impact(report: Part) -> None:
    """Write the impact to stdout.

    Args:
        report: Of a preview under other rules, as `--report` writes it.
    """
    impact = report["impact"]
    line(
        Text(f"{report['profile']}: other rules on {report['as_of']}", "bold"),
        Text(f"   run {report['run']}", "dim"),
    )
    line(Text("  instead of its own: ", "dim"), ", ".join(impact["from"]))
    line()
    if not impact["rules"]:
        line("No rule differs.")
    for rule in impact["rules"]:
        line(
            Text(rule["rule"], "bold"),
            Text(f"  {_what(rule)}", WHAT_STYLES[rule["what"]]),
            Text(f"  {rule['description']}", "dim"),
        )
        rows = table("", "", "", wrapped=(2,))
        for sign, move in _signed(rule):
            style = "green" if sign == "+" else "yellow"
            rows.add_row(
                Text(f"{sign}{move['count']}", style), _thing(move), _some(move["persons"])
            )
        if rule["gains"] or rule["loses"]:
            show(rows, indent=2)
        else:
            line(Text("  moves nobody", "dim"))
    line()
    for sentence in _sentences(impact):
        line(sentence)
    _show_targets(impact["targets"])
    line()


def _show_targets(targets: Part) -> None:
    rows = table("target", "changes", "before", "after", "difference", numbers=(2, 3, 4))
    some = False
    for target, verbs in targets.items():
        for verb, count in verbs.items():
            some = True
            rows.add_row(
                Text(target, "bold"),
                Text(verb, VERB_STYLES.get(verb, "")),
                str(count["before"]),
                str(count["after"]),
                f"{count['difference']:+d}" if count["difference"] else "-",
            )
    if some:
        line()
        show(rows)


def impact_markdown(report: Part) -> str:
    """The impact as markdown."""
    impact = report["impact"]
    rows = [f"## Rules of {report['profile']} on {report['as_of']}", ""]
    rows += [*_sentences(impact), ""]
    moved = [(rule, *one) for rule in impact["rules"] for one in _signed(rule)]
    if moved:
        rows += ["| rule | | who | what | persons |", "|---|---|---|---|---|"]
        rows += [
            f"| {_cell(rule['rule'])} | {_what(rule)} | {sign}{move['count']} "
            f"| {_cell(_thing(move))} | {_cell(_some(move['persons']))} |"
            for rule, sign, move in moved
        ]
        rows.append("")
    still = [rule["rule"] for rule in impact["rules"] if not (rule["gains"] or rule["loses"])]
    if still:
        rows += [f"Changed, and moves nobody: {', '.join(still)}.", ""]
    counts = [(t, v, c) for t, verbs in impact["targets"].items() for v, c in verbs.items()]
    if counts:
        rows += ["| target | changes | before | after | difference |", "|---|---|---:|---:|---:|"]
        rows += [
            f"| {_cell(target)} | {verb} | {count['before']} | {count['after']} "
            f"| {count['difference']:+d} |"
            for target, verb, count in counts
        ]
        rows.append("")
    for reason in impact["guards"]:
        rows.append(f"* **A guard refuses this:** {_cell(reason)}")
    return "\n".join(rows).rstrip() + "\n"


def _sentences(impact: Part) -> Iterator[str]:
    moved, shifted = impact["moved"]["count"], impact["by_window_only"]["count"]
    people = "person is" if moved == 1 else "persons are"
    by_days = f", {shifted} of them only by other days in a window" if shifted else ""
    yield f"{moved} {people} moved by the difference of the rules{by_days}."
    if not impact["guards"]:
        yield "The guards have nothing against the plan under these rules."


def _signed(rule: Part) -> Iterator[tuple[str, Part]]:
    yield from (("+", move) for move in rule["gains"])
    yield from (("-", move) for move in rule["loses"])


def _what(rule: Part) -> str:
    parts = f" ({', '.join(rule['parts'])})" if rule["parts"] else ""
    return f"{rule['what']}{parts}"


def _thing(move: Part) -> str:
    thing = f"{move['target']}: {move['kind']} {move['name'] or ''}".rstrip()
    return f"{thing} ({move['stays']} keep it, unmanaged)" if move["stays"] else thing


def _some(persons: Sequence[str]) -> str:
    more = len(persons) - MOST_PERSONS
    shown = ", ".join(persons[:MOST_PERSONS])
    return f"{shown} and {more} more" if more > 0 else shown


def _cell(text: str) -> str:
    """Text in a table of markdown: what has a meaning there is taken as it is."""
    plain = " ".join(text.split())
    for mark in "\\|`*_<>[]":
        plain = plain.replace(mark, f"\\{mark}")
    return plain
