"""What several answers about one asset come to: which are the same, and what most say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from statistics import median

import numpy as np
from numpy.typing import NDArray

from querist.catalog.records import Verdict
from querist.labeling.shapes import nearness
from querist.metrics import Shapes, is_right
from querist.schema import Action, ConsensusMethod, NumberValue, Opinion, Value


def majority(opinions: Sequence[Opinion]) -> Verdict | None:
    """What most say; ``None`` where the most frequent answers are equally frequent.

    Skips and "cannot tell" are no votes: they decide only where nobody gives a label. Of numbers
    it is the median, since hardly two are equal.
    """
    name = ConsensusMethod.MAJORITY.value
    votes = [it.value for it in opinions if it.value is not None]
    if not votes:
        counts = Counter(it.action for it in opinions)
        action = max(counts, key=lambda it: (counts[it], it is Action.CANNOT_TELL))
        return Verdict(action=action, value=None, annotator=name)
    if all(isinstance(vote, NumberValue) for vote in votes):
        numbers = [vote.number for vote in votes if isinstance(vote, NumberValue)]
        middle = NumberValue(number=float(median(numbers)))
        return Verdict(action=Action.LABEL, value=middle, annotator=name)
    best = most_frequent(votes)
    if len(best) > 1:
        return None
    return Verdict(action=Action.LABEL, value=best[0], annotator=name)


def most_frequent(votes: Sequence[Value]) -> list[Value]:
    """The answer that is the same as most of all; several where different ones tie.

    Which answers are the same says ``is_right``. For answers that are the same stands one that
    somebody gave: the nearest to the others, of equally near ones the first.
    """
    if not any(isinstance(vote, Shapes) for vote in votes):
        counts = Counter(votes)
        most = max(counts.values())
        return [vote for vote, count in counts.items() if count == most]
    same = _same(votes)
    count = same.sum(axis=1)
    leading = np.flatnonzero(count == count.max()).tolist()
    groups: list[list[int]] = []
    for at in leading:
        # One may be the same as two that differ: together is only what is all the same.
        group = next((it for it in groups if same[at, it].all()), None)
        if group is None:
            groups.append([at])
        else:
            group.append(at)
    return [votes[_nearest(votes, same, group)] for group in groups]


def _same(votes: Sequence[Value]) -> NDArray[np.bool_]:
    """Whether each two answers (n, n) are the same."""
    found = np.eye(len(votes), dtype=bool)
    for i, j in combinations(range(len(votes)), 2):
        found[i, j] = found[j, i] = is_right(votes[i], votes[j])
    return found


def _nearest(votes: Sequence[Value], same: NDArray[np.bool_], group: Sequence[int]) -> int:
    """The one of a group that is nearest to all answers that are the same as it."""
    if len(group) == 1:
        return group[0]
    near = [
        sum(
            nearness(votes[at], votes[other])
            for other in np.flatnonzero(same[at]).tolist()
            if other != at
        )
        for at in group
    ]
    # Rounding is no reason to prefer a later one.
    return group[int(np.argmax(np.round(near, 9)))]
