"""Facts about the split of uncertainty into the data's and the model's part."""

from __future__ import annotations

import numpy as np
import pytest

from querist.errors import InvalidInputError
from querist.metrics import decompose
from querist.metrics import uncertainty as module
from querist.strategies.committee_scores import consensus_kl


def test_the_parts_add_up_and_the_models_part_is_balds_score(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Total is aleatoric plus epistemic, epistemic is what ``bald`` scores, block by block."""
    monkeypatch.setattr(module, "_CELLS", 7 * 4 * 10)  # ten rows a block
    sampled = np.random.default_rng(0).dirichlet(np.ones(4), size=(7, 33)).astype(np.float32)
    found = decompose(sampled)
    assert np.allclose(found.total, found.aleatoric + found.epistemic, rtol=0, atol=1e-15)
    assert np.allclose(found.epistemic, consensus_kl(sampled, np.arange(33)), atol=1e-6)
    assert (found.aleatoric > 0).all()
    assert (found.epistemic > 0).all()


def test_models_that_agree_leave_all_to_the_data_and_sure_ones_all_to_the_model() -> None:
    """Equal halves are log 2 of the data's; two sure models of other minds log 2 of the model's."""
    agree = np.full((5, 1, 2), 0.5)
    contradict = np.eye(2)[:, None, :]
    assert decompose(agree).aleatoric == pytest.approx(np.log(2))
    assert decompose(agree).epistemic == pytest.approx(0)
    assert decompose(contradict).aleatoric == pytest.approx(0)
    assert decompose(contradict).epistemic == pytest.approx(np.log(2))


def test_no_rows_give_no_rows() -> None:
    """An empty pool has no uncertainty to tell."""
    assert decompose(np.zeros((3, 0, 2))).total.shape == (0,)


@pytest.mark.parametrize(
    ("sampled", "words"),
    [
        (np.full((4, 2), 0.5), "shape"),
        (np.zeros((0, 4, 2)), "shape"),
        (np.full((2, 3, 2), 0.4), "something else than shares"),
        (np.full((2, 3, 2), np.nan), "something else than shares"),
        (np.tile([1.5, -0.5], (2, 3, 1)), "something else than shares"),
    ],
)
def test_what_is_no_table_of_shares_is_refused(sampled: np.ndarray, words: str) -> None:
    """Wrong shapes, sums and values are named and never repaired."""
    with pytest.raises(InvalidInputError, match=words):
        decompose(sampled)
