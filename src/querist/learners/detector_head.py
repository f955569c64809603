"""The trainable part of the box detector: one small tower over the frozen maps, and its answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.learners.detector_maps import CHANNELS

# At first every place says that there is nothing: few of them hold an object.
PRIOR = 0.01
# Sides of a box are told as e to the power of the answer, in grid steps: 0.02 to 150 of them.
LEAST_LOG, MOST_LOG = -4.0, 5.0


def build(class_count: int, *, width: int, dropout: float) -> Any:
    """A fresh head; torch's random state draws its weights.

    Each map is standardised (see ``standardise``) and brought to ``width`` channels, the coarser
    ones enlarged and all added; a 3 by 3 convolution follows, then dropout and one linear layer,
    whose answers at each place are C logits and the logs of the distances to the box's four sides.
    """
    from torch import nn

    last = nn.Linear(width, class_count + 4)
    nn.init.normal_(last.weight, std=0.01)
    nn.init.zeros_(last.bias)
    nn.init.constant_(last.bias[:class_count], float(np.log(PRIOR / (1 - PRIOR))))
    return nn.ModuleDict(
        {
            "sides": nn.ModuleList(
                nn.Sequential(nn.BatchNorm2d(c, affine=False), nn.Conv2d(c, width, 1))
                for c in CHANNELS
            ),
            "joined": nn.Sequential(nn.BatchNorm2d(width), nn.ReLU()),
            "tower": nn.Sequential(
                nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
            ),
            "last": nn.Sequential(nn.Dropout(dropout), last),
        }
    )


def standardise(head: Any, levels: tuple[NDArray[np.float16], ...]) -> None:
    """Bring each channel of the maps (n, c, s, s) to mean 0 and deviation 1 from now on.

    What training would learn of a normalisation is in the next layer's weights; a fixed one needs
    no gradient through the maps, which is most of the work.
    """
    import torch

    for side, level in zip(head["sides"], levels, strict=True):
        rows = level.astype(np.float32).transpose(1, 0, 2, 3).reshape(level.shape[1], -1)
        side[0].running_mean.copy_(torch.from_numpy(rows.mean(axis=1)))
        side[0].running_var.copy_(torch.from_numpy(rows.var(axis=1)))


def training_mode(head: Any) -> None:
    """Switch dropout and the inner normalisations to training, the fixed ones not."""
    head.train()
    for side in head["sides"]:
        side[0].eval()


def reached(head: Any, levels: tuple[Any, ...], grid: int) -> Any:
    """What the last layer sees of n pictures at each of G by G places, (n, G * G, w)."""
    total: Any = 0
    for side, level in zip(head["sides"], levels, strict=True):
        total = total + enlarged(side(level), grid)
    return head["tower"](head["joined"](total)).flatten(2).transpose(1, 2)


def enlarged(values: Any, grid: int) -> Any:
    """Maps (n, c, s, s) brought to (n, c, G, G), with values between those of neighbours.

    What torch's bilinear ``interpolate`` says, as two products: those have gradients whose sums are
    in one order on a GPU too, and are sooner done on a processor.
    """
    import torch
    from torch.nn import functional

    side = values.shape[-1]
    if side == grid:
        return values
    ones = torch.eye(side, device=values.device)[None]
    weights = functional.interpolate(ones, size=grid, mode="linear")[0]
    return weights.T @ values @ weights


def boxes_of(logs: Any, centres: Any, stride: float) -> Any:
    """Left, top, right and bottom (…, 4) in pixels of the square, from logs (…, 4) at centres."""
    import torch

    away = logs.clamp(LEAST_LOG, MOST_LOG).exp() * stride
    return torch.cat([centres - away[..., :2], centres + away[..., 2:]], dim=-1)


def centres_of(grid: int, stride: float) -> NDArray[np.float32]:
    """The middle of each place (G * G, 2), x and y in pixels, row by row."""
    steps = (np.arange(grid, dtype=np.float32) + 0.5) * stride
    return np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
