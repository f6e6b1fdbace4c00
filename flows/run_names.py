"""What runs are called in Prefect: profile, mode and day, as in `demo live 2026-11-30`."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from prefect import runtime

from config.loader import load_profile
from connectors.model.errors import RetourError
from connectors.sdk.clock import now


def run_name(what: str = "", *, mode: Callable[[Mapping[str, Any]], str]) -> Callable[[], str]:
    """Name runs of a flow, from their parameters.

    Args:
        what: What the flow does; "" for the one that needs no name.
        mode: Says in which mode it does so.
    """

    def name() -> str:
        given = runtime.flow_run.parameters
        profile = str(given.get("profile") or "")
        words = [Path(profile).stem, what, mode(given), str(given.get("as_of") or _today(profile))]
        return " ".join(word for word in words if word)

    return name


def live_or_preview(given: Mapping[str, Any]) -> str:
    """The mode of a flow that writes."""
    return "preview" if given.get("dry_run", True) else "live"


def _today(profile: str) -> str:
    """The day that a run decides for when none is asked for: that of the profile's time zone."""
    zone = ZoneInfo("UTC")
    with suppress(RetourError):  # the run itself says what is wrong with the profile
        zone = ZoneInfo(load_profile(profile).profile.timezone)
    return now().astimezone(zone).date().isoformat()
