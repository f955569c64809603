"""What the query call refuses, and what it takes."""

from __future__ import annotations

from dataclasses import fields
from inspect import Parameter, signature

import numpy as np
import pytest

from querist import query
from querist.errors import InvalidInputError, MissingSignalError, UnknownNameError
from querist.strategies import check_pool, create, names

E = np.random.default_rng(0).normal(size=(30, 4))
P = np.full((30, 3), 1 / 3)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"probabilities": P[:10], "embeddings": E}, "disagree"),
        ({"probabilities": P * 2}, "sum to 2"),
        ({"probabilities": np.array([[1.5, -0.5]] * 30)}, "-0.5"),
        ({"probabilities": np.ones((30, 1))}, "one column"),
        ({"probabilities": P.ravel()}, "shape"),
        ({"embeddings": E.astype(str)}, "type"),
        ({"embeddings": np.full((30, 4), np.inf)}, "row 0"),
        ({"embeddings": np.zeros((30, 0))}, "no columns"),
        ({"embeddings": E, "labeled": [30], "labels": [0]}, "30"),
        ({"embeddings": E, "labeled": [-1], "labels": [0]}, "-1"),
        ({"embeddings": E, "labeled": [2, 2], "labels": [0, 1]}, "more than once"),
        ({"embeddings": E, "labeled": [1, 2], "labels": [0]}, "2 rows are labelled"),
        ({"embeddings": E, "labeled": [1], "labels": [0.5]}, "no class"),
        ({"embeddings": E, "labeled": [1], "labels": [-7]}, "no class"),
        ({"embeddings": E, "labeled": np.ones(30, bool), "labels": None}, "bool"),
        ({"embeddings": E, "candidates": [40]}, "40"),
        ({"embeddings": E, "random_state": "x"}, "random_state"),
        ({"embeddings": E, "random_state": -1}, "random_state"),
    ],
)
def test_bad_arrays_are_refused_with_the_value(arguments, word):
    """A wrong array is refused, naming the value, with a remedy."""
    with pytest.raises(InvalidInputError, match=word) as caught:
        query("random", 3, **arguments)
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["direct", "certainty"])
def test_labels_beyond_the_columns_are_refused_where_columns_count(name):
    """Class 3 of three columns is none of the model's; a column of zeros makes it one."""
    given = {"labeled": [1, 2], "labels": [0, 3]}
    with pytest.raises(InvalidInputError, match=r"class 3.*3 columns.*zeros") as caught:
        query(name, 3, probabilities=P, **given)
    assert name in str(caught.value)
    wider = np.hstack([P, np.zeros((30, 1))])
    assert len(query(name, 3, probabilities=wider, **given).indices) == 3


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "3"])
def test_a_wrong_n_is_refused(n):
    """Only whole numbers from one make a batch."""
    with pytest.raises(InvalidInputError, match="n is"):
        query("random", n, embeddings=E)


def test_an_unknown_strategy_offers_the_nearest():
    """A misspelt name is answered with the right one."""
    with pytest.raises(UnknownNameError, match="margin"):
        query("margn", 1, probabilities=P)


def test_an_unknown_parameter_offers_the_nearest():
    """A misspelt parameter is answered with the right one."""
    with pytest.raises(UnknownNameError, match="beta"):
        query("wkmeans", 1, probabilities=P, embeddings=E, betta=3)


@pytest.mark.parametrize("name", names())
def test_no_parameter_of_a_strategy_hides_behind_an_array_of_query(name):
    """One of the same name could not be set by ``query``: it would be taken for the array."""
    arrays = {
        known.name
        for known in signature(query).parameters.values()
        if known.kind is not Parameter.VAR_KEYWORD
    }
    assert not {field.name for field in fields(create(name))} & arrays


@pytest.mark.parametrize("name", [None, 5, ["margin"]])
def test_a_name_that_is_no_text_is_an_unknown_one(name):
    """Neither nothing nor a number nor a list is the name of a strategy."""
    with pytest.raises(UnknownNameError):
        query(name, 1, probabilities=P)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("coreset", {"embeddings": [[1, 2], [3]]}),
        ("coreset", {"embeddings": np.ma.masked_array(E, mask=E > 0)}),
        ("qbc", {"committee": [[[1, 0]], [[1, 0], [0, 1]]]}),
        ("power-margin", {"probabilities": P, "beta": "x"}),
        ("adversarial", {"embeddings": E, "head": ("a", "b")}),
        ("adversarial", {"embeddings": E, "head": ([[1], [1, 2]], [1, 2])}),
        ("mixture", {"embeddings": E, "parts": []}),
        ("mixture", {"embeddings": E, "parts": ["margin"]}),
        ("auto", {"embeddings": E, "random_share": "x"}),
    ],
)
def test_what_is_no_array_or_no_number_is_refused(name, given):
    """Rows of different lengths, masks and words for numbers are told, not failed on."""
    with pytest.raises(InvalidInputError):
        query(name, 1, **given)


def test_a_missing_signal_says_how_to_give_it():
    """Margin without probabilities names them and the call that makes them."""
    with pytest.raises(MissingSignalError, match="predict_proba"):
        query("margin", 1, embeddings=E)
    with pytest.raises(MissingSignalError, match="embeddings="):
        query("coreset", 1, probabilities=P)
    with pytest.raises(MissingSignalError, match="candidates="):
        query("random", 1)


def test_sparse_embeddings_are_refused_with_a_way_out():
    """A sparse matrix is refused with the reduction that helps."""
    from scipy.sparse import csr_matrix

    with pytest.raises(InvalidInputError, match="TruncatedSVD"):
        query("coreset", 1, embeddings=csr_matrix(E))


def test_names_as_labels_are_numbered_in_sorted_order():
    """Class names become whole numbers, and positions may come unsorted."""
    pool = check_pool(embeddings=E, labeled=[9, 2, 5], labels=["b", "a", "c"])
    assert pool.labeled.tolist() == [2, 5, 9]
    assert pool.labels.tolist() == [0, 2, 1]


def test_float_labels_and_half_precision_are_taken():
    """Whole numbers stored as floats, and float16 arrays, are used as they are meant."""
    pool = check_pool(
        embeddings=E.astype(np.float16),
        probabilities=P.astype(np.float16),
        labeled=[1],
        labels=np.array([2.0]),
    )
    assert pool.labels.tolist() == [2]
    assert pool.embeddings.dtype == np.float32


def test_candidates_never_hold_a_labeled_row():
    """A labelled row among the candidates is left out."""
    pool = check_pool(embeddings=E, candidates=[1, 2, 3], labeled=[2], labels=[0])
    assert pool.candidates.tolist() == [1, 3]


def test_huge_but_finite_vectors_are_taken():
    """A sum that overflows is no reason to refuse finite numbers."""
    check_pool(embeddings=np.full((3, 8), 3e38, dtype=np.float32))


def test_a_memory_map_is_not_copied(tmp_path):
    """A float32 memory map is used in place."""
    table = np.lib.format.open_memmap(tmp_path / "e.npy", "w+", np.float32, (50, 4))
    table[:] = 1
    pool = check_pool(embeddings=table)
    assert np.shares_memory(pool.embeddings, table)
