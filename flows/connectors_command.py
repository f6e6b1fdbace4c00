"""`retour connectors new`: a folder that is a working connector, to be made into another one."""

from pathlib import Path
from typing import Annotated

import typer


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What a profile will call it.")],
    into: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Make a package of its own there, instead of a folder of this repository.",
        ),
    ] = None,
) -> None:
    """Make a connector that runs, keeps the laws as it is, and waits to become yours."""
    from connectors.sdk.making import make_connector
    from flows.terminal import line, say
    from tasks.setup import connector_names

    taken = frozenset(one.partition(".")[0] for one in (*connector_names(), "model.", "sdk."))
    for path in make_connector(name, into=into, taken=taken | {"ledger"}):
        line(str(path))
    if into is None:
        say(f"Now: pytest -k {name} tests/connectors. CONTRIBUTING.md shows the way on.")
    else:
        say(f"Now: pip install -e {into}, and pytest --retour-connector {name}.")
