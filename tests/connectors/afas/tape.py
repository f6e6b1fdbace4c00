"""The cassettes of AFAS: how they are scrubbed beyond what is always left out, and labelled."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.tape import Tape

FOLDER = Path(__file__).parent / "cassettes"
ADDRESS = "https://12345.rest.afas.online/ProfitRestServices"
HEADER = """\
# Recorded from Retour's own sandbox of AFAS Profit, not from AFAS. Invented people; the token is
# left out, private values are ***, the address has AFAS's form.
# To record anew: python -m tests.connectors.afas.recorded
"""
COLUMNS = {
    "Email_prive": "KnPerson.EmA2",
    "Telefoon_prive": "KnPerson.TeN2",
    "Geboortedatum": "KnPerson.DaBi",
    "BSN": "KnPerson.SoSe",
}
"""Private columns that the recorded environment shows, as a customer's might."""
PRIVATE = frozenset({*COLUMNS, *(field.partition(".")[2] for field in COLUMNS.values()), "MbN2"})
"""Keys whose values are in no cassette: fields of KnPerson and the columns that show them."""
TAPE = Tape(FOLDER, ADDRESS.removesuffix("/ProfitRestServices"), PRIVATE)


def label(name: str, made_from: Mapping[str, Any]) -> None:
    """Let a cassette that was just recorded begin with what it was recorded from.

    Calls that ran side by side are put in order, so that recording anew gives the same file.
    """
    path = FOLDER / f"{name}.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not any(one["request"]["method"] == "PUT" for one in content["interactions"]):
        content["interactions"].sort(key=lambda one: one["request"]["uri"])
    labelled = {"recorded_from": dict(made_from), **content}
    text = yaml.safe_dump(labelled, allow_unicode=True, sort_keys=False, width=100)
    path.write_text(HEADER + text, encoding="utf-8")


def content_of(name: str) -> dict[str, Any]:
    """What stands in a cassette."""
    content: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return content
