"""How good a detector is: average precision and recall of boxes by class and overlap, as COCO."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import same_length
from querist.metrics.matching import Boxes, matched
from querist.metrics.paired import Paired, paired
from querist.metrics.resampling import Floats, drawn, mean_known, measure, ratio
from querist.schema.measure import Measure

THRESHOLDS = np.linspace(0.5, 0.95, 10)
_RECALLS = np.linspace(0, 1, 101)
_REPEATS = 300
# Numbers held at a time, 16 MiB of them.
_BLOCK = 2**21


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxMeasures:
    """A detector over n images, with bootstrap intervals over the images; higher is better.

    Classes without a true box are left out of the means, as COCO does.

    Attributes:
        ap: Mean average precision over the classes and the overlaps .5 to .95 (mAP).
        ap50: Mean average precision at an overlap of .5 (mAP50).
        ap75: At .75.
        recall: Mean share of the true boxes found, over classes and overlaps (AR).
        ap_per_class: ``ap`` of each class (C,).
        ap50_per_class: ``ap50`` of each class (C,).
        recall_per_class: ``recall`` of each class (C,).
        by_threshold: Average precision (C, T) at each overlap; NaN for a class without true boxes.
        thresholds: The overlaps (T,).
    """

    ap: Measure
    ap50: Measure
    ap75: Measure
    recall: Measure
    ap_per_class: tuple[Measure, ...]
    ap50_per_class: tuple[Measure, ...]
    recall_per_class: tuple[Measure, ...]
    by_threshold: Floats
    thresholds: Floats


def measure_boxes(
    truth: Boxes,
    predicted: Boxes,
    rng: np.random.Generator,
    *,
    asset_count: int,
    class_count: int,
    most: int = 100,
    repeats: int = _REPEATS,
) -> BoxMeasures:
    """Measure scored boxes against the true ones, at 101 recalls and ten overlaps as COCO does.

    Lin et al. (2014), "Microsoft COCO: common objects in context"; boxes of every area count, none
    is a crowd. Goes class by class: the memory is that of one class and (R, C, T) figures.

    Args:
        truth: True boxes.
        predicted: Boxes with scores.
        rng: Draws the bootstrap samples of the images.
        asset_count: Images n, also those without boxes.
        class_count: Classes C.
        most: The surest boxes that count, of an image and class.
        repeats: Bootstrap samples R.

    Raises:
        InvalidInputError: no images, a box beyond the counts, or predictions without scores.
    """
    seed = int(rng.integers(2**63))
    shape = (asset_count, class_count)
    precision, recall = _figures(truth, predicted, THRESHOLDS, shape, most, seed, repeats)

    def measured(table: Floats) -> Measure:
        return measure(float(table[0]), table[1:], asset_count)

    def each(table: Floats) -> tuple[Measure, ...]:
        return tuple(measured(column) for column in table.T)

    at75 = int(np.argmin(np.abs(THRESHOLDS - 0.75)))
    over = precision.mean(axis=2), recall.mean(axis=2)
    return BoxMeasures(
        ap=measured(mean_known(over[0])),
        ap50=measured(mean_known(precision[:, :, 0])),
        ap75=measured(mean_known(precision[:, :, at75])),
        recall=measured(mean_known(over[1])),
        ap_per_class=each(over[0]),
        ap50_per_class=each(precision[:, :, 0]),
        recall_per_class=each(over[1]),
        by_threshold=precision[0],
        thresholds=THRESHOLDS.copy(),
    )


def paired_boxes(
    truth: Boxes,
    first: Boxes,
    second: Boxes,
    rng: np.random.Generator,
    *,
    asset_count: int,
    class_count: int,
    overlap: float = 0.5,
    most: int = 100,
    repeats: int = _REPEATS,
) -> Paired:
    """Mean average precision of two detectors at one overlap, with images drawn for both at once.

    Arguments and errors are those of ``measure_boxes``.
    """
    seed = int(rng.integers(2**63))
    shape = (asset_count, class_count)
    sides = [
        mean_known(_figures(truth, it, np.array([overlap]), shape, most, seed, repeats)[0, :, :, 0])
        for it in (first, second)
    ]
    values = [float(side[0]) for side in sides]
    return paired(values, [side[1:] for side in sides], asset_count)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankedBoxes:
    """Scored boxes against the true ones at one overlap, to be measured on any draw of n images.

    Attributes:
        there: How many true boxes of each class each image has (n, C).
        ranked: Of each class the images of its predicted boxes (B,), the surest first, and whether
            each finds a true one (B, 1).
    """

    there: Floats
    ranked: tuple[tuple[NDArray[np.int64], NDArray[np.bool_]], ...]

    @classmethod
    def of(
        cls,
        truth: Boxes,
        predicted: Boxes,
        overlap: float,
        *,
        asset_count: int,
        class_count: int,
        most: int = 100,
    ) -> RankedBoxes:
        """Match the boxes; arguments and errors are those of ``measure_boxes``."""
        _check(truth, predicted, asset_count, class_count)
        there = np.zeros((asset_count, class_count))
        np.add.at(there, (truth.assets, truth.classes), 1)
        thresholds = np.array([overlap])
        ranked = []
        for code in range(class_count):
            said = predicted.of_class(code).first(most)
            hits = matched(said, truth.of_class(code), thresholds)
            ranked.append(_surest_first(said, hits))
        return cls(there=there, ranked=tuple(ranked))

    def only(self, classes: NDArray[np.int64]) -> RankedBoxes:
        """The boxes of these classes alone (K,), in this order."""
        return RankedBoxes(
            there=self.there[:, classes], ranked=tuple(self.ranked[i] for i in classes.tolist())
        )

    def average_precisions(self, weights: Floats) -> Floats:
        """Average precision (b, C) where each image counts so often (b, n); NaN without true boxes.

        Their mean over the classes is mAP at the overlap. Memory O(b (n + C)) and 16 MiB.
        """
        found = np.full((len(weights), len(self.ranked)), np.nan)
        for code, (images, hits) in enumerate(self.ranked):
            if self.there[:, code].any():
                parts = list(_weighed(images, hits, self.there[:, code], weights))
                found[:, code] = np.concatenate([part[0, :, 0] for part in parts])
        return found


def average_precisions(
    truth: Boxes,
    predicted: Boxes,
    overlap: float,
    *,
    asset_count: int,
    class_count: int,
    most: int = 100,
) -> Floats:
    """Average precision (C,) of each class at one overlap; NaN for a class without true boxes."""
    shape = (asset_count, class_count)
    found = _figures(truth, predicted, np.array([overlap]), shape, most, 0, 0)
    return np.asarray(found[0, 0, :, 0])


def _figures(
    truth: Boxes,
    predicted: Boxes,
    thresholds: Floats,
    shape: tuple[int, int],
    most: int,
    seed: int,
    repeats: int,
) -> Floats:
    """Precision and recall (2, 1 + R, C, T): of all images, then of R resamples of them."""
    asset_count, class_count = shape
    _check(truth, predicted, asset_count, class_count)
    figures = np.full((2, 1 + repeats, class_count, len(thresholds)), np.nan)
    for code in range(class_count):
        real = truth.of_class(code)
        if not len(real):
            continue
        said = predicted.of_class(code).first(most)
        hits = matched(said, real, thresholds)
        there = np.bincount(real.assets, minlength=asset_count).astype(np.float64)
        # The same images are drawn for every class.
        figures[:, :, code] = np.concatenate(
            list(_resampled(said, hits, there, np.random.default_rng(seed), repeats)), axis=1
        )
    return figures


def _resampled(
    said: Boxes, hits: NDArray[np.bool_], there: Floats, rng: np.random.Generator, repeats: int
) -> Iterator[Floats]:
    """Precision and recall of one class (2, b, T): of all images, then of resampled ones."""
    images, hits = _surest_first(said, hits)
    yield _curve(np.ones((1, len(images))), hits, there.sum(keepdims=True))
    for block in drawn(len(there), rng, repeats):
        yield from _weighed(images, hits, there, block)


def _surest_first(
    said: Boxes, hits: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    assert said.scores is not None
    order = np.argsort(-said.scores, kind="stable")
    return said.assets[order], hits[order]


def _weighed(
    images: NDArray[np.int64], hits: NDArray[np.bool_], there: Floats, weights: Floats
) -> Iterator[Floats]:
    """Precision and recall (2, b, T) where each image counts so often, some samples at a time."""
    step = max(1, _BLOCK // max(hits.size, 1))
    for start in range(0, len(weights), step):
        part = weights[start : start + step]
        yield _curve(part[:, images], hits, part @ there)


def _curve(weights: Floats, hits: NDArray[np.bool_], there: Floats) -> Floats:
    """Average precision and recall (2, b, T) of weighed boxes (b, B), the surest first."""
    if not len(hits):
        return np.where(there > 0, 0.0, np.nan)[None, :, None].repeat(2, 0).repeat(hits.shape[1], 2)
    right = np.cumsum(weights[:, :, None] * hits, axis=1)
    precision = ratio(right, np.cumsum(weights, axis=1)[:, :, None])
    precision[np.isnan(precision)] = 0.0
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = ratio(right, there[:, None, None])
    passed = np.searchsorted(_RECALLS, recall, side="right")
    passed = np.where(np.isnan(recall), 0, passed)
    steps = np.diff(passed, axis=1, prepend=0)
    average = (envelope * steps).sum(axis=1) / len(_RECALLS)
    average[there == 0] = np.nan
    return np.stack([average, recall[:, -1]])


def _check(truth: Boxes, predicted: Boxes, asset_count: int, class_count: int) -> None:
    same_length(assets=np.arange(asset_count))
    if predicted.scores is None:
        raise InvalidInputError(
            "The predicted boxes have no scores.", remedy="Give how sure the model is of each."
        )
    for name, boxes in (("truth", truth), ("predictions", predicted)):
        if len(boxes) and (boxes.assets.max() >= asset_count or boxes.classes.max() >= class_count):
            raise InvalidInputError(
                f"The {name} hold an asset or a class beyond {asset_count} and {class_count}.",
                remedy="Number both from 0 and give the right counts.",
            )
