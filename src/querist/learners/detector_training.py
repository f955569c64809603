"""Training of the box detector's head: which places answer for which box, losses, steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.learners import detector_head as heads

# A place answers for a box if it lies within this many steps of the box's middle, and in the box.
REACH = 1.5
# Exponent of the focal loss: how much less places count that are right already.
FOCUS = 2.0
BOX_WEIGHT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What every place of n pictures should say.

    Attributes:
        classes: Class at each place (n, G * G); -1 where there is nothing.
        boxes: Left, top, right and bottom (n, G * G, 4) there, in pixels of the square.
    """

    classes: NDArray[np.int64]
    boxes: NDArray[np.float32]


def assign(
    pictures: NDArray[np.int64],
    classes: NDArray[np.int64],
    boxes: NDArray[np.float32],
    *,
    count: int,
    grid: int,
    stride: float,
) -> Targets:
    """Give each of B boxes (B, 4) the places around its middle; of two boxes the smaller wins.

    Tian et al. (2019), "FCOS: fully convolutional one-stage object detection". A box so small that
    no place lies in it gets the place that it lies in.
    """
    found = Targets(
        classes=np.full((count, grid * grid), -1, np.int64),
        boxes=np.zeros((count, grid * grid, 4), np.float32),
    )
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    # The smallest are written last, and stay.
    order = np.argsort(-area, kind="stable")
    pictures, classes, boxes = pictures[order], classes[order], boxes[order]
    centres = heads.centres_of(grid, stride)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    for box in range(len(boxes)):
        inside = ((centres > boxes[box, :2]) & (centres < boxes[box, 2:])).all(axis=1)
        near = (np.abs(centres - middle[box]) < REACH * stride).all(axis=1)
        places = np.flatnonzero(inside & near)
        if not len(places):
            places = np.abs(centres - middle[box]).max(axis=1).argmin(keepdims=True)
        found.classes[pictures[box], places] = classes[box]
        found.boxes[pictures[box], places] = boxes[box]
    return found


def train(
    head: Any,
    levels: tuple[Any, ...],
    targets: Targets,
    *,
    grid: int,
    stride: float,
    steps: int,
    batch: int,
    learning_rate: float,
    weight_decay: float,
    device: str,
) -> None:
    """Train ``head`` in place by AdamW, its rate risen and let fall once; it ends in ``eval``.

    Classes by the focal loss whose target is how well the place's box fits (Li et al., 2020,
    "Generalized focal loss"), so that a confident box is a well-placed one; boxes by generalised
    IoU (Rezatofighi et al., 2019). Draws from torch's own random state, which the caller seeds.

    Args:
        head: What ``detector_head.build`` made.
        levels: The maps of n pictures, tensors of float16.
        targets: What their places should say.
        grid: Places in a row, G.
        stride: Pixels between them.
        steps: Steps of the optimiser.
        batch: Pictures in each.
        learning_rate: Its highest learning rate, over 0.
        weight_decay: Its decay.
        device: Where the head is.

    Raises:
        InvalidInputError: the loss is no longer a number.
    """
    import torch

    classes, boxes = torch.from_numpy(targets.classes), torch.from_numpy(targets.boxes)
    centres = torch.from_numpy(heads.centres_of(grid, stride)).to(device)
    optimiser = torch.optim.AdamW(head.parameters(), lr=learning_rate, weight_decay=weight_decay)
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=learning_rate, total_steps=max(steps, 2), pct_start=0.2
    )
    heads.training_mode(head)
    rows = torch.randperm(len(classes))
    used = 0
    for _ in range(steps):
        if used + batch > len(rows):
            rows, used = torch.cat([rows[used:], torch.randperm(len(classes))]), 0
        part = rows[used : used + batch]
        used += batch
        seen = tuple(level[part].to(device).float() for level in levels)
        answers = head["last"](heads.reached(head, seen, grid))
        loss = _loss(answers, classes[part].to(device), boxes[part].to(device), centres, stride)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rate.step()
    head.eval()
    if not np.isfinite(float(loss.detach())):
        raise InvalidInputError(
            f"The loss became {float(loss.detach())} with a learning rate of {learning_rate}.",
            remedy="Give a lower learning_rate, such as 0.001.",
        )


def _loss(answers: Any, classes: Any, boxes: Any, centres: Any, stride: float) -> Any:
    import torch
    from torch.nn import functional

    logits, logs = answers[..., :-4], answers[..., -4:]
    picture, place = torch.nonzero(classes >= 0, as_tuple=True)
    said = heads.boxes_of(logs[picture, place], centres[place], stride)
    overlap, giou = _overlaps(said, boxes[picture, place])
    wanted = torch.zeros_like(logits)
    wanted[picture, place, classes[picture, place]] = overlap.detach().clamp(min=0)
    focus = (wanted - logits.sigmoid()).abs() ** FOCUS
    by_class = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    count = max(len(place), 1)
    return (focus * by_class).sum() / count + BOX_WEIGHT * (1 - giou).sum() / count


def _overlaps(first: Any, second: Any) -> tuple[Any, Any]:
    """IoU and generalised IoU of boxes (P, 4) with boxes (P, 4), as left, top, right, bottom."""
    import torch

    def area(low: Any, high: Any) -> Any:
        return (high - low).clamp(min=0).prod(dim=-1)

    shared = area(
        torch.maximum(first[:, :2], second[:, :2]), torch.minimum(first[:, 2:], second[:, 2:])
    )
    both = area(first[:, :2], first[:, 2:]) + area(second[:, :2], second[:, 2:]) - shared
    around = area(
        torch.minimum(first[:, :2], second[:, :2]), torch.maximum(first[:, 2:], second[:, 2:])
    )
    iou = shared / both.clamp(min=1e-6)
    return iou, iou - (around - both) / around.clamp(min=1e-6)
