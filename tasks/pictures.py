"""Pictures of runs as SVG: what a plan changes, who comes and goes, how the latest runs ended.

Matplotlib's figures are used without its global state: no pyplot, nothing shared between threads.
The same figures give the same bytes: no dates, no random ids. Text is drawn as paths, so a browser
needs no font. Nobody is named. The colours are Okabe and Ito's, which colour-blind people can tell
apart; what failed is hatched besides.
"""

import io
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from connectors.ledger.trend import OPEN, RunTrend
from connectors.model.change import Verb
from tasks.lifecycle.movement import KINDS

matplotlib.rcParams["svg.hashsalt"] = "retour"  # read while drawing; a figure cannot hold it

_BLUE, _SKY, _GREEN, _YELLOW = "#0072B2", "#56B4E9", "#009E73", "#F0E442"
_ORANGE, _RED, _PINK, _GREY, _BLACK = "#E69F00", "#D55E00", "#CC79A7", "#999999", "#000000"

_VERBS: Final[Mapping[str, str]] = {
    Verb.CORRELATE: _GREY,
    Verb.CREATE: _GREEN,
    Verb.RESTORE: "#44AA99",
    Verb.DISABLE: _ORANGE,
    Verb.UPDATE: _SKY,
    Verb.MOVE: _PINK,
    Verb.ENABLE: _BLUE,
    Verb.GRANT: _YELLOW,
    Verb.REVOKE: _BLACK,
    Verb.DELETE: _RED,
    Verb.UNMANAGE: "#DDDDDD",
}
_PERSONS: Final[Mapping[str, str]] = dict(
    zip((name for name, _ in KINDS), (_GREEN, _ORANGE, _RED, _SKY), strict=True)
)
_OUTCOMES: Final[Mapping[str, tuple[str, str]]] = {
    "done": (_BLUE, ""),
    "already": (_SKY, ""),
    "set_aside": (_YELLOW, ".."),
    "failed": (_RED, "//"),
    "in_doubt": (_PINK, "xx"),
    OPEN: (_GREY, "xx"),
}
_STOPPED: Final[Mapping[int, str]] = {
    2: "wrong settings",
    3: "refused",
    4: "waits",
    5: "stale plan",
    6: "unreachable",
    130: "interrupted",
    137: "killed",
}
_WIDTH: Final = 9.0
_LETTER: Final = 0.085
"""Inches."""
_LABELS: Final = 8
"""Labels of days below a picture: more would run into each other."""


def changes_by_verb(targets: Mapping[str, Any]) -> str | None:
    """What a plan changes, a bar per target; None where it changes nothing.

    Args:
        targets: Of a report.
    """
    planned = {name: one["planned"] for name, one in targets.items() if one["planned"]}
    if not planned:
        return None
    figure, axes = _figure(0.9 + 0.45 * len(planned), labels=max(map(len, planned)))
    names, begin = list(planned), [0] * len(planned)
    for verb, colour in _VERBS.items():
        counts = [planned[name].get(verb, 0) for name in names]
        if any(counts):
            axes.barh(names, counts, left=begin, color=colour, label=verb, edgecolor="white")
            begin = [one + more for one, more in zip(begin, counts, strict=True)]
    for place, total in enumerate(begin):
        axes.text(total, place, f" {total}", va="center")
    axes.invert_yaxis()
    axes.set_xlim(0, 1.12 * max(begin))
    axes.locator_params(axis="x", integer=True)
    return _drawn(figure, axes, "Changes by target and verb")


def movements(trend: Sequence[RunTrend], zone: ZoneInfo) -> str | None:
    """Who came, moved and went, day by day; None where nobody did.

    Args:
        trend: The latest live runs, the oldest first.
        zone: Says on which day a run began.
    """
    days: dict[str, dict[str, int]] = {}
    for one in trend:
        counted = days.setdefault(f"{one.started.astimezone(zone):%m-%d}", {})
        for kind, count in one.persons.items():
            counted[kind] = counted.get(kind, 0) + count
    if not any(days.values()):
        return None
    figure, axes = _figure(2.8)
    begin = [0] * len(days)
    for kind, colour in _PERSONS.items():
        counts = [counted.get(kind, 0) for counted in days.values()]
        if any(counts):
            axes.bar(range(len(days)), counts, bottom=begin, color=colour, label=kind)
            begin = [one + more for one, more in zip(begin, counts, strict=True)]
    _label(axes, list(days))
    return _drawn(figure, axes, "Persons by day: who came, moved and went")


def outcomes(trend: Sequence[RunTrend], zone: ZoneInfo) -> str | None:
    """What became of the changes of the latest live runs; None where there was none.

    Args:
        trend: The runs, the oldest first.
        zone: Says on which day a run began.
    """
    if not any(one.outcomes for one in trend):
        return None
    figure, axes = _figure(2.8)
    begin = [0] * len(trend)
    for outcome, (colour, hatch) in _OUTCOMES.items():
        counts = [one.outcomes.get(outcome, 0) for one in trend]
        if any(counts):
            axes.bar(
                range(len(trend)),
                counts,
                bottom=begin,
                color=colour,
                hatch=hatch,
                edgecolor="white",
                label=outcome.replace("_", " "),
            )
            begin = [one + more for one, more in zip(begin, counts, strict=True)]
    for place, one in enumerate(trend):
        if said := _STOPPED.get(one.exit or 0):
            axes.text(
                *(place, begin[place] + 0.02 * max(begin), said),
                rotation=90,
                ha="center",
                va="bottom",
                fontsize=7,
            )
    axes.set_ylim(0, 1.35 * max(begin))
    _label(axes, [f"{one.started.astimezone(zone):%m-%d}" for one in trend])
    return _drawn(figure, axes, f"Outcome of the last {len(trend)} live runs")


def as_url(svg: str) -> str:
    """A picture as a URL that holds all of it."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def _figure(height: float, *, labels: int = 5) -> tuple[Figure, Axes]:
    """An empty picture, with room for labels of so many letters on its left.

    Room is reckoned, not measured: a layout that is measured draws everything twice.
    """
    figure = Figure(figsize=(_WIDTH, height))
    FigureCanvasSVG(figure)
    axes = figure.subplots()
    left = (0.25 + _LETTER * min(labels, 40)) / _WIDTH
    figure.subplots_adjust(left=left, right=0.86, top=1 - 0.35 / height, bottom=0.3 / height)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _label(axes: Axes, days: Sequence[str]) -> None:
    step = -(-len(days) // _LABELS)
    axes.locator_params(axis="y", integer=True)
    axes.set_xticks(range(0, len(days), step), days[::step])


def _drawn(figure: Figure, axes: Axes, title: str) -> str:
    axes.set_title(title, loc="left", fontsize=11)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
    written = io.BytesIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return written.getvalue().decode()
