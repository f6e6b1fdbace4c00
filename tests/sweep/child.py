"""A run in a process of its own, killed by SIGKILL at a place.

Processes are forked from one that has imported everything and done nothing, so that a death costs a
tenth of a second and not the imports.
"""

import multiprocessing
import os
import signal
from datetime import date
from typing import Final

from tests.plainly import attempt_plainly
from tests.sweep.mortal import Life, lived

LONGEST_SECONDS: Final = 120.0


def run(profile: str, day: date, ledger_url: str, number: int) -> None:
    """A live run that ends at the place of that number."""
    from pathlib import Path

    os.environ["RETOUR_LEDGER_URL"] = ledger_url

    def kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with lived(Life(number, kill)):
        attempt_plainly(Path(profile), live=True, as_of=day)


def killed(profile: str, day: date, ledger_url: str, number: int) -> None:
    """Let a process run, and wait until it is dead.

    Raises:
        AssertionError: It did not die, or of something else.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=run, args=(profile, day, ledger_url, number))
    process.start()
    process.join(LONGEST_SECONDS)
    died_of = process.exitcode
    process.kill()
    process.join()
    assert died_of == -signal.SIGKILL, f"it ended with {died_of}"
