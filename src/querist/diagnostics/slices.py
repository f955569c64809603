"""Slices: rules of one or two predicates under which a model errs surely more than elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.diagnostics.chances import chance, discovery_rate
from querist.errors import InvalidInputError
from querist.strategies.clusters import assign, k_means
from querist.strategies.geometry import Matrix

Rows = NDArray[np.int64]

LEVEL = 0.01
# Rows looked at; of more, so many are drawn at random: what these cannot show hardly matters.
MOST_ROWS = 50_000
MOST_SLICES = 20
FEWEST, LEAST_SHARE = 10, 0.002
# Of a column with more values the most frequent ones count.
MOST_VALUES = 50
PARTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Rows with something in common on which the model errs more than on all others.

    Attributes:
        rule: In words, for example ``light is dark and size is 12 to 40``.
        predicates: Column and value in words, one or two.
        rows: Positions of its rows (k,) among those looked at, the wrong ones first.
        errors: How many of them are wrong.
        of: Rows looked at.
        elsewhere: Share of the others that is wrong, 0 to 1.
        p_value: Chance of so many errors, adjusted for all rules tried.
    """

    rule: str
    predicates: tuple[tuple[str, str], ...]
    rows: Rows
    errors: int
    of: int
    elsewhere: float
    p_value: float

    @property
    def share(self) -> float:
        """Share of the slice that is wrong, 0 to 1."""
        return self.errors / len(self.rows)

    @property
    def gain(self) -> float:
        """Points of accuracy if the slice were as good as the rest."""
        return 100 * (self.errors - self.elsewhere * len(self.rows)) / self.of


def find_slices(
    wrong: ArrayLike,
    columns: Mapping[str, ArrayLike],
    *,
    rng: np.random.Generator | None = None,
) -> tuple[Slice, ...]:
    """The slices that surely err more, by what mending them would gain, at most 20.

    Every value of a column is a predicate; a column of many numbers is cut at its quartiles, of
    many words the 50 most frequent count. Each rule is compared with all other rows, and one of
    two predicates also with the rest of each, by Fisher's exact test; the false discovery rate
    over all rules tried is 1 %. Of more than 50,000 rows so many are drawn.

    Args:
        wrong: Whether the model is wrong (n,).
        columns: What is known of each row (n,), by name; numbers or words.
        rng: Draws the rows; a fixed seed if ``None``.

    Raises:
        InvalidInputError: a column has another length.
    """
    bad = np.asarray(wrong, dtype=bool)
    for name, values in columns.items():
        if np.shape(values) != bad.shape:
            raise InvalidInputError(
                f"The column {name!r} has shape {np.shape(values)} for {len(bad)} rows.",
                remedy="Give one value for each row.",
            )
    rows = sample_rows(len(bad), rng or np.random.default_rng(0))
    coded = {name: _codes(np.asarray(values)[rows]) for name, values in columns.items()}
    tried = list(_tried(bad[rows], coded))
    adjusted = discovery_rate([rule.p_value for rule in tried])
    sure = [(rule, float(p)) for rule, p in zip(tried, adjusted, strict=True) if p <= LEVEL]
    return _distinct(sure, bad[rows], rows, coded)


def sample_rows(count: int, rng: np.random.Generator) -> Rows:
    """All positions below ``count``, or 50,000 of them drawn at random; sorted."""
    if count <= MOST_ROWS:
        return np.arange(count)
    return np.sort(rng.choice(count, size=MOST_ROWS, replace=False))


def alike(embeddings: Matrix, rng: np.random.Generator, *, groups: int | None = None) -> Rows:
    """The group (n,) of each row among rows that are alike, a column for ``find_slices``.

    K-means on up to 50,000 rows; about 30 rows a group, from 4 to 40 groups, unless given.
    """
    rows = sample_rows(len(embeddings), rng)
    vectors = np.asarray(embeddings[rows], dtype=np.float32)
    count = groups or int(np.clip(len(vectors) // 30, 4, 40))
    centers, cluster = k_means(vectors, min(count, max(len(vectors), 1)), rng)
    return cluster if len(rows) == len(embeddings) else assign(np.asarray(embeddings), centers)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    values: tuple[tuple[str, int], ...]
    count: int
    errors: int
    p_value: float
    against_all: float


_Coded = Mapping[str, tuple[Rows, list[str]]]


def _codes(values: NDArray[np.generic]) -> tuple[Rows, list[str]]:
    """Codes (n,) of the values, -1 for rare ones and NaN, and the values in words."""
    if values.dtype.kind == "f":
        known = np.isfinite(values)
        found, places = np.unique(values[known], return_inverse=True)
        if len(found) > MOST_VALUES // PARTS:
            return _parts(values, known)
        codes = np.full(len(values), -1, dtype=np.int64)
        codes[known] = places
        return codes, [f"{value:g}" for value in found.tolist()]
    if values.dtype.kind in "iu" and len(found := np.unique(values)) > MOST_VALUES:
        return _parts(values.astype(np.float64), np.ones(len(values), dtype=bool))
    found, codes = np.unique(values.astype(str), return_inverse=True)
    if len(found) > MOST_VALUES:
        counts = np.bincount(codes)
        kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_VALUES])
        place = np.full(len(found), -1, dtype=np.int64)
        place[kept] = np.arange(len(kept))
        codes, found = place[codes], found[kept]
    return np.asarray(codes, dtype=np.int64), [str(value) for value in found.tolist()]


def _parts(values: NDArray[np.generic], known: NDArray[np.bool_]) -> tuple[Rows, list[str]]:
    numbers = values.astype(np.float64)
    cuts = np.unique(np.quantile(numbers[known], np.linspace(0, 1, PARTS + 1)))
    codes = np.clip(np.searchsorted(cuts, numbers, side="right") - 1, 0, max(len(cuts) - 2, 0))
    words = [f"{low:.3g} to {high:.3g}" for low, high in pairwise(cuts.tolist())]
    return np.where(known, codes, -1), words


def _tried(bad: NDArray[np.bool_], coded: _Coded) -> Iterator[_Rule]:
    """Every rule with enough rows, with its chance; errors count only where there are some."""
    fewest = max(FEWEST, int(LEAST_SHARE * len(bad)))
    single = {name: _tallies(codes, len(words), bad) for name, (codes, words) in coded.items()}
    everything = (len(bad), int(bad.sum()))
    for name, (counts, errors) in single.items():
        p = chance(errors, counts, everything[1] - errors, everything[0] - counts)
        for code in np.flatnonzero(counts >= fewest).tolist():
            yield _Rule(
                values=((name, code),),
                count=int(counts[code]),
                errors=int(errors[code]),
                p_value=float(p[code]),
                against_all=float(p[code]),
            )
    for a, b in combinations(coded, 2):
        (one, words), (two, others) = coded[a], coded[b]
        joint = np.where((one >= 0) & (two >= 0), one * len(others) + two, -1)
        counts, errors = _tallies(joint, len(words) * len(others), bad)
        places = np.flatnonzero(counts >= fewest)
        i, j = np.divmod(places, max(len(others), 1))
        n, e = counts[places], errors[places]
        p = against_all = chance(e, n, everything[1] - e, everything[0] - n)
        for name, own in ((a, i), (b, j)):
            count, error = (table[own] for table in single[name])
            p = np.maximum(p, np.where(count > n, chance(e, n, error - e, count - n), 1.0))
        for at in range(len(places)):
            yield _Rule(
                values=((a, int(i[at])), (b, int(j[at]))),
                count=int(n[at]),
                errors=int(e[at]),
                p_value=float(p[at]),
                against_all=float(against_all[at]),
            )


def _tallies(codes: Rows, count: int, bad: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    return (
        np.bincount(codes[codes >= 0], minlength=count),
        np.bincount(codes[bad & (codes >= 0)], minlength=count),
    )


def _distinct(
    sure: list[tuple[_Rule, float]], bad: NDArray[np.bool_], rows: Rows, coded: _Coded
) -> tuple[Slice, ...]:
    """The surest rule first; others only if their rows beyond those told are bad as well."""
    total, errors = len(bad), int(bad.sum())
    told = np.zeros(total, dtype=bool)
    found: list[Slice] = []
    for rule, p in sorted(sure, key=lambda pair: (pair[0].against_all, -pair[0].errors)):
        inside = np.ones(total, dtype=bool)
        for name, code in rule.values:
            inside &= coded[name][0] == code
        new, rest = inside & ~told, ~inside & ~told
        again = chance((new & bad).sum(), new.sum(), (rest & bad).sum(), rest.sum())
        if len(found) == MOST_SLICES or again > LEVEL:
            continue
        told |= inside
        predicates = tuple((name, coded[name][1][code]) for name, code in rule.values)
        found.append(
            Slice(
                rule=" and ".join(f"{name} is {value}" for name, value in predicates),
                predicates=predicates,
                rows=np.concatenate([rows[inside & bad], rows[inside & ~bad]]),
                errors=rule.errors,
                of=total,
                elsewhere=(errors - rule.errors) / max(total - rule.count, 1),
                p_value=p,
            )
        )
    return tuple(sorted(found, key=lambda found: -found.gain))
