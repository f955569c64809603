"""Boxes measured as COCO does, against COCO's own evaluation and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from querist.errors import InvalidInputError
from querist.metrics import Boxes, measure_boxes
from querist.metrics.matching import iou, matched


def scenes(seed: int, images: int = 30, classes: int = 4) -> tuple[Boxes, Boxes]:
    """True boxes and detections that are shifted, missed, doubled, confused and invented."""
    rng = np.random.default_rng(seed)
    count = rng.integers(0, 7, images)
    assets = np.repeat(np.arange(images), count)
    total = len(assets)
    codes = rng.integers(0, classes, total)
    sides = np.column_stack([rng.uniform(0, 80, (total, 2)), rng.uniform(8, 40, (total, 2))])
    keep = np.flatnonzero(rng.random(total) < 0.8)
    keep = np.concatenate([keep, keep[rng.random(len(keep)) < 0.4]])
    moved = sides[keep] + rng.normal(0, 2.5, (len(keep), 4))
    moved[:, 2:] = np.maximum(moved[:, 2:], 1)
    said = np.where(rng.random(len(keep)) < 0.85, codes[keep], rng.integers(0, classes, len(keep)))
    junk = 25
    predicted = Boxes.of(
        np.concatenate([assets[keep], rng.integers(0, images, junk)]),
        np.concatenate([said, rng.integers(0, classes, junk)]),
        np.concatenate(
            [moved, np.column_stack([rng.uniform(0, 80, (junk, 2)), rng.uniform(8, 40, (junk, 2))])]
        ),
        rng.random(len(keep) + junk).round(1),
    )
    return Boxes.of(assets, codes, sides), predicted


def coco(truth: Boxes, predicted: Boxes, images: int, classes: int) -> tuple[Any, Any]:
    """Precision (T, C) and recall (T, C) by faster-coco-eval, -1 where a class has no boxes."""
    from faster_coco_eval import COCO, COCOeval_faster

    assert predicted.scores is not None
    records = {
        "info": {},
        "images": [{"id": i + 1, "width": 200, "height": 200} for i in range(images)],
        "categories": [{"id": c + 1, "name": str(c)} for c in range(classes)],
        "annotations": [
            {
                "id": k + 1,
                "image_id": int(truth.assets[k]) + 1,
                "category_id": int(truth.classes[k]) + 1,
                "bbox": truth.sides[k].tolist(),
                "area": float(truth.sides[k, 2] * truth.sides[k, 3]),
                "iscrowd": 0,
            }
            for k in range(len(truth))
        ],
    }
    real = COCO(records)
    said = real.loadRes(
        [
            {
                "image_id": int(predicted.assets[k]) + 1,
                "category_id": int(predicted.classes[k]) + 1,
                "bbox": predicted.sides[k].tolist(),
                "score": float(predicted.scores[k]),
            }
            for k in range(len(predicted))
        ]
    )
    run = COCOeval_faster(real, said, "bbox")
    run.evaluate()
    run.accumulate()
    return run.eval["precision"][:, :, :, 0, 2].mean(axis=1), run.eval["recall"][:, :, 0, 2]


@pytest.mark.parametrize("seed", range(8))
def test_precision_and_recall_are_those_of_coco(seed: int) -> None:
    """By class and overlap, also with tied scores, doubles and images without boxes."""
    truth, predicted = scenes(seed)
    found = measure_boxes(
        truth, predicted, np.random.default_rng(0), asset_count=30, class_count=4, repeats=0
    )
    precision, recall = coco(truth, predicted, 30, 4)
    np.testing.assert_allclose(found.by_threshold, precision.T, atol=1e-9)
    np.testing.assert_allclose(
        [m.value for m in found.recall_per_class], recall.mean(axis=0), atol=1e-9
    )
    assert found.ap.value == pytest.approx(precision.mean())
    assert found.ap50.value == pytest.approx(precision[0].mean())
    assert found.ap75.value == pytest.approx(precision[5].mean())


def test_only_the_surest_boxes_of_an_image_count() -> None:
    """With room for one box an image, the second one is neither found nor an error."""
    truth = Boxes.of([0, 0], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
    predicted = Boxes.of([0, 0], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]], [0.9, 0.8])

    def recall(most: int) -> float:
        rng = np.random.default_rng(0)
        found = measure_boxes(
            truth, predicted, rng, asset_count=1, class_count=1, most=most, repeats=0
        )
        return found.recall.value

    assert (recall(1), recall(2)) == (0.5, 1.0)


def test_matching_in_parts_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit of ten pairs at a time changes no match."""
    truth, predicted = scenes(3)
    real, said = truth.of_class(1), predicted.of_class(1)
    thresholds = np.array([0.5, 0.75])
    whole = matched(said, real, thresholds)
    monkeypatch.setattr("querist.metrics.matching._PAIRS", 10)
    np.testing.assert_array_equal(matched(said, real, thresholds), whole)
    assert whole.any()


def test_iou_of_known_boxes() -> None:
    """Half shifted boxes share a third of their union; apart they share nothing."""
    first = np.array([[0, 0, 2, 2], [0, 0, 2, 2]], dtype=float)
    second = np.array([[1, 0, 2, 2], [5, 5, 1, 1]], dtype=float)
    np.testing.assert_allclose(iou(first, second), [1 / 3, 0])


def test_intervals_are_those_of_resampled_images() -> None:
    """The bootstrap by weights has the spread of measuring really resampled images."""
    truth, predicted = scenes(1)
    rng = np.random.default_rng(0)
    found = measure_boxes(truth, predicted, rng, asset_count=30, class_count=4, repeats=400)
    again = []
    for _ in range(150):
        images = rng.integers(30, size=30)
        real, said = _pick(truth, images), _pick(predicted, images)
        part = measure_boxes(real, said, rng, asset_count=30, class_count=4, repeats=0)
        again.append(part.ap50.value)
    assert found.ap50.low < found.ap50.value < found.ap50.high
    width = np.quantile(again, 0.975) - np.quantile(again, 0.025)
    assert found.ap50.high - found.ap50.low == pytest.approx(width, rel=0.25)


def _pick(boxes: Boxes, images: np.ndarray) -> Boxes:
    rows = [np.flatnonzero(boxes.assets == image) for image in images]
    places = np.concatenate(rows)
    return Boxes.of(
        np.repeat(np.arange(len(images)), [len(part) for part in rows]),
        boxes.classes[places],
        boxes.sides[places],
        None if boxes.scores is None else boxes.scores[places],
    )


def test_classes_without_true_boxes_are_left_out() -> None:
    """They have no figure of their own and do not lower the mean; a missed class does."""
    truth = Boxes.of([0, 0], [0, 2], [[0, 0, 10, 10], [50, 50, 10, 10]])
    predicted = Boxes.of([0, 0], [0, 1], [[0, 0, 10, 10], [20, 20, 5, 5]], [0.9, 0.9])
    rng = np.random.default_rng(0)
    found = measure_boxes(truth, predicted, rng, asset_count=1, class_count=3, repeats=5)
    assert found.ap_per_class[0].value == 1.0
    assert np.isnan(found.ap_per_class[1].value)
    assert found.ap_per_class[2].value == 0.0
    assert found.ap.value == 0.5


@pytest.mark.parametrize(
    ("sides", "scores", "says"),
    [([[0, 0, 0, 5]], [0.5], "width"), ([[0, 0, 5, 5]], [np.nan], "NaN"), ([], [0.5], "disagree")],
)
def test_bad_boxes_are_refused(sides: list[list[float]], scores: list[float], says: str) -> None:
    """A box without area, a score that is no number, and columns of different lengths."""
    with pytest.raises(InvalidInputError, match=says):
        Boxes.of([0] * len(sides), [0] * len(sides), sides, scores)


def test_predictions_need_scores_and_known_images() -> None:
    """Boxes without scores and boxes of images beyond the count are refused."""
    box = Boxes.of([1], [0], [[0, 0, 5, 5]])
    rng = np.random.default_rng(0)
    with pytest.raises(InvalidInputError, match="no scores"):
        measure_boxes(box, box, rng, asset_count=2, class_count=1)
    scored = Boxes.of([1], [0], [[0, 0, 5, 5]], [1.0])
    with pytest.raises(InvalidInputError, match="beyond 1"):
        measure_boxes(box, scored, rng, asset_count=1, class_count=1)
