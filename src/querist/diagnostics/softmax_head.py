"""A linear softmax head fitted by Newton steps, and what it would be without some of its labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.learners.scaling import column_scales, one_hot
from querist.strategies.geometry import Matrix
from querist.strategies.linear_head import softmax

Table = NDArray[np.float64]
Codes = NDArray[np.int64]

# Steps of a whole fit at most, and the part of the first gradient at which it has arrived.
FIT_STEPS, ARRIVED = 50, 1e-5
# Conjugate gradients end when the residual is that part of the gradient, or after so many turns:
# coarsely where a further step mends what is left, else exactly.
COARSE, EXACT, TURNS = 1e-2, 1e-4, 200
# Regularisation is 15 / d as that of the default learner, at most 1.
COLUMNS = 15.0
# Keeps the intercepts, which nothing else holds, from drifting together.
DRIFT = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftmaxProblem:
    """Labels (n,) on standardised rows (n, d + 1), the last column of ones.

    The loss is the sum of the log-losses plus ``penalty`` / 2 times the squared weights; the
    intercepts are free. A class without a label has no part in it. Nothing larger than (n, C) or
    (d, C) is ever made.

    Attributes:
        rows: Standardised vectors with a column of ones (n, d + 1).
        truth: Classes (n,).
        class_count: C.
        penalty: Strength of the regularisation (d + 1, 1), nearly 0 for the intercepts.
        mean: Of the columns (d,).
        scale: Of the columns (d,), infinite for a constant one.
    """

    rows: Table
    truth: Codes
    class_count: int
    penalty: Table
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def of(cls, vectors: Matrix, truth: Codes, class_count: int) -> SoftmaxProblem:
        """Standardise the vectors (n, d) as the default learner does."""
        mean, scale = column_scales(vectors, one_hot(truth))
        dims = vectors.shape[1]
        strength = max(1.0, dims / COLUMNS) * _shared(truth)
        penalty = np.full((dims + 1, 1), strength)
        penalty[-1] = DRIFT
        found = cls(
            rows=np.zeros((0, dims + 1)),
            truth=truth,
            class_count=class_count,
            penalty=penalty,
            mean=mean,
            scale=scale,
        )
        return cls(
            rows=found.standardized(vectors),
            truth=truth,
            class_count=class_count,
            penalty=penalty,
            mean=mean,
            scale=scale,
        )

    def standardized(self, vectors: Matrix) -> Table:
        """Other vectors (m, d) in the same scale, with the column of ones."""
        found = np.ones((len(vectors), len(self.mean) + 1))
        found[:, :-1] = (vectors - self.mean) / self.scale
        return found

    def fit(self) -> Table:
        """The weights (d + 1, C) of all labels; 0 for a class without any."""
        return self.stepped(
            np.zeros((self.rows.shape[1], self.class_count)),
            np.ones(len(self.truth), dtype=bool),
            FIT_STEPS,
        )

    def stepped(self, weights: Table, kept: NDArray[np.bool_], steps: int) -> Table:
        """The weights after up to so many Newton steps towards the fit of the kept labels (n,).

        Training anew would standardise the kept rows anew; in the scale of all rows that is another
        penalty for each column, and a shift which the intercepts take up. Nor would it know of a
        class that has no kept label: its weights are 0, and no step is lost on making it unlikely.
        A step is halved until the loss falls, so that no step does harm.
        """
        present, truth = np.unique(self.truth[kept], return_inverse=True)
        rows, found = self.rows[kept], np.zeros_like(weights)
        # What the weights of all classes have in common says nothing, and is punished.
        weights = weights[:, present] - weights[:, present].mean(axis=1, keepdims=True)
        varies = np.isfinite(self.scale)
        vectors = rows[:, :-1] * np.where(varies, self.scale, 0.0) + self.mean
        _, anew = column_scales(vectors, one_hot(truth))
        varies &= np.isfinite(anew)
        penalty = self.penalty.copy()
        penalty[:-1] *= _shared(truth) / _shared(self.truth)
        penalty[:-1][varies, 0] *= np.square(anew[varies] / self.scale[varies])
        loss, slope, table = _loss(weights, rows, truth, penalty)
        enough = ARRIVED * max(float(np.linalg.norm(slope)), 1.0)
        for _ in range(steps):
            if np.linalg.norm(slope) <= enough:
                break
            step = _solve(rows, table, slope, penalty, COARSE)
            for _ in range(20):
                after, new_slope, new_table = _loss(weights - step, rows, truth, penalty)
                if after <= loss:
                    break
                step = step / 2
            else:
                break
            weights = weights - step
            loss, slope, table = after, new_slope, new_table
        found[:, present] = weights
        return found

    def pull(self, weights: Table, aim: Table) -> Table:
        """How much each label (n,) pulled the weights along ``aim`` (d + 1, C), to first order.

        The influence function of Koh and Liang (2017): minus the label's gradient times the
        inverse Hessian times the aim. Its sum over labels is what all of them changed together.
        """
        present, truth = np.unique(self.truth, return_inverse=True)
        table = softmax(self.rows @ weights[:, present])
        way = self.rows @ _solve(self.rows, table, aim[:, present], self.penalty, EXACT)
        table[np.arange(len(table)), truth] -= 1
        return np.asarray(-np.einsum("nc,nc->n", table, way))


def _shared(truth: Codes) -> float:
    """Two classes share one vector of weights in the default learner: half of it each."""
    return 2.0 if len(np.unique(truth)) == 2 else 1.0


def _loss(weights: Table, rows: Table, truth: Codes, penalty: Table) -> tuple[float, Table, Table]:
    table = softmax(rows @ weights)
    at = np.arange(len(truth))
    loss = -float(np.log(np.maximum(table[at, truth], 1e-300)).sum())
    loss += 0.5 * float((penalty * weights**2).sum())
    error = table.copy()
    error[at, truth] -= 1
    return loss, rows.T @ error + penalty * weights, table


def _solve(rows: Table, table: Table, target: Table, penalty: Table, part: float) -> Table:
    """The Newton direction: conjugate gradients on products with the Hessian alone."""
    found = np.zeros_like(target)
    rest = target.copy()
    way = rest.copy()
    size = float((rest**2).sum())
    limit = part**2 * size
    for _ in range(TURNS):
        if size <= limit:
            break
        side = rows @ way
        side -= (table * side).sum(axis=1, keepdims=True)
        turned = rows.T @ (table * side) + penalty * way
        length = size / float((way * turned).sum())
        found += length * way
        rest -= length * turned
        before, size = size, float((rest**2).sum())
        way = rest + size / before * way
    return found
