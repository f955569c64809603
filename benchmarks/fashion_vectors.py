"""What the packaged back-bone sees of Fashion-MNIST, as a project of these images sees it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.many_runs import KEPT
from querist.experiments import load_fashion_mnist
from querist.experiments.datasets import FASHION_FOLDER
from querist.learners import Item, create_encoder
from querist.schema import Media

CHUNK = 500

Codes = NDArray[np.int64]
Vectors = NDArray[np.float32]


def fashion_vectors(count: int, *, folder: Path = Path(FASHION_FOLDER)) -> tuple[Vectors, Codes]:
    """Vectors (n, 1280) and classes (n,) of ``count`` articles drawn at random, always the same.

    They are what ``efficientnet-lite0`` says with its own settings, 224 pixels a side. It takes
    minutes, so they are kept, by what the encoder is.

    Raises:
        MissingDependencyError: the images, or the extra ``vision``, are not installed.
    """
    every = load_fashion_mnist(folder)
    chosen = np.random.default_rng(0).permutation(len(every))[:count]
    encoder = create_encoder("efficientnet-lite0")
    told = encoder.identity
    kept = KEPT / f"fashion-{told.name}-{told.version}-{told.preprocessing}-{count}.npy"
    if not kept.is_file():
        KEPT.mkdir(parents=True, exist_ok=True)
        parts = []
        for start in range(0, count, CHUNK):
            part = every.images[chosen[start : start + CHUNK]]
            parts.append(encoder.encode([_item(pixels) for pixels in part]))
            print(
                f"  {min(start + CHUNK, count)}/{count} images encoded", end="\r", file=sys.stderr
            )
        print(file=sys.stderr)
        np.save(kept, np.concatenate(parts).astype(np.float16))
    vectors = np.load(kept, allow_pickle=False).astype(np.float32)
    return vectors, every.labels[chosen]


def _item(pixels: NDArray[np.uint8]) -> Item:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return Item(media=Media.IMAGE, data=file.getvalue())
