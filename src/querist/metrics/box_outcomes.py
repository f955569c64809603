"""What became of each box at one overlap: matched, confused, spurious, missed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import share
from querist.metrics.matching import Boxes, partners

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoxOutcomes:
    """Each predicted box against the true ones at one overlap.

    A true box is matched, confused or missed; a predicted one matched, confused or spurious.

    Attributes:
        partner: The true box that each predicted one (B,) stands for, -1 for none.
        confused: Predicted boxes (B,) whose partner is of another class.
        missed: True boxes (G,) that no predicted one stands for.
    """

    partner: Codes
    confused: NDArray[np.bool_]
    missed: NDArray[np.bool_]

    @property
    def matched(self) -> NDArray[np.bool_]:
        """Predicted boxes (B,) that find a true one of their class."""
        return (self.partner >= 0) & ~self.confused

    @property
    def spurious(self) -> NDArray[np.bool_]:
        """Predicted boxes (B,) where nothing is, or what was found already."""
        return self.partner < 0


def box_outcomes(truth: Boxes, predicted: Boxes, overlap: float) -> BoxOutcomes:
    """Match class by class as COCO does, then what is left without regard to the class.

    Bolya et al. (2020), "TIDE: a general toolbox for identifying object detection errors", of
    which these are the errors of class, background (with duplicates and places), and missed.

    Args:
        truth: True boxes G.
        predicted: Boxes B with scores; those below the wanted confidence are left out before.
        overlap: Intersection over union from which boxes are the same, 0 to 1.

    Raises:
        InvalidInputError: the overlap is not between 0 and 1, or predictions have no scores.
    """
    if predicted.scores is None:
        raise InvalidInputError(
            "The predicted boxes have no scores.", remedy="Give how sure the model is of each."
        )
    thresholds = np.array([share("The overlap", overlap)])
    partner = np.full(len(predicted), -1, dtype=np.int64)

    def match(said: Codes, real: Codes) -> None:
        said, real = predicted.in_order(said), truth.in_order(real)
        found = partners(predicted.take(said), truth.take(real), thresholds)[:, 0]
        hit = found >= 0
        partner[said[hit]] = real[found[hit]]

    for code in np.intersect1d(predicted.classes, truth.classes).tolist():
        match(np.flatnonzero(predicted.classes == code), np.flatnonzero(truth.classes == code))
    free = np.ones(len(truth), dtype=bool)
    free[partner[partner >= 0]] = False
    left = partner < 0
    match(np.flatnonzero(left), np.flatnonzero(free))
    free[partner[partner >= 0]] = False
    return BoxOutcomes(partner=partner, confused=left & (partner >= 0), missed=free)


def hits_of_boxes(
    truth: Boxes, predicted: Boxes, overlap: float, *, asset_count: int, class_count: int
) -> NDArray[np.float64]:
    """Boxes that are right, that there are, and that are said, of each image and class (n, 3 C)."""
    right = np.flatnonzero(box_outcomes(truth, predicted, overlap).matched)

    def counts(boxes: Boxes) -> NDArray[np.int64]:
        places = boxes.assets * class_count + boxes.classes
        return np.bincount(places, minlength=asset_count * class_count).reshape(
            asset_count, class_count
        )

    tables = [counts(it) for it in (predicted.take(right), truth, predicted)]
    return np.concatenate(tables, axis=1).astype(np.float64)
