"""Windows narrower than those of the GetConnectors, as filters.

Days are Amsterdam's, as AFAS's are, whatever clock this machine has.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import product
from typing import Final
from zoneinfo import ZoneInfo

from connectors.afas.query import AT_LEAST, AT_MOST, EMPTY, NOTHING, Condition, Filter
from connectors.afas.settings import SourceSettings

AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")
PERIODS: Final = {
    "employments": ("contract_start", "contract_end"),
    "positions": ("line_start", "line_end"),
}
"""GetConnector -> our names of the days that its rows begin and end on."""


def windows(settings: SourceSettings, instant: datetime) -> Mapping[str, Filter]:
    """Which rows to ask for, by kind of GetConnector; kinds that are not there are asked for all.

    Args:
        settings: Of the source.
        instant: Now.
    """
    if settings.starts_within_days is None and settings.ended_within_days is None:
        return {}
    today = instant.astimezone(AMSTERDAM).date()
    return {kind: _window(settings, kind, today) for kind in PERIODS}


def _window(settings: SourceSettings, kind: str, today: date) -> Filter:
    """Begun in time and not ended too long ago; a day that is not there shuts nobody out.

    AND binds tighter than OR, so every pair of alternatives is a group of its own. AFAS's own
    example for leavers forgets that and shows people who are still employed.
    """
    begins, ends = (settings.columns(kind)[name] for name in PERIODS[kind])
    alternatives = []
    if settings.starts_within_days is not None:
        last = today + timedelta(days=settings.starts_within_days)
        alternatives.append([Condition(begins, AT_MOST, _moment(last)), _empty(begins)])
    if settings.ended_within_days is not None:
        first = today - timedelta(days=settings.ended_within_days)
        alternatives.append([Condition(ends, AT_LEAST, _moment(first)), _empty(ends)])
    return list(product(*alternatives))


def _empty(field: str) -> Condition:
    return Condition(field, EMPTY, NOTHING)


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"
