"""Which predicted box is which true one: COCO's greedy matching, for all images at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
# Pairs of boxes looked at together, 8 MiB of overlaps.
_PAIRS = 2**20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Boxes:
    """B boxes in n images, as columns.

    Attributes:
        assets: Which image each box is in (B,), 0 to n - 1.
        classes: Its class (B,), 0 to C - 1.
        sides: Left, top, width and height (B, 4), in pixels.
        scores: How sure the model is (B,), higher is surer; ``None`` for true boxes.
    """

    assets: Codes
    classes: Codes
    sides: Floats
    scores: Floats | None = None

    @classmethod
    def of(
        cls,
        assets: ArrayLike,
        classes: ArrayLike,
        sides: ArrayLike,
        scores: ArrayLike | None = None,
    ) -> Boxes:
        """Check the columns, which may be empty.

        Raises:
            InvalidInputError: lengths differ, a number is not finite or an index negative, or a
                box has no width or height.
        """
        found = cls(
            assets=np.asarray(assets, dtype=np.int64).ravel(),
            classes=np.asarray(classes, dtype=np.int64).ravel(),
            sides=np.asarray(sides, dtype=np.float64).reshape(-1, 4),
            scores=None if scores is None else np.asarray(scores, dtype=np.float64).ravel(),
        )
        rows = np.zeros(len(found.sides)) if found.scores is None else found.scores
        if not len(found.assets) == len(found.classes) == len(found.sides) == len(rows):
            raise InvalidInputError(
                "The columns of the boxes disagree in length.",
                remedy="Give an asset, a class, four numbers and a score for each box.",
            )
        if not (np.isfinite(found.sides).all() and np.isfinite(rows).all()):
            raise InvalidInputError(
                "A box or a score is NaN or infinite.", remedy="Remove or repair it."
            )
        if len(rows) and (
            min(found.assets.min(), found.classes.min()) < 0 or found.sides[:, 2:].min() <= 0
        ):
            raise InvalidInputError(
                "A box has a negative asset or class, or no width or height.",
                remedy="Number assets and classes from 0; give widths and heights above zero.",
            )
        return found

    def __len__(self) -> int:
        """How many boxes, B."""
        return len(self.assets)

    def of_class(self, code: int) -> Boxes:
        """The boxes of one class, by image, and in each the surest first."""
        return self.take(self.in_order(np.flatnonzero(self.classes == code)))

    def in_order(self, rows: Codes) -> Codes:
        """Some of the rows by image, and in each image the surest first."""
        falling = np.zeros(len(rows)) if self.scores is None else -self.scores[rows]
        return rows[np.lexsort((falling, self.assets[rows]))]

    def first(self, most: int) -> Boxes:
        """At most ``most`` boxes of each image; the boxes must lie together by image."""
        return self.take(np.flatnonzero(places(self.assets) < most))

    def take(self, rows: Codes) -> Boxes:
        """The boxes at ``rows``, in this order."""
        return Boxes(
            assets=self.assets[rows],
            classes=self.classes[rows],
            sides=self.sides[rows],
            scores=None if self.scores is None else self.scores[rows],
        )


def places(sorted_codes: Codes) -> Codes:
    """The place of each row within its run of equal codes (B,), from 0."""
    starts = np.searchsorted(sorted_codes, sorted_codes)
    return np.arange(len(sorted_codes)) - starts


def matched(predicted: Boxes, truth: Boxes, thresholds: Floats) -> NDArray[np.bool_]:
    """Which predicted boxes (B,) of one class find a true one, at each IoU threshold (B, T)."""
    return partners(predicted, truth, thresholds) >= 0


def partners(predicted: Boxes, truth: Boxes, thresholds: Floats) -> Codes:
    """The true box that each predicted one (B,) finds, at each IoU threshold (B, T); -1 for none.

    The surest box of an image takes the true one it overlaps most, then the next takes one of
    those that are left (Lin et al., 2014, "Microsoft COCO: common objects in context"). Both sides
    are sorted as ``of_class`` does. Time O(pairs × T); the memory is that of a million pairs.
    """
    found = np.full((len(predicted), len(thresholds)), -1, dtype=np.int64)
    taken = np.zeros((len(truth), len(thresholds)), dtype=bool)
    ranks = places(predicted.assets)
    for ours, real in _pairs(predicted.assets, truth.assets):
        overlaps = iou(predicted.sides[ours], truth.sides[real])
        near = np.flatnonzero(overlaps >= thresholds.min())
        # By rank, then box, then overlap: the last that is free is the one to take. Of equal
        # overlaps it is the later true box, as in COCO's own code.
        order = near[np.lexsort((real[near], overlaps[near], ours[near], ranks[ours[near]]))]
        rank = ranks[ours[order]]
        ends = np.searchsorted(rank, np.arange(rank.max(initial=-1) + 2))
        for start, end in pairwise(ends.tolist()):
            part = order[start:end]
            if len(part):
                _take(ours[part], real[part], overlaps[part], thresholds, found, taken)
    return found


def iou(first: Floats, second: Floats) -> Floats:
    """Intersection over union of boxes (P, 4) with boxes (P, 4), row by row; 0 to 1."""
    low = np.maximum(first[:, :2], second[:, :2])
    high = np.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:])
    shared = np.maximum(high - low, 0).prod(axis=1)
    return np.asarray(shared / (first[:, 2:].prod(axis=1) + second[:, 2:].prod(axis=1) - shared))


def _pairs(mine: Codes, theirs: Codes) -> Iterator[tuple[Codes, Codes]]:
    """Pairs of rows of the same image, whole images at a time; both are sorted by image."""
    low, high = np.searchsorted(theirs, mine), np.searchsorted(theirs, mine, side="right")
    counts = high - low
    total = np.cumsum(counts)
    images = np.flatnonzero(np.diff(mine, append=-1)) + 1
    start = 0
    while start < len(mine):
        before = total[start - 1] if start else 0
        fits = images[(images > start) & (total[images - 1] - before <= _PAIRS)]
        end = int(fits[-1]) if len(fits) else int(images[images > start][0])
        rows = np.repeat(np.arange(start, end), counts[start:end])
        inside = np.arange(len(rows)) - np.repeat(
            np.cumsum(counts[start:end]) - counts[start:end], counts[start:end]
        )
        yield rows, low[rows] + inside
        start = end


def _take(
    mine: Codes,
    theirs: Codes,
    overlaps: Floats,
    thresholds: Floats,
    found: Codes,
    taken: NDArray[np.bool_],
) -> None:
    """Let boxes of different images each take their best free true box, at every threshold."""
    free = (overlaps[:, None] >= thresholds) & ~taken[theirs]
    starts = np.flatnonzero(np.diff(mine, prepend=-1))
    best = np.maximum.reduceat(np.where(free, np.arange(len(mine))[:, None], -1), starts)
    box, at = np.nonzero(best >= 0)
    found[mine[starts[box]], at] = theirs[best[box, at]]
    taken[theirs[best[box, at]], at] = True
