"""The pictures of a run, on one page. One that cannot be drawn or kept fails no run.

The page is markdown with pictures inside, which Prefect's UI shows, old and new, without asking
anybody for anything. As image artifacts they would stand apart, each above its own bytes.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

from prefect.artifacts import create_markdown_artifact
from prefect.logging import get_run_logger
from prefect.settings import get_current_settings

from tasks.lifecycle.movement import KINDS
from tasks.run import INTERRUPTED, Run
from tasks.setup import site_of

LATEST_RUNS: Final = 30


def draw(run: Run, report: Mapping[str, Any]) -> None:
    """Draw what a run changes; of a live one also how it stands among the latest.

    Nothing is drawn where nothing changes, nor for whoever stops a run and waits for its end.
    """
    if not report["changes"] or report["exit"] == INTERRUPTED:
        return
    try:
        create_markdown_artifact(
            markdown="\n\n".join(_pictures(run, report)),
            key="pictures",
            description=f"{report['profile']}: this run, and the latest ones",
        )
    except Exception as error:  # noqa: BLE001 - whatever it was, the run is over and well
        get_run_logger().warning("There is no picture of this run: %s", error)


def _pictures(run: Run, report: Mapping[str, Any]) -> Iterator[str]:
    # Matplotlib keeps a list of fonts, in the home of whoever runs us unless it is told where.
    os.environ.setdefault("MPLCONFIGDIR", str(get_current_settings().home / "matplotlib"))
    from tasks import pictures  # it brings Matplotlib along, which takes a second to import

    drawn = {"Changes by target and verb": pictures.changes_by_verb(report["targets"])}
    if not run.dry_run:
        site = site_of(run)
        targets = [name for name, one in site.policies.items() if not one.manifest.write_back]
        trend = site.ledger.trend(site.name, limit=LATEST_RUNS, targets=targets, kinds=KINDS)
        drawn["Persons who came, moved and went"] = pictures.movements(trend, site.zone)
        drawn["Outcome of the latest live runs"] = pictures.outcomes(trend, site.zone)
    for what, picture in drawn.items():
        if picture is not None:
            yield f"![{what}]({pictures.as_url(picture)})"
