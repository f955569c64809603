"""Scenes composed from real Fashion-MNIST articles on one canvas, with the box of each article.

What a shop's counter camera could see, 128 by 128 pixels, in three kinds that were fixed before any
strategy was tried on them:

- *stills*, 40 %: one to three articles that stay where they are while the camera goes on taking
  pictures. There is one arrangement for each ten stills; a picture of it differs from the next by
  a shift of up to three pixels, brightness and noise. Easy, and nearly the same again and again.
- *ordinary*, 45 %: one to five articles.
- *crowded*, 15 %: five to eight articles that cover each other in part.

Articles are 28 to 60 pixels wide before their empty border is cut off, drawn by class: the chance
of a class falls with its place in the data set's own order as 1 / place, so that the first is seen
ten times as often as the last. Nothing else depends on the class. Three grounds: plain, a gradient,
and stripes. An article lies on the ground by its own brightness; up to 35 % of a box may be covered
by one other (60 % in crowded scenes); an article that finds no place in twenty tries is left out.
Scenes of the pool use the articles of the official training part, those of the test the official
test part; no article is in both.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from querist.experiments.datasets import CLASSES_OF_FASHION, FASHION_FOLDER, load_fashion_mnist

# Articles of the official training part, which come first.
_TRAINING = 60_000
SIDE = 128
SHARES = {"still": 0.40, "ordinary": 0.45, "crowded": 0.15}
COUNTS = {"still": (1, 3), "ordinary": (1, 5), "crowded": (5, 8)}
STILLS_ALIKE = 10
WIDTHS = (28, 60)
_TRIES = 20

Pixels = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One picture and what is in it.

    Attributes:
        picture: The bytes of a PNG.
        classes: Class of each article (k,).
        boxes: Left, top, width and height of each (k, 4), in pixels.
        kind: ``still``, ``ordinary`` or ``crowded``.
    """

    picture: bytes
    classes: NDArray[np.int64]
    boxes: NDArray[np.float64]
    kind: str


def compose(
    count: int, *, test: bool, seed: int, folder: Path = Path(FASHION_FOLDER)
) -> list[Scene]:
    """``count`` scenes in random order; the same seed gives the same scenes."""
    articles, codes = _articles(folder, test=test)
    rng = np.random.default_rng([seed, int(test)])
    by_class = [np.flatnonzero(codes == code) for code in range(len(CLASSES_OF_FASHION))]
    kinds = rng.choice(list(SHARES), size=count, p=list(SHARES.values()))
    still_count = int((kinds == "still").sum())
    arrangements = [
        _arranged("still", articles, by_class, rng)
        for _ in range(max(still_count // STILLS_ALIKE, 1))
    ]
    scenes = []
    for kind in kinds.tolist():
        if kind == "still":
            laid = arrangements[rng.integers(len(arrangements))]
            shift = rng.integers(-3, 4, size=2)
        else:
            laid, shift = _arranged(kind, articles, by_class, rng), np.zeros(2, np.int64)
        scenes.append(_taken(laid, shift, kind, rng))
    return scenes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrangement:
    """A ground (SIDE, SIDE, 3) and the articles on it: class, left, top, grey values (h, w)."""

    ground: Pixels
    laid: list[tuple[int, int, int, Pixels]]


def _arranged(
    kind: str, articles: Pixels, by_class: list[NDArray[np.int64]], rng: np.random.Generator
) -> _Arrangement:
    chance = 1 / np.arange(1, len(CLASSES_OF_FASHION) + 1)
    low, high = COUNTS[kind]
    most_covered = 0.6 if kind == "crowded" else 0.35
    laid: list[tuple[int, int, int, Pixels]] = []
    for _ in range(int(rng.integers(low, high + 1))):
        code = int(rng.choice(len(CLASSES_OF_FASHION), p=chance / chance.sum()))
        article = _scaled(articles[rng.choice(by_class[code])], int(rng.integers(*WIDTHS)))
        height, width = article.shape
        for _ in range(_TRIES):
            left = int(rng.integers(3, SIDE - width - 2))
            top = int(rng.integers(3, SIDE - height - 2))
            box = (left, top, width, height)
            others = [(x, y, *shape.shape[::-1]) for _, x, y, shape in laid]
            if all(_covered(box, other) <= most_covered for other in others):
                laid.append((code, left, top, article))
                break
    return _Arrangement(ground=_ground(rng), laid=laid)


def _taken(
    arrangement: _Arrangement, shift: NDArray[np.int64], kind: str, rng: np.random.Generator
) -> Scene:
    """A picture of an arrangement, moved by ``shift`` pixels to the right and down."""
    from PIL import Image

    canvas = arrangement.ground.copy()
    boxes = []
    for _, x, y, article in arrangement.laid:
        left, top = x + int(shift[0]), y + int(shift[1])
        height, width = article.shape
        cover = np.clip(article / 60, 0, 1)[:, :, None]
        place = canvas[top : top + height, left : left + width]
        place[:] = cover * article[:, :, None] + (1 - cover) * place
        boxes.append((left, top, width, height))
    canvas = canvas * rng.uniform(0.85, 1.1) + rng.normal(0, 5, canvas.shape)
    file = io.BytesIO()
    Image.fromarray(canvas.clip(0, 255).astype(np.uint8)).save(file, "PNG", compress_level=1)
    return Scene(
        picture=file.getvalue(),
        classes=np.array([code for code, *_ in arrangement.laid], np.int64),
        boxes=np.array(boxes, np.float64).reshape(-1, 4),
        kind=kind,
    )


def _scaled(article: Pixels, width: int) -> Pixels:
    """The article at ``width`` for its 28 columns, its empty border cut off."""
    from PIL import Image

    image = Image.fromarray(article.astype(np.uint8)).resize(
        (width, width), Image.Resampling.BICUBIC
    )
    grey = np.asarray(image, np.float32)
    rows, columns = (np.flatnonzero((grey > 20).any(axis=axis)) for axis in (1, 0))
    return grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _ground(rng: np.random.Generator) -> Pixels:
    first, second = rng.uniform(30, 190, size=(2, 3))
    kind = rng.integers(3)
    along = np.add.outer(np.arange(SIDE) * rng.uniform(-1, 1), np.arange(SIDE) * rng.uniform(-1, 1))
    if kind == 0:
        mix = np.zeros((SIDE, SIDE))
    elif kind == 1:
        mix = (along - along.min()) / max(np.ptp(along), 1e-9)
    else:
        mix = 0.5 + 0.5 * np.sin(along * rng.uniform(0.2, 0.9))
    mixed = first + mix[:, :, None] * (second - first)
    return np.asarray(mixed, np.float32)


def _covered(first: tuple[int, ...], second: tuple[int, ...]) -> float:
    """The share of the smaller box that both have in common."""
    across = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    down = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    return max(across, 0) * max(down, 0) / min(first[2] * first[3], second[2] * second[3])


def _articles(folder: Path, *, test: bool) -> tuple[Pixels, NDArray[np.int64]]:
    """Grey values (n, 28, 28) and classes (n,) of one official part."""
    everything = load_fashion_mnist(folder)
    part = slice(_TRAINING, None) if test else slice(_TRAINING)
    return everything.images[part].astype(np.float32), everything.labels[part]
