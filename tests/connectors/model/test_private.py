"""What is private is told by its name."""

import pytest

from connectors.model.private import is_private


@pytest.mark.parametrize(
    "name",
    [
        "personal_email",
        "person.personal_email",
        "custom.home_phone",
        "custom.Home-Phone",
        "homePhone",
        "person.date_of_birth",
        "BSN",
    ],
)
def test_private_is_what_is_named_so_however_it_is_written(name: str) -> None:
    assert is_private(name)


@pytest.mark.parametrize(
    "name", ["person.allowance", "contract.department.id", "mail", "telephoneNumber", "person.id"]
)
def test_a_step_of_a_path_does_not_make_the_next_one_private(name: str) -> None:
    assert not is_private(name)
