"""Real data with one planted cause of errors: training, sample, pool and test of each variant."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.ingest import DATASET, read_idx
from querist.learners.base import Item
from querist.learners.registry import create_encoder
from querist.schema import Media

SHARED = Path(__file__).parents[2] / "shared" / "data"
SOURCES = ("pictures", "fashion", "debian")
CLASSES = 8
TRAIN, SAMPLE, TEST, POOL = 100, 70, 60, 150
IMAGES = TRAIN + SAMPLE + TEST + POOL
FOREIGN = -1
SWAPPED, KEPT, MIXED_IN = 0.2, 0.02, 0.08

Table = NDArray[np.float32]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Vectors (n, d) and classes (n,), versions of the same assets, and foreign vectors."""

    vectors: Table
    classes: Codes
    versions: tuple[Table, ...] = ()
    foreign: Table | None = None


@dataclass(slots=True, kw_only=True)
class Part:
    """One part of a variant.

    Attributes:
        vectors: (n, d).
        truth: True classes (n,), -1 for foreign items.
        given: Classes as people gave them (n,).
        planted: Rows that the cause makes hard (n,).
    """

    vectors: Table
    truth: Codes
    given: Codes
    planted: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Four parts, and the class or classes the cause was planted in."""

    train: Part
    sample: Part
    pool: Part
    test: Part
    classes: tuple[int, ...] = ()

    @property
    def parts(self) -> tuple[Part, Part, Part, Part]:
        """All four."""
        return self.train, self.sample, self.pool, self.test


@cache
def source(name: str) -> Source:
    """One of ``SOURCES``; pictures are encoded with the packaged back-bone, some changed."""
    if name == "pictures":
        return _pictures()
    files = {"fashion": "fashion_mnist_embeddings", "debian": "debian_packages_embeddings"}
    with np.load(SHARED / f"{files[name]}.npz") as data:
        rows = slice(0, 20_000)
        return Source(
            vectors=data["X"][rows].astype(np.float32), classes=data["y"][rows].astype(np.int64)
        )


def plant(name: str, cause: str, seed: int) -> Variant:
    """A variant of ``source(name)``: ``clean`` or with one of the four causes."""
    data = source(name)
    rng = np.random.default_rng([seed, len(cause)])
    chosen, foreign = _choose(data, rng, cause == "outliers")
    rows = [rng.permutation(np.flatnonzero(data.classes == code))[:IMAGES] for code in chosen]
    cuts = np.cumsum([0, TRAIN, SAMPLE, POOL, TEST])
    places = [np.concatenate([r[a:b] for r in rows]) for a, b in pairwise(cuts)]
    code_of = {int(code): at for at, code in enumerate(chosen)}
    parts = []
    for at in places:
        truth = np.array([code_of[int(c)] for c in data.classes[at]])
        parts.append(
            Part(
                vectors=data.vectors[at].copy(),
                truth=truth,
                given=truth.copy(),
                planted=np.zeros(len(at), dtype=bool),
            )
        )
    variant = Variant(train=parts[0], sample=parts[1], pool=parts[2], test=parts[3])
    first = int(rng.integers(len(chosen)))
    if cause == "data_distribution":
        return _shift(variant, data, places, first, seed, rng)
    if cause == "concept_clarity":
        return _swap(variant, first, seed, rng)
    if cause == "class_frequency":
        return _cut(variant, first, rng)
    if cause == "outliers":
        assert foreign is not None
        return _mix_in(variant, foreign, rng)
    return variant


def _pictures() -> Source:
    from PIL import Image, ImageFilter
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA

    images = read_idx(DATASET / "train-images-idx3-ubyte.gz")
    labels = _labels(DATASET / "train-labels-idx1-ubyte.gz")
    rng = np.random.default_rng(7)
    kept = [rng.permutation(np.flatnonzero(labels == code))[:IMAGES] for code in range(10)]
    rows = np.concatenate(kept)
    plain = [Image.fromarray(image) for image in images[rows]]
    versions = [
        _encoded([image.convert("RGB") for image in plain]),
        _encoded([image.filter(ImageFilter.GaussianBlur(2)).convert("RGB") for image in plain]),
        _encoded([_recolored(image) for image in plain]),
    ]
    digits = [
        Image.fromarray((16 * digit).clip(0, 255).astype(np.uint8)).resize((28, 28)).convert("RGB")
        for digit in load_digits().images[:400]
    ]
    space = PCA(128, random_state=0).fit(versions[0])
    first, *others = (space.transform(table).astype(np.float32) for table in versions)
    return Source(
        vectors=first,
        classes=labels[rows].astype(np.int64),
        versions=tuple(others),
        foreign=space.transform(_encoded(digits)).astype(np.float32),
    )


def _labels(path: Path) -> NDArray[np.uint8]:
    return np.frombuffer(gzip.decompress(path.read_bytes()), dtype=np.uint8, offset=8)


def _recolored(image: Any) -> Any:
    from PIL import ImageOps

    return ImageOps.colorize(image, black=(235, 225, 120), white=(20, 40, 200))


def _encoded(images: list[Any]) -> Table:
    encoder = create_encoder("efficientnet-lite0", size=64)
    found = []
    for start in range(0, len(images), 500):
        items = []
        for image in images[start : start + 500]:
            file = io.BytesIO()
            image.save(file, "PNG")
            items.append(Item(media=Media.IMAGE, data=file.getvalue()))
        found.append(encoder.encode(items))
    return np.concatenate(found)


def _choose(data: Source, rng: np.random.Generator, mixed: bool) -> tuple[list[int], Table | None]:
    """The classes that take part, and foreign rows: other pictures, or two lonely classes."""
    large = np.flatnonzero(np.bincount(data.classes) >= IMAGES)
    if not mixed or data.foreign is not None:
        return rng.permutation(large)[:CLASSES].tolist(), data.foreign
    means = np.stack([data.vectors[data.classes == code].mean(axis=0) for code in large])
    apart = ((means[:, None] - means[None]) ** 2).sum(axis=-1)
    np.fill_diagonal(apart, np.inf)
    lonely = rng.permutation(large[np.argsort(-apart.min(axis=1))][:5])[:2]
    rest = rng.permutation(np.setdiff1d(large, lonely))[:CLASSES]
    return rest.tolist(), data.vectors[np.isin(data.classes, lonely)]


def _shift(
    variant: Variant,
    data: Source,
    places: list[Codes],
    code: int,
    seed: int,
    rng: np.random.Generator,
) -> Variant:
    """Half of a class looks different everywhere but in training."""
    if data.versions:
        table = data.versions[seed % len(data.versions)]
        for part, at in zip(variant.parts[1:], places[1:], strict=True):
            part.planted = (part.truth == code) & (rng.random(len(at)) < 0.5)
            part.vectors[part.planted] = table[at[part.planted]]
        return Variant(**_named(variant), classes=(code,))
    from sklearn.cluster import KMeans

    train = variant.train
    mine = [part.vectors[part.truth == code] for part in variant.parts]
    halves = KMeans(2, n_init=3, random_state=seed).fit(np.concatenate(mine))
    lost = int(np.bincount(halves.labels_).argmin())
    for part in variant.parts:
        part.planted = part.truth == code
        part.planted[part.planted] = halves.predict(part.vectors[part.planted]) == lost
    # Rows of the other half take their place, so that the class is as frequent as before.
    whole = np.flatnonzero(data.classes == int(data.classes[places[0][train.truth == code][0]]))
    spare = np.setdiff1d(whole, np.concatenate(places))
    spare = rng.permutation(spare[halves.predict(data.vectors[spare]) != lost])
    away = np.flatnonzero(train.planted)
    train.vectors[away[: len(spare)]] = data.vectors[spare[: len(away)]]
    keep = np.ones(len(train.truth), dtype=bool)
    keep[away[len(spare) :]] = False
    train.planted[:] = False
    return Variant(**{**_named(variant), "train": only(train, keep)}, classes=(code,))


def _swap(variant: Variant, code: int, seed: int, rng: np.random.Generator) -> Variant:
    """People take two classes for each other in a fifth of their labels."""
    train = variant.train
    other = (code + 1 + int(rng.integers(CLASSES - 1))) % CLASSES
    if seed % 2:  # the class that is most alike
        means = np.stack([train.vectors[train.truth == c].mean(axis=0) for c in range(CLASSES)])
        apart = ((means - means[code]) ** 2).sum(axis=1)
        apart[code] = np.inf
        other = int(apart.argmin())
    for part in (train, variant.sample):
        for a, b in ((code, other), (other, code)):
            rows = rng.permutation(np.flatnonzero(part.truth == a))
            part.given[rows[: round(SWAPPED * len(rows))]] = b
    for part in variant.parts:
        part.planted = np.isin(part.truth, (code, other))
    return Variant(**_named(variant), classes=(code, other))


def _cut(variant: Variant, code: int, rng: np.random.Generator) -> Variant:
    """One class keeps a fiftieth of its training labels."""
    train = variant.train
    rows = rng.permutation(np.flatnonzero(train.truth == code))
    keep = np.ones(len(train.truth), dtype=bool)
    keep[rows[max(2, round(KEPT * len(rows))) :]] = False
    for part in variant.parts:
        part.planted = part.truth == code
    return Variant(**{**_named(variant), "train": only(train, keep)}, classes=(code,))


def _mix_in(variant: Variant, foreign: Table, rng: np.random.Generator) -> Variant:
    """Items of no class lie among all parts, and people gave them some class."""
    found = {}
    for name, part in _named(variant).items():
        count = round(MIXED_IN * len(part.truth))
        rows = rng.choice(len(foreign), size=count, replace=False)
        found[name] = Part(
            vectors=np.concatenate([part.vectors, foreign[rows]]),
            truth=np.concatenate([part.truth, np.full(count, FOREIGN)]),
            given=np.concatenate([part.given, rng.integers(CLASSES, size=count)]),
            planted=np.concatenate([part.planted, np.ones(count, dtype=bool)]),
        )
    return Variant(**found)


def only(part: Part, keep: Mask) -> Part:
    """Some rows of a part."""
    return Part(
        vectors=part.vectors[keep],
        truth=part.truth[keep],
        given=part.given[keep],
        planted=part.planted[keep],
    )


def _named(variant: Variant) -> dict[str, Part]:
    return dict(zip(("train", "sample", "pool", "test"), variant.parts, strict=True))
