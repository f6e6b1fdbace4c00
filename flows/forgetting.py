"""`retour forget`: everything about one person goes out of the ledger, for good."""

from typing import Annotated, Final

import typer
from rich.text import Text

from connectors.model.errors import ConfigError, UnsafePlan
from flows.options import Live, Profile, profile_of
from flows.terminal import line, say

WORDS: Final = {
    "absences": "since when they are missing from HR",
    "approvals": "questions that were asked and name them",
    "audit": "lines of the audit trail: their content goes, the chain holds",
    "audit_of_others": "lines about others that mention them: their text goes",
    "called": "fingerprint of their name",
    "grants": "grants",
    "ignored": "issues set aside whose reason names them",
    "journal": "entries of the journal, with before and after",
    "journal_of_others": "entries about others that mention them",
    "links": "links to accounts; the accounts stay",
    "messages": "messages about them, sent or to be sent",
    "messages_of_others": "messages about others that mention them",
    "names": "names that were given to them, and are free again",
    "plans": "plans that name them; each goes as a whole",
    "runs": "reports of runs that name them",
    "snapshots": "snapshots of HR",
}

Whom = Annotated[str, typer.Argument(metavar="PERSON", help="HR id, exactly.")]
Force = Annotated[
    bool, typer.Option("--force", help="Although they have an account of ours, or are in HR still.")
]


def forget(person: Whom, profile: Profile = None, live: Live = False, force: Force = False) -> None:
    """Take one person out of the ledger, for good. A preview, unless --live."""
    from config.settings import read_settings
    from connectors.ledger.ledger import open_ledger
    from connectors.sdk.clock import now
    from tasks.setup import load_site

    _, name = load_site(profile_of(profile))
    with open_ledger(read_settings().ledger_url) as ledger:
        traces = ledger.traces(name, person)
        if not traces.found:
            message = f"the ledger knows nothing about a person {person!r} of {name}"
            raise ConfigError(message)
        for place, count in traces.found.items():
            line(Text(f"{count:>7}  "), WORDS.get(place, place.replace("_", " ")))
        against = _against(traces, force=force)
        if against:
            raise UnsafePlan(tuple(against))
        if not live:
            line(Text("PREVIEW", "bold cyan"), " - nothing was written; --live does it, for good")
            return
        from tasks.asking import who_runs

        with ledger.lock(name, "forget"):
            ledger.forget(name, person, at=now(), by=who_runs())
    line(Text("LIVE", "bold green"), " - the ledger knows nothing about this person any more")
    say(
        "Not in the ledger, and so still there: files of --report and of initial passwords, "
        "backups, what Prefect keeps of runs (`prefect flow-run delete`), and their accounts.",
        "yellow",
    )


def _against(traces: object, *, force: bool) -> list[str]:
    """What speaks against it."""
    from connectors.ledger.forgetting import Traces

    assert isinstance(traces, Traces)  # noqa: S101 - imported late, for a quick --help
    reasons = []
    if traces.in_doubt:
        reasons.append(
            "nobody knows what became of a write of this person; a live run finds out first"
        )
    if traces.accounts and not force:
        where = ", ".join(sorted(traces.accounts))
        reasons.append(
            f"they have an account of ours in {where}: let a run delete it, let go of it, or say "
            "--force; a run would take it for nobody's"
        )
    if traces.in_hr and not force:
        reasons.append("HR still has them, so the next run knows them again; or say --force")
    return reasons
