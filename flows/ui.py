"""`make ui`: Prefect's server and UI, our deployments and a worker, on this machine."""

import os
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from connectors.model.errors import RetourError
from flows.engine import running
from flows.playground import playground

DEFAULT_PORT = 4200


def main() -> int:
    """Serve until Ctrl-C; sandboxes too, unless the environment names a real AFAS."""
    folder = Path(".retour") / "ui"
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with ExitStack() as stack:
            variables: dict[str, str] = {}
            if "AFAS_URL" not in os.environ:
                variables = stack.enter_context(playground(folder)).variables
                _say(f"Sandboxes are running; that of AFAS at {variables['AFAS_URL']}")
            _say("Prefect is starting ...")
            port = int(os.environ.get("RETOUR_UI_PORT", DEFAULT_PORT))
            address = stack.enter_context(
                running(home=folder / "prefect", port=port, variables=variables, told=_say)
            )
            _say(f"Open {address}")
            _say("Ctrl-C stops everything.")
            stopped.wait()
            _say("Stopping ...")
    except RetourError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main())
