"""What was asked for on the command line. Nothing here imports Prefect or pandas."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for on the command line.

    Attributes:
        profile: Name or file.
        live: Whether to write.
        as_of: The day to decide for, None for today.
        persons: The only persons to change; empty for everybody.
        targets: The only targets to write; empty for all.
        approve: Digest of a previewed plan.
        report: Where the report goes, None for nowhere.
        rules: Files and folders of rules instead of those of the profile.
        markdown: Where the impact of these rules goes as markdown, None for nowhere.
    """

    profile: str
    live: bool = False
    as_of: date | None = None
    persons: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    approve: str | None = None
    report: Path | None = None
    rules: tuple[str, ...] = ()
    markdown: Path | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the flow."""
        return {
            "profile": self.profile,
            "dry_run": not self.live,
            "as_of": self.as_of,
            "persons": list(self.persons),
            "targets": list(self.targets),
            "approve": self.approve,
            "rules": list(self.rules),
        }

    @property
    def command(self) -> list[str]:
        """The command line that asks for a preview of the same."""
        words = ["retour", "provision", "--profile", self.profile]
        if self.as_of is not None:
            words += ["--as-of", self.as_of.isoformat()]
        for person in self.persons:
            words += ["--person", person]
        for target in self.targets:
            words += ["--target", target]
        return words
