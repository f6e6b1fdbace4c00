"""The plan: every write of a run, write-back included. Frozen, serialisable, byte-stable."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from connectors.model.change import Change, change_from_json
from connectors.model.receipt import Note

PLAN_FORMAT: Final = 1


class Section:
    """The changes of one target, ordered by person and, within a person, by verb.

    Attributes:
        target: Name of the target in the profile.
        depends_on: Targets whose receipts this one needs, sorted.
        changes: The changes.
        managed: How many accounts of the target are managed now; the base of limits in percent.
    """

    __slots__ = ("changes", "depends_on", "managed", "target")

    def __init__(
        self, *, target: str, depends_on: tuple[str, ...], changes: tuple[Change, ...], managed: int
    ) -> None:
        """Keep the parts as they are; `tasks.lifecycle.plan` puts them in order."""
        self.target, self.depends_on = target, depends_on
        self.changes, self.managed = changes, managed

    def counts(self) -> dict[str, int]:
        """Number of changes per verb, verbs sorted."""
        return dict(sorted(Counter(change.verb.value for change in self.changes).items()))


class Plan:
    """All changes of a run, a section per target in dependency order.

    A plain class on purpose: Prefect walks into dataclasses and pydantic models value by value, and
    leaves an object like this alone.

    Attributes:
        profile: Name of the profile.
        as_of: The day the decisions were taken for.
        sections: In dependency order.
        notes: Why nothing is done, sorted.
        digest: `sha256:…` over profile and changes. Day, run and notes are not part of it: a plan
            that comes out the same is the same plan.
    """

    __slots__ = ("as_of", "digest", "notes", "profile", "sections")

    def __init__(
        self,
        *,
        profile: str,
        as_of: date,
        sections: tuple[Section, ...],
        notes: tuple[Note, ...] = (),
    ) -> None:
        """Freeze the parts under a digest."""
        self.profile, self.as_of = profile, as_of
        self.sections, self.notes = sections, notes
        content = [
            profile,
            [[section.target, [c.id for c in section.changes]] for section in sections],
        ]
        self.digest = f"sha256:{hashlib.sha256(_canonical(content)).hexdigest()}"

    @property
    def changes(self) -> Iterator[Change]:
        """Every change, in dependency order of the targets."""
        for section in self.sections:
            yield from section.changes

    def __len__(self) -> int:
        """Number of changes."""
        return sum(len(section.changes) for section in self.sections)

    def __bool__(self) -> bool:
        """A plan is a plan, also when it is empty."""
        return True

    def section(self, target: str) -> Section:
        """The section of a target.

        Raises:
            KeyError: The plan has no such target.
        """
        for section in self.sections:
            if section.target == target:
                return section
        raise KeyError(target)

    def to_bytes(self) -> bytes:
        """The plan as canonical JSON (UTF-8, sorted keys): the same plan gives the same bytes."""
        return _canonical(
            {
                "format": PLAN_FORMAT,
                "profile": self.profile,
                "as_of": self.as_of.isoformat(),
                "digest": self.digest,
                "sections": [
                    {
                        "target": section.target,
                        "depends_on": list(section.depends_on),
                        "managed": section.managed,
                        "changes": [change.to_json() for change in section.changes],
                    }
                    for section in self.sections
                ],
                "notes": [note.to_json() for note in self.notes],
            }
        )

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Plan":
        """Undo `to_bytes`.

        Raises:
            ValueError: Not a plan of this format, or its content does not fit its digest.
        """
        content: dict[str, Any] = json.loads(raw)
        if content.get("format") != PLAN_FORMAT:
            message = (
                f"a plan of format {content.get('format')!r}; this version reads {PLAN_FORMAT}"
            )
            raise ValueError(message)
        plan = cls(
            profile=content["profile"],
            as_of=date.fromisoformat(content["as_of"]),
            sections=tuple(
                Section(
                    target=section["target"],
                    depends_on=tuple(section["depends_on"]),
                    managed=section["managed"],
                    changes=tuple(change_from_json(change) for change in section["changes"]),
                )
                for section in content["sections"]
            ),
            notes=tuple(Note.from_json(note) for note in content["notes"]),
        )
        if plan.digest != content["digest"]:
            message = f"the plan does not hold the content of {content['digest']}"
            raise ValueError(message)
        return plan


def _canonical(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
