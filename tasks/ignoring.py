"""Step: leave issues of a reconciliation alone for a while. The ledger is all it needs."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from config.settings import read_settings
from connectors.ledger.ledger import open_ledger
from connectors.model.errors import ConfigError
from connectors.sdk.clock import now
from tasks.lifecycle.reconcile_wishes import is_issue
from tasks.setup import load_site

MOST_MONTHS: Final = 36
MOST_DAYS: Final = MOST_MONTHS * 366 // 12


def ignore_issues(profile: str, issues: Sequence[str], until: date | None, reason: str) -> str:
    """Do not show these issues up to and including a day; what a run does stays the same.

    Args:
        profile: Name or file.
        issues: Their ids.
        until: The last day; today brings them back tomorrow.
        reason: Why, for whoever meets them again.

    Returns:
        What was done, in a sentence.

    Raises:
        ConfigError: No such profile, no id of an issue, no reason, or a day that is over or too far
            ahead.
    """
    zone, name = load_site(profile)
    today = now().astimezone(zone).date()
    _check(issues, "ignore")
    if until is None:
        raise ConfigError("say until when, such as 2027-06-30", key="until")
    if until < today:
        raise ConfigError(f"{until} is over", key="until")
    if until > today + timedelta(days=MOST_DAYS):
        message = f"{until} is more than {MOST_MONTHS} months ahead; look at it again before that"
        raise ConfigError(message, key="until")
    if not reason.strip():
        raise ConfigError("say why, for whoever meets it again", key="reason")
    with open_ledger(read_settings().ledger_url) as ledger:
        for issue in issues:
            ledger.ignore(name, issue, until=until, reason=reason.strip())
    what = "issue is" if len(issues) == 1 else "issues are"
    return f"{len(issues)} {what} not shown until {until}; a run does what it would do anyway"


def unignore_issues(profile: str, issues: Sequence[str]) -> str:
    """Show these issues again from now on, before the day they were left alone until.

    Args:
        profile: Name or file.
        issues: Their ids.

    Returns:
        What was done, in a sentence.

    Raises:
        ConfigError: No such profile, no id of an issue, or one that was not left alone.
    """
    _, name = load_site(profile)
    _check(issues, "unignore")
    with open_ledger(read_settings().ledger_url) as ledger:
        ignored = ledger.ignored(name, date.min)
        unknown = [issue for issue in issues if issue not in ignored]
        if unknown:
            message = f"{', '.join(unknown)}: not ignored; `retour reconcile --all` lists what is"
            raise ConfigError(message, key="unignore")
        for issue in issues:
            ledger.lift(name, issue)
    what = "issue is" if len(issues) == 1 else "issues are"
    return f"{len(issues)} {what} shown again"


def _check(issues: Sequence[str], key: str) -> None:
    for issue in issues:
        if not is_issue(issue):
            message = f"{issue!r} is no id of an issue; `retour reconcile` lists them"
            raise ConfigError(message, key=key)
