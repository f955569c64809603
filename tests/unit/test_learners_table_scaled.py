"""The table encoder: numbers, categories, gaps and clear refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from querist.errors import InvalidInputError
from querist.learners import Item, Matrix
from querist.learners.table_scaled import TableScaled
from querist.schema import Media


def items(**columns: list[Any]) -> list[Item]:
    """Rows from columns."""
    rows = zip(*columns.values(), strict=True)
    return [Item(media=Media.TABLE, features=dict(zip(columns, row, strict=True))) for row in rows]


def fitted(max_categories: int = 32, **columns: list[Any]) -> TableScaled:
    """An encoder fitted on columns."""
    encoder = TableScaled(max_categories=max_categories)
    encoder.fit(items(**columns), np.random.default_rng(0))
    return encoder


def both(**columns: list[Any]) -> Matrix:
    """The columns encoded by an encoder fitted on them."""
    return fitted(**columns).encode(items(**columns))


def test_numbers_are_standardised() -> None:
    """A number column has mean 0 and deviation 1."""
    found = both(size=[1, 5.5, 3, 8])
    np.testing.assert_allclose([found.mean(), found.std()], [0, 1], atol=1e-6)


@pytest.mark.parametrize("value", [0, 7, 0.1, 1e9])
def test_a_constant_column_becomes_zero(value: float) -> None:
    """Nothing is divided by zero or by a rounding error, for new values either."""
    encoder = fitted(size=[value] * 7)
    assert not encoder.encode(items(size=[value, value + 1])).any()


def test_a_missing_number_is_the_mean_and_is_marked() -> None:
    """None, NaN and empty words are gaps with an indicator of their own."""
    found = both(size=[1.0, 3.0, None, float("nan"), ""])
    assert found.tolist() == [[-1, 0], [1, 0], [0, 1], [0, 1], [0, 1]]


def test_no_indicator_without_a_gap_in_the_sample() -> None:
    """A gap that appears later is filled with the mean, the width stays."""
    encoder = fitted(size=[1.0, 3.0])
    assert encoder.encode(items(size=[None, 3.0])).tolist() == [[0], [1]]


def test_categories_are_one_hot_and_new_ones_are_other() -> None:
    """The last column of a category is for values that the sample did not hold."""
    encoder = fitted(kind=["b", "a", "b"])
    assert encoder.encode(items(kind=["b", "a", "c"])).tolist() == [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
    ]


def test_rare_categories_share_one_column() -> None:
    """Beyond the cap only the most frequent values have a column."""
    kinds = ["a"] * 3 + ["b"] * 2 + ["c", "d"]
    encoder = fitted(max_categories=2, kind=kinds)
    assert encoder.encode(items(kind=kinds))[:, 2].tolist() == [0, 0, 0, 0, 0, 1, 1]


def test_truth_values_and_mixed_columns_are_categories() -> None:
    """True is a category, and a column with any word is one, its numbers written plainly."""
    encoder = fitted(flag=[True, False], mixed=[3, "three"])
    assert [column.categories for column in encoder.columns] == [("False", "True"), ("3", "three")]
    assert encoder.encode(items(flag=[True], mixed=[3.0])).tolist() == [[0, 1, 0, 1, 0, 0]]


def test_numpy_scalars_are_numbers() -> None:
    """Values that come from arrays and data frames count like plain ones."""
    found = both(size=[np.float32(1), np.int64(3)], kind=[np.str_("a"), np.str_("b")])
    assert found[:, 0].tolist() == [-1, 1]


def test_a_column_missing_entirely_is_refused() -> None:
    """The error names the column and the ones that are wanted."""
    encoder = fitted(size=[1, 2], kind=["a", "b"])
    with pytest.raises(InvalidInputError, match="'size' is missing from all 1 rows") as caught:
        encoder.encode(items(kind=["a"]))
    assert "size, kind" in caught.value.remedy


def test_a_word_among_numbers_is_refused() -> None:
    """The error names the column, the row and the value."""
    encoder = fitted(size=[1, 2])
    with pytest.raises(InvalidInputError, match="'size' holds 'large' in row 1"):
        encoder.encode(items(size=[1, "large"]))


@pytest.mark.parametrize("value", [float("inf"), [1, 2], {"a": 1}])
def test_values_that_are_no_cell_are_refused(value: object) -> None:
    """Infinity, lists and objects are not encoded."""
    with pytest.raises(InvalidInputError, match="The column 'size' holds"):
        fitted(size=[1.0, value])


@pytest.mark.parametrize("rows", [[], [Item(media=Media.TABLE, features={})]])
def test_rows_without_columns_are_refused(rows: list[Item]) -> None:
    """There must be something to fit on."""
    with pytest.raises(InvalidInputError, match="no columns to fit on"):
        TableScaled().fit(rows, np.random.default_rng(0))


def test_an_absurd_value_stays_finite() -> None:
    """A number near the end of float64 does not become infinite in float32."""
    encoder = fitted(size=[1.0, 2.0])
    assert np.isfinite(encoder.encode(items(size=[1e308]))).all()


def test_huge_values_can_be_fitted() -> None:
    """Means and deviations near the end of float64 do not overflow."""
    assert np.isfinite(both(size=[1e308, -1e308, 1e308])).all()
