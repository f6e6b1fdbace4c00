"""Whatever is filled in where a plan waits for a person: refused by the form, or kept in a line."""

import os
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.ledger.ledger import open_ledger
from connectors.model.errors import ConfigError
from tasks.waiting import Answer, note_answer
from tests.fuzz.damage import ODD, TEXTS

EXAMPLES: Final = 2_000 if "RETOUR_SOAK" in os.environ else 60
NAMES: Final = st.one_of(ODD, st.sampled_from(TEXTS), st.text(min_size=2, max_size=20))
ASKED: Final[dict[str, Any]] = {
    "digest": "sha256:abc",
    "reasons": "ad: 60 creates, 50 are allowed",
    "flow": "provision",
    "parameters": {},
    "flow_run": None,
    "hours": 72,
}


@settings(max_examples=EXAMPLES, derandomize=True, database=None)
@given(st.lists(st.fixed_dictionaries({"approver": NAMES, "note": NAMES, "approve": ODD})))
def test_an_answer_is_refused_by_the_form_or_kept_as_a_line(forms: list[dict[str, Any]]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_ledger(f"sqlite:///{Path(folder) / 'ledger.db'}") as ledger,
    ):
        for number, form in enumerate(forms):
            try:
                said = Answer.model_validate(form)
            except ValidationError:
                continue
            run = f"run-{number}"
            ledger.ask_approval(run, "site", **ASKED)
            asked = ledger.approval(run)
            assert asked is not None
            told = note_answer(ledger, asked, said)
            assert told.answer == ("approved" if said.approve else "refused")
            assert told.by
            assert f"{told.by}{told.note}".isprintable()
            with pytest.raises(ConfigError, match="already"):
                note_answer(ledger, asked, said)
        assert ledger.verify_audit() is None
