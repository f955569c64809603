"""Order matters, or not: models that learn in steps, fed in one order or another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, UnknownNameError
from querist.experiments.data import LabeledData
from querist.experiments.runner import rows_of, split_by_seed
from querist.learners import create_learner, out_of_fold
from querist.metrics import accuracy
from querist.metrics.intervals import mean_interval
from querist.schema.wording import number

RANDOM, REPLAY = "random", "+replay"
ORDERS = (RANDOM, "as-given", "easy-first", "hard-first", "balanced", "by-class")
# Rows of one step, and of the whole at most.
STEP, MOST = 32, 4_000
LEVEL = 0.05

Rows = NDArray[np.int64]


class StepLearner(Protocol):
    """What learns in steps: scikit-learn's ``partial_fit`` and ``predict``."""

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Any:
        """Learn from some rows; ``classes`` are all there will be."""

    def predict(self, X: Any) -> Any:
        """The classes of rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderGain:
    """What feeding in one order did, against another, over paired seeds.

    Attributes:
        order: Its name.
        against: The order it is compared with.
        accuracy: Mean test accuracy at the end, 0 to 1.
        gain: Mean difference to the other at the end, in points; higher is better.
        low: Lower end of its interval, 95 % over all orders compared together.
        high: Upper end.
        on_the_way: Mean difference over all steps, in points.
        differences: Difference at the end under each seed, in points.
    """

    order: str
    against: str
    accuracy: float
    gain: float
    low: float
    high: float
    on_the_way: float
    differences: tuple[float, ...]

    @property
    def sentence(self) -> str:
        """Whether it helps, in words."""
        sure = self.low > 0 or self.high < 0
        verdict = (
            ("helps" if self.gain > 0 else "does harm") if sure else "makes no sure difference"
        )
        return (
            f"Feeding {self.order} {verdict} against {self.against}: "
            f"{number(self.gain, '+.1f')} points "
            f"at the end ({number(self.low, '+.1f')} to {number(self.high, '+.1f')}), "
            f"{number(self.on_the_way, '+.1f')} on the way."
        )


def compare_orders(
    data: LabeledData,
    orders: Sequence[str],
    *,
    against: str = RANDOM,
    seeds: int = 8,
    learner: Callable[[int], StepLearner] | None = None,
) -> tuple[OrderGain, ...]:
    """Measure whether the order in which a model in steps is fed helps it, before anyone trusts it.

    Each step feeds 32 new rows together with 32 more: the same rows again, or with ``+replay``
    rows drawn from all that was fed before, against forgetting; so all orders cost the same.
    Orders: ``random``, ``as-given``, ``easy-first`` (Bengio et al., 2009, "Curriculum learning";
    easy is what models that did not see the row give its class much probability), ``hard-first``,
    ``balanced`` (classes in turn), ``by-class`` (one class after the other: what forgets most).
    An order against itself is drawn twice, which shows what chance alone does.

    Args:
        data: Labelled rows; up to 4,000 of a seed's pool are fed.
        orders: Names, each with or without ``+replay``.
        against: The order they are compared with.
        seeds: Paired draws of split, order and start of the model; 2 or more.
        learner: Makes an untrained model of a seed; logistic regression by stochastic gradient
            descent if ``None``.

    Raises:
        UnknownNameError: there is no such order.
        InvalidInputError: fewer than two seeds, or no order.
    """
    for name in (*orders, against):
        if name.removesuffix(REPLAY) not in ORDERS:
            raise UnknownNameError(
                f"There is no order {name!r}.",
                remedy=f"Take one of {', '.join(ORDERS)}, or one of them with {REPLAY}.",
            )
    if seeds < 2 or not orders:
        raise InvalidInputError(
            f"{len(orders)} orders over {seeds} seeds cannot be compared.",
            remedy="Give one order or more, and two seeds or more.",
        )
    make = learner or _sgd

    def curves(name: str, *, again: bool = False) -> NDArray[np.float64]:
        return np.array([_course(data, name, (seed, again), make) for seed in range(seeds)])

    base = curves(against)
    return tuple(
        _gain(name, against, curves(name, again=name == against), base, len(orders))
        for name in orders
    )


def fed(order: Rows, *, replay: bool, rng: np.random.Generator) -> Iterator[tuple[Rows, Rows]]:
    """The new rows of each step, and what is fed beside them.

    Args:
        order: Positions (n,), first fed first.
        replay: Whether old rows are fed beside the new ones, or the new ones again.
        rng: Draws the old rows.
    """
    for start in range(0, len(order), STEP):
        new = order[start : start + STEP]
        beside = rng.choice(order[:start], size=len(new)) if replay and start else new
        yield new, beside


def ordered(name: str, easiness: NDArray[np.float64], y: Rows, rng: np.random.Generator) -> Rows:
    """Positions (n,) in the order of that name; ties fall at random.

    Args:
        name: One of ``ORDERS``.
        easiness: Of each row (n,), higher is easier.
        y: Classes (n,).
        rng: Shuffles.
    """
    shuffled = rng.permutation(len(y))
    if name == "as-given":
        return np.arange(len(y))
    if name in ("easy-first", "hard-first"):
        key = easiness[shuffled] * (1 if name == "hard-first" else -1)
    elif name == "by-class":
        key = rng.permutation(int(y.max()) + 1)[y[shuffled]].astype(np.float64)
    elif name == "balanced":
        # How many of the row's class came before it in the shuffle.
        turn = np.zeros(len(y))
        for code in np.unique(y).tolist():
            mine = y[shuffled] == code
            turn[mine] = np.arange(mine.sum())
        key = turn
    else:
        return shuffled
    return np.asarray(shuffled[np.argsort(key, kind="stable")])


def _course(
    data: LabeledData, name: str, draw: tuple[int, bool], make: Callable[[int], StepLearner]
) -> list[float]:
    """Test accuracy after each step; of the seed's first draw of the order, or of another."""
    seed, again = draw
    split = split_by_seed(data, seed)
    pool = split.pool
    if len(pool) > MOST:
        pool = np.sort(np.random.default_rng([seed, 6]).choice(pool, size=MOST, replace=False))
    X, y = rows_of(data.X, pool), data.y[pool]
    mean, scale = X.mean(axis=0), X.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    test, truth = (rows_of(data.X, split.test) - mean) / scale, data.y[split.test]
    X = (X - mean) / scale
    plain = name.removesuffix(REPLAY)
    easiness = np.zeros(len(y))
    if plain in ("easy-first", "hard-first"):
        easiness = _easiness(X, y, len(data.class_names), seed)
    rng = np.random.default_rng([seed, 9 if again else 7])
    order = ordered(plain, easiness, y, rng)
    model = make(seed)
    classes = np.arange(len(data.class_names))
    found = []
    for new, beside in fed(order, replay=name.endswith(REPLAY), rng=rng):
        rows = rng.permutation(np.concatenate([new, beside]))
        model.partial_fit(X[rows], y[rows], classes=classes)
        found.append(accuracy(truth, np.asarray(model.predict(test))))
    return found


def _easiness(X: NDArray[np.floating], y: Rows, count: int, seed: int) -> NDArray[np.float64]:
    table = out_of_fold(
        lambda: create_learner("logistic-regression"),
        X.astype(np.float32),
        y,
        class_count=count,
        rng=np.random.default_rng([seed, 8]),
    )
    return np.asarray(table[np.arange(len(y)), y], dtype=np.float64)


def _gain(
    name: str,
    against: str,
    mine: NDArray[np.float64],
    theirs: NDArray[np.float64],
    compared: int,
) -> OrderGain:
    gain = 100 * (mine[:, -1] - theirs[:, -1])
    # Student's interval over the paired seeds, Bonferroni's over the orders compared.
    low, high = mean_interval(gain, 1 - LEVEL / compared)
    return OrderGain(
        order=name,
        against=against,
        accuracy=float(mine[:, -1].mean()),
        gain=float(gain.mean()),
        low=low,
        high=high,
        on_the_way=100 * float((mine - theirs).mean()),
        differences=tuple(gain.tolist()),
    )


def _sgd(seed: int) -> StepLearner:
    from sklearn.linear_model import SGDClassifier

    model: StepLearner = SGDClassifier(loss="log_loss", alpha=1e-3, random_state=seed)
    return model
