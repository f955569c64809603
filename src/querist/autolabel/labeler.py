"""The labeler: three models with a leave-one-out answer in closed form, weighed into one.

What is accepted without a person must be certified on labels that the labeler has not learned
from, and few labels are at hand. Ridge regression and a vote of neighbours can leave out each of
their rows exactly at the cost of one fit, so that every label trains and certifies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.autolabel.left_out import kernel_of, pool_weights, ridge, seen, votes
from querist.errors import InvalidInputError

Matrix = NDArray[np.float32]
Positions = NDArray[np.int64]

# The models hold tables of these rows by these; further labelled rows are predicted like the pool.
MOST_ROWS = 5_000
CHUNK = 16_384
# Logits are summed with weights near these unless the labels say otherwise.
_WEIGHTS = np.array([3.0, 3.0, 0.4])


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """What the labeler says about each asset; labelled ones are judged without their own label.

    Attributes:
        codes: The most probable class (N,).
        errors: Calibrated probability (N,) that it is wrong; lower is surer.
    """

    codes: Positions
    errors: NDArray[np.float32]


def suggest(
    vectors: ArrayLike,
    labeled: ArrayLike,
    codes: ArrayLike,
    *,
    class_count: int,
    rng: np.random.Generator,
) -> Suggestions:
    """Label every row by all labels at hand, and each labelled row by all but its own.

    The probabilities are a weighted product of kernel ridge regression, linear ridge regression
    and a vote of neighbours (a logarithmic opinion pool: Genest and Zidek, 1986), with weights
    that minimise the log loss of the rows left out, which also calibrates them. Both ridges leave
    a row out by dividing its residual by its share of the diagonal of the inverse (Rifkin and
    Lippert, 2007, "Notes on regularized least squares").

    Args:
        vectors: Embeddings (N, d).
        labeled: Positions (n,) of the labelled rows, each once.
        codes: Their classes (n,), 0 to C - 1.
        class_count: C.
        rng: Draws the rows the models hold where there are more than ``MOST_ROWS``.

    Raises:
        InvalidInputError: shapes disagree, fewer than two classes are labelled, or a value is
            not finite.
    """
    rows = np.asarray(vectors, dtype=np.float32)
    places, known = _checked(rows, labeled, codes, class_count)
    keep = np.arange(len(places))
    if len(keep) > MOST_ROWS:
        keep = np.sort(rng.choice(len(places), MOST_ROWS, replace=False))
    held, truth = places[keep], known[keep]
    members = _Members.fitted(rows, held, truth, class_count)
    weights = pool_weights(members.left_out, truth, _WEIGHTS)
    found = np.zeros(len(rows), dtype=np.int64)
    errors = np.zeros(len(rows), dtype=np.float32)
    for part, logits in members.of(rows):
        found[part], errors[part] = _best(np.tensordot(weights, logits, axes=1))
    found[held], errors[held] = _best(np.tensordot(weights, members.left_out, axes=1))
    return Suggestions(codes=found, errors=errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Members:
    """The models: how rows are seen, their coefficients, and the rows they hold left out.

    ``left_out`` is (3, n, C), ``kernel`` and ``linear`` are coefficients of the rows held (n, C).
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    turned: Matrix
    spread: Matrix
    onehot: Matrix
    kernel: Matrix
    linear: Matrix
    left_out: NDArray[np.float64]

    @classmethod
    def fitted(cls, rows: Matrix, held: Positions, truth: Positions, classes: int) -> _Members:
        mean = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
        scale = rows.std(axis=0, dtype=np.float64).astype(np.float32)
        scale = np.where(scale > 1e-6 * np.maximum(1, np.abs(mean)), scale, np.inf)
        scale = (scale * np.sqrt(np.isfinite(scale).sum())).astype(np.float32)
        turned, spread = seen(rows[held], mean, scale)
        onehot = np.eye(classes, dtype=np.float32)[truth]
        target = (onehot - onehot.mean(axis=0)).astype(np.float64)
        cosines = turned @ turned.T
        kernel, by_kernel = ridge(kernel_of(cosines), target)
        linear, by_linear = ridge(spread @ spread.T, target)
        np.fill_diagonal(cosines, -np.inf)
        return cls(
            mean=mean,
            scale=scale,
            turned=turned,
            spread=spread,
            onehot=onehot,
            kernel=kernel,
            linear=linear,
            left_out=np.stack([by_kernel, by_linear, votes(cosines, onehot)]),
        )

    def of(self, rows: Matrix) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """The logits (3, m, C) of every row, a chunk at a time."""
        for start in range(0, len(rows), CHUNK):
            part = slice(start, min(start + CHUNK, len(rows)))
            turned, spread = seen(rows[part], self.mean, self.scale)
            cosines = turned @ self.turned.T
            yield (
                part,
                np.stack(
                    [
                        kernel_of(cosines) @ self.kernel,
                        spread @ (self.spread.T @ self.linear),
                        votes(cosines, self.onehot),
                    ]
                ).astype(np.float64),
            )


def _best(logits: NDArray[np.float64]) -> tuple[Positions, NDArray[np.float32]]:
    top = logits.argmax(axis=1)
    others = np.exp(logits - logits.max(axis=1, keepdims=True))
    others[np.arange(len(top)), top] = 0
    rest = others.sum(axis=1)
    return top, (rest / (1 + rest)).astype(np.float32)


def _checked(
    rows: Matrix, labeled: ArrayLike, codes: ArrayLike, class_count: int
) -> tuple[Positions, Positions]:
    places, known = np.asarray(labeled, dtype=np.int64), np.asarray(codes, dtype=np.int64)
    if rows.ndim != 2 or places.ndim != 1 or places.shape != known.shape:
        raise InvalidInputError(
            f"vectors have shape {rows.shape}, labeled {places.shape}, codes {known.shape}.",
            remedy="Give rows by columns, and one class for each labelled position.",
        )
    if not np.isfinite(rows).all():
        raise InvalidInputError("A vector holds NaN.", remedy="Remove or repair it.")
    present = np.unique(known)
    if len(present) < 2 or present[0] < 0 or present[-1] >= class_count:
        raise InvalidInputError(
            f"The labels are of {len(present)} classes, from 0 to {class_count - 1}.",
            remedy="Label assets of at least two classes.",
        )
    if len(np.unique(places)) != len(places) or places.min() < 0 or places.max() >= len(rows):
        raise InvalidInputError(
            "A labelled position is named twice or is not in the vectors.",
            remedy="Give each position once.",
        )
    return places, known
