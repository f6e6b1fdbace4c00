"""Progress on a terminal: what the run is doing, and how far each target is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
)
from rich.text import Text

from tasks.progress import Listener, heard_by
from tasks.run import Ending, Run


class Watch(Listener):
    """Hears a run, and keeps what it said last.

    Attributes:
        run: What was begun, None before.
        ending: How it ended, None while it goes on.
    """

    def __init__(self) -> None:
        """Nothing heard yet."""
        self.run: Run | None = None
        self.ending: Ending | None = None

    def began(self, run: Run) -> None:
        """Keep the run."""
        self.run = run

    def ended(self, ending: Ending) -> None:
        """Keep the ending."""
        self.ending = ending

    def phase(self, description: str) -> None:
        """Say what is going on; nobody looks here."""


class Display(Watch):
    """The same for somebody who looks."""

    def __init__(self, progress: Progress) -> None:
        """Show a spinner."""
        super().__init__()
        self._progress = progress
        self._phase = progress.add_task("", total=None)
        self._targets: dict[str, TaskID] = {}

    def phase(self, description: str) -> None:
        """Say what is going on."""
        self._progress.update(self._phase, description=description)

    def began(self, run: Run) -> None:
        """Reading comes first."""
        super().began(run)
        self.phase("Reading HR and the targets")

    def imported(self, persons: int) -> None:
        """Say how many."""
        self._tell(f"{persons} persons in HR")

    def read(self, target: str, accounts: int) -> None:
        """Say how many."""
        self._tell(f"{accounts} accounts in {target}")

    def planned(self, changes: Mapping[str, int]) -> None:
        """A bar per target that has something to do."""
        live = self.run is not None and not self.run.dry_run
        self.phase("Writing" if live else "Playing it through")
        for target, count in changes.items():
            if count:
                self._targets[target] = self._progress.add_task(target, total=count)

    def answered(self, target: str, changes: int) -> None:
        """Move the bar."""
        if target in self._targets:
            self._progress.advance(self._targets[target], changes)

    def ended(self, ending: Ending) -> None:
        """The report follows."""
        super().ended(ending)
        self.phase("Reporting")

    def _tell(self, sentence: str) -> None:
        self._progress.console.print(Text(sentence, "dim"))


class _Count(ProgressColumn):
    """`7/12`, and nothing for what cannot be counted."""

    def render(self, task: Task) -> Text:
        """Render the column."""
        return Text("" if task.total is None else f"{task.completed:.0f}/{task.total:.0f}", "dim")


@contextmanager
def watching(console: Console) -> Iterator[Watch]:
    """Watch the runs of this process; shown only on a terminal, and gone at the end."""
    if not console.is_terminal:
        watch = Watch()
        with heard_by(watch):
            yield watch
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), _Count())
    with Progress(*columns, console=console, transient=True) as progress:
        display = Display(progress)
        with heard_by(display):
            yield display
