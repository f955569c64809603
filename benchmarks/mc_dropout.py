"""MC dropout: what twenty passes cost beside one prediction, from pictures and from cached vectors.

Run: python -m benchmarks.mc_dropout [--quick]

One pass is one ``predict_proba`` of the learner ``torch`` for the same rows, dropout off. It is
measured twice: from the bytes of pictures through the frozen EfficientNet-Lite0 at 64 pixels (the
twenty passes share its vectors, as rounds do), and on cached vectors alone, where nothing of the
back-bone hides the cost of sampling. Last-layer Laplace is measured beside it. The learner is
trained on 1,000 real Fashion-MNIST vectors of 128 columns, and on noise as wide as the back-bone,
1,280 columns: time depends on shapes alone. All on one thread, the median of repeats in turn.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.reporting import Figure, report
from querist.learners import Item, Matrix, create_encoder
from querist.learners.torch_learner import TorchLearner
from querist.schema import Media

DATA = Path("../shared/data/fashion_mnist_embeddings.npz")
LABELS, ROWS, PICTURES, CLASSES = 1_000, 20_000, 256, 10
PASSES, TARGET = 20, 4.0
WIDE = 1_280


def main() -> int:
    """Measure; 0 if twenty passes cost at most four times one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="three repeats")
    arguments = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    repeats = 3 if arguments.quick else 15
    X, y = _fashion()
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(ROWS, WIDE)).astype(np.float32)
    figures: list[Figure] = []
    times: dict[str, float] = {}
    for name, rows, codes in (("128", X, y), ("1,280", wide, y)):
        for uncertainty in ("dropout", "laplace"):
            learner = TorchLearner(device="cpu", uncertainty=uncertainty)
            learner.fit(rows[:LABELS], codes[:LABELS], class_count=CLASSES, rng=rng)
            one, many = _in_turn([_plain(learner, rows), _sampled(learner, rows)], repeats=repeats)
            title = f"cached vectors of {name}, {uncertainty}"
            figures += _figures(title, one, many, len(rows), target=uncertainty == "dropout")
            times |= {f"{title}, one": one, f"{title}, twenty": many}
            if name == "1,280" and uncertainty == "dropout":
                by_picture = learner
    encoder = create_encoder("efficientnet-lite0", size=64, device="cpu")
    pictures = _pictures(rng)
    encoder.encode(pictures[:1])  # loads the weights
    one, many = _in_turn(
        [
            lambda: by_picture.predict_proba(encoder.encode(pictures)),
            lambda: by_picture.sample_proba(
                encoder.encode(pictures), samples=PASSES, rng=np.random.default_rng(0)
            ),
        ],
        repeats=3 if arguments.quick else 7,
    )
    figures += _figures("pictures, dropout", one, many, len(pictures), target=True)
    times |= {"pictures, one": one, "pictures, twenty": many}
    details = {"seconds": times, "rows": ROWS, "pictures": PICTURES, "repeats": repeats}
    return report("mc_dropout_part" if arguments.quick else "mc_dropout", figures, details=details)


def _plain(learner: TorchLearner, rows: Matrix) -> Callable[[], object]:
    return lambda: learner.predict_proba(rows)


def _sampled(learner: TorchLearner, rows: Matrix) -> Callable[[], object]:
    return lambda: learner.sample_proba(rows, samples=PASSES, rng=np.random.default_rng(0))


def _in_turn(jobs: list[Callable[[], object]], *, repeats: int) -> list[float]:
    """Median seconds of each job; they take turns, so that a slow moment meets them all."""
    taken: list[list[float]] = [[] for _ in jobs]
    for job in jobs:
        job()
    for _ in range(repeats):
        for job, seconds in zip(jobs, taken, strict=True):
            start = time.perf_counter()
            job()
            seconds.append(time.perf_counter() - start)
    return [median(seconds) for seconds in taken]


def _figures(title: str, one: float, many: float, rows: int, *, target: bool) -> list[Figure]:
    return [
        Figure(
            name=f"{title}: {PASSES} passes over one",
            value=many / one,
            target=TARGET if target else None,
            better="lower",
        ),
        Figure(name=f"{title}: one pass", value=one / rows * 1e6, unit="µs/row"),
    ]


def _fashion() -> tuple[Matrix, NDArray[np.int64]]:
    with np.load(DATA) as file:
        X, y = file["X"][:ROWS], file["y"][:ROWS]
    return X.astype(np.float32), y.astype(np.int64)


def _pictures(rng: np.random.Generator) -> list[Item]:
    from PIL import Image

    found = []
    for _ in range(PICTURES):
        buffer = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (28, 28), dtype=np.uint8)).save(buffer, "PNG")
        found.append(Item(media=Media.IMAGE, data=buffer.getvalue()))
    return found


if __name__ == "__main__":
    raise SystemExit(main())
