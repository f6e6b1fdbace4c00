"""Errors, named by what they stop.

    RetourError
      ConfigError          before anything is read       profile, rules, settings: file, line, key
      ConnectorError       carries system, operation, hint
        Fatal              this target (or source)       Unauthorized, Forbidden, Misconfigured,
                                                         Unreachable, BrokenSource
        Transient          retried where it is safe      RateLimited, Unavailable, TimedOut
        Refused            this change only              NotFound, AlreadyExists, Invalid,
                                                         Conflict, Moved
      PlanError
        UnsafePlan         the run, before its first write
        StalePlan          an approved plan that no longer holds
        PlanViolated       this target: a receipt contradicts a planned value
      RunRefused           a second run on one profile

`str(error)` is one sentence for an administrator and holds no secret. After a `Transient` error of
a write nobody knows whether it happened: read back before repeating.
"""

from typing import Any, Final

MOVED_SINCE: Final = "moved_since"
"""Code of a refusal because the account is not what the plan saw."""

LONGEST_QUOTE: Final = 80
"""Characters of what somebody wrote that a sentence bears."""


def quoted(written: object) -> str:
    """What somebody wrote, in quotes, for a sentence about it; no more than that bears."""
    text = str(written)
    return repr(text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…")


def shown(text: str) -> str:
    """Text that quotes others, fit for a terminal and a log: what steers those is spelt out."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in "\n\t" else _spelt(one) for one in text)


def _spelt(one: str) -> str:
    return one.encode("unicode_escape").decode()


class RetourError(Exception):
    """Base of everything that Retour raises on purpose."""


class ConfigError(RetourError):
    """The profile, a rule or a setting is wrong; nothing was read or written.

    Args:
        message: What is wrong and what to do, in a sentence.
        file: The file it stands in, as the user wrote its path.
        line: Line in that file, counted from 1.
        key: Path of the key, such as `targets.active_directory.fields.mail`.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        key: str | None = None,
    ) -> None:
        """Keep the place apart from the message so that callers can add what they know."""
        super().__init__(message)
        self.message, self.file, self.line, self.key = shown(message), file, line, key

    def __str__(self) -> str:
        """Print `file:line: key: message`, leaving out what is not known."""
        place = self.file or ""
        if self.file and self.line:
            place = f"{self.file}:{self.line}"
        return shown(": ".join(part for part in (place, self.key, self.message) if part))


class ConnectorError(RetourError):
    """A system outside said no, or nothing at all.

    Args:
        message: What happened, in a sentence without secrets.
        system: Name of the connector or target.
        operation: What was being done, such as `PUT KnUser` or `search (employeeID=…)`.
        hint: What an administrator can do about it.
        code: The vendor's own code, kept for the audit line.
        reference: The vendor's log reference, where there is one.

    Attributes:
        reply_json: The decoded body of the answer, for a connector to look into. May hold personal
            data: no message quotes it.
    """

    reply_json: Any = None

    def __init__(
        self,
        message: str,
        *,
        system: str = "",
        operation: str = "",
        hint: str = "",
        code: str = "",
        reference: str = "",
    ) -> None:
        """Store the parts; the sentence is put together when it is printed."""
        super().__init__(message)
        self.message, self.system, self.operation = shown(message), system, operation
        self.hint, self.code, self.reference = hint, code, reference

    def __str__(self) -> str:
        """One sentence: system, operation, message, code, reference, hint."""
        where = " ".join(part for part in (self.system, self.operation) if part)
        text = f"{where}: {self.message}" if where else self.message
        marks = [
            f"code {self.code}" if self.code else "",
            self.reference and f"reference {self.reference}",
        ]
        if any(marks):
            text = f"{text} ({', '.join(mark for mark in marks if mark)})"
        end = "" if not self.hint or text.endswith((".", "!", "?")) else "."
        return shown(f"{text}{end} {self.hint}".rstrip())


class Fatal(ConnectorError):
    """Stops this source or target: trying the next person would fail the same way."""


class Unauthorized(Fatal):
    """The credentials were refused."""


class Forbidden(Fatal):
    """The credentials are known but may not do this."""


class Misconfigured(Fatal):
    """The system answered, but not with what the settings promise: a connector, a field, an OU."""


class Unreachable(Fatal):
    """The system did not answer in spite of retries."""


class BrokenSource(Fatal):
    """An import broke half-way or contradicts itself. Never a smaller snapshot."""


class Transient(ConnectorError):
    """May pass: retried where that is safe, then it fails the change."""

    retry_after_seconds: float | None = None


class RateLimited(Transient):
    """Told to slow down.

    Args:
        retry_after_seconds: How long the system asked to wait, None when it did not say.
    """

    def __init__(
        self, message: str, *, retry_after_seconds: float | None = None, **parts: str
    ) -> None:
        """Keep the wait beside the message."""
        super().__init__(message, **parts)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(Transient):
    """Connection refused or broken, or the system says it is down."""


class TimedOut(Transient):
    """No answer in time."""


class Refused(ConnectorError):
    """Fails this change only; the others go on."""


class NotFound(Refused):
    """The account, group or record does not exist (any more)."""


class AlreadyExists(Refused):
    """A value that must be unique is in use."""


class Invalid(Refused):
    """The system does not accept the value or the operation."""


class Conflict(Refused):
    """Somebody else is changing the same record: read again, then retry."""


class Moved(Refused):
    """The account is not what the plan saw: somebody changed it since.

    Args:
        message: Whose account, which attributes, what the plan saw and what is there now.
        system: Name of the target.
        operation: The verb of the change.
    """

    def __init__(self, message: str, *, system: str, operation: str) -> None:
        """Say what follows as well."""
        super().__init__(
            message,
            system=system,
            operation=operation,
            code=MOVED_SINCE,
            hint="The next plan decides anew.",
        )


class PlanError(RetourError):
    """The plan as a whole does not go through."""


class UnsafePlan(PlanError):
    """A guard says no, before the first write.

    Args:
        reasons: One sentence per guard that tripped.
        structural: Whether at least one of them cannot be lifted by an approval.
    """

    def __init__(self, reasons: tuple[str, ...], *, structural: bool = False) -> None:
        """Join the reasons for printing and keep them apart for the report."""
        super().__init__("; ".join(reasons))
        self.reasons, self.structural = reasons, structural


class StalePlan(PlanError):
    """An approved plan no longer holds: what is planned now is not what was approved."""


class PlanViolated(PlanError):
    """A receipt contradicts a value that the plan knew. Stops the target."""


class RunRefused(RetourError):
    """Another run on this profile is going on."""
