"""A backfill that goes on where an earlier one stopped: the same slice, without what was done."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from config.settings import read_settings
from connectors.ledger.ledger import Ledger, open_ledger
from connectors.ledger.records import RunRecord
from connectors.model.change import Verb
from connectors.model.errors import ConfigError

SLICE: Final = ("persons", "departments", "hired_since", "targets", "fields")
"""Parameters of a backfill that say whom and what it writes."""


def resumed(given: Mapping[str, Any], profile: str) -> dict[str, Any]:
    """The parameters of a backfill that goes on with an earlier one.

    What was written in between by others, or differs again, is written all the same: only what is
    still as it was left is not written a second time.

    Args:
        given: Parameters of the flow; `resume` names the earlier run, or the beginning of its id.
        profile: Name of its profile.

    Returns:
        Them, with the slice of the earlier run, its day, and `done`: target and person of every
        account that it wrote.

    Raises:
        ConfigError: There is no such backfill of this profile, or it has a slice of its own.
    """
    for name in SLICE:
        if given.get(name):
            message = f"a backfill that is resumed keeps its slice: leave out {name}"
            raise ConfigError(message, key=name)
    with open_ledger(read_settings().ledger_url) as ledger:
        chain = list(_chain(ledger, str(given["resume"]), profile))
        done = frozenset(pair for record in chain for pair in _written(ledger, record.run))
    first = chain[-1].parameters or {}
    return {
        **given,
        **{name: first[name] for name in SLICE if name in first},
        "as_of": given["as_of"] or chain[0].as_of,
        "done": done,
    }


def _chain(ledger: Ledger, name: str, profile: str) -> Iterator[RunRecord]:
    """The run, the one that it resumed, and so on to the first, which has the slice."""
    while True:
        record = ledger.run(name)
        _require_backfill(record, profile)
        yield record
        earlier = (record.parameters or {}).get("resume")
        if not earlier:
            return
        name = str(earlier)


def _require_backfill(record: RunRecord, profile: str) -> None:
    if record.flow != "backfill":
        message = f"run {record.run} is no backfill but a {record.flow}; run that again instead"
        raise ConfigError(message, key="resume")
    if record.profile != profile:
        message = f"run {record.run} is of the profile {record.profile}, not of {profile}"
        raise ConfigError(message, key="resume")


def _written(ledger: Ledger, run: str) -> Iterator[tuple[str, str]]:
    for entry in ledger.journal(run):
        if (
            entry.change.verb is Verb.UPDATE
            and entry.receipt is not None
            and entry.receipt.outcome.succeeded
        ):
            yield entry.change.target, entry.change.person
