"""Step: tell people what a run did, and what went wrong. Nothing of it changes how the run ended.

What becomes of the messages is the outbox's: a preview sends and notes nothing, and lists what it
would send.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from connectors.ledger.messages import WORTH_TELLING, Message, Told
from connectors.ledger.runs import BROKEN_OFF
from connectors.model.errors import ConfigError, RetourError
from connectors.model.plan import Plan
from connectors.model.receipt import Note
from connectors.sdk.clock import now
from tasks.acquaintances import Acquaintances
from tasks.bulletins import Teller, held_back, name_of
from tasks.lifecycle.incidents import FAILED, REFUSED, Incident, incidents_of, news, over
from tasks.lifecycle.tidings import Settled, Tiding, tidings_of
from tasks.outbox import FAILED_TO_SEND, HELD, Letters
from tasks.run import WAITING, Receipts, Run
from tasks.setup import site_of
from tasks.site import Site

LATEST_RUNS: Final = 200
"""Among so many runs one is looked for that was broken off and never told."""
NOT_TOLD: Final = "not_told"
"""Code of the note about a message that could not be sent."""


class Gist:
    """A run, for whoever tells about it. An opaque object to Prefect.

    Attributes:
        report: As it is so far.
        plan: None where there was none.
        receipts: Of what was carried out.
        known: Whom it concerns; None where HR was not read.
    """

    __slots__ = ("known", "plan", "receipts", "report")

    def __init__(
        self,
        report: Mapping[str, Any],
        plan: Plan | None,
        receipts: Sequence[Receipts],
        known: Acquaintances | None,
    ) -> None:
        """Keep the parts."""
        self.report, self.plan, self.receipts, self.known = report, plan, receipts, known

    def __repr__(self) -> str:
        """The exit code."""
        return f"Gist(exit {self.report['exit']})"

    @property
    def carried_out(self) -> bool:
        """Whether the plan was executed to its end."""
        return self.plan is not None and self.report["refused"] is None

    @property
    def unfinished(self) -> set[str]:
        """Persons for whom something was not done."""
        return {
            receipt.person
            for shard in self.receipts
            for receipt in shard.receipts
            if not receipt.outcome.succeeded
        }

    def settled(self) -> list[Settled]:
        """Changes with their receipts."""
        answers = {receipt.change: receipt for one in self.receipts for receipt in one.receipts}
        changes = self.plan.changes if self.plan is not None else ()
        return [(change, answers[change.id]) for change in changes if change.id in answers]


class Retold:
    """What was told, for the report. An opaque object to Prefect.

    Attributes:
        messages: A group per message.
        notes: About those that could not be sent.
    """

    __slots__ = ("messages", "notes")

    def __init__(self) -> None:
        """Start with nothing."""
        self.messages: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []

    def __repr__(self) -> str:
        """Counts only."""
        counts = Counter(one["outcome"] for one in self.messages)
        return f"Retold({dict(counts)})"

    def add(self, message: Message, outcome: str, detail: str = "") -> None:
        """List one that was made."""
        content = message.content
        entry = {
            "on": message.occasion,
            "person": message.person or None,
            "to": content["to"],
            "by": content["by"],
            "subject": content["subject"],
            "why": content["why"],
            "outcome": outcome,
            "detail": detail or None,
        }
        self.messages.append(entry)
        if outcome == FAILED_TO_SEND:
            self._note(message.person, f"{message.occasion}, to {content['to']}: {detail}")

    def add_unmade(self, tiding: Tiding, to: str, outcome: str, detail: str) -> None:
        """List one that could not be made, or waits."""
        self.messages.append(
            {
                "on": tiding.occasion,
                "person": tiding.person,
                "to": to,
                "by": None,
                "subject": None,
                "why": ", ".join(tiding.because),
                "outcome": outcome,
                "detail": detail,
            }
        )
        if outcome == FAILED_TO_SEND:
            self._note(tiding.person, f"{tiding.occasion}, to {to}: {detail}")

    def _note(self, person: str, reason: str) -> None:
        self.notes.append(Note(target="", person=person, code=NOT_TOLD, reason=reason).to_json())


def concerned(run: Run, plan: Plan) -> set[str]:
    """Whom a run may have something to tell about: asked while what was read is still there."""
    site = site_of(run)
    if site.notify is None:
        return set()
    persons = {change.person for change in plan.changes}
    persons |= {one.person for one in site.ledger.messages(site.name, "held", "due")}
    heard = site.outbox.hear(now())
    if heard is not None:
        persons |= {change.person for change, _ in heard.settled}
    return persons - {""}


@task(name="tell", cache_policy=NO_CACHE)
def tell(run: Run, gist: Gist) -> Retold:
    """Write down who is told what, and send it."""
    site, retold = site_of(run), Retold()
    assert site.notify is not None  # noqa: S101 - nobody calls it otherwise
    telling = _Telling(run, site, gist, retold)
    telling.prepare()
    telling.post()
    get_run_logger().info("messages: %s", dict(Counter(one["outcome"] for one in retold.messages)))
    return retold


class _Telling:
    """One run of the step."""

    def __init__(self, run: Run, site: Site, gist: Gist, retold: Retold) -> None:
        assert site.notify is not None  # noqa: S101 - nobody calls it otherwise
        self._run, self._site, self._gist, self._retold = run, site, gist, retold
        self._notify, self._at = site.notify, now()
        self._teller = Teller(
            site.notify, profile=site.name, run=run.id, day=run.as_of, at=self._at
        )
        self._unfinished = gist.unfinished
        self._letters = Letters(kept=site.ledger.messages(site.name, "held", "due"))

    def prepare(self) -> None:
        """Decide who is told what; nothing is written."""
        heard = self._letters.heard = self._site.outbox.hear(self._at)
        settled = self._gist.settled() if heard is None else heard.settled
        tidings = tidings_of(settled, targets=self._notify.accounts, private=self._site.private)
        for tiding in tidings:
            self._take(tiding)
        self._release(tidings)
        self._incidents()

    # --- About people -----------------------------------------------------------------------------

    def _take(self, tiding: Tiding) -> None:
        """Something new to tell about a person, together with what was held for it."""
        if not self._notify.on(tiding.occasion):
            return
        if tiding.occasion == "left":
            self._letters.drop += [one.key for one in self._held("joined", tiding.person)]
        for one in self._held(tiding.occasion, tiding.person):
            if tiding.occasion == "joined" and not one.recipient:
                tiding = Tiding.from_json(one.content).joined_by(tiding)
                self._letters.drop.append(one.key)
        self._tell_or_hold(tiding)

    def _release(self, fresh: Sequence[Tiding]) -> None:
        """What was held in earlier runs, and may be told now."""
        gone = set(self._letters.drop)
        for one in self._letters.kept:
            if one.state != "held" or one.key in gone:
                continue
            if self._at - one.made > WORTH_TELLING or not self._notify.on(one.occasion):
                self._letters.drop.append(one.key)
                continue
            self._tell_or_hold(Tiding.from_json(one.content), held=one)

    def _tell_or_hold(self, tiding: Tiding, held: Message | None = None) -> None:
        known, person = self._gist.known, tiding.person
        why = self._reason_to_wait(tiding)
        if why or known is None:
            if held is None:
                self._letters.made.append(held_back(tiding, self._run.id, self._at))
            self._retold.add_unmade(tiding, self._audience(tiding, held), HELD, why)
            return
        if held is not None:
            self._letters.drop.append(held.key)
        for bulletin in self._notify.on(tiding.occasion):
            if held is not None and held.recipient not in {"", name_of(bulletin)}:
                continue
            try:
                made, silences = self._teller.of_person(bulletin, tiding, known.of(person))
            except ConfigError as error:
                made, silences = [], [str(error)]
            self._letters.made += made
            for silence in silences:
                self._retold.add_unmade(tiding, name_of(bulletin), FAILED_TO_SEND, silence)
            if silences and not made:
                since = self._at if held is None else held.made
                waits = held_back(tiding, self._run.id, since, for_whom=name_of(bulletin))
                self._letters.drop = [key for key in self._letters.drop if key != waits.key]
                self._letters.made.append(waits)

    def _reason_to_wait(self, tiding: Tiding) -> str:
        """Why a tiding is not told by this run; "" when it is."""
        known, scope = self._gist.known, self._run.scope
        if known is None or not self._gist.carried_out:
            return "the run did not come to its end"
        if known.of(tiding.person).excluded:
            return "excluded in HR"
        if tiding.occasion != "joined":
            return ""
        if tiding.person in self._unfinished:
            return "not all that belongs to it is done"
        chosen = {receipt.person for one in self._gist.receipts for receipt in one.receipts}
        chosen |= scope.persons
        if self._gist.report.get("unseen"):
            return "a target could not be read, and this run knows nothing of it"
        if scope.targets or scope.fields or (scope.selects and tiding.person not in chosen):
            return "this run did not look at all that belongs to it"
        return ""

    @property
    def _looked_at_all(self) -> bool:
        return self._run.scope.is_whole and not self._gist.report.get("unseen")

    def _held(self, occasion: str, person: str) -> Iterator[Message]:
        for one in self._letters.kept:
            if (one.state, one.occasion, one.person) == ("held", occasion, person):
                yield one

    def _audience(self, tiding: Tiding, held: Message | None) -> str:
        if held is not None and held.recipient:
            return held.recipient
        return ", ".join(map(name_of, self._notify.on(tiding.occasion)))

    # --- About what went wrong --------------------------------------------------------------------

    def _incidents(self) -> None:
        ledger, report = self._site.ledger, self._gist.report
        told = ledger.told_incidents(self._site.name)
        runs = ledger.runs(self._site.name, limit=LATEST_RUNS)
        broken = [
            one.run
            for one in runs
            if one.exit == BROKEN_OFF
            and one.mode == "live"
            and one.run != self._run.id
            and self._at - one.started < WORTH_TELLING
        ]
        found = incidents_of(report, broken)
        self._letters.over = over(told, found, report, whole=self._looked_at_all)
        fresh = news(found, told, self._at, again_after=self._notify.again_after)
        for occasion in (FAILED, REFUSED):
            some = [one for one in fresh if one.occasion == occasion]
            if some:
                every = sum(one.occasion == occasion for one in found)
                self._tell_incidents(occasion, some, every - len(some))

    def _tell_incidents(self, occasion: str, some: Sequence[Incident], repeated: int) -> None:
        about: dict[str, Any] = {}
        asked = self._site.ledger.approval(self._run.id) if occasion == REFUSED else None
        if asked is not None and self._gist.report["exit"] == WAITING:
            until = asked.until.astimezone(self._site.zone)
            about = {"waits": True, "until": f"{until:%Y-%m-%d %H:%M}", "digest": asked.digest}
        for bulletin in self._notify.on(occasion):
            made = self._teller.of_incidents(bulletin, occasion, some, repeated=repeated, **about)
            self._letters.made += made
            self._letters.told |= {
                one.name: Told(occasion=occasion, digest=one.digest, told=self._at) for one in some
            }

    # --- Sending ----------------------------------------------------------------------------------

    def post(self) -> None:
        """Send what is due, or list it."""
        for one in self._site.outbox.post(self._letters, self._at, self._is_kept_from):
            self._retold.add(*one)

    def _is_kept_from(self, person: str) -> bool:
        return self._gist.known is None or self._gist.known.of(person).excluded


def tell_about(run: Run, gist: Gist) -> Retold:
    """Tell about a run, if anybody wants to know; whatever goes wrong is a note."""
    if site_of(run).notify is None:
        return Retold()
    try:
        return tell(run, gist)
    except Exception as error:  # noqa: BLE001 - a message is never worth a run
        said = str(error) if isinstance(error, RetourError) else f"a fault ({type(error).__name__})"
        retold = Retold()
        note = Note(target="", person="", code=NOT_TOLD, reason=f"nobody was told: {said}")
        retold.notes.append(note.to_json())
        return retold
