"""Initial passwords as Secret blocks of Prefect."""

import pytest
from prefect.blocks.system import Secret

from connectors.model.errors import ConfigError
from connectors.sdk.passwords import open_sink
from tasks.password_sinks import PrefectSecretSink, offer

offer()


def test_a_password_becomes_a_block_and_a_later_one_replaces_it() -> None:
    sink = open_sink("prefect-secret:retour-initial")
    for password in ("First#2026!x", "Second#2026!x"):
        sink.deliver(person="1000123", login="J.Boele", password=password)
    held = Secret.load("retour-initial-j-boele").get()
    assert held == {"person": "1000123", "login": "J.Boele", "password": "Second#2026!x"}


@pytest.mark.parametrize("prefix", ["Upper", "with space", "-x", "a_b"])
def test_a_prefix_that_no_block_can_have_is_told_at_once(prefix: str) -> None:
    with pytest.raises(ConfigError, match="lower-case letters"):
        open_sink(f"prefect-secret:{prefix}")


def test_a_password_that_the_server_does_not_take_is_an_error_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(self: object, *_: object, **__: object) -> None:
        message = "invalid: Third#2026!x"
        raise ValueError(message)

    monkeypatch.setattr(Secret, "save", fail)
    with pytest.raises(OSError, match="did not take the block retour-a") as caught:
        PrefectSecretSink("retour").deliver(person="1", login="a", password="Third#2026!x")
    assert "Third#2026!x" not in f"{caught.value}{caught.value.__cause__}"
