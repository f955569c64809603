"""One run: one strategy and one seed, from zero labels to the last round."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.experiments.arms import CONTROL, parse_arm
from querist.experiments.data import LabeledData
from querist.experiments.settings import SimulationSettings
from querist.learners import OF_A_MODEL, Learner, create_learner, model_signals
from querist.metrics import accuracy, aulc, macro_f1
from querist.strategies import Signal, query


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Positions (n_pool,) and (n_test,) of the rows a seed gives to the pool and to the test."""

    pool: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one arm did under one seed; lists have one entry a round.

    Attributes:
        strategy: The arm, as it was named.
        seed: Its seed.
        labels: Labels used so far.
        accuracy: Test accuracy, 0 to 1, higher is better.
        macro_f1: Mean F1 over the classes, 0 to 1, higher is better.
        aulc: Mean of ``accuracy`` over the rounds.
        select_seconds: Wall time of the selection, the pool's predictions included.
        fit_seconds: Wall time of the training.
        peak_mb: Largest resident memory of the process during the run, in 10⁶ bytes.
    """

    strategy: str
    seed: int
    labels: list[int] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    macro_f1: list[float] = field(default_factory=list)
    aulc: float = 0.0
    select_seconds: list[float] = field(default_factory=list)
    fit_seconds: list[float] = field(default_factory=list)
    peak_mb: float = 0.0


def split_by_seed(data: LabeledData, seed: int, test_share: float = 0.3) -> Split:
    """The rows for pool and test: as the data says, else drawn class by class from ``seed``.

    Every class keeps at least one row in the pool.
    """
    if data.test is not None:
        return Split(pool=np.flatnonzero(~data.test), test=np.flatnonzero(data.test))
    rng = np.random.default_rng([seed, 0])
    test = np.zeros(len(data.y), dtype=bool)
    for code in range(len(data.class_names)):
        rows = rng.permutation(np.flatnonzero(data.y == code))
        test[rows[: min(round(test_share * len(rows)), len(rows) - 1)]] = True
    if not test.any():
        raise InvalidInputError(
            f"{len(data.y)} rows leave none for testing.",
            remedy="Give more rows of each class, or a split.",
        )
    return Split(pool=np.flatnonzero(~test), test=np.flatnonzero(test))


def run(
    data: LabeledData,
    settings: SimulationSettings,
    *,
    strategy: str,
    seed: int,
    watch: Callable[[NDArray[np.int64]], None] | None = None,
) -> Run:
    """Ask ``batch_size`` labels a round from none on, train after each round, and test.

    A strategy that needs a model's signals gets its first batch from the random control, the same
    one under the same seed. The same data, settings, strategy and seed give the same run, times and
    memory apart; one thread works, so that it does not depend on how many there are.

    Args:
        data: Labelled rows.
        settings: Batches, rounds and learner.
        strategy: The arm, a name or ``name:parameter=value``.
        seed: Draws split, random batches and whatever the arm draws.
        watch: Given what each round's model answers on the test rows (n_test,).

    Raises:
        UnknownNameError: there is no such strategy or learner.
        MissingSignalError: the strategy needs a signal that neither the data nor the learner has.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), _peak_memory() as peak:
        found = _run(data, settings, strategy, seed, watch or (lambda _: None))
    return replace(found, aulc=aulc(found.accuracy), peak_mb=round(peak["mb"], 1))


def full_data_quality(data: LabeledData, settings: SimulationSettings, seed: int) -> float:
    """Test accuracy of the learner trained on the seed's whole pool, 0 to 1."""
    from threadpoolctl import threadpool_limits

    split = split_by_seed(data, seed, settings.test_share)
    model = _Model(settings, len(data.class_names))
    with threadpool_limits(1):
        model.fit(rows_of(data.X, split.pool), data.y[split.pool], _rng(seed, 3))
        return accuracy(data.y[split.test], model.predict(rows_of(data.X, split.test)))


def rows_of(X: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The rows at sorted positions (n,): a view where they are neighbours, else a copy."""
    if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
        return X[rows[0] : rows[-1] + 1]
    return X[rows]


def _run(
    data: LabeledData,
    settings: SimulationSettings,
    strategy: str,
    seed: int,
    watch: Callable[[NDArray[np.int64]], None],
) -> Run:
    split = split_by_seed(data, seed, settings.test_share)
    X, y = rows_of(data.X, split.pool), data.y[split.pool]
    test, truth = rows_of(data.X, split.test), data.y[split.test]
    found = Run(strategy=strategy, seed=seed)
    labeled = np.empty(0, dtype=np.int64)
    model = _Model(settings, len(data.class_names))
    arm, control = parse_arm(strategy), parse_arm(CONTROL)
    needs = arm.create().needs
    for number in range(settings.rounds):
        if len(labeled) == len(X):
            break
        start = time.perf_counter()
        # A strategy that cannot start without a model starts with the control's random batch.
        asked = arm if model.trained or not needs & OF_A_MODEL else control
        picks = query(
            asked.strategy,
            n=settings.batch_size,
            embeddings=X,
            labeled=labeled,
            labels=y[labeled],
            random_state=_rng(seed, 1, number),
            **model.signals(needs, X, labeled, y[labeled], _rng(seed, 4, number)),
            **asked.parameters,
        ).indices
        found.select_seconds.append(time.perf_counter() - start)
        labeled = np.concatenate([labeled, picks])
        start = time.perf_counter()
        model.fit(X[labeled], y[labeled], _rng(seed, 2, number))
        found.fit_seconds.append(time.perf_counter() - start)
        found.labels.append(len(labeled))
        predicted = model.predict(test)
        watch(predicted)
        found.accuracy.append(accuracy(truth, predicted))
        found.macro_f1.append(macro_f1(truth, predicted))
    return found


def _rng(*key: int) -> np.random.Generator:
    return np.random.default_rng(key)


class _Model:
    """The learner, or the only class seen while there is just one."""

    def __init__(self, settings: SimulationSettings, class_count: int) -> None:
        self._settings = settings
        self._class_count = class_count
        self._learner: Learner | None = None
        self._only = 0

    @property
    def trained(self) -> bool:
        return self._learner is not None

    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64], rng: np.random.Generator) -> None:
        self._only = int(y[0])
        if np.any(y != y[0]):
            self._learner = self._new()
            self._learner.fit(X, y, class_count=self._class_count, rng=rng)

    def signals(
        self,
        needs: frozenset[Signal],
        X: NDArray[np.float32],
        labeled: NDArray[np.int64],
        labels: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> dict[str, Any]:
        """What the model can tell a strategy; nothing before it is trained."""
        if self._learner is None:
            return {}
        beside = model_signals(
            needs,
            self._learner,
            self._new,
            X,
            labeled,
            labels,
            class_count=self._class_count,
            rng=rng,
        )
        return {"probabilities": self._learner.predict_proba(X), **beside}

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        if self._learner is None:
            return np.full(len(X), self._only, dtype=np.int64)
        found: NDArray[np.int64] = np.argmax(self._learner.predict_proba(X), axis=1)
        return found

    def _new(self) -> Learner:
        return create_learner(self._settings.learner, **dict(self._settings.learner_parameters))


@contextmanager
def _peak_memory() -> Iterator[dict[str, float]]:
    """The process's largest resident memory meanwhile; since its start where Linux cannot say."""
    found = {"mb": 0.0}
    with suppress(OSError):
        # 5 sets the high-water mark back to what is resident now (see proc(5)).
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    yield found
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
        found["mb"] = int(kib) * 1024 / 1e6
    except (OSError, StopIteration):
        import resource

        found["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
