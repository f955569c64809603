"""Agreement of several annotators on boxes, polygons and spans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from querist.errors import InvalidInputError
from querist.metrics.overlap import Fit, Marks, fit

# Pairs of answers to different assets that stand for all of them: their mean is known to .005.
_MOST_APART = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFit:
    """How two annotators fit over the assets that both answered; means over the assets.

    Attributes:
        first: One of them.
        second: The other.
        assets: Assets that both answered.
        iou: Mean IoU of matched shapes; ``None`` where they never matched.
        f1: Mean F1 of shapes that are the same in both, as ``fit`` counts them.
    """

    first: str
    second: str
    assets: int
    iou: float | None
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeAgreement:
    """How far all annotators agree.

    Attributes:
        iou: Mean IoU of matched shapes over pairs of answers to one asset; ``None`` without any.
        f1: Mean F1 of shapes that are the same, over these pairs.
        alpha: Krippendorff's alpha with 1 - likeness as the distance; 1 is identical, 0 is what
            answers to different assets have in common.
        pairs: Every two annotators with an asset in common.
    """

    iou: float | None
    f1: float
    alpha: float
    pairs: Sequence[PairFit]


def shape_agreement(
    answers: Sequence[Mapping[str, Marks]], rng: np.random.Generator
) -> ShapeAgreement:
    """Compare every two answers to one asset.

    Alpha as Krippendorff (2011), "Computing Krippendorff's alpha-reliability", with a distance for
    structured answers as Braylan, Alonso and Lease (2022), "Measuring annotator agreement
    generally across complex structured, multi-object, and free-text annotation tasks": observed
    distance, each asset weighed by its answers, against the distance of answers to any two
    assets, of which at most 5,000 pairs are drawn.

    Args:
        answers: For each asset the marks of each annotator, by name.
        rng: Draws the pairs.

    Raises:
        InvalidInputError: no asset has two answers.
    """
    shared = [by for by in answers if len(by) > 1]
    if not shared:
        raise InvalidInputError(
            "No asset has two answers.", remedy="Ask several annotators about the same assets."
        )
    by_pair: dict[tuple[str, str], list[Fit]] = defaultdict(list)
    observed, weight = 0.0, 0
    for by in shared:
        fits = {pair: fit(by[pair[0]], by[pair[1]]) for pair in combinations(sorted(by), 2)}
        for pair, one in fits.items():
            by_pair[pair].append(one)
        apart = float(np.mean([1 - one.likeness for one in fits.values()]))
        observed, weight = observed + apart * len(by), weight + len(by)
    expected = _expected(shared, rng)
    observed /= weight
    every = [one for fits in by_pair.values() for one in fits]
    return ShapeAgreement(
        iou=_mean_iou(every),
        f1=float(np.mean([one.f1 for one in every])),
        alpha=1.0 if observed == 0 else 1 - observed / expected if expected else 0.0,
        pairs=[
            PairFit(
                first=a,
                second=b,
                assets=len(fits),
                iou=_mean_iou(fits),
                f1=float(np.mean([one.f1 for one in fits])),
            )
            for (a, b), fits in sorted(by_pair.items())
        ],
    )


def _expected(shared: Sequence[Mapping[str, Marks]], rng: np.random.Generator) -> float:
    """Mean distance of any two answers, those to one asset included."""
    every = [marks for by in shared for marks in by.values()]
    apart = [1 - fit(every[i], every[j]).likeness for i, j in _two(len(every), rng)]
    return float(np.mean(apart))


def _two(count: int, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    if count * (count - 1) // 2 <= _MOST_APART:
        yield from combinations(range(count), 2)
        return
    first = rng.integers(count, size=_MOST_APART)
    second = (first + rng.integers(1, count, size=_MOST_APART)) % count
    yield from zip(first.tolist(), second.tolist(), strict=True)


def _mean_iou(fits: Sequence[Fit]) -> float | None:
    known = [one.iou for one in fits if one.matched]
    return float(np.mean(known)) if known else None
