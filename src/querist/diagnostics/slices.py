"""Slices: rules of one or two predicates under which a model errs surely more than elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.diagnostics.chances import Chances, discovery_rate, loss_chance, powers
from querist.errors import InvalidInputError
from querist.strategies.clusters import assign, k_means
from querist.strategies.geometry import Matrix

Rows = NDArray[np.int64]
Losses = NDArray[np.float64]

LEVEL = 0.01
# Rows looked at; of more, so many are drawn at random: what these cannot show hardly matters.
MOST_ROWS = 50_000
MOST_SLICES = 20
FEWEST, LEAST_SHARE = 10, 0.002
# Of a column with more values the most frequent ones count.
MOST_VALUES = 50
# A column of more different numbers is cut into so many parts.
MOST_NUMBERS, PARTS = 12, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """One condition on a column.

    Attributes:
        column: Its name.
        words: The value or the range, in words.
        low: Lowest number that belongs to it, where it is a range.
        high: First number beyond it; infinite for the last range.
    """

    column: str
    words: str
    low: float | None = None
    high: float | None = None

    def holds(self, values: NDArray[np.generic]) -> NDArray[np.bool_]:
        """Whether it holds for values (n,) of its column."""
        if self.low is None or self.high is None:
            return np.asarray(_in_words(values) == self.words)
        numbers = values.astype(np.float64)
        return np.asarray((numbers >= self.low) & (numbers < self.high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Rows with something in common on which the model errs more than on all others.

    Attributes:
        rule: In words, for example ``light is dark and size is 12 to 40``.
        predicates: One or two conditions.
        rows: Positions of its rows (k,) among those looked at, the wrong ones first.
        errors: How many of them are wrong, in part at least.
        lost: How wrong they are in all: their number where each is just right or wrong.
        of: Rows looked at.
        elsewhere: Share of the others that is wrong, or their mean loss, 0 to 1.
        p_value: Chance of so many errors, adjusted for all rules tried.
    """

    rule: str
    predicates: tuple[Predicate, ...]
    rows: Rows
    errors: int
    lost: float
    of: int
    elsewhere: float
    p_value: float

    @property
    def share(self) -> float:
        """Share of the slice that is wrong, or its mean loss, 0 to 1."""
        return self.lost / len(self.rows)

    def holds(self, columns: Mapping[str, NDArray[np.generic]]) -> NDArray[np.bool_]:
        """Whether the rule holds for each row of other columns (n,) of the same names."""
        found = [predicate.holds(columns[predicate.column]) for predicate in self.predicates]
        return np.asarray(np.all(found, axis=0))

    @property
    def gain(self) -> float:
        """Points of accuracy, or of the mean, if the slice were as good as the rest."""
        return 100 * (self.lost - self.elsewhere * len(self.rows)) / self.of


def find_slices(
    wrong: ArrayLike,
    columns: Mapping[str, ArrayLike],
    *,
    rng: np.random.Generator | None = None,
) -> tuple[Slice, ...]:
    """The slices that surely err more, by what mending them would gain, at most 20.

    Every value of a column is a predicate; a column of many numbers is cut at its quartiles, of
    many words the 50 most frequent count. Each rule is compared with all other rows, and one of
    two predicates also with the rest of each: by Fisher's exact test, and losses by the permutation
    test of their mean (``loss_chance``). The false discovery rate over all rules tried is 1 %. Of
    more than 50,000 rows so many are drawn.

    Args:
        wrong: Whether the model is wrong (n,), or how wrong it is of each, 0 to 1.
        columns: What is known of each row (n,), by name; numbers or words.
        rng: Draws the rows; a fixed seed if ``None``.

    Raises:
        InvalidInputError: a column has another length, or a loss is not within 0 to 1.
    """
    bad = np.asarray(wrong, dtype=np.float64)
    if not ((bad >= 0) & (bad <= 1)).all():
        raise InvalidInputError(
            "How wrong the model is of a row is NaN, or not within 0 to 1.",
            remedy="Give whether it is wrong, or a loss from 0 to 1.",
        )
    for name, values in columns.items():
        if np.shape(values) != bad.shape:
            raise InvalidInputError(
                f"The column {name!r} has shape {np.shape(values)} for {len(bad)} rows.",
                remedy="Give one value for each row.",
            )
    rows = sample_rows(len(bad), rng or np.random.default_rng(0))
    coded = {name: _codes(name, np.asarray(values)[rows]) for name, values in columns.items()}
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


def middles(embeddings: Matrix, groups: Rows) -> Rows:
    """The row nearest to the mean of each group (k,), by its number; rows (n,) are told theirs.

    A group can be told by these rows alone, on other rows too: what is nearest to one of them.
    """
    vectors = np.asarray(embeddings, dtype=np.float32)
    found = []
    for group in np.unique(groups).tolist():
        rows = np.flatnonzero(groups == group)
        apart = vectors[rows] - vectors[rows].mean(axis=0)
        found.append(int(rows[(apart**2).sum(axis=1).argmin()]))
    return np.array(found, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    values: tuple[tuple[str, int], ...]
    share: float
    p_value: float
    against_all: float


_Coded = Mapping[str, tuple[Rows, list[Predicate]]]


def _codes(name: str, values: NDArray[np.generic]) -> tuple[Rows, list[Predicate]]:
    """Codes (n,) of the values, -1 for rare ones and NaN, and what each code means."""
    if values.dtype.kind in "iuf":
        numbers = values.astype(np.float64)
        known = np.isfinite(numbers)
        if len(np.unique(numbers[known])) > MOST_NUMBERS:
            return _parts(name, numbers, known)
    else:
        known = np.ones(len(values), dtype=bool)
    found, places, counts = np.unique(
        _in_words(values[known]), return_inverse=True, return_counts=True
    )
    kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_VALUES])
    place = np.full(len(found), -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    codes = np.full(len(values), -1, dtype=np.int64)
    codes[known] = place[places]
    return codes, [Predicate(column=name, words=str(word)) for word in found[kept].tolist()]


def _in_words(values: NDArray[np.generic]) -> NDArray[np.str_]:
    if values.dtype.kind == "f":
        found, places = np.unique(values, return_inverse=True)
        return np.array([_in_short(value) for value in found.tolist()], dtype=np.str_)[places]
    return values.astype(np.str_)


def _in_short(number: float) -> str:
    """Short where that is the same number: two dates such as 20260101 must not become one word."""
    short = f"{number:g}"
    if float(short) == number or not np.isfinite(number):
        return short
    return f"{number:.0f}" if number.is_integer() else repr(number)


def _parts(
    name: str, numbers: NDArray[np.float64], known: NDArray[np.bool_]
) -> tuple[Rows, list[Predicate]]:
    cuts = np.unique(np.quantile(numbers[known], np.linspace(0, 1, PARTS + 1)))
    codes = np.clip(np.searchsorted(cuts, numbers, side="right") - 1, 0, max(len(cuts) - 2, 0))
    ranges = list(pairwise(cuts.tolist()))
    return np.where(known, codes, -1), [
        Predicate(
            column=name,
            words=f"{low:.3g} to {high:.3g}",
            low=low if at else -np.inf,
            high=high if at < len(ranges) - 1 else np.inf,
        )
        for at, (low, high) in enumerate(ranges)
    ]


def _tried(bad: Losses, coded: _Coded) -> Iterator[_Rule]:
    """Every rule with enough rows, with its chance; errors count only where there are some."""
    fewest = max(FEWEST, int(LEAST_SHARE * len(bad)))
    single = {name: _tallies(codes, len(words), bad) for name, (codes, words) in coded.items()}
    everything = powers(bad)
    for name, table in single.items():
        p = loss_chance(table, everything - table)
        for code in np.flatnonzero(table[:, 0] >= fewest).tolist():
            yield _Rule(
                values=((name, code),),
                share=float(table[code, 1] / table[code, 0]),
                p_value=float(p[code]),
                against_all=float(p[code]),
            )
    for a, b in combinations(coded, 2):
        (one, words), (two, others) = coded[a], coded[b]
        joint = np.where((one >= 0) & (two >= 0), one * len(others) + two, -1)
        tallies = _tallies(joint, len(words) * len(others), bad)
        places = np.flatnonzero(tallies[:, 0] >= fewest)
        i, j = np.divmod(places, max(len(others), 1))
        inside = tallies[places]
        p = against_all = loss_chance(inside, everything - inside)
        for name, own in ((a, i), (b, j)):
            whole = single[name][own]
            alone = whole[:, 0] <= inside[:, 0]
            p = np.maximum(p, np.where(alone, 1.0, loss_chance(inside, whole - inside)))
        for at in range(len(places)):
            yield _Rule(
                values=((a, int(i[at])), (b, int(j[at]))),
                share=float(inside[at, 1] / inside[at, 0]),
                p_value=float(p[at]),
                against_all=float(against_all[at]),
            )


def _tallies(codes: Rows, count: int, bad: Losses) -> Chances:
    """The ``powers`` of the rows of each code (count, 4)."""
    known = codes >= 0
    return np.stack(
        [np.bincount(codes[known], bad[known] ** power, minlength=count) for power in range(4)],
        axis=1,
    )


def _distinct(
    sure: list[tuple[_Rule, float]], bad: Losses, rows: Rows, coded: _Coded
) -> tuple[Slice, ...]:
    """The surest rule first; others only if their rows beyond those told are bad as well."""
    told = np.zeros(len(bad), dtype=bool)
    found: list[Slice] = []
    for rule, p in sorted(sure, key=lambda pair: (pair[0].against_all, -pair[0].share)):
        inside = np.ones(len(bad), dtype=bool)
        for name, code in rule.values:
            inside &= coded[name][0] == code
        again = loss_chance(powers(bad[inside & ~told]), powers(bad[~inside & ~told]))
        if len(found) == MOST_SLICES or again > LEVEL:
            continue
        told |= inside
        predicates = tuple(coded[name][1][code] for name, code in rule.values)
        places = np.flatnonzero(inside)
        places = places[np.argsort(-bad[places], kind="stable")]
        lost = float(bad[places].sum())
        found.append(
            Slice(
                rule=" and ".join(f"{one.column} is {one.words}" for one in predicates),
                predicates=predicates,
                rows=rows[places],
                errors=int((bad[places] > 0).sum()),
                lost=lost,
                of=len(bad),
                elsewhere=float((bad.sum() - lost) / max(len(bad) - len(places), 1)),
                p_value=p,
            )
        )
    return tuple(sorted(found, key=lambda found: -found.gain))
