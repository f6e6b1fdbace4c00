"""What a plan costs: how many writes at each target, and about how long they take."""

from typing import Any

from connectors.model.plan import Plan
from tasks.run import Run
from tasks.setup import site_of


def estimate(run: Run, plan: Plan) -> dict[str, Any]:
    """Writes and seconds per target, from how fast the profile's earlier runs were.

    Returns:
        `writes` and `seconds` of all, and `targets` with the two of each, as the report has them.
        Seconds are None where nothing tells how fast a target is: it was never written, or hardly.
        Targets that build on each other are written behind each other, so together they take no
        longer than the sum.
    """
    site = site_of(run)
    paces = site.ledger.paces(site.name)
    targets = {
        section.target: {
            "writes": len(section.changes),
            "seconds": _seconds(len(section.changes), paces.get(section.target)),
        }
        for section in plan.sections
        if section.changes
    }
    known = [one["seconds"] for one in targets.values()]
    return {
        "writes": len(plan),
        "seconds": None if None in known else round(sum(filter(None, known)), 1),
        "targets": targets,
    }


def _seconds(writes: int, pace: float | None) -> float | None:
    return None if pace is None else round(writes / pace, 1)
