"""Names in a directory."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.active_directory.names import (
    child_dn,
    dn_key,
    escape_filter,
    guid_bytes,
    guid_dn,
    guid_text,
    is_below,
    parse_dn,
    same_dn,
    split_dn,
)

BASE = "OU=Staff,DC=example,DC=org"
LETTERS = st.text(
    st.characters(exclude_categories=["Cs"], include_characters=' ,+"\\<>;=#'), min_size=1
).filter(lambda text: text.strip())


@given(LETTERS)
def test_every_name_comes_back_out_of_a_distinguished_name(name):
    dn = child_dn(("CN", name), BASE)
    assert parse_dn(dn)[0] == ("CN", name)
    assert split_dn(dn)[1] == BASE
    assert is_below(dn, BASE)


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("O'Brien", "O'Brien"),
        ("Boele, Janine", "Boele\\, Janine"),
        ("#1", "\\#1"),
        (" x ", "\\ x\\ "),
        ("a\nb", "a\\0Ab"),
        ("a=b+c", "a\\=b\\+c"),
    ],
)
def test_a_name_is_escaped_as_rfc_4514_says(name, escaped):
    assert child_dn(("CN", name), BASE) == f"CN={escaped},{BASE}"


def test_case_and_spaces_do_not_tell_names_apart():
    assert same_dn("OU=Staff, DC=Example, DC=org", "ou=staff,dc=example,dc=ORG")
    assert not same_dn("OU=Staff,DC=example", "OU=Staff,DC=example,DC=org")


def test_a_name_that_only_ends_alike_is_not_below():
    assert not is_below("OU=Old Staff,DC=example,DC=org", BASE)
    assert is_below(BASE, "DC=org")


def test_hexadecimal_pairs_are_letters():
    assert dn_key("CN=\\C3\\98yvind,DC=org")[0] == ("cn", "øyvind")


@pytest.mark.parametrize(
    "dn", ["Staff", "OU=,DC=org", "OU=Staff,,DC=org", "CN=a+SN=b,DC=org", "CN=a\\", "=x,DC=org"]
)
def test_what_is_no_name_is_told(dn):
    with pytest.raises(ValueError, match="not a distinguished name"):
        parse_dn(dn)


def test_a_value_in_a_filter_cannot_become_part_of_it():
    assert escape_filter("O'Brien*(x)\\\0") == "O'Brien\\2a\\28x\\29\\5c\\00"


def test_a_guid_has_its_first_groups_backwards_on_the_wire():
    text = "a3f0c2d4-1122-4b5c-8d6e-0102030405ff"
    assert guid_bytes(text)[:4] == bytes.fromhex("d4c2f0a3")
    assert guid_text(guid_bytes(text)) == text
    assert guid_dn(text.upper()) == f"<GUID={text}>"
    with pytest.raises(ValueError, match="badly formed"):
        guid_dn("CN=x")


@given(st.uuids())
def test_every_guid_comes_back(guid: uuid.UUID):
    assert guid_text(guid_bytes(str(guid))) == str(guid)
