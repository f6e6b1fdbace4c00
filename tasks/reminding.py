"""Step: tell, once for each, about plans that have been waiting for an approval for too long."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from config.loader import load_profile
from connectors.ledger.approvals import Approval
from connectors.ledger.messages import Message, Told
from connectors.sdk.clock import now
from tasks.bulletins import Teller
from tasks.lifecycle.incidents import WAITING, Incident
from tasks.outbox import Letters
from tasks.run import Run
from tasks.setup import site_of
from tasks.site import Site
from tasks.telling import Retold
from tasks.waiting import can_be_answered


def anybody_is_reminded(profile: str) -> bool:
    """Whether a profile tells anybody about plans that wait; needs nothing but the profile.

    Raises:
        ConfigError: The profile is wrong.
    """
    notify = load_profile(profile).profile.notify
    return notify is not None and notify.has(WAITING)


@task(name="remind", cache_policy=NO_CACHE)
def remind_of_waiting(run: Run) -> Retold:
    """Tell who waits since when, and send what is about nobody and could not be sent before.

    Args:
        run: One that only tells.
    """
    site, retold = site_of(run), Retold()
    if site.notify is None or not site.notify.on(WAITING):
        return retold
    at, due = now(), site.ledger.messages(site.name, "due")
    letters = Letters(kept=[one for one in due if not one.person])
    told = site.ledger.told_incidents(site.name)
    for asked in site.ledger.approvals(site.name):
        name = f"{WAITING}:{asked.run}"
        if name in told or at - asked.asked < site.notify.waiting or not can_be_answered(asked):
            continue
        letters.made += _reminders(site, asked, name, at)
        letters.told[name] = Told(occasion=WAITING, digest=asked.digest, told=at)
    for posted in site.outbox.post(letters, at, _is_kept_from):
        if not posted.message.person:
            retold.add(*posted)
    get_run_logger().info("messages: %s", dict(Counter(one["outcome"] for one in retold.messages)))
    return retold


def _is_kept_from(_person: str) -> bool:
    """Those about people wait for a run that reads HR: it knows whom HR excludes meanwhile."""
    return True


def _reminders(site: Site, asked: Approval, name: str, at: datetime) -> Iterator[Message]:
    assert site.notify is not None  # noqa: S101 - asked before
    teller = Teller(site.notify, profile=site.name, run=asked.run, day=asked.asked.date(), at=at)
    incidents = [
        Incident(name=f"{name}:{place}", occasion=WAITING, text=reason)
        for place, reason in enumerate(asked.reasons.splitlines())
    ]
    since, until = (
        f"{moment.astimezone(site.zone):%Y-%m-%d %H:%M}" for moment in (asked.asked, asked.until)
    )
    about: dict[str, Any] = {"waits": True, "since": since, "until": until, "digest": asked.digest}
    for bulletin in site.notify.on(WAITING):
        yield from teller.of_incidents(bulletin, WAITING, incidents, **about)
