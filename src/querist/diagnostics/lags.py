"""Cross-class lags: a class that gains, or stalls, with the labels of another class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.diagnostics.chances import discovery_rate
from querist.errors import InvalidInputError

LEVEL = 0.03
# Rounds that a label may take to show; changes of recall below which nothing is said.
LAGS = 3
FEWEST = 6
# A class ran out where its newest rounds bring less than this part of what earlier ones did.
RAN_OUT, NEWEST = 0.34, 3

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLag:
    """One class follows the labels of another.

    Attributes:
        follower: The class whose recall moves.
        leader: The class whose labels move it.
        lag: Rounds from these labels to the move, 0 for the same round.
        correlation: Of the two, with the follower's own labels taken out; 0 to 1.
        p_value: Chance of it by luck, adjusted for all pairs and lags that were looked at.
        before: Labels of the leader a round, in all rounds but the newest three.
        newest: The same in the newest three.
    """

    follower: str
    leader: str
    lag: int
    correlation: float
    p_value: float
    before: float
    newest: float

    @property
    def ran_out(self) -> bool:
        """Whether the leader's labels have surely become few."""
        return self.newest <= RAN_OUT * self.before

    def sentence(self, stalled: bool) -> str:
        """In words; ``stalled`` says whether the follower has stopped gaining."""
        when = (
            "in the same round" if not self.lag else f"{self.lag} round{'s'[: self.lag - 1]} later"
        )
        if stalled and self.ran_out:
            return (
                f"{self.follower} stalled because {self.leader} ran out: it gained {when} "
                f"whenever {self.leader} was labelled, {self.before:.1f} labels a round before, "
                f"{self.newest:.1f} in the newest {NEWEST}."
            )
        return f"{self.follower} gains {when} when {self.leader} is labelled."


def class_lags(
    recall: ArrayLike,
    added: ArrayLike,
    classes: Sequence[str],
    *,
    followers: Sequence[str] | None = None,
    lags: int = LAGS,
) -> tuple[ClassLag, ...]:
    """Classes whose recall follows the labels of another class, surest first.

    For each pair the changes of the one's recall from round to round are correlated with the
    labels of the other up to ``lags`` - 1 rounds earlier; the follower's own new labels, and what
    all further classes gained, are taken out of both (partial correlation). Changes, and not
    levels: everything that grows over the rounds goes together; and all classes gain most in the
    first rounds. The false discovery rate over all pairs and lags is 3 % (Benjamini and
    Hochberg, 1995). A hint and no proof: with the few rounds of a project only strong ties show.

    Args:
        recall: Of each class in each round (R, C), 0 to 1; NaN where not measured.
        added: New labels of each class in each round (R, C), those that the round's model was the
            first to learn.
        classes: Names (C,).
        followers: Only these are asked about, for instance those that stall: fewer tests see more;
            all by default.
        lags: How many lags are looked at, from 0.

    Raises:
        InvalidInputError: shapes disagree.
    """
    levels, counts = np.asarray(recall, dtype=np.float64), np.asarray(added, dtype=np.float64)
    if levels.shape != counts.shape or levels.ndim != 2 or levels.shape[1] != len(classes):
        raise InvalidInputError(
            f"Recall {levels.shape} and counts {counts.shape} do not fit {len(classes)} classes.",
            remedy="Give one line a round and one column a class for both.",
        )
    gains = np.diff(levels, axis=0)
    tried = [
        (a, b, lag, *tie)
        for a, b in permutations(range(len(classes)), 2)
        if followers is None or classes[a] in followers
        for lag in range(lags)
        if (tie := _tie(gains, counts, (a, b), lag)) is not None
    ]
    adjusted = discovery_rate([p for *_, p in tried])
    found: dict[tuple[int, int], ClassLag] = {}
    for place in np.argsort(adjusted, kind="stable").tolist():
        a, b, lag, value, _ = tried[place]
        if adjusted[place] > LEVEL or (a, b) in found:
            continue
        found[a, b] = ClassLag(
            follower=classes[a],
            leader=classes[b],
            lag=lag,
            correlation=value,
            p_value=float(adjusted[place]),
            before=float(counts[:-NEWEST, b].mean()),
            newest=float(counts[-NEWEST:, b].mean()),
        )
    return tuple(found.values())


def _tie(
    gains: Table, counts: Table, pair: tuple[int, int], lag: int
) -> tuple[float, float] | None:
    """Partial correlation of the gains with the other's labels, and its one-sided chance."""
    from scipy.special import stdtr

    a, b = pair
    # The gain at place r is that of round r + 1, by labels up to ``lag`` rounds before it.
    rounds = np.arange(max(lag, 1), len(counts))
    gain, causes = gains[rounds - 1, a], counts[rounds - lag, b]
    further = np.delete(gains[rounds - 1], [a, b], axis=1)
    known = np.isfinite(gain)
    if known.sum() < FEWEST:
        return None
    design = [np.ones(known.sum()), counts[rounds, a][known]]
    if further.shape[1]:
        mean = np.where(np.isfinite(further), further, 0.0).mean(axis=1)
        design.append(mean[known])
    held = np.column_stack(design)
    y, x = (_rest(held, series[known]) for series in (gain, causes))
    size = float(np.linalg.norm(x) * np.linalg.norm(y))
    freedom = int(known.sum()) - held.shape[1] - 1
    if size <= 1e-9 * max(1.0, float(np.abs(causes).max())) or freedom < 1:
        return None
    value = float(np.clip(x @ y / size, -1.0, 1.0))
    spread = np.sqrt(max(1 - value**2, 1e-12) / freedom)
    return value, float(stdtr(freedom, -value / spread))


def _rest(held: Table, series: Table) -> Table:
    return np.asarray(series - held @ np.linalg.lstsq(held, series, rcond=None)[0])
