"""Facts about sampled predictions: MC dropout, last-layer Laplace, and the committee they give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.errors import InvalidInputError, MissingSignalError, NotFittedError
from querist.learners import SamplingLearner, laplace, model_signals, sampled_committee
from querist.learners.dropout import sampled_logits
from querist.learners.torch_learner import TorchLearner
from querist.metrics import decompose
from querist.strategies import create, query

torch = pytest.importorskip("torch")
nn = torch.nn

CODES = np.arange(120) % 3
ROWS = (3 * np.eye(5)[CODES] + np.random.default_rng(3).normal(size=(120, 5))).astype(np.float32)


def rng(seed: int = 0) -> np.random.Generator:
    """A fresh generator."""
    return np.random.default_rng(seed)


def fitted(**parameters: Any) -> TorchLearner:
    """A learner that saw classes 0, 1 and 2 of four."""
    learner = TorchLearner(**parameters)
    learner.fit(ROWS, CODES, class_count=4, rng=rng())
    return learner


@pytest.mark.parametrize("uncertainty", ["dropout", "laplace"])
def test_samples_are_models_that_differ_by_the_seed_alone(uncertainty: str) -> None:
    """Shares of one, none for an unseen class; the rows asked together change nothing."""
    learner = fitted(uncertainty=uncertainty)
    assert isinstance(learner, SamplingLearner)
    found = learner.sample_proba(ROWS, samples=6, rng=rng(1))
    assert found.shape == (6, 120, 4)
    assert found.dtype == np.float32
    assert np.allclose(found.sum(axis=2), 1, atol=1e-5)
    assert not found[:, :, 3].any()
    assert len(np.unique(found[:, 0, 0])) == 6
    parts = [learner.sample_proba(ROWS[i : i + 7], samples=6, rng=rng(1)) for i in (0, 7)]
    assert np.allclose(np.concatenate(parts, axis=1), found[:, :14], atol=1e-5)
    assert not np.allclose(learner.sample_proba(ROWS, samples=6, rng=rng(2)), found, atol=1e-3)
    assert learner.sample_proba(ROWS[:0], samples=6, rng=rng()).shape == (6, 0, 4)


@pytest.mark.parametrize("uncertainty", ["dropout", "laplace"])
def test_the_model_is_less_sure_far_from_its_labels(uncertainty: str) -> None:
    """Between and beyond the clouds the samples contradict each other more than inside them."""
    learner = fitted(uncertainty=uncertainty)
    between = np.full((50, 5), 1.0, np.float32) + rng().normal(size=(50, 5)).astype(np.float32)
    inside, outside = (
        decompose(learner.sample_proba(rows, samples=50, rng=rng(1))).epistemic.mean()
        for rows in (ROWS, between)
    )
    assert outside > 2 * inside > 0


@pytest.mark.parametrize("uncertainty", ["dropout", "laplace"])
def test_samples_survive_saving(tmp_path: Path, uncertainty: str) -> None:
    """A loaded model draws what the saved one draws."""
    learner, loaded = fitted(uncertainty=uncertainty), TorchLearner(uncertainty=uncertainty)
    learner.save(tmp_path / "model")
    loaded.load(tmp_path / "model")
    first, second = (model.sample_proba(ROWS, samples=4, rng=rng(1)) for model in (learner, loaded))
    assert np.array_equal(first, second)


def test_one_call_is_what_a_loop_over_masked_networks_gives() -> None:
    """Twenty passes at once equal twenty networks whose dropped units are cut out by hand."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Dropout(0.4), nn.Linear(16, 3)).eval()
    rows = torch.from_numpy(ROWS)
    found = sampled_logits(network, rows, samples=20, seed=7)
    masks = torch.rand(20, 1, 16, generator=torch.Generator().manual_seed(7)) >= 0.4
    with torch.inference_mode():
        hidden = network[1](network[0](rows))
        for number, mask in enumerate(masks):
            expected = network[3](hidden * mask / 0.6)
            assert torch.allclose(found[number], expected, atol=1e-5)
    general = sampled_logits(
        nn.Sequential(*network, nn.Identity()).eval(), rows, samples=20, seed=7
    )
    assert torch.allclose(general, found, atol=1e-5)  # not only where the last layers are a head


def test_the_mean_of_linear_passes_is_the_pass_without_dropout() -> None:
    """Masks keep the expectation: for a linear network the mean of many is the plain answer."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Dropout(0.3), nn.Linear(5, 3)).eval()
    rows = torch.from_numpy(ROWS)
    mean = sampled_logits(network, rows, samples=20_000, seed=0).mean(dim=0)
    with torch.inference_mode():
        assert torch.allclose(mean, network(rows), atol=0.05)


def test_only_dropout_is_switched_on_and_off_again() -> None:
    """Batch normalisation keeps its statistics and prediction afterwards is what it was."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Linear(5, 8), nn.Dropout(0.5), nn.BatchNorm1d(8), nn.Linear(8, 3)
    ).eval()
    rows = torch.from_numpy(ROWS)
    before, mean = network(rows), network[2].running_mean.clone()
    single = sampled_logits(network, rows[:1], samples=4, seed=1)
    together = sampled_logits(network, rows, samples=4, seed=1)
    assert torch.allclose(single[:, 0], together[:, 0], atol=1e-5)
    assert torch.equal(network[2].running_mean, mean)
    assert torch.equal(network(rows), before)
    assert not any(module.training for module in network.modules())


def test_dropout_of_channels_drops_whole_channels() -> None:
    """Each channel of a map is kept or dropped as a whole, the same for all rows."""
    network = nn.Sequential(nn.Dropout2d(0.5), nn.Flatten()).eval()
    found = sampled_logits(network, torch.ones(3, 8, 2, 2), samples=5, seed=0).view(5, 3, 8, 4)
    assert set(found.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(found, found[:, :1, :, :1].expand_as(found))


def test_a_network_within_a_module_of_ones_own_is_sampled_as_a_whole() -> None:
    """Not only ``Sequential``: any module that is given rows in its first axis."""

    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(nn.Linear(5, 5), nn.Dropout(0.5))
            self.last = nn.Linear(5, 3)

        def forward(self, rows: Any) -> Any:
            return self.last(rows + self.inner(rows))

    torch.manual_seed(0)
    found = sampled_logits(Residual().eval(), torch.from_numpy(ROWS), samples=4, seed=0)
    assert found.shape == (4, 120, 3)
    assert len(found[:, 0, 0].unique()) == 4


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (nn.Linear, "no dropout layer"),
        (lambda d, c: nn.Sequential(nn.Dropout(0.0), nn.Linear(d, c)), "no dropout layer"),
        (lambda d, c: nn.Sequential(nn.AlphaDropout(0.2), nn.Linear(d, c)), "AlphaDropout"),
    ],
)
def test_a_network_without_dropout_says_what_else_to_do(make: Any, words: str) -> None:
    """Nothing can be drawn: the error names the other uncertainty."""
    with pytest.raises(MissingSignalError, match=words) as caught:
        fitted(module=make).sample_proba(ROWS, samples=3, rng=rng())
    assert "laplace" in caught.value.remedy


def test_laplace_refuses_a_network_that_does_not_end_in_a_linear_layer() -> None:
    """No linear layer, or one that others follow: there are no last weights to be Gaussian."""
    for make in (
        lambda d, c: nn.Sequential(nn.Linear(d, c), nn.LogSoftmax(dim=1)),
        lambda d, c: nn.Sequential(nn.Unflatten(1, (1, d)), nn.Conv1d(1, c, d), nn.Flatten()),
    ):
        with pytest.raises(MissingSignalError, match=r"end in one nn\.Linear"):
            fitted(module=make, uncertainty="laplace")


def test_the_laplace_covariance_is_that_of_the_exact_curvature() -> None:
    """Where p is the same for all rows the Kronecker form is exact: it equals the full Hessian."""
    features = rng().normal(size=(40, 2))
    weights = np.zeros((3, 3))
    posterior = laplace.fit_posterior(features, weights, np.arange(40) % 3)
    prior = posterior.precision.min()  # the eigenvalue of G that is 0 leaves the prior alone
    phi = laplace.with_ones(features)
    spread = np.diag(np.full(3, 1 / 3)) - np.full((3, 3), 1 / 9)
    hessian = sum(np.kron(spread, np.outer(row, row)) for row in phi) + prior * np.eye(9)
    drawn = posterior.draw(100_000, rng(1)).reshape(-1, 9)
    expected = np.linalg.inv(hessian)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs((np.cov(drawn.T) - expected) / scale).max() < 0.02


def test_more_labels_make_laplace_surer() -> None:
    """Ten times as many rows of the same kind shrink the spread of the drawn weights."""
    features = rng().normal(size=(1_000, 4))
    weights = rng(1).normal(size=(3, 5))
    codes = (laplace.with_ones(features) @ weights.T).argmax(axis=1)
    few, many = (
        laplace.fit_posterior(features[:n], weights, codes[:n]).draw(500, rng(2)).std(axis=0).mean()
        for n in (100, 1_000)
    )
    assert many < few


@pytest.mark.parametrize("strategy", ["bald", "qbc", "batch-bald", "epig"])
def test_drawn_models_are_the_committee_that_strategies_ask(strategy: str) -> None:
    """No further training; a class that joined later is there with probability zero."""

    def never() -> Any:
        raise AssertionError("a committee was trained")

    learner, labeled = fitted(), np.arange(20)
    found = model_signals(
        create(strategy).needs, learner, never, ROWS, labeled, CODES[:20],
        class_count=6, rng=rng(),
    )  # fmt: skip
    assert found["committee"].shape == (20, 120, 6)
    assert not found["committee"][:, :, 3:].any()
    picks = query(
        strategy, n=5, embeddings=ROWS, labeled=labeled, labels=CODES[:20], random_state=0,
        probabilities=np.pad(learner.predict_proba(ROWS), ((0, 0), (0, 2))), **found,
    )  # fmt: skip
    assert len(set(picks.indices.tolist()) - set(range(20))) == 5


def test_a_drawn_committee_that_would_be_too_large_is_refused() -> None:
    """The size is told before anything is drawn."""
    pool = np.broadcast_to(np.float32(0), (20_000_000, 5))
    with pytest.raises(InvalidInputError, match=r"6\.4 GB"):
        sampled_committee(fitted(), pool, class_count=4, rng=rng())


def test_drawing_needs_a_fit_and_a_number_of_samples() -> None:
    """Asked too early, or for nothing, it refuses."""
    with pytest.raises(NotFittedError):
        TorchLearner().sample_proba(ROWS, samples=2, rng=rng())
    with pytest.raises(InvalidInputError, match="samples is 0"):
        fitted(epochs=1).sample_proba(ROWS, samples=0, rng=rng())
