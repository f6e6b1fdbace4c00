"""An explanation as an administrator reads it: who, why, why not, and what comes of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.text import Text

from flows.report_view import OUTCOME_STYLES, VERB_STYLES, change_line
from flows.terminal import line, show, table
from flows.words import in_words

Part = Mapping[str, Any]

STATE_STYLES: Final = {
    "new": "green",
    "differs": "cyan",
    "cleared": "yellow",
    "waiting": "yellow",
    "unknown": "yellow",
    "left_alone": "yellow",
    "not_now": "dim",
    "same": "dim",
}
STATE_WORDS: Final = {"not_now": "not now", "left_alone": "left alone"}
STANDING_WORDS: Final = {"to_start": "to start", "never": "never runs"}
BLOCK_STYLES: Final = {"guard": "red", "in_doubt": "red", "set_aside": "yellow", "note": "yellow"}


def show_explanation(content: Part) -> None:
    """Write an explanation to stdout.

    Args:
        content: As `--json` writes it.
    """
    _show_person(content)
    _show_contracts(content["contracts"])
    _show_rules(content["rules"])
    for target in content["targets"]:
        _show_target(target, content["as_of"])
    _show_blocks(content["blocks"])
    _show_plan(content["changes"])
    _show_history(content["history"])


def _show_person(content: Part) -> None:
    person = content["person"]
    line(
        Text(f"{person['id']}  {person['name']}".rstrip(), "bold"),
        Text(f"   {content['profile']}, {content['as_of']}", "dim"),
    )
    if not person["in_hr"]:
        since = f" since {person['absent_since']}" if person["absent_since"] else ""
        line(Text(f"  not in HR{since}", "yellow"))
    if person["left_out"]:
        line(Text(f"  left out of the import: {person['left_out']}", "yellow"))
    if person["excluded"]:
        line(Text("  excluded in HR: everything is left as it is", "yellow"))
    if person["blocked"]:
        line(Text("  blocked in HR", "yellow"))


def _show_contracts(contracts: Sequence[Part]) -> None:
    _head("Contracts")
    if not contracts:
        line(Text("  none", "dim"))
        return
    rows = table("", "", "", "", "", "", wrapped=(3, 5))
    for one in contracts:
        active = one["standing"] == "active"
        department = " ".join(filter(None, (one["department"], one["department_name"])))
        rows.add_row(
            Text(one["id"], "bold" if one["primary"] else ""),
            Text(
                STANDING_WORDS.get(one["standing"]) or str(one["standing"]),
                "green" if active else "dim",
            ),
            _days(one["start"], one["end"]),
            ", ".join(filter(None, (department, one["title"]))),
            "" if one["fte"] is None else f"{one['fte']:g} fte",
            Text("primary: ", "bold") + Text(one["why"]) if one["primary"] else Text(one["why"]),
        )
    show(rows, indent=2)


def _show_rules(rules: Sequence[Part]) -> None:
    _head("Rules")
    if not rules:
        line(Text("  none", "dim"))
    for rule in rules:
        verdict, style = _verdict(rule)
        line(
            Text(f"  {rule['id']}", "bold" if rule["gives"] else ""),
            Text(f"  {verdict}", style),
            Text(f"  {rule['description']}" if rule["description"] else "", "dim"),
        )
        if rule["fault"]:
            line(Text(f"    {rule['fault']}", "yellow"))
        for one in rule["contracts"]:
            if one["meets"]:
                line(f"    on {one['contract']}: ", _windows(one["windows"]))
                _show_trial(one["conditions"], 6)
            elif not rule["meets"]:
                line(f"    on {one['contract']}: ", _failing(one["conditions"]))


def _verdict(rule: Part) -> tuple[str, str]:
    if rule["gives"]:
        return "gives", "green"
    if rule["fault"]:
        return f"cannot be asked ({rule['status']})", "yellow"
    if rule["status"] != "published":
        holds = "holds" if rule["meets"] else "fails"
        return f"{holds}, and gives nothing: {rule['status']}", "yellow" if rule["meets"] else "dim"
    if rule["meets"]:
        return "holds, and gives nothing on this day", "yellow"
    return ("fails", "dim") if rule["contracts"] else ("no contract to look at", "dim")


def _windows(windows: Sequence[Part]) -> Text:
    parts = [
        Text(f"{one['kind']} ", "")
        + Text(_days(one["first"], one["last"], never=True), "green" if one["open"] else "dim")
        for one in windows
    ]
    return Text(", ").join(parts)


def _show_trial(trial: Part, indent: int) -> None:
    mark = Text("holds", "green") if trial["holds"] else Text("fails", "red")
    if trial["kind"] == "test":
        line(" " * indent, _question(trial), Text(" - "), mark)
        return
    if trial["kind"] == "all" and not trial["parts"]:
        line(" " * indent, "no condition: everybody with a contract in the window", " - ", mark)
        return
    if trial["kind"] == "all" and len(trial["parts"]) == 1:
        _show_trial(trial["parts"][0], indent)
        return
    line(" " * indent, f"{trial['kind']} of:" if trial["kind"] != "not" else "not:", " - ", mark)
    for part in trial["parts"]:
        _show_trial(part, indent + 2)


def _failing(trial: Part) -> Text:
    """Only what makes it fail."""
    return Text("; ").join([_question(one) + Text(" - fails", "red") for one in _faults(trial)])


def _faults(trial: Part) -> Iterator[Part]:
    if trial["kind"] in {"test", "not"} or not trial["parts"]:
        yield trial
        return
    for part in trial["parts"]:
        if not part["holds"]:
            yield from _faults(part)


def _question(trial: Part) -> Text:
    """A test with what HR says: `contract.department.id in [CARE, NURSING]: FIN`."""
    if trial["kind"] != "test":
        inside = Text(", ").join([_question(one) for one in trial["parts"]])
        return Text(f"{trial['kind']} (") + inside + Text(")")
    wanted = trial["value"]
    shown = f"[{', '.join(map(_word, wanted))}]" if isinstance(wanted, list) else _word(wanted)
    said = "(nothing)" if trial["actual"] is None else _word(trial["actual"])
    return Text(f"{trial['path']} {trial['operator']} {shown}: ") + Text(said, "bold")


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _show_target(target: Part, day: str) -> None:
    line()
    line(Text(target["target"], "bold"), Text(f"  {target['title']}  ", "dim"), _account(target))
    rows = table("", "", "", "", "", wrapped=(1, 4))
    for one in target["entitlements"]:
        rows.add_row(
            f"{one['kind']} {one['name'] or ''}".rstrip(),
            _due(one, day),
            _held(one),
            Text(", ").join([Text(verb, VERB_STYLES.get(verb, "")) for verb in one["plan"]]),
            Text(", ".join(sorted(one["because"], key=lambda x: not x.startswith("rule:"))), "dim"),
        )
    if target["entitlements"]:
        show(rows, indent=2)
    if target["fields"] and target["action"] is not None:
        _show_fields(target["fields"])


def _account(target: Part) -> Text:
    if target["gone"] is not None and target["ref"] is None:
        return Text(f"the account we knew is gone ({target['gone']})", "yellow")
    if target["ref"] is None:
        return Text("no account", "dim")
    label = target["label"]
    name = target["ref"] if label in {None, target["ref"]} else f"{label} ({target['ref']})"
    known = "known to the ledger" if target["linked"] else "recognised, not ours yet"
    state = {True: "can sign in", False: "cannot sign in", None: None}[target["enabled"]]
    said = ", ".join(filter(None, (name, state, target["container"], known)))
    return Text(said) + Text(", protected" if target["protected"] else "", "yellow")


def _due(one: Part, day: str) -> Text:
    days = _days(one["first"], one["last"])
    ends = f"; disabled on {one['disable_on']}" if one["disable_on"] else ""
    ends += f"; deleted on {one['delete_on']}" if one["delete_on"] else ""
    if one["due"]:
        return Text(f"due {days}", "green") + Text(ends, "dim")
    if one["first"] is None:
        return Text(f"no rule gives it{ends}", "dim")
    when = "will be due" if one["first"] > day else "was due"
    return Text(f"{when} {days}", "yellow") + Text(ends, "dim")


def _held(one: Part) -> Text:
    if one["held"] is None:
        return Text("", "dim")
    if not one["held"]:
        return Text("not held", "dim")
    return Text("held") + (Text(", ours") if one["ours"] else Text(", not ours", "yellow"))


def _show_fields(fields: Sequence[Part]) -> None:
    rows = table("field", "state", "wanted", "held", "from", wrapped=(2, 3, 4))
    for one in fields:
        state = STATE_WORDS.get(one["state"]) or str(one["state"])
        if one["waiting_for"]:
            state = f"{state} for {one['waiting_for']}" if one["state"] == "waiting" else state
        wanted = one["wanted"]
        rows.add_row(
            one["name"],
            Text(state, STATE_STYLES[one["state"]]),
            "" if wanted is None else in_words(wanted),
            "" if one["held"] is None else in_words(one["held"]),
            Text(_origin(one), "dim"),
        )
    show(rows, indent=2)


def _origin(one: Part) -> str:
    if one["state"] == "not_now":
        return f"on {', '.join(one['on'])}: {_source(one)}"
    named = [
        f"{path} = {'(nothing)' if value is None else in_words(value)}"
        for path, value in one["parts"].items()
    ]
    return "; ".join([_source(one), *(named if one["kind"] == "template" else [])])


def _source(one: Part) -> str:
    match one["kind"]:
        case "value":
            return "fixed value"
        case "call":
            return f"function {one['origin']}"
        case "template":
            return f'template "{one["origin"]}"'
        case _:
            return str(one["origin"])


def _show_blocks(blocks: Sequence[Part]) -> None:
    if not blocks:
        return
    _head("What speaks against it, or explains a silence")
    rows = table("", "", "", wrapped=(2,))
    for one in blocks:
        kind = (one["code"] or one["kind"]) if one["kind"] == "note" else one["kind"]
        rows.add_row(
            Text(kind.replace("_", " "), BLOCK_STYLES[one["kind"]]),
            one["target"] or "",
            one["reason"],
        )
    show(rows, indent=2)


def _show_plan(changes: Sequence[Part]) -> None:
    _head("The plan would do")
    if not changes:
        line(Text("  nothing", "dim"))
        return
    rows = table("", "", "", wrapped=(2,))
    for one in changes:
        verb = Text(one["verb"], VERB_STYLES.get(one["verb"], ""))
        rows.add_row(one["target"], verb, change_line(one))
    show(rows, indent=2)


def _show_history(history: Sequence[Part]) -> None:
    if not history:
        return
    _head("Done last")
    rows = table("", "", "", "", "", wrapped=(4,))
    for one in history:
        rows.add_row(
            Text(one["at"] or "-", "dim"),
            one["target"],
            Text(one["verb"], VERB_STYLES.get(one["verb"], "")),
            Text(one["outcome"] or "open", OUTCOME_STYLES.get(one["outcome"], "")),
            Text(one["what"]) + Text(f"  {one['detail']}" if one["detail"] else "", "dim"),
        )
    show(rows, indent=2)


def _head(words: str) -> None:
    line()
    line(Text(words, "bold"))


def _days(first: str | None, last: str | None, *, never: bool = False) -> str:
    if first is None:
        return "never" if never else f"no start - {last}" if last else "no start"
    return f"{first} - {last or 'no end'}"
