"""A run in a process of its own, killed by SIGKILL at a place.

Processes are forked from one that has imported everything and done nothing, so that a death costs a
tenth of a second and not the imports.
"""

import multiprocessing
import os
import resource
import signal
from datetime import date
from multiprocessing.connection import Connection
from typing import Final

from tests.plainly import attempt_plainly
from tests.sweep.mortal import Life, StillAlive, lived

LONGEST_SECONDS: Final = 120.0


def run(profile: str, day: date, ledger_url: str, number: int) -> None:
    """A live run that ends at the place of that number."""
    from pathlib import Path

    os.environ["RETOUR_LEDGER_URL"] = ledger_url

    def kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with lived(Life(number, kill)):
        attempt_plainly(Path(profile), live=True, as_of=day)


def run_short_of_room(
    profile: str, day: date, ledger_url: str, most_bytes: int, told: Connection
) -> None:
    """A live run that can make no file larger than that; tells its exit code, and what it said."""
    from pathlib import Path

    os.environ["RETOUR_LEDGER_URL"] = ledger_url
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    ending = attempt_plainly(Path(profile), live=True, as_of=day)
    given_up = [str(one["given_up"]) for one in ending.report["targets"].values()]
    told.send((ending.exit, f"{ending.report['refused']} {given_up}"))


def short_of_room(profile: str, day: date, ledger_url: str, most_bytes: int) -> tuple[int, str]:
    """Exit code of a run that can make no file larger than that, and what it said."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    here, there = context.Pipe(duplex=False)
    process = context.Process(
        target=run_short_of_room, args=(profile, day, ledger_url, most_bytes, there)
    )
    process.start()
    there.close()
    assert here.poll(LONGEST_SECONDS), "it never ended"
    code, said = here.recv()
    process.join(LONGEST_SECONDS)
    return int(code), str(said)


def killed(profile: str, day: date, ledger_url: str, number: int) -> None:
    """Let a process run, and wait until it is dead.

    Raises:
        StillAlive: It came to its end before that.
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
    if died_of == 0:
        message = f"nothing died at place {number}"
        raise StillAlive(message)
    assert died_of == -signal.SIGKILL, f"it ended with {died_of}"
