"""One run: one strategy and one seed, from zero labels to the last round."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.experiments.data import LabeledData
from querist.experiments.settings import CONTROL, SimulationSettings
from querist.learners import create_learner
from querist.metrics import accuracy, aulc, macro_f1
from querist.strategies import Signal, create, query


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Positions (n_pool,) and (n_test,) of the rows a seed gives to the pool and to the test."""

    pool: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one arm did under one seed; lists have one entry a round.

    Attributes:
        strategy: Name of the arm.
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


def run(data: LabeledData, settings: SimulationSettings, *, strategy: str, seed: int) -> Run:
    """Ask ``batch_size`` labels a round from none on, train after each round, and test.

    A strategy that needs probabilities gets its first batch from the random control, the same one
    under the same seed. The same data, settings, strategy and seed give the same run, times and
    memory apart.

    Raises:
        UnknownNameError: there is no such strategy or learner.
        MissingSignalError: the strategy needs a signal that cannot exist before the first labels.
    """
    split = split_by_seed(data, seed, settings.test_share)
    X, y = data.X[split.pool], data.y[split.pool]
    found = Run(strategy=strategy, seed=seed)
    labeled = np.empty(0, dtype=np.int64)
    model = _Model(settings, len(data.class_names))
    parameters = dict(settings.strategy_parameters.get(strategy, {}))
    waits = Signal.PROBABILITIES in create(strategy, **parameters).needs
    with _peak_memory() as peak:
        for number in range(settings.rounds):
            if len(labeled) == len(X):
                break
            start = time.perf_counter()
            # A strategy that cannot start without a model starts with the control's random batch.
            arm = strategy if model.trained or not waits else CONTROL
            picks = query(
                arm,
                n=settings.batch_size,
                probabilities=model.probabilities(X) if model.trained else None,
                embeddings=X,
                labeled=labeled,
                labels=y[labeled],
                random_state=np.random.default_rng([seed, 1, number]),
                **dict(settings.strategy_parameters.get(arm, {})),
            ).indices
            found.select_seconds.append(time.perf_counter() - start)
            labeled = np.concatenate([labeled, picks])
            start = time.perf_counter()
            model.fit(X[labeled], y[labeled], np.random.default_rng([seed, 2, number]))
            found.fit_seconds.append(time.perf_counter() - start)
            found.labels.append(len(labeled))
            _score(found, model.predict(data.X[split.test]), data.y[split.test])
    return _closed(found, peak["mb"])


def full_data_quality(data: LabeledData, settings: SimulationSettings, seed: int) -> float:
    """Test accuracy of the learner trained on the seed's whole pool, 0 to 1."""
    split = split_by_seed(data, seed, settings.test_share)
    model = _Model(settings, len(data.class_names))
    model.fit(data.X[split.pool], data.y[split.pool], np.random.default_rng([seed, 3]))
    return accuracy(data.y[split.test], model.predict(data.X[split.test]))


class _Model:
    """The learner, or the only class seen while there is just one."""

    def __init__(self, settings: SimulationSettings, class_count: int) -> None:
        self._settings = settings
        self._class_count = class_count
        self._learner: Any = None
        self._only = 0

    @property
    def trained(self) -> bool:
        return self._learner is not None

    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64], rng: np.random.Generator) -> None:
        self._only = int(y[0])
        if np.any(y != y[0]):
            self._learner = create_learner(
                self._settings.learner, **dict(self._settings.learner_parameters)
            )
            self._learner.fit(X, y, class_count=self._class_count, rng=rng)

    def probabilities(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self._learner.predict_proba(X)
        return found

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.int64]:
        if not self.trained:
            return np.full(len(X), self._only, dtype=np.int64)
        found: NDArray[np.int64] = np.argmax(self.probabilities(X), axis=1)
        return found


def _score(found: Run, predicted: NDArray[np.int64], truth: NDArray[np.int64]) -> None:
    found.accuracy.append(accuracy(truth, predicted))
    found.macro_f1.append(macro_f1(truth, predicted))


def _closed(found: Run, peak_mb: float) -> Run:
    values: Mapping[str, Any] = {name: getattr(found, name) for name in found.__slots__}
    return Run(**{**values, "aulc": aulc(found.accuracy), "peak_mb": round(peak_mb, 1)})


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
