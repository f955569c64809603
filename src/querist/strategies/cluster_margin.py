"""Cluster-Margin: the least certain rows, taken in turn from the clusters they lie in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.strategies import explain, scores
from querist.strategies.base import Pool, Positions, Selection, Signal, register
from querist.strategies.clusters import assign
from querist.strategies.coverage import Space
from querist.strategies.geometry import Matrix
from querist.strategies.parameters import positive
from querist.strategies.validation import need_embeddings, need_probabilities
from querist.strategies.working_rows import WorkingRows

# Rows of the average-linkage tree, whose distances take ROWS² × 4 bytes = 16 MiB.
_ROWS = 2_000


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMargin:
    """Round robin over clusters of the beta × n least certain rows, small clusters first.

    The paper clusters the whole pool once. Here the average-linkage tree is built on up to 2,000
    random rows, cut into as many clusters as rows are asked, and the uncertain rows go to the
    nearest cluster mean; so memory stays bounded and nothing is kept between calls.

    Attributes:
        beta: The beta × n least certain rows take part.
    """

    name: ClassVar[str] = "cluster-margin"
    summary: ClassVar[str] = "The least certain rows, from each cluster in turn; large batches."
    paper: ClassVar[str] = "Citovsky et al. (2021), Batch active learning at scale."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES, Signal.EMBEDDINGS})
    beta: int = 10

    def __post_init__(self) -> None:
        positive("beta", self.beta)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is one minus the margin."""
        table = need_probabilities(pool, self.name)
        space = Space.of(pool, need_embeddings(pool, self.name), rng)
        count = min(self.beta * n, len(pool.candidates))
        short, values = WorkingRows.of(pool).top(table, scores.margin, count, rng)
        means = cluster_means(space.at(space.sample(pool.candidates, _ROWS, rng)), n)
        groups = assign(space.at(short), means)
        places = round_robin(groups, rng)[:n]
        picks = short[places]
        return Selection(
            indices=picks,
            scores=values[places].astype(np.float64),
            reasons=explain.hesitation(table[picks], pool.class_names),
            note="Rows the model is least sure of, in turn from groups of similar ones.",
        )


def cluster_means(vectors: Matrix, count: int) -> Matrix:
    """Means (at most ``count``, d) of the clusters of an average-linkage tree of the rows."""
    if len(vectors) < 2:
        return vectors
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist

    # Of square vectors linkage would doubt that they are vectors.
    number = fcluster(linkage(pdist(vectors), "average"), min(count, len(vectors)), "maxclust")
    _, cluster, sizes = np.unique(number, return_inverse=True, return_counts=True)
    means = np.zeros((len(sizes), vectors.shape[1]), dtype=np.float32)
    np.add.at(means, cluster, vectors)
    means /= sizes[:, None].astype(np.float32)
    return means


def round_robin(groups: Positions, rng: np.random.Generator) -> Positions:
    """All places, one of each group in turn, smallest group first, at random within a group."""
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    mixed = rng.permutation(len(groups))
    # The smallest group has rank 0; the depth of a row is how many of its group come before it.
    rank = np.empty(len(sizes), dtype=np.int64)
    rank[np.argsort(sizes, kind="stable")] = np.arange(len(sizes))
    turn = rank[group[mixed]]
    order = np.argsort(turn, kind="stable")
    counts = np.bincount(turn, minlength=len(sizes))
    depth = np.empty(len(groups), dtype=np.int64)
    depth[order] = np.arange(len(groups)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(mixed[np.lexsort((turn, depth))], dtype=np.int64)
