"""A window on employments that is narrower than that of the GetConnector, as a filter.

Days are Amsterdam's, as AFAS's are, whatever clock this machine has. Positions have no window of
their own: one that fell out would leave its employment behind, a contract under another key.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import product
from typing import Final
from zoneinfo import ZoneInfo

from connectors.afas.query import AT_LEAST, AT_MOST, EMPTY, NOTHING, Condition, Filter
from connectors.afas.settings import SourceSettings

AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")
EMPLOYMENTS: Final = "employments"


def windows(settings: SourceSettings, instant: datetime) -> Mapping[str, Filter]:
    """Which rows to ask for, by kind of GetConnector; kinds that are not there are asked for all.

    Args:
        settings: Of the source.
        instant: Now.
    """
    if settings.starts_within_days is None and settings.ended_within_days is None:
        return {}
    today = instant.astimezone(AMSTERDAM).date()
    return {EMPLOYMENTS: _window(settings, today)}


def _window(settings: SourceSettings, today: date) -> Filter:
    """Begun in time and not ended too long ago; a day that is not there shuts nobody out.

    AND binds tighter than OR, so every pair of alternatives is a group of its own. AFAS's own
    example for leavers forgets that and shows people who are still employed.
    """
    columns = settings.columns(EMPLOYMENTS)
    begins, ends = columns["contract_start"], columns["contract_end"]
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
