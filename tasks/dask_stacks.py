"""Keeps the processes of a Dask from looking at their own stacks, where that can stop them.

Each of them profiles itself: a hundred times a second it looks at the stacks of its threads. Before
Python 3.12 the look can wait for itself for ever (python/cpython#106883), and holds up every thread
of the process with it, in the middle of a transaction or not.
"""

import sys
from typing import Final

from distributed import Client, Worker, WorkerPlugin

CAN_STAND_STILL: Final = sys.version_info < (3, 12)
_LOOKS: Final = ("profile", "profile-cycle")


class Unwatched(WorkerPlugin):
    """Switches the profile of a process off, before it is given anything to do."""

    name = "retour-unwatched"

    def setup(self, worker: Worker) -> None:
        """Called in every process, also in one that comes later."""
        if CAN_STAND_STILL:
            for look in _LOOKS:
                if look in worker.periodic_callbacks:
                    worker.periodic_callbacks.pop(look).stop()


def keep_from_standing_still(client: Client) -> None:
    """See to it for all that work for a Dask, from now on."""
    client.register_plugin(Unwatched())
