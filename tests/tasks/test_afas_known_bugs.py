"""Known bugs of other AFAS connectors, each by its number: here they do not happen.

The numbers are those of the project's list of such bugs. B14 to B16 are about the import and stand
with its tests; what is missing from the row concerns other systems.
"""

import pytest

from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.serve import ServedAfas
from connectors.afas.settings import UserSettings
from connectors.afas.user_writer import UserWriter
from connectors.ledger.audit_text import MAX_TEXT
from connectors.model.change import DisableAccount, EnableAccount
from connectors.model.errors import ConfigError
from connectors.model.receipt import Outcome
from tests.tasks.afas_decisions.situation import MAIL, TODAY, Situation

GONE_AFTER_30 = {"target": {"leavers": {"delete_after_days": 30}}}


@pytest.fixture
def served(tmp_path, monkeypatch):
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    with ServedAfas(Afas.empty(today=TODAY)) as running:
        yield running


@pytest.fixture
def employee(served, tmp_path):
    return Situation(served, tmp_path, "afas.employee")


@pytest.fixture
def user(served, tmp_path):
    return Situation(served, tmp_path, "afas.user")


def settled(situation, **given):
    """The situation after a first live run."""
    situation.arrange(given)
    situation.run(live=True)
    return situation


def bodies(situation):
    """Fields of every body that AFAS was sent, control fields included."""
    found = []
    for call in situation.afas.writes:
        element = next(iter(call.body.values()))["Element"]
        found.append(dict(element.get("Fields") or {}))
        for nested in element.get("Objects") or []:
            found[-1] |= nested["KnPerson"]["Element"]["Fields"]
    return found


def outcomes(done):
    return [
        (change.verb.value, done.receipts[change.id].outcome)
        for change in done.plan.section("afas").changes
    ]


def test_b01_a_correlation_value_is_encoded_in_the_address(user):
    odd = "7&8=9 +%/#é"
    user.arrange({"user_code": odd})
    settled(user)
    user.arrange({"user_holds": {"Upn": "old@example.org"}, "fault": {"kind": "drop_reply"}})
    done = user.run(live=True)
    assert outcomes(done) == [("update", Outcome.DONE)]
    assert user.afas.records.users[odd].fields["Upn"] == MAIL


def test_b02_several_rows_for_one_key_are_nobodys_record(employee):
    settled(employee).arrange({"row": "twice", "person_holds": {"EmAd": "old@example.org"}})
    with employee.calls() as calls:
        done = employee.run(live=True)
    assert [note.code for note in done.plan.notes if note.person] == ["ambiguous"]
    assert not [call for call in calls if call.startswith("PUT")]


@pytest.mark.parametrize("kind", ["afas.employee", "afas.user"])
def test_b03_a_missing_directory_account_wipes_nothing(served, tmp_path, kind):
    situation = settled(Situation(served, tmp_path, kind))
    written = len(situation.afas.writes)
    situation.arrange({"directory_holds": None})
    done = situation.run(live=True)
    assert len(situation.afas.writes) == written
    held = situation.afas.person_of(situation.employee).fields | (
        situation.afas.user_of(situation.employee).fields
    )
    assert held["EmAd"] == MAIL
    assert all(outcome is Outcome.SET_ASIDE for _, outcome in outcomes(done))


def test_b04_what_is_cleared_once_is_not_cleared_again(user):
    user.arrange(
        {"target": {"fields": {"Upn": {"value": ""}}}, "user_holds": {"Upn": "old@example.org"}}
    )
    assert ("update", Outcome.DONE) in outcomes(user.run(live=True))
    assert bodies(user)[-1] == {"MtCd": "1", "Upn": ""}
    assert outcomes(user.run(live=True)) == []


def test_b05_a_delete_sends_empty_text_and_never_null(user):
    settled(user, **GONE_AFTER_30).arrange({"left": 40})
    user.run(live=True)
    sent = bodies(user)[-1]
    assert sent["EmAd"] == sent["Upn"] == ""
    assert all(value is not None for body in bodies(user) for value in body.values())


def test_b06_a_delete_with_nothing_to_clear_sends_no_second_put(user):
    settled(user, **GONE_AFTER_30)
    user.arrange({"left": 40, "user_holds": {"EmAd": None, "Upn": None, "InSi": False}})
    with user.calls() as calls:
        user.run(live=True)
    assert [call for call in calls if call.startswith("PUT")] == ["PUT KnUser MtCd=0"]


def test_b07_every_audit_line_says_which_record(user):
    settled(user, **GONE_AFTER_30).arrange({"left": 10})
    lines = list(user.run(live=True).audit)
    user.arrange({"left": 40})
    lines += user.run(live=True).audit
    lines = [line for line in lines if line.target == "afas"]
    assert [line.action for line in lines] == ["DisableAccount", "DeleteAccount"]
    assert {line.ref for line in lines} == {user.user}


def test_b08_the_reference_survives_a_skip_a_preview_and_a_failure(user):
    settled(user, settings={"only_update_on_correlate": True})
    user.arrange({"user_holds": {"Upn": "old@example.org"}})
    assert outcomes(user.run(live=True)) == []
    user.arrange({"settings": {"only_update_on_correlate": False}, "another_has": {"Upn": MAIL}})
    user.run(live=False)
    assert outcomes(user.run(live=True)) == [("update", Outcome.FAILED)]
    # Known still: it is tried again, and not taken over a second time.
    assert outcomes(user.run(live=True)) == [("update", Outcome.FAILED)]


def test_b09_what_breaks_without_a_word_is_no_success(employee):
    settled(employee).arrange({"person_holds": {"EmAd": "old@example.org"}})
    employee.arrange({"fault": {"kind": "500", "connector": "KnEmployee", "times": 9}})
    done = employee.run(live=True)
    [(verb, outcome)] = outcomes(done)
    assert verb == "update"
    assert outcome in {Outcome.FAILED, Outcome.IN_DOUBT}
    assert [line.outcome for line in done.audit if line.target == "afas"] == [outcome.value]


@pytest.mark.parametrize("language", ["en-us", "nl-nl"])
def test_b10_not_found_is_known_by_looking_and_not_by_a_text(served, language):
    settings = UserSettings(**served.settings, language=language)
    writer = UserWriter(settings, "afas_user", sleep=lambda seconds: None)
    lost = {"target": "afas_user", "person": "1", "ref": "12345.1", "because": ("x",)}
    shut, opened = (
        next(iter(writer.apply([change])))
        for change in (
            DisableAccount(**lost, after={"enabled": False}),
            EnableAccount(**lost, after={"enabled": True}),
        )
    )
    writer.close()
    assert shut.outcome is Outcome.ALREADY
    assert "not visible" in shut.detail
    assert opened.outcome is Outcome.FAILED


def test_b11_outsite_is_off_in_the_body_that_clears_the_mail(user):
    settled(user, **GONE_AFTER_30).arrange({"left": 40, "user_holds": {"Site": True}})
    assert outcomes(user.run(live=True)) == [("delete", Outcome.DONE)]
    assert bodies(user)[-1] == {
        "MtCd": "0",
        "Upn": "",
        "EmAd": "",
        "InSi": False,
        "Site": False,
    }


@pytest.mark.parametrize("kind", ["afas.employee", "afas.user"])
def test_b12_a_leaver_out_of_the_window_is_no_silent_success(served, tmp_path, kind):
    situation = settled(Situation(served, tmp_path, kind), **GONE_AFTER_30)
    situation.arrange({"left": 200})
    [line] = [line for line in situation.run(live=True).audit if line.target == "afas"]
    assert line.action == "DeleteAccount"
    assert "not visible" in line.text
    assert "may still" in line.text


def test_b13_no_user_is_made_for_somebody_without_an_employee(user):
    user.arrange({"row": "missing", "settings": {"create_user": True, "customer": "12345"}})
    assert outcomes(user.run(live=True)) == []
    assert user.afas.counts["inserted_users"] == user.afas.counts["inserted_persons"] == 0


def test_b25_lines_are_capped_and_what_is_not_done_has_none(employee):
    settled(employee)
    assert [line for line in employee.run(live=True).audit if line.target == "afas"] == []
    fields = {
        "EmAd": {"from": "accounts.directory.mail"},
        **{f"U{n:032X}": {"value": "x" * 255} for n in range(30)},
    }
    columns = {name: f"KnPerson.{name}" for name in fields if name.startswith("U")}
    employee.arrange(
        {
            "columns": columns,
            "settings": {"columns": {name: name for name in columns}},
            "target": {"fields": fields},
        }
    )
    [line] = [line for line in employee.run(live=True).audit if line.target == "afas"]
    assert line.outcome == "done"
    assert len(line.text) == MAX_TEXT


def test_b25_private_values_are_not_in_the_audit_trail(employee):
    employee.arrange(
        {
            "columns": {"Email_prive": "KnPerson.EmA2"},
            "settings": {"columns": {"EmA2": "Email_prive"}},
            "target": {"fields": {"EmA2": {"value": "at.home@example.org"}}},
        }
    )
    lines = [line for line in employee.run(live=True).audit if line.target == "afas"]
    assert [line.text for line in lines if line.action == "UpdateAccount"] == [
        "EmA2: (empty) → (private)"
    ]
    assert employee.afas.person_of(employee.employee).fields["EmA2"] == "at.home@example.org"


def test_b26_what_afas_refused_is_tried_again_with_what_the_directory_holds_then(employee):
    settled(employee).arrange(
        {"directory_holds": {"userName": MAIL, "mail": "married@example.org"}}
    )
    employee.arrange({"fault": {"kind": "unexpected", "connector": "KnEmployee", "times": 1}})
    assert outcomes(employee.run(live=True)) == [("update", Outcome.FAILED)]
    assert outcomes(employee.run(live=True)) == [("update", Outcome.DONE)]
    assert employee.afas.person_of(employee.employee).fields["EmAd"] == "married@example.org"
    assert outcomes(employee.run(live=True)) == []


@pytest.mark.parametrize("field", ["MtCd", "MatchPer", "BcCo", "UsIdNew", "Pw"])
def test_b27_what_a_write_does_is_fixed_in_code_and_cannot_be_mapped(user, field):
    user.arrange({"target": {"fields": {field: {"value": "2"}}}})
    with user.calls() as calls, pytest.raises(ConfigError) as refused:
        user.run(live=True)
    assert field in str(refused.value)
    assert calls == []


@pytest.mark.parametrize("nonsense", [5, "EmAd", {"EmAd": 1}])
def test_a_mistake_about_what_is_mapped_is_told_by_its_key(user, nonsense):
    user.arrange({"settings": {"mapped": nonsense}})
    with pytest.raises(ConfigError) as refused:
        user.run(live=False)
    assert refused.value.key == "targets.afas.settings.mapped"


def test_b28_a_description_written_by_hand_stays(user):
    settled(user)
    user.arrange({"user_holds": {"Upn": "old@example.org", "description": "Nurse, night shift"}})
    assert outcomes(user.run(live=True)) == [("update", Outcome.DONE)]
    assert user.afas.user_of(user.employee).description == "Nurse, night shift"
    assert "Nm" not in bodies(user)[-1]
