"""Columns of text without an object each: what they say is what Python would say."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from connectors.model import texts as t

NAMES = pa.array(["Emma de Vries", "Jo", None, "Ömer Ünal", ""], pa.large_string())


@pytest.mark.parametrize("longest", [1, 2, 5, 6, 8, 13, 14])
def test_a_text_is_cut_as_python_cuts_it_and_does_not_end_in_a_space(longest):
    cut = t.cut(NAMES, longest).to_pylist()
    assert cut == [None if name is None else name[:longest].rstrip() for name in NAMES.to_pylist()]


def test_texts_that_are_short_enough_are_the_same_array():
    assert t.cut(NAMES, 13) is NAMES


def test_blank_is_missing():
    told = pa.array(["x", " ", "", None, " y"], pa.large_string())
    assert t.without_blanks(told).to_pylist() == ["x", None, None, None, " y"]


@pytest.mark.parametrize(
    "given", [["b", "a", "b", None], ["a", "b"], ["é", "z", "Z"], [], [None], ["a", "a"]]
)
def test_in_order_is_python_s_order_each_once(given):
    told = pa.array(given, pa.large_string())
    assert t.in_order(told).to_pylist() == sorted({one for one in given if one is not None})


def test_what_has_no_row_is_missing():
    assert t.take(NAMES, np.array([1, -1, 0])).to_pylist() == ["Jo", None, "Emma de Vries"]
    assert t.take(NAMES[:0], np.array([-1, -1])).to_pylist() == [None, None]


@pytest.mark.parametrize("others", [3, 300])
def test_places_are_those_of_the_first_alike(others):
    among = pd.Series(["a", "b", "a", *(f"n{number}" for number in range(others))], dtype="str")
    wanted = pd.Series(["b", "a", "zz", None], dtype="str")
    assert t.places_in(wanted, among).tolist() == [1, 0, -1, -1]
    assert t.is_among(wanted, among).tolist() == [True, True, False, False]


def test_a_column_in_pieces_is_one_array():
    pieces = pd.Series(pd.array(pa.chunked_array([["a"], ["b"]]), dtype="str"))
    assert t.as_texts(pieces).to_pylist() == ["a", "b"]
    assert t.as_column(t.as_texts(pieces)).tolist() == ["a", "b"]


@pytest.mark.parametrize("size", [3, 60])
def test_objects_are_texts_and_none(size):
    told = pa.array(["a", None, "b"] * (size // 3), pa.large_string())
    assert t.as_objects(told).tolist() == ["a", None, "b"] * (size // 3)
