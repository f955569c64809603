"""Properties of every strategy over arbitrary small pools."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from querist import query
from querist.strategies import create, kit, names

FLOATS = st.floats(-1e6, 1e6, width=32)


@st.composite
def pools(draw):
    """A pool of up to 12 rows, with repeated rows, zeros, and any labelled part."""
    rows = draw(st.integers(2, 12))
    d = draw(st.integers(1, 3))
    embeddings = np.array(
        draw(st.lists(st.lists(FLOATS, min_size=d, max_size=d), min_size=rows, max_size=rows)),
        dtype=np.float32,
    )
    weights = np.array(
        draw(
            st.lists(
                st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=rows, max_size=rows
            )
        ),
        dtype=np.float64,
    )
    weights[weights.sum(axis=1) == 0] = 1
    labeled = draw(st.lists(st.integers(0, rows - 1), unique=True, max_size=rows - 1))
    return {
        "probabilities": weights / weights.sum(axis=1, keepdims=True),
        "embeddings": embeddings,
        "labeled": np.array(labeled, dtype=np.int64),
        "labels": np.array([position % 3 for position in labeled], dtype=np.int64),
    }


@settings(max_examples=25, deadline=None)
@given(
    pool=pools(), n=st.integers(1, 15), seed=st.integers(0, 2**31), name=st.sampled_from(names())
)
def test_a_batch_is_a_subset_of_the_unlabeled_rows(pool, n, seed, name):
    """Always min(n, left) different unlabelled rows, with finite scores and one reason each."""
    rare = kit.rare_signals(create(name).needs, pool)
    picks = query(name, n, random_state=seed, **{**pool, **rare})
    left = len(pool["embeddings"]) - len(pool["labeled"])
    assert len(picks.indices) == len(set(picks.indices.tolist())) == min(n, left)
    assert not set(picks.indices.tolist()) & set(pool["labeled"].tolist())
    assert np.isfinite(picks.scores).all()
    assert len(picks.reasons) == len(picks.indices)
