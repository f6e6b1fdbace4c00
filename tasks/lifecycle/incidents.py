"""What went wrong in a run, as incidents that are told once and not every night. Pure.

An incident has a name, which is the same the next night, and words; other words are news.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

FAILED: Final = "failed"
REFUSED: Final = "refused"
WAITING: Final = "waiting"
_GIVEN_UP: Final = "was given up"
_UNREAD: Final = "could not be read"
_BY_GUARDS: Final = frozenset({3, 4, 5})
_FAILING: Final = frozenset({"failed", "in_doubt"})
_ASIDE: Final = "set_aside"

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that went wrong.

    Attributes:
        name: The same for the same thing in every run.
        occasion: `failed`, `refused` or `waiting`.
        text: What is wrong, in a sentence.
        target: Where; "" for the run as a whole.
        person: Whom it is about, "" for nobody in particular.
    """

    name: str
    occasion: str
    text: str
    target: str = ""
    person: str = ""

    @property
    def digest(self) -> str:
        """Of its words."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:24]


class Known(Protocol):
    """What is remembered of an incident that was told."""

    @property
    def occasion(self) -> str:
        """What it belongs to."""
        ...

    @property
    def digest(self) -> str:
        """Of what was told."""
        ...

    @property
    def told(self) -> datetime:
        """When."""
        ...


def incidents_of(report: Report, broken_off: Iterable[str] = ()) -> list[Incident]:
    """What went wrong, by the report of a run.

    Args:
        report: As `--report` writes it.
        broken_off: Ids of earlier live runs whose process died.
    """
    found = [
        Incident(
            name=f"broken_off:{run}",
            occasion=FAILED,
            text=f"run {run} was broken off: its process died. This run looked what was done.",
        )
        for run in broken_off
    ]
    refused, code = report["refused"], report["exit"]
    if refused and code in _BY_GUARDS:
        return found + _of_guards(report)
    if refused:
        name = {2: "run:misconfigured", 6: "run:unreachable"}.get(code, "run:stopped")
        found.append(Incident(name=name, occasion=FAILED, text=str(refused)))
    left_out = [
        *((name, _GIVEN_UP, one.get("given_up")) for name, one in report["targets"].items()),
        *((name, _UNREAD, why) for name, why in report.get("unseen", {}).items()),
    ]
    found += [
        Incident(
            name=f"target:{target}", occasion=FAILED, text=f"{target} {what}: {why}", target=target
        )
        for target, what, why in left_out
        if why
    ]
    return found + _of_changes(report)


def _of_guards(report: Report) -> list[Incident]:
    standing = [one for one in report["objections"] if not one.get("lifted")]
    said: Counter[str] = Counter()
    found: list[Incident] = []
    for one in standing:
        name = ":".join(
            ["guard", *(str(one[part]) for part in ("code", "target", "verb", "field"))]
        )
        said[name] += 1
        found.append(
            Incident(
                name=f"{name}:{said[name]}",
                occasion=REFUSED,
                text=one["reason"],
                target=one["target"],
            )
        )
    if not found:  # another plan was approved than what is planned now, or somebody said no
        found.append(Incident(name="run:refused", occasion=REFUSED, text=str(report["refused"])))
    return found


def _of_changes(report: Report) -> list[Incident]:
    found: list[Incident] = []
    failing = {one["person"] for one in report["changes"] if one["outcome"] in _FAILING}
    for change in report["changes"]:
        outcome, detail = change["outcome"], change["detail"] or ""
        if outcome not in {*_FAILING, _ASIDE}:
            continue
        if outcome == _ASIDE and (_GIVEN_UP in detail or change["person"] in failing):
            continue  # it follows from something that is an incident by itself
        what = {**change["before"], **change["after"]}.get("name", "")
        found.append(
            Incident(
                name=":".join(
                    ["change", change["target"], change["person"], change["verb"], str(what)]
                ),
                occasion=FAILED,
                text=f"{change['verb']} {what}".strip()
                + f" {outcome.replace('_', ' ')}{': ' if detail else ''}{detail}",
                target=change["target"],
                person=change["person"],
            )
        )
    return found


def news(
    incidents: Iterable[Incident],
    told: Mapping[str, Known],
    at: datetime,
    *,
    again_after: timedelta,
) -> list[Incident]:
    """Those that nobody was told yet, or other words of, or so long ago that it is time again."""
    return [
        one
        for one in incidents
        if one.name not in told
        or told[one.name].digest != one.digest
        or told[one.name].told <= at - again_after
    ]


def over(
    told: Mapping[str, Known], incidents: Iterable[Incident], report: Report, *, whole: bool
) -> list[str]:
    """Names of incidents that were told and are gone, so that they are news when they come back.

    Args:
        told: Those that were told.
        incidents: Those of this run.
        report: Of this run.
        whole: Whether it looked at everybody and everything.
    """
    there = {one.name for one in incidents}
    ran = report["plan"] is not None
    carried_out = ran and report["refused"] is None
    kinds = {"run": carried_out, "guard": ran and whole, "target": carried_out and whole}
    kinds["change"] = carried_out and whole
    return sorted(
        name for name in told if name not in there and kinds.get(name.partition(":")[0], False)
    )
