"""From the answers of the box detector's head to boxes, and to how unsure it is of each picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.learners import detector_head as heads
from querist.learners import dropout
from querist.metrics.uncertainty import decompose

# Boxes below are no candidates; one that covers a surer one as far as this is the same object.
LEAST_CONFIDENCE = 0.05
SAME = 0.6
MOST_CANDIDATES = 200
AGGREGATES = ("sum", "max", "mean", "balanced")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Q boxes in n pictures, by picture, the surest first.

    Attributes:
        pictures: Which picture each is in (Q,).
        classes: Its class (Q,).
        confidence: How sure the model is (Q,), 0 to 1.
        sides: Left, top, right and bottom (Q, 4), in pixels of the square.
        doubt: How unsure (Q,): the entropy of class or nothing, plus the doubt of the place, 0 to
            log(C + 1) + 1; higher is less sure.
        shares: The chance of each class (Q, C + 1); the last is that there is nothing.
    """

    pictures: NDArray[np.int64]
    classes: NDArray[np.int64]
    confidence: Floats
    sides: Floats
    doubt: Floats
    shares: Floats


def find(head: Any, values: Any, *, grid: int, stride: float, samples: int, seed: int) -> Found:
    """The boxes in n pictures, and the doubt of each from ``samples`` dropout passes.

    A pass is one model, the same for all boxes and pictures (see ``dropout.sampled_logits``); only
    the last layer is drawn, and only where a box was found. The doubt of the place is one minus the
    mean IoU of the passes' boxes with their mean, 0 to 1.

    Args:
        head: A trained head, in ``eval``.
        values: What its last layer sees (n, G * G, w).
        grid: Places in a row, G.
        stride: Pixels between them.
        samples: Dropout passes S; 0 takes the entropy of the model itself, without place.
        seed: Draws the masks.
    """
    import torch

    with torch.inference_mode():
        answers = head["last"](values)
        scores, classes = answers[..., :-4].sigmoid().max(dim=-1)
        centres = torch.from_numpy(heads.centres_of(grid, stride)).to(values.device)
        sides = heads.boxes_of(answers[..., -4:], centres, stride).clamp(0, grid * stride)
        pictures, places = kept(scores.cpu().numpy(), sides.cpu().numpy())
        at = torch.from_numpy(pictures), torch.from_numpy(places)
        drawn = answers[at][None]
        if samples and len(places):
            drawn = dropout.sampled_logits(head["last"], values[at], samples=samples, seed=seed)
        shares = _shares(drawn[..., :-4].cpu().numpy())
        boxes = heads.boxes_of(drawn[..., -4:], centres[at[1]], stride).cpu().numpy()
        confidence, codes = (part[at].cpu().numpy() for part in (scores, classes))
        chosen: Floats = sides[at].cpu().numpy()
    return Found(
        pictures=pictures,
        classes=codes,
        confidence=confidence,
        sides=chosen,
        doubt=(_entropy(shares) + _spread(boxes)).astype(np.float32),
        shares=shares.mean(axis=0),
    )


def kept(scores: Floats, sides: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Picture and place of the boxes left of n * P by greedy non-maximum suppression.

    Whatever the class: an object is one box, so that nobody has to delete a second guess at it.
    """
    pictures, places = [], []
    for picture, row in enumerate(scores):
        order = np.flatnonzero(row >= LEAST_CONFIDENCE)
        order = order[np.argsort(-row[order], kind="stable")][:MOST_CANDIDATES]
        order = order[_apart(sides[picture, order])]
        pictures.append(np.full(len(order), picture, np.int64))
        places.append(order)
    return np.concatenate(pictures), np.concatenate(places)


def asset_doubt(
    found: Found, count: int, aggregate: str, class_weights: NDArray[np.float64]
) -> Floats:
    """How unsure the model is of each of n pictures (n,), 0 or more; higher is less sure.

    Args:
        found: Boxes, the least confident candidates too.
        count: Pictures n.
        aggregate: ``sum`` of the doubt of its boxes, ``max``, ``mean``, or ``balanced``: a sum in
            which a box counts by the weight of its class and by how likely it is an object at all.
        class_weights: The weight of each class (C,).
    """
    doubt = found.doubt.astype(np.float64)
    if aggregate == "max":
        highest = np.zeros(count)
        np.maximum.at(highest, found.pictures, doubt)
        return highest.astype(np.float32)
    if aggregate == "balanced":
        doubt *= class_weights[found.classes] * (1 - found.shares[:, -1])
    total = np.bincount(found.pictures, doubt, minlength=count)
    if aggregate == "mean":
        return (total / np.maximum(np.bincount(found.pictures, minlength=count), 1)).astype(
            np.float32
        )
    return total.astype(np.float32)


def _apart(sides: Floats) -> NDArray[np.int64]:
    """Which boxes (K, 4), the surest first, are not the same as a surer one that stays."""
    low = np.maximum(sides[:, None, :2], sides[None, :, :2])
    high = np.minimum(sides[:, None, 2:], sides[None, :, 2:])
    shared = np.maximum(high - low, 0).prod(axis=2)
    area = (sides[:, 2:] - sides[:, :2]).prod(axis=1)
    both = np.maximum(area[:, None] + area - shared, 1e-6)
    same = shared > SAME * both
    open_, chosen = area > 0, []
    for place in range(len(sides)):
        if open_[place]:
            chosen.append(place)
            open_ &= ~same[place]
    return np.array(chosen, np.int64)


def _shares(logits: Floats) -> Floats:
    """Chances (S, Q, C + 1) of one class or nothing, from a logit for each class (S, Q, C).

    That there is an object at all is as likely as its likeliest class; which one, in proportion.
    """
    chances = 0.5 * (1 + np.tanh(0.5 * logits))  # 1 / (1 + e^-x), never too large for a float
    some = chances.max(axis=-1, keepdims=True)
    of_each = some * chances / np.maximum(chances.sum(axis=-1, keepdims=True), 1e-12)
    return np.concatenate([of_each, 1 - of_each.sum(axis=-1, keepdims=True)], axis=-1)


def _entropy(shares: Floats) -> NDArray[np.float64]:
    return decompose(shares).total


def _spread(boxes: Floats) -> NDArray[np.float64]:
    """One minus the mean IoU of each box's draws (S, Q, 4) with their mean (Q,)."""
    mean = boxes.mean(axis=0)
    low = np.maximum(boxes[..., :2], mean[:, :2])
    high = np.minimum(boxes[..., 2:], mean[:, 2:])
    shared = np.maximum(high - low, 0).prod(axis=-1, dtype=np.float64)
    areas = [(b[..., 2:] - b[..., :2]).prod(axis=-1, dtype=np.float64) for b in (boxes, mean)]
    iou = shared / np.maximum(areas[0] + areas[1] - shared, 1e-6)
    return np.asarray(np.clip(1 - iou, 0, 1).mean(axis=0))
