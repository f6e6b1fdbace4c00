"""What the ledger hands out: runs, intents, journal entries, lines of the audit trail."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from connectors.model.change import Change
from connectors.model.receipt import Receipt

Mode = Literal["preview", "live"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run, from its start to its end.

    Attributes:
        run: Id of the run.
        profile: Name of the profile.
        mode: `preview` or `live`.
        as_of: The day its decisions are taken for.
        started: When it began, with offset. A run that is resumed keeps its first start.
        finished: When it ended; None while it goes on. After a crash, when the next run of the
            profile found that out.
        exit: Exit code, None as `finished`; 137 after a crash.
        digest: Digest of its plan, None when it came to none.
        refused: Why a guard refused it, None when none did.
        approved: Whether a person approved exactly its plan, which lifted the limits.
        report: The report as it was written to `--report`. Only `Ledger.run` fills it in.
        flow: Name of the flow that ran.
        parameters: What the flow was given, as JSON; None for a run of before these were kept.
    """

    run: str
    profile: str
    mode: Mode
    as_of: date
    started: datetime
    finished: datetime | None = None
    exit: int | None = None
    digest: str | None = None
    refused: str | None = None
    approved: bool = False
    report: dict[str, Any] | None = None
    flow: str = "provision"
    parameters: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIntent:
    """A write that was announced and whose outcome nobody knows.

    Attributes:
        sequence: Row in the journal.
        run: The run that announced it.
        profile: Name of the profile.
        change: The change as it was handed to the writer.
        at: When it was announced, with offset.
        receipt: The `in_doubt` receipt where the answer was lost; None where the process died.
    """

    sequence: int
    run: str
    profile: str
    change: Change
    at: datetime
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """What a run did about one change.

    Attributes:
        change: The change as it was handed to the writer.
        announced: When the intent was written; None for a change that was set aside unannounced.
        receipt: What became of it; None while that is open.
        settled_by: The run that brought the receipt: the run itself, or a later one after a crash.
        private: Fields whose values are not shown.
    """

    change: Change
    announced: datetime | None
    receipt: Receipt | None
    settled_by: str | None
    private: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One line of the audit trail.

    Attributes:
        sequence: 1, 2, 3, … without a gap, over all profiles.
        at: When it happened, with offset.
        run: The run that did it.
        profile: Name of the profile.
        action: `CreateAccount`, `GrantPermission`, …: the name of the change's class.
        target: Name of the target.
        person: `external_id` of the person.
        ref: Native id of the account, "" when there is none.
        outcome: As in `Outcome`.
        because: Rules, contracts or settings behind it, separated by commas.
        text: What changed, field by field, old → new, and what the target said. Capped.
        previous: Hash of the line before; 64 zeros for the first.
        hash: SHA-256, in hexadecimal digits; see `audit_chain`.
        version: Of the way in which it is hashed.
        salt: Random bytes in its digest; None once its content was erased.
        digest: SHA-256 of salt and personal content; None in lines of version 1.
        erased: When its personal content was erased, None for one that says everything.
        change: Id of the change in the journal, "" where there is none.
    """

    sequence: int
    at: datetime
    run: str
    profile: str
    action: str
    target: str
    person: str
    ref: str
    outcome: str
    because: str
    text: str
    previous: str
    hash: str
    version: int = 1
    salt: str | None = None
    digest: str | None = None
    erased: datetime | None = None
    change: str = ""


@dataclass(frozen=True, slots=True)
class AuditSeal:
    """The end of the audit trail. Noted elsewhere, it proves that nothing before it was rewritten.

    Attributes:
        sequence: Number of the last line, 0 for an empty trail.
        hash: Its hash; 64 zeros for an empty trail.
    """

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class AuditBreak:
    """The first place where the audit trail is not what was written.

    Attributes:
        sequence: Number of the line that is wrong or missing.
        reason: What is wrong with it, in a sentence.
    """

    sequence: int
    reason: str
