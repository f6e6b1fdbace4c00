"""Environments with programs that are no dependency of the product: `.venv-clients/NAME`.

install.sh makes them, one for each `clients/requirements-NAME.txt`. `RETOUR_CLIENTS` names another
folder.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("RETOUR_CLIENTS") or Path(__file__).parents[2] / ".venv-clients")


def program(environment: str, name: str) -> str:
    """A program of an environment; where that was not made the test is skipped, or fails.

    Args:
        environment: Name of the environment.
        name: Name of the program.
    """
    found = ROOT / environment / "bin" / name
    if not found.exists():
        reason = f"{found} is missing: run tests/real/install.sh"
        if os.environ.get("RETOUR_REAL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return str(found)
