import numpy as np
import pytest

from connectors.model.compare import same
from connectors.model.manifest import Compare
from connectors.model.values import CLEAR, Pending
from tasks.lifecycle.compare import differing

EXACT, FOLDED, DN, SET = Compare.EXACT, Compare.IGNORE_CASE, Compare.DN, Compare.SET
PENDING = Pending("ad", "mail")


@pytest.mark.parametrize("nothing", [None, "", (), float("nan"), CLEAR])
@pytest.mark.parametrize("other", [None, "", (), float("nan"), CLEAR])
def test_nothing_empty_and_cleared_are_the_same(nothing, other):
    assert same(nothing, other, EXACT)


@pytest.mark.parametrize("something", ["x", 0, False, 0.0, ("x",), PENDING])
@pytest.mark.parametrize("nothing", [None, "", (), CLEAR])
def test_zero_and_false_are_something(something, nothing):
    assert not same(something, nothing, EXACT)
    assert not same(nothing, something, EXACT)


@pytest.mark.parametrize(
    ("one", "other", "compare"),
    [
        ("a@x.org", "A@X.org", FOLDED),
        ("STRASSE", "straße", FOLDED),
        (1, "1", EXACT),
        (36.0, "36", EXACT),
        (36.5, "36.5", EXACT),
        (True, "true", EXACT),
        (True, "True", EXACT),
        ("1", True, EXACT),
        (False, 0, EXACT),
        (("a", "b"), ("b", "a"), EXACT),
        (("A", "b"), ("B", "a"), FOLDED),
        ("CN=Jan,OU=A", "cn=Jan, ou = A", DN),
        (("a", "b", "a"), ("b", "a"), SET),
        (("a",), "a", SET),
    ],
)
def test_the_same(one, other, compare):
    assert same(one, other, compare)
    assert same(other, one, compare)


@pytest.mark.parametrize(
    ("one", "other", "compare"),
    [
        ("a", "A", EXACT),
        ("a", "a ", EXACT),
        (1234567.0, 1234568.0, EXACT),
        (0.1234567, 0.1234568, EXACT),
        (True, "false", EXACT),
        (True, "x", EXACT),
        (("a",), ("a", "a"), EXACT),
        (("a",), "a", EXACT),
        (("a", "b"), ("a", "B"), SET),
        (PENDING, ("x",), SET),
        (r"CN=Boele\, Jan,OU=A", r"CN=Boele\,Jan,OU=A", DN),
        ("CN=Jan,OU=A", "CN=Jan,OU=B", DN),
        (PENDING, "x", EXACT),
        (PENDING, PENDING, EXACT),
    ],
)
def test_not_the_same(one, other, compare):
    assert not same(one, other, compare)
    assert not same(other, one, compare)


def column(*values):
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def test_a_value_that_nobody_knows_differs_from_nothing():
    wanted = column(None, None, "x", CLEAR, CLEAR, PENDING, "X")
    held = column("a", None, None, "a", None, "a", "x")
    assert differing(wanted, held, FOLDED) == [2, 3, 5]


def test_columns_of_no_persons_do_not_differ():
    assert differing(column(), column(), EXACT) == []
