"""Two arms of the same size side by side: what each answers, class by class, with its doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from querist.errors import InvalidInputError
from querist.experiments.comparing import (
    ClassFigures,
    ClassRow,
    EfficiencyBoost,
    SideBySide,
    SizePoint,
)
from querist.experiments.trials import Codes, Trial
from querist.metrics import is_undecided, label_ratio, labels_at, monotone, wilson
from querist.metrics.resampling import (
    REPEATS,
    Floats,
    drawn,
    interval,
    mean_known,
    ratio,
    student_levels,
)
from querist.schema.measure import Measure

# Share of the samples in which the efficiency boost must be known.
_KNOWN = 0.8
_KINDS = ("precision", "recall", "f1", "accuracy")


def side_by_side(
    trials: Sequence[Trial], class_names: Sequence[str], *, seed: int = 0, repeats: int = REPEATS
) -> SideBySide:
    """Compare the arms on what they answered, with bootstrap intervals.

    A sample draws the trials anew, where there are several, and their test rows; both arms and all
    sizes are measured on the same draw, so differences are paired. Figures are means over the
    trials. The interval of a class is never narrower than Wilson's for its rows, since no sample
    shows doubt where every row is right. Time O(S R n (A + C)) for S trials and R samples.

    Args:
        trials: Each with the same labels at the same sizes.
        class_names: One name for each code.
        seed: Draws the samples; the same seed gives the same intervals.
        repeats: Samples R.

    Raises:
        InvalidInputError: there is no trial, no test row, or no size that both arms have.
    """
    _check(trials)
    size, places = _equal_size(trials[0])
    codes = _occurring(trials, places)
    shared = all(np.array_equal(trials[0].truth, one.truth) for one in trials)
    shares = _trial_shares(len(trials), seed, repeats)

    def weights(trial: int, count: int) -> Iterator[Floats]:
        # Trials with the same test rows see the same draw of them.
        return drawn(count, np.random.default_rng([seed, 1 + (0 if shared else trial)]), repeats)

    sampled = _Figures.of(trials, places, codes, shares, weights)
    told = _Figures.of(
        trials, places, codes, np.full((1, len(trials)), 1 / len(trials)), _everything
    )
    rows = len(trials[0].truth)
    units = rows if len(trials) == 1 else len(trials)
    frame = _Frame(told=told, sampled=sampled, units=units, rows=rows)
    counts = np.mean([[(one.truth == code).sum() for code in codes] for one in trials], axis=0)
    return SideBySide(
        size=size,
        repeats=len(trials),
        active=frame.whole(0),
        control=frame.whole(1),
        gain=frame.whole_gain(),
        classes=tuple(
            frame.row(at, str(class_names[code]), round(float(counts[at])))
            for at, code in enumerate(codes.tolist())
        ),
        boost=_boost(trials[0], frame),
        active_curve=frame.curve(0, trials[0].active_labels),
        control_curve=frame.curve(1, trials[0].control_labels),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figures:
    """Both arms' figures for each sample: classes (2, 4, R, C), means (2, 4, R), curves (R, sizes).

    ``said`` (2, R, C) holds how many rows each class was said of.
    """

    classes: Floats
    means: Floats
    said: Floats
    curves: tuple[Floats, Floats]

    @classmethod
    def of(
        cls,
        trials: Sequence[Trial],
        places: tuple[int, int],
        codes: Codes,
        shares: Floats,
        weights: Callable[[int, int], Iterator[Floats]],
    ) -> _Figures:
        """Means over the trials, weighted by ``shares`` (R, S)."""
        repeats, width = len(shares), len(codes)
        sums = _Sums(repeats, width, trials[0])
        for at, trial in enumerate(trials):
            start = 0
            tables = [
                _hot(trial.truth, answers[place], codes)
                for answers, place in zip((trial.active, trial.control), places, strict=True)
            ]
            right = [
                np.asarray(a == trial.truth, np.float64) for a in (trial.active, trial.control)
            ]
            for block in weights(at, len(trial.truth)):
                rows = slice(start, start + len(block))
                share = shares[rows, at]
                for arm in (0, 1):
                    sums.add(arm, rows, share, block, tables[arm], right[arm])
                start += len(block)
        return cls(
            classes=ratio(sums.classes, sums.known),
            means=ratio(sums.means, sums.known_means),
            said=sums.said,
            curves=(sums.curves[0], sums.curves[1]),
        )


class _Sums:
    """Running sums over the trials."""

    def __init__(self, repeats: int, width: int, first: Trial) -> None:
        self.classes = np.zeros((2, 4, repeats, width))
        self.known = np.zeros((2, 4, repeats, width))
        self.means = np.zeros((2, 4, repeats))
        self.known_means = np.zeros((2, 4, repeats))
        self.said = np.zeros((2, repeats, width))
        self.curves = [np.zeros((repeats, len(arm))) for arm in (first.active, first.control)]

    def add(
        self,
        arm: int,
        rows: slice,
        share: Floats,
        block: Floats,
        hot: tuple[Floats, Floats, Floats],
        right: Floats,
    ) -> None:
        total = block.sum(axis=1)
        hits, true, said = (block @ part for part in hot)
        each = np.stack(
            [
                ratio(hits, said),
                ratio(hits, true),
                ratio(2 * hits, true + said),
                (total[:, None] - true - said + 2 * hits) / total[:, None],
            ]
        )
        whole = np.stack([*(mean_known(part) for part in each[:3]), hits.sum(axis=1) / total])
        for target, known, values, part in (
            (self.classes, self.known, each, share[None, :, None]),
            (self.means, self.known_means, whole, share[None, :]),
        ):
            there = ~np.isnan(values)
            target[arm, :, rows] += part * np.where(there, values, 0.0)
            known[arm, :, rows] += part * there
        self.said[arm, rows] += share[:, None] * said
        self.curves[arm][rows] += share[:, None] * (block @ right.T) / total[:, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """From figures of all rows and of samples to figures with intervals."""

    told: _Figures
    sampled: _Figures
    units: int
    rows: int

    def whole(self, arm: int) -> ClassFigures:
        return self._figures(self.told.means[arm, :, 0], self.sampled.means[arm])

    def whole_gain(self) -> ClassFigures:
        told, sampled = (part.means[0] - part.means[1] for part in (self.told, self.sampled))
        return self._figures(told[:, 0], sampled)

    def row(self, at: int, name: str, count: int) -> ClassRow:
        arms = [self._class(arm, at, count) for arm in (0, 1)]
        told, sampled = (part.classes[0] - part.classes[1] for part in (self.told, self.sampled))
        gain = self._figures(told[:, 0, at], sampled[:, :, at])
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
            "accuracy": _wilson(float(told[3]), self.rows),
        }
        return ClassFigures(**{k: _widened(getattr(figures, k), bounds[k]) for k in _KINDS})

    def _figures(self, told: Floats, sampled: Floats) -> ClassFigures:
        pairs = zip(_KINDS, told.tolist(), sampled, strict=True)
        return ClassFigures(**{kind: self._measure(value, part) for kind, value, part in pairs})

    def _measure(self, value: float, samples: Floats) -> Measure | None:
        low, high = interval(value, samples, self.units)
        if np.isnan(low):
            return None
        return Measure(value=value, low=low, high=high, count=self.rows)


def _check(trials: Sequence[Trial]) -> None:
    if not trials or not all(len(one.truth) for one in trials):
        raise InvalidInputError(
            "There is nothing to compare on.",
            remedy="Label the audit set, or some assets of the test split.",
        )
    if len({(one.active_labels, one.control_labels) for one in trials}) > 1:
        raise InvalidInputError(
            "The trials have other sizes.", remedy="Give each trial the same batches."
        )


def _equal_size(trial: Trial) -> tuple[int, tuple[int, int]]:
    """The largest number of labels that both arms have, and where it stands in each."""
    both = set(trial.active_labels) & set(trial.control_labels)
    if not both:
        raise InvalidInputError(
            f"The arms have {list(trial.active_labels)} and {list(trial.control_labels)} labels.",
            remedy="Measure both with the same number of labels at least once.",
        )
    size = max(both)
    return size, (trial.active_labels.index(size), trial.control_labels.index(size))


def _occurring(trials: Sequence[Trial], places: tuple[int, int]) -> Codes:
    seen = [
        part
        for one in trials
        for part in (one.truth, one.active[places[0]], one.control[places[1]])
    ]
    return np.unique(np.concatenate(seen)).astype(np.int64)


def _trial_shares(trials: int, seed: int, repeats: int) -> Floats:
    """How much each trial counts in each sample (R, S): drawn with replacement, in all one."""
    rng = np.random.default_rng([seed, 0])
    found = rng.multinomial(trials, np.full(trials, 1 / trials), size=repeats) / trials
    return np.asarray(found, dtype=np.float64)


def _everything(_: int, count: int) -> Iterator[Floats]:
    yield np.ones((1, count))


def _hot(truth: Codes, said: Codes, codes: Codes) -> tuple[Floats, Floats, Floats]:
    """Right, true and said rows of each class (n, C), as ones."""
    true, told = (values[:, None] == codes for values in (truth, said))
    return (
        (true & told).astype(np.float64),
        true.astype(np.float64),
        told.astype(np.float64),
    )


def _wilson(value: float, count: int) -> tuple[float, float]:
    if np.isnan(value) or not count:
        return 0.0, 1.0
    return wilson(round(value * count), count)


def _widened(found: Measure | None, bounds: tuple[float, float]) -> Measure | None:
    if found is None:
        return None
    low, high = min(found.low, bounds[0]), max(found.high, bounds[1])
    return Measure(value=found.value, low=low, high=high, count=found.count)


def _boost(trial: Trial, frame: _Frame) -> EfficiencyBoost | None:
    ours, theirs = (np.array(n, float) for n in (trial.active_labels, trial.control_labels))

    def ratios(figures: _Figures) -> Floats:
        mine, base = (monotone(curve) for curve in figures.curves)
        return label_ratio(ours, mine, theirs, base)

    value, samples = float(ratios(frame.told)[0]), ratios(frame.sampled)
    known = samples[~np.isnan(samples)]
    if np.isnan(value) or len(known) < _KNOWN * len(samples):
        return None
    low, high = np.quantile(known, student_levels(frame.units))
    mine, base = (monotone(curve) for curve in frame.told.curves)
    top = np.minimum(mine[:, -1:], base[:, -1:])
    times = Measure(
        value=1 / value,
        low=1 / max(float(high), value),
        high=1 / min(float(low), value),
        count=frame.rows,
    )
    if is_undecided(times):
        return None
    return EfficiencyBoost(
        times=times,
        accuracy=float(top[0, 0]),
        active_labels=float(labels_at(ours, mine, top)[0, 0]),
        control_labels=float(labels_at(theirs, base, top)[0, 0]),
    )
