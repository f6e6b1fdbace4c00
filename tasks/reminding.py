"""Step: tell, once for each, about plans that have been waiting for an approval for too long."""

from collections import Counter
from typing import Any

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from config.loader import load_profile
from connectors.ledger.approvals import Approval
from connectors.ledger.messages import Told
from connectors.sdk.clock import now
from tasks.bulletins import Teller
from tasks.lifecycle.incidents import WAITING, Incident
from tasks.outbox import FAILED_TO_SEND, SENT, WOULD_SEND
from tasks.run import Run
from tasks.sending import send_due
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
def remind_of_waiting(run: Run, send: bool) -> Retold:  # noqa: FBT001 - a parameter of a task
    """Tell who waits since when, and send what is about nobody and could not be sent before.

    Args:
        run: A preview: no writer is opened here, and no credential of one is looked up.
        send: Whether anything is sent and noted; otherwise it is listed.
    """
    site, retold = site_of(run), Retold()
    if site.notify is None or not site.notify.on(WAITING):
        return retold
    told = site.ledger.told_incidents(site.name)
    for asked in site.ledger.approvals(site.name):
        name = f"{WAITING}:{asked.run}"
        since = now() - asked.asked
        if name in told or since < site.notify.waiting or not can_be_answered(asked):
            continue
        _remind(site, asked, name, retold, send=send)
    if send:
        # Those about people wait for a run that reads HR: it knows whom HR excludes meanwhile.
        due = [one for one in site.ledger.messages(site.name, "due") if not one.person]
        for message, error in send_due(site.ledger, site.name, due, site.mailbox()):
            retold.add(message, FAILED_TO_SEND if error else SENT, error)
    get_run_logger().info("messages: %s", dict(Counter(one["outcome"] for one in retold.messages)))
    return retold


def _remind(site: Site, asked: Approval, name: str, retold: Retold, *, send: bool) -> None:
    assert site.notify is not None  # noqa: S101 - asked before
    at = now()
    teller = Teller(site.notify, profile=site.name, run=asked.run, day=asked.asked.date(), at=at)
    incidents = [
        Incident(name=f"{name}:{place}", occasion=WAITING, text=reason)
        for place, reason in enumerate(asked.reasons.splitlines())
    ]
    since, until = (
        f"{moment.astimezone(site.zone):%Y-%m-%d %H:%M}" for moment in (asked.asked, asked.until)
    )
    about: dict[str, Any] = {"waits": True, "since": since, "until": until, "digest": asked.digest}
    made = [
        message
        for bulletin in site.notify.on(WAITING)
        for message in teller.of_incidents(bulletin, WAITING, incidents, **about)
    ]
    if not send:
        for message in made:
            retold.add(message, WOULD_SEND)
        return
    told = Told(occasion=WAITING, digest=asked.digest, told=at)
    site.ledger.keep_messages(site.name, made, told={name: told})
