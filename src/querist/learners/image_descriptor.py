"""The default encoder for pictures: gradients, a thumbnail and colour, without any download."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.learners.base import EncoderIdentity, Item, Matrix
from querist.learners.checking import check_media
from querist.learners.image_decoding import decode_squares
from querist.schema import Media

SIDE = 32
CHUNK = 128
ORIENTATIONS = 6
FINE, COARSE, THUMBNAIL, COLOUR = 7, 3, 8, 4
# The parts weigh about the same in a distance: each gradient part has norm 1, a mid-gray
# thumbnail and a vivid picture's colours come near to it.
THUMBNAIL_WEIGHT = 0.25
# Energy below which a cell is taken for flat, so that noise in even areas is not blown up.
FLAT = 0.02
# ITU-R BT.601 luma.
LUMA: Matrix = np.array([0.299, 0.587, 0.114], np.float32)


class ImageDescriptor:
    """Histograms of oriented gradients at two scales, a small thumbnail, and coarse colours.

    After Dalal and Triggs (2005), "Histograms of oriented gradients for human detection", with
    the square root of Arandjelović and Zisserman (2012), "Three things everyone should know".

    Example:
        >>> ImageDescriptor().identity.key
        'image-descriptor-1-rgb32-450'
    """

    name: ClassVar[str] = "image-descriptor"
    media: ClassVar[Media] = Media.IMAGE
    summary: ClassVar[str] = "Gradients at two scales, thumbnail and colours; no download"
    paper: ClassVar[str] = "Dalal and Triggs 2005"
    needs_fit: ClassVar[bool] = False

    @property
    def identity(self) -> EncoderIdentity:
        """Its identity; nothing is fitted."""
        gradients = ORIENTATIONS * (FINE**2 + COARSE**2)
        colours = 2 * COLOUR**2 + ORIENTATIONS
        return EncoderIdentity(
            name=self.name,
            version="1",
            preprocessing=f"rgb{SIDE}",
            dimensions=gradients + THUMBNAIL**2 + colours,
        )

    def fit(self, items: Sequence[Item], rng: np.random.Generator) -> None:
        """Nothing to learn."""

    def encode(self, items: Sequence[Item]) -> Matrix:
        """Vectors (n, 450); about 40 MB of memory whatever n is, beyond the result.

        Raises:
            InvalidInputError: an item is no picture, or cannot be decoded.
        """
        check_media(items, self.media, self.name)
        vectors = np.empty((len(items), self.identity.dimensions), np.float32)
        for start in range(0, len(items), CHUNK):
            squares = decode_squares(items[start : start + CHUNK], SIDE)
            vectors[start : start + CHUNK] = describe(squares)
        return vectors

    def save(self, folder: Path) -> None:
        """Nothing to write but the folder."""
        folder.mkdir(parents=True, exist_ok=True)

    def load(self, folder: Path) -> None:
        """Nothing to read."""


def describe(squares: NDArray[np.uint8]) -> Matrix:
    """Descriptors (n, 450) of RGB pictures (n, 32, 32, 3)."""
    colours: Matrix = squares.astype(np.float32) / np.float32(255)
    gray: Matrix = np.matmul(colours, LUMA, dtype=np.float32)
    gradients = _oriented(*_gradient(gray), turn=np.pi)
    # Blue and red differences, about -0.5 to 0.5.
    blue = colours[..., 2] - gray
    red = colours[..., 0] - gray
    hues = _oriented(blue, red, turn=2 * np.pi)
    parts = [
        _normalised(_pooled(gradients, FINE)),
        _normalised(_pooled(gradients, COARSE)),
        THUMBNAIL_WEIGHT * _pooled(gray, THUMBNAIL),
        _pooled(blue, COLOUR),
        _pooled(red, COLOUR),
        np.sqrt(hues.mean(axis=(2, 3)).T),
    ]
    return np.concatenate([part.reshape(len(squares), -1) for part in parts], axis=1)


def _gradient(gray: Matrix) -> tuple[Matrix, Matrix]:
    across, down = np.zeros_like(gray), np.zeros_like(gray)
    across[:, :, 1:-1] = gray[:, :, 2:] - gray[:, :, :-2]
    down[:, 1:-1] = gray[:, 2:] - gray[:, :-2]
    return across, down


def _oriented(x: Matrix, y: Matrix, *, turn: float) -> Matrix:
    """Lengths of the vectors (n, s, s), shared between the two nearest of O directions."""
    length = np.hypot(x, y)
    angle = np.arctan2(y, x) % np.float32(turn) * np.float32(ORIENTATIONS / turn)
    planes = np.empty((ORIENTATIONS, *x.shape), np.float32)
    for direction in range(ORIENTATIONS):
        away = np.abs(angle - direction)
        near = 1 - np.minimum(away, ORIENTATIONS - away)
        np.multiply(np.maximum(near, 0), length, out=planes[direction])
    return planes


def _pooled(planes: Matrix, cells: int) -> Matrix:
    """Means (…, cells, cells) over overlapping windows, so that small shifts change little."""
    step = SIDE / cells
    centres = (np.arange(cells) + 0.5) * step
    pixels = np.arange(SIDE) + 0.5
    window = np.maximum(0, 1 - np.abs(pixels - centres[:, None]) / step)
    window = (window / window.sum(axis=1, keepdims=True)).astype(np.float32)
    pooled: Matrix = window @ (planes @ window.T)
    return pooled


def _normalised(cells: Matrix) -> Matrix:
    """Cells (O, n, c, c) as rows (n, c c O) of norm 1: local contrast removed, then the root."""
    energy = (cells**2).sum(axis=0)
    around = np.pad(energy, ((0, 0), (1, 1), (1, 1)), mode="edge")
    size = energy.shape[1]
    local = sum(around[:, i : i + size, j : j + size] for i in range(3) for j in range(3)) / 9
    whole = energy.mean(axis=(1, 2), keepdims=True)
    rows = np.sqrt(cells / np.sqrt(local + 0.1 * whole + FLAT**2))
    flat: Matrix = np.moveaxis(rows, 0, -1).reshape(len(energy), -1)
    norms = np.linalg.norm(flat, axis=1, keepdims=True)
    flat /= np.maximum(norms, 1e-6)
    return flat
