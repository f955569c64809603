"""Image edits aimed at the model's weak conditions, in plain numpy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.strategies.synthesis.base import register
from querist.strategies.synthesis.weakness import Edit, Predict, WeakConditions

Image = NDArray[np.uint8]


def crop(image: Image, strength: float, rng: np.random.Generator) -> Image:
    """A random window, at full strength of 2/5 of each side, scaled back to the whole."""
    height, width = image.shape[:2]
    rows = _window(height, 1 - 0.6 * strength, rng)
    columns = _window(width, 1 - 0.6 * strength, rng)
    return image[rows[:, None], columns]


def brighten(image: Image, strength: float, rng: np.random.Generator) -> Image:  # noqa: ARG001 - the form of every edit
    """Towards white; at full strength 4/5 of the way."""
    return _rounded(image + (255.0 - image) * (0.8 * strength))


def darken(image: Image, strength: float, rng: np.random.Generator) -> Image:  # noqa: ARG001 - as above
    """Towards black; at full strength 4/5 of the way."""
    return _rounded(image * (1 - 0.8 * strength))


def blur(image: Image, strength: float, rng: np.random.Generator) -> Image:  # noqa: ARG001 - as above
    """Twice the mean over a square, whose radius at full strength is 1/8 of the shorter side."""
    radius = max(round(strength * min(image.shape[:2]) / 8), 1)
    values = image.astype(np.float64)
    for axis in (0, 1, 0, 1):
        values = _mean_along(values, radius, axis)
    return _rounded(values)


def flip(image: Image, strength: float, rng: np.random.Generator) -> Image:  # noqa: ARG001 - as above
    """Mirrored left to right."""
    return image[:, ::-1].copy()


def occlude(image: Image, strength: float, rng: np.random.Generator) -> Image:
    """A rectangle of the mean color somewhere, at full strength over half the picture."""
    height, width = image.shape[:2]
    side = np.sqrt(0.5 * strength)
    rows, columns = max(round(height * side), 1), max(round(width * side), 1)
    top = int(rng.integers(height - rows + 1))
    left = int(rng.integers(width - columns + 1))
    changed = image.copy()
    changed[top : top + rows, left : left + columns] = _rounded(image.mean(axis=(0, 1)))
    return changed


IMAGE_EDITS: Mapping[str, Edit] = MappingProxyType(
    {
        "crop": Edit(make=crop),
        "brighten": Edit(make=brighten),
        "darken": Edit(make=darken),
        "blur": Edit(make=blur),
        "flip": Edit(make=flip, strengths=(1.0,)),
        "occlude": Edit(make=occlude),
    }
)


@register
class ImageEdits(WeakConditions):
    """Crops, brightens, darkens, blurs, mirrors and covers images where the model minds it most.

    The known label is proposed with each edited image, to be confirmed: an edit may go too far.
    """

    name: ClassVar[str] = "image-edits"
    summary: ClassVar[str] = "Edited images of the kinds under which the model fails most."
    paper: ClassVar[str] = (
        "Edits after Hendrycks and Dietterich (2019), Benchmarking neural network robustness to "
        "common corruptions and perturbations."
    )

    def __init__(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        predict_proba: Predict,
        *,
        edits: Mapping[str, Edit] = IMAGE_EDITS,
        probes: int = 64,
    ) -> None:
        """Start from labelled images.

        Args:
            images: (n, h, w, c), uint8.
            labels: Their classes (n,), as columns of the probabilities.
            predict_proba: From images (m, h, w, c), uint8, to probabilities (m, C).
            edits: What may be done to an image, by name. Leave out what changes the meaning, such
                as ``flip`` for letters.
            probes: The most images that each edit is tried on.

        Raises:
            InvalidInputError: the images or labels have the wrong form.
        """
        stack = np.asarray(images)
        if stack.ndim != 4 or stack.dtype != np.uint8 or not stack.size:
            raise InvalidInputError(
                f"The images have the shape {stack.shape} and the type {stack.dtype}.",
                remedy="Give an array (n, h, w, c) of uint8; grey images have c = 1.",
            )
        super().__init__(stack, labels, predict_proba, edits=edits, probes=probes, gather=np.stack)


def _window(length: int, share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Places (length,) that stretch a random window of ``share`` of the length over the whole."""
    size = max(round(length * share), 1)
    start = int(rng.integers(length - size + 1))
    return start + (np.arange(length) * size) // length


def _mean_along(values: NDArray[np.float64], radius: int, axis: int) -> NDArray[np.float64]:
    """The mean over ``2 radius + 1`` neighbors along one axis; the edge is repeated."""
    around = [(0, 0)] * values.ndim
    around[axis] = (radius + 1, radius)
    sums = np.cumsum(np.pad(values, around, mode="edge"), axis=axis)
    size = 2 * radius + 1
    ends = np.take(sums, range(size, sums.shape[axis]), axis=axis)
    starts = np.take(sums, range(sums.shape[axis] - size), axis=axis)
    return (ends - starts) / size


def _rounded(values: NDArray[np.floating]) -> Image:
    image: Image = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return image
