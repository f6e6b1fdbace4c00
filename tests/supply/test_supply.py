"""The lock is looked over; what is wrong with one is found."""

import json

import pytest

from tests.supply.licences import objection
from tests.supply.lock import LOCK, faults, installed_here, read_lock
from tests.supply.materials import bill_of, check_by_schema

HASHED = f"--hash=sha256:{'0' * 64}"


@pytest.fixture(scope="module")
def pins():
    found, wrong = read_lock(LOCK.read_text(encoding="utf-8"))
    assert wrong == []
    return found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("acme==1.0", "acme has no hash"),
        (f"acme>=1.0 {HASHED}", "no exact pin"),
        (f"acme @ https://example.org/acme.whl {HASHED}", "no exact pin"),
        ("--index-url https://example.org/simple", "a source of its own"),
        (f"-e ./acme {HASHED}", "no exact pin"),
    ],
)
def test_what_is_no_pin_with_a_hash_is_named(line, said):
    _, wrong = read_lock(f"{line}\n")
    assert len(wrong) == 1
    assert said in wrong[0]


def test_a_package_that_is_not_locked_is_named(pins):
    without = [pin for pin in pins if pin.name != "httpx"]
    found = list(faults(without, installed_here()))
    assert "httpx is installed and not in the lock" in found
    assert "retour needs httpx, which is not in the lock" in found


@pytest.mark.parametrize(
    ("licence", "good"),
    [
        ("MIT", True),
        ("Apache-2.0 AND BSD-3-Clause", True),
        ("AGPL-3.0-only", False),
        ("MIT AND GPL-3.0-or-later", False),
        ("", False),
    ],
)
def test_a_licence_that_nobody_looked_at_is_an_objection(licence, good):
    assert (objection("acme", licence) == "") is good


def test_the_bill_is_valid_and_the_same_each_time(pins):
    bill = bill_of(pins, {"httpx": "BSD-3-Clause"})
    check_by_schema(bill)
    assert bill == bill_of(pins, {"httpx": "BSD-3-Clause"})
    listed = {one["name"]: one for one in json.loads(bill)["components"]}
    assert listed.keys() == {pin.name for pin in pins}
    assert listed["httpx"]["purl"].startswith("pkg:pypi/httpx@")
    assert listed["httpx"]["hashes"]
