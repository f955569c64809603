"""Two arms of the same size side by side: what each answers, class by class, with its doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from querist.errors import InvalidInputError
from querist.experiments.comparing import (
    ACCURACY,
    ClassFigures,
    ClassRow,
    EfficiencyBoost,
    SideBySide,
    SizePoint,
)
from querist.experiments.judging import ArmFigures, Judged, JudgedClasses
from querist.experiments.trials import Codes, Trial
from querist.metrics import is_undecided, label_ratio, labels_at, monotone, wilson
from querist.metrics.paired import with_room
from querist.metrics.resampling import (
    REPEATS,
    Floats,
    drawn,
    interval,
    ratio,
)
from querist.metrics.savings import LEAST_ASSETS, has_learned, rose, saving_interval
from querist.schema.measure import Measure

# What sums of shares may be off by.
_ROUNDED = 1e-6
_KINDS = ("precision", "recall", "f1", "accuracy")


def side_by_side(
    trials: Sequence[Trial], class_names: Sequence[str], *, seed: int = 0, repeats: int = REPEATS
) -> SideBySide:
    """Compare the arms on the class that they gave each row, with bootstrap intervals.

    See ``compared``; the measure is accuracy.

    Args:
        trials: Each with the same labels at the same sizes.
        class_names: One name for each code.
        seed: Draws the samples; the same seed gives the same intervals.
        repeats: Samples R.

    Raises:
        InvalidInputError: there is no trial, no test row, or no size that both arms have.
    """
    if not trials:
        raise _nothing()
    size = _equal_size((trials[0].active_labels, trials[0].control_labels))
    places = [
        (one.active_labels.index(size), one.control_labels.index(size))
        for one in trials
        if size in one.active_labels and size in one.control_labels
    ]
    if len(places) < len(trials):
        raise _other_sizes()
    codes = _occurring(trials, places)
    return compared(
        [JudgedClasses(one, place, codes) for one, place in zip(trials, places, strict=True)],
        [str(class_names[code]) for code in codes.tolist()],
        alike=all(np.array_equal(trials[0].truth, one.truth) for one in trials),
        seed=seed,
        repeats=repeats,
    )


def compared(
    trials: Sequence[Judged],
    class_names: Sequence[str],
    *,
    measure: str = ACCURACY,
    alike: bool = True,
    seed: int = 0,
    repeats: int = REPEATS,
) -> SideBySide:
    """Compare the arms on what they answered, with bootstrap intervals.

    A sample draws the trials anew, where there are several, and their test rows; both arms and all
    sizes are measured on the same draw, so differences are paired. Figures are means over the
    trials. The interval of a class is never narrower than Wilson's for what there is of it, since
    no sample shows doubt where every row is right. Time O(S R n (A + C)) for S trials and R
    samples.

    Args:
        trials: Each with the same labels at the same sizes.
        class_names: The name of each class, in order.
        measure: What the task is judged by.
        alike: Whether all trials have the same test rows: then they see the same draw of them.
        seed: Draws the samples; the same seed gives the same intervals.
        repeats: Samples R.

    Raises:
        InvalidInputError: there is no trial, no test row, or no size that both arms have.
    """
    if not trials or not all(one.rows for one in trials):
        raise _nothing()
    if len({one.labels for one in trials}) > 1:
        raise _other_sizes()
    labels = trials[0].labels
    size = _equal_size(labels)
    shares = _trial_shares(len(trials), seed, repeats)

    def weights(trial: int, count: int) -> Iterator[Floats]:
        return drawn(count, np.random.default_rng([seed, 1 + (0 if alike else trial)]), repeats)

    sampled = _Figures.of(trials, shares, weights)
    told = _Figures.of(trials, np.full((1, len(trials)), 1 / len(trials)), _everything)
    rows = trials[0].rows
    counts = np.mean([one.there for one in trials], axis=0)
    frame = _Frame(
        told=told,
        sampled=sampled,
        units=rows if len(trials) == 1 else len(trials),
        rows=rows,
        trials=len(trials),
        counts=counts,
        measure=measure,
    )
    occurs = (counts > 0) | (told.said[:, 0] > 0).any(axis=0)
    return SideBySide(
        size=size,
        repeats=len(trials),
        active=frame.whole(0),
        control=frame.whole(1),
        gain=frame.whole_gain(),
        classes=tuple(frame.row(at, class_names[at]) for at in np.flatnonzero(occurs).tolist()),
        boost=_boost(labels, frame),
        active_curve=frame.curve(0, labels[0]),
        control_curve=frame.curve(1, labels[1]),
        measure=measure,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figures:
    """Both arms' figures for each sample: classes (2, 4, R, C), means (2, 4, R), curves (R, sizes).

    ``said`` (2, R, C) holds how often each class was said.
    """

    classes: Floats
    means: Floats
    said: Floats
    curves: tuple[Floats, Floats]

    @classmethod
    def of(
        cls,
        trials: Sequence[Judged],
        shares: Floats,
        weights: Callable[[int, int], Iterator[Floats]],
    ) -> _Figures:
        """Means over the trials, weighted by ``shares`` (R, S)."""
        first = trials[0]
        sums = _Sums(len(shares), len(first.there), first.labels)
        for at, trial in enumerate(trials):
            start = 0
            for block in weights(at, trial.rows):
                rows = slice(start, start + len(block))
                for arm in (0, 1):
                    sums.add(arm, rows, shares[rows, at], trial.figures(arm, block))
                start += len(block)
        return cls(
            classes=ratio(sums.classes, sums.known),
            means=ratio(sums.means, sums.known_means),
            said=sums.said,
            curves=(sums.curves[0], sums.curves[1]),
        )


class _Sums:
    """Running sums over the trials."""

    def __init__(self, repeats: int, width: int, labels: Sequence[Sequence[int]]) -> None:
        self.classes = np.zeros((2, 4, repeats, width))
        self.known = np.zeros((2, 4, repeats, width))
        self.means = np.zeros((2, 4, repeats))
        self.known_means = np.zeros((2, 4, repeats))
        self.said = np.zeros((2, repeats, width))
        self.curves = [np.zeros((repeats, len(arm))) for arm in labels]

    def add(self, arm: int, rows: slice, share: Floats, found: ArmFigures) -> None:
        for target, known, values, part in (
            (self.classes, self.known, found.classes, share[None, :, None]),
            (self.means, self.known_means, found.whole, share[None, :]),
        ):
            there = ~np.isnan(values)
            target[arm, :, rows] += part * np.where(there, values, 0.0)
            known[arm, :, rows] += part * there
        self.said[arm, rows] += share[:, None] * found.said
        # A curve that is not defined somewhere makes the sample one that nobody knows.
        weight = share[:, None]
        self.curves[arm][rows] += np.where(weight > 0, weight * found.curve, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """From figures of all rows and of samples to figures with intervals."""

    told: _Figures
    sampled: _Figures
    units: int
    rows: int
    trials: int
    counts: Floats
    measure: str

    def whole(self, arm: int) -> ClassFigures:
        return self._figures(self.told.means[arm, :, 0], self.sampled.means[arm])

    def whole_gain(self) -> ClassFigures:
        told, sampled = (part.means[0] - part.means[1] for part in (self.told, self.sampled))
        return self._figures(told[:, 0], sampled, least=-1.0)

    def row(self, at: int, name: str) -> ClassRow:
        count = round(float(self.counts[at]))
        arms = [self._class(arm, at, count) for arm in (0, 1)]
        told, sampled = (part.classes[0] - part.classes[1] for part in (self.told, self.sampled))
        gain = self._figures(told[:, 0, at], sampled[:, :, at], least=-1.0, alike=count)
        return ClassRow(name=name, count=count, active=arms[0], control=arms[1], gain=gain)

    def curve(self, arm: int, labels: Sequence[int]) -> tuple[SizePoint, ...]:
        told, sampled = self.told.curves[arm][0], self.sampled.curves[arm]
        found = (
            (count, self._measure(float(told[at]), sampled[:, at]))
            for at, count in enumerate(labels)
        )
        return tuple(SizePoint(labels=n, accuracy=one) for n, one in found if one is not None)

    def _class(self, arm: int, at: int, count: int) -> ClassFigures:
        told, sampled = self.told.classes[arm, :, 0, at], self.sampled.classes[arm, :, :, at]
        said = round(float(self.told.said[arm, 0, at]))
        figures = self._figures(told, sampled)
        # 2 o / (1 + o) is F1 for the overlap o = tp / (tp + fp + fn), which is a share.
        f1 = float(told[2])
        hits = round(float(np.nan_to_num(told[1])) * count)
        either = count + said - hits
        overlap = _wilson(f1 / (2 - f1), either)
        bounds = {
            "precision": _wilson(float(told[0]), said),
            "recall": _wilson(float(told[1]), count),
            "f1": (2 * overlap[0] / (1 + overlap[0]), 2 * overlap[1] / (1 + overlap[1])),
            "accuracy": _wilson(float(told[3]), self.rows if self.measure == ACCURACY else count),
        }
        return ClassFigures(**{k: _widened(getattr(figures, k), bounds[k]) for k in _KINDS})

    def _figures(
        self, told: Floats, sampled: Floats, *, least: float = 0.0, alike: int | None = None
    ) -> ClassFigures:
        return ClassFigures(
            **{
                kind: self._measure(value, part, least=least, alike=alike)
                for kind, value, part in zip(_KINDS, told.tolist(), sampled, strict=True)
            }
        )

    def _measure(
        self, value: float, samples: Floats, *, least: float = 0.0, alike: int | None = None
    ) -> Measure | None:
        """The figure with its interval; ``alike`` is how many there are that may all be alike."""
        low, high = interval(value, samples, self.units)
        if np.isnan(low):
            return None
        found = Measure(value=value, low=low, high=high, count=self.rows)
        if not least <= value <= 1:
            return found
        count = self.rows if alike is None else alike
        roomy = with_room(replace(found, count=count), least=least)
        return replace(roomy, count=self.rows)


def _nothing() -> InvalidInputError:
    return InvalidInputError(
        "There is nothing to compare on.",
        remedy="Label the audit set, or some assets of the test split.",
    )


def _other_sizes() -> InvalidInputError:
    return InvalidInputError(
        "The trials have other sizes.", remedy="Give each trial the same batches."
    )


def _equal_size(labels: tuple[tuple[int, ...], tuple[int, ...]]) -> int:
    """The largest number of labels that both arms have."""
    active, control = labels
    both = set(active) & set(control)
    if not both:
        raise InvalidInputError(
            f"The arms have {list(active)} and {list(control)} labels.",
            remedy="Measure both with the same number of labels at least once.",
        )
    return max(both)


def _occurring(trials: Sequence[Trial], places: Sequence[tuple[int, int]]) -> Codes:
    seen = [
        part
        for one, place in zip(trials, places, strict=True)
        for part in (one.truth, one.active[place[0]], one.control[place[1]])
    ]
    return np.unique(np.concatenate(seen)).astype(np.int64)


def _trial_shares(trials: int, seed: int, repeats: int) -> Floats:
    """How much each trial counts in each sample (R, S): drawn with replacement, in all one."""
    rng = np.random.default_rng([seed, 0])
    found = rng.multinomial(trials, np.full(trials, 1 / trials), size=repeats) / trials
    return np.asarray(found, dtype=np.float64)


def _everything(_: int, count: int) -> Iterator[Floats]:
    yield np.ones((1, count))


def _wilson(value: float, count: int) -> tuple[float, float]:
    if np.isnan(value) or not count:
        return 0.0, 1.0
    return wilson(round(value * count), count)


def _widened(found: Measure | None, bounds: tuple[float, float]) -> Measure | None:
    if found is None:
        return None
    low, high = min(found.low, bounds[0]), max(found.high, bounds[1])
    return Measure(value=found.value, low=low, high=high, count=found.count)


def _boost(
    labels: tuple[tuple[int, ...], tuple[int, ...]], frame: _Frame
) -> EfficiencyBoost | None:
    ours, theirs = (np.array(arm, float) for arm in labels)

    def ratios(figures: _Figures) -> Floats:
        mine, base = (monotone(curve) for curve in figures.curves)
        found = label_ratio(ours, mine, theirs, base)
        found[np.isnan(mine).any(axis=1) | np.isnan(base).any(axis=1)] = np.nan
        return found

    value, samples = float(ratios(frame.told)[0]), ratios(frame.sampled)
    ends = saving_interval(value, samples, frame.units)
    mine, base = (monotone(curve) for curve in frame.told.curves)
    if ends is None:
        return None
    if frame.measure == ACCURACY:
        few = frame.rows * frame.trials * float(rose(mine, base)[0]) < LEAST_ASSETS - _ROUNDED
        commonest = float(frame.counts.max()) / frame.rows
        if few or not has_learned(mine, base, frame.rows, commonest):
            return None
    top = np.minimum(mine[:, -1:], base[:, -1:])
    times = Measure(value=1 / value, low=1 / ends[1], high=1 / ends[0], count=frame.rows)
    if is_undecided(times):
        return None
    return EfficiencyBoost(
        times=times,
        accuracy=float(top[0, 0]),
        active_labels=float(labels_at(ours, mine, top)[0, 0]),
        control_labels=float(labels_at(theirs, base, top)[0, 0]),
    )
