"""When the directory hangs up, is down or refuses somebody: nothing twice, nothing in silence."""

import pytest

from connectors.active_directory import open_reader, open_writer
from connectors.active_directory.sandbox import serve
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.connector import SandboxOptions
from connectors.model.errors import Fatal, Misconfigured, Unreachable
from tests.connectors.active_directory.lab import (
    TARGET,
    create,
    delete,
    disable,
    enable,
    grant,
    move,
    named,
    outcomes,
    revoke,
    update,
)


@pytest.fixture
def served():
    with serve(SandboxOptions()) as running:
        yield running


@pytest.fixture
def domain(served):
    return served.directory


@pytest.fixture
def settings(served):
    return ActiveDirectorySettings(**served.settings)


@pytest.fixture
def apply(settings):
    def run(*changes):
        writer = open_writer(settings, TARGET)
        return list(writer.apply(changes))

    return run


@pytest.fixture
def janine(settings):
    return create(container=settings.containers.initial)


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("operation", ["add", "modify", "search", "bind"])
def test_a_create_whose_answer_is_lost_makes_one_account(domain, apply, janine, operation, applied):
    domain.drop_reply(operation, applied=applied)
    receipts = apply(janine, enable())
    assert outcomes(receipts) == ["done", "done"]
    assert list(domain.accounts()) == ["1000123"]
    assert domain.account("1000123")["enabled"]


@pytest.mark.parametrize("applied", [True, False])
def test_a_lost_answer_to_any_write_is_settled_by_looking(domain, settings, apply, janine, applied):
    ref = apply(janine)[0].ref
    group = domain.add_group("G-Test")
    for operation, change in [
        ("rename", update(ref, cn="Janine de Vries")),
        ("modify", update(ref, title="Nurse")),
        ("rename", move(ref, settings.containers.enabled)),
        ("modify", enable(ref)),
        ("modify", grant(ref, group)),
        ("modify", revoke(ref, group)),
        ("modify", disable(ref)),
        ("delete", delete(ref)),
    ]:
        writes = sum(call.operation == operation for call in domain.faults.calls)
        domain.drop_reply(operation, applied=applied)
        assert outcomes(apply(change)) == ["done"], change
        seen = sum(call.operation == operation for call in domain.faults.calls) - writes
        expected = 1 if applied else 2
        if (
            change.verb == "enable"
        ):  # a password is set again, because nobody can read whether it is
            expected = 3
        assert seen == expected, change
    assert domain.accounts() == {}


def test_what_cannot_be_settled_stays_in_doubt(domain, apply, janine):
    domain.drop_reply("add", times=2, applied=False)
    assert outcomes(apply(janine, enable())) == ["in_doubt", "set_aside"]
    assert outcomes(apply(janine)) == ["done"]


def test_a_directory_that_is_down_stops_the_target_after_three_persons(domain, settings):
    domain.down = True
    writer = open_writer(settings, TARGET)
    container = settings.containers.initial
    changes = [create(str(n), container=container, **named(f"p{n}", f"P {n}")) for n in range(50)]
    receipts = []
    with pytest.raises(Unreachable, match="no answer for 3 persons in a row"):
        receipts.extend(writer.apply(changes))
    domain.heal()
    assert domain.accounts() == {}


def test_a_reader_says_unreachable_and_returns_nothing(domain, settings):
    domain.down = True
    reader = open_reader(settings, TARGET)
    with pytest.raises(Unreachable):
        reader.read()
    finding = next(iter(reader.check()))
    assert not finding.ok


def test_somebody_who_is_refused_stops_nobody_else(domain, settings, apply, janine):
    domain.refuse("1000123")
    other = create("2", container=settings.containers.initial, **named("ppost", "Piet Post"))
    receipts = apply(janine, enable(), other)
    found = {(receipt.person, receipt.verb): receipt.outcome.value for receipt in receipts}
    assert found == {
        ("1000123", "create"): "failed",
        ("1000123", "enable"): "set_aside",
        ("2", "create"): "done",
    }


def test_a_refused_password_leaves_a_disabled_account_that_the_next_run_finishes(
    domain, apply, janine
):
    domain.refuse(lambda call: "unicodepwd" in call.attributes)
    assert outcomes(apply(janine, enable())) == ["failed", "set_aside"]
    assert not domain.account("1000123")["enabled"]
    domain.heal()
    assert outcomes(apply(janine, enable())) == ["already", "done"]
    assert domain.account("1000123")["enabled"]


def test_a_sink_that_takes_nothing_stops_the_target_before_a_password_is_set(
    domain, settings, janine, tmp_path
):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    writer = open_writer(
        settings.model_copy(update={"initial_passwords": f"file:{in_the_way}/passwords.csv"}),
        TARGET,
    )
    receipts = []
    with pytest.raises(Misconfigured, match="could not be handed over") as caught:
        receipts.extend(writer.apply([janine, enable()]))
    assert isinstance(caught.value, Fatal)
    assert not any("unicodepwd" in call.attributes for call in domain.faults.calls)


def test_a_password_is_delivered_before_it_is_set(domain, settings, janine, monkeypatch):
    order = []
    monkeypatch.setattr(
        "connectors.sdk.passwords.CsvSink.deliver", lambda *_, **__: order.append("delivered")
    )

    def note(call):
        if "unicodepwd" in call.attributes:
            order.append("set")
        return False

    domain.refuse(note)
    list(open_writer(settings, TARGET).apply([janine]))
    assert order == ["delivered", "set"]


def test_reading_asks_a_fixed_number_of_questions(domain, settings):
    """However many accounts there are: rootDSE, which database, base, names, groups."""
    for number in range(20):
        domain.add_account(f"P {number}")
    domain.faults.calls.clear()
    open_reader(settings, TARGET).read()
    assert [call.operation for call in domain.faults.calls] == ["bind", *["search"] * 5]
