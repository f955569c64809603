"""A simulation: arms × paired seeds → runs → statistics → one JSON object; stops can be resumed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from querist._version import __version__
from querist.errors import ConflictError, InvalidInputError, MissingSignalError, StorageError
from querist.experiments.arms import parse_arm
from querist.experiments.data import LabeledData
from querist.experiments.runner import Run, full_data_quality, run, split_by_seed
from querist.experiments.settings import SimulationSettings
from querist.experiments.statistics import compare
from querist.learners import (
    OF_A_CLASSIFIER,
    learner_names,
    value_learner_class,
    value_learner_names,
)
from querist.schema import TaskKind, to_json
from querist.strategies import Signal

if TYPE_CHECKING:
    from querist.engine.base import Progress

# An arm and its seed; without an arm the learner is trained on the seed's whole pool.
Task = tuple[str | None, int]


def run_simulation(
    data: LabeledData,
    settings: SimulationSettings | None = None,
    *,
    resume_file: Path | None = None,
    anew: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run every arm under every seed and compare the arms with the random control.

    Args:
        data: Labelled rows.
        settings: What to do; the defaults compare ``auto`` with random.
        resume_file: JSON lines of finished runs; those found there are not run again, and each new
            one is added at once, so that a killed simulation goes on where it was.
        anew: Empty ``resume_file`` first, once all that was asked for is known to be possible.
        jobs: Processes that run side by side, each with one thread; times and memory apart, the
            result is the same with any number.
        progress: Called as (runs done, runs in all, text).

    Returns:
        The JSON object of ``querist simulate``: data, settings, runs, comparison.

    Raises:
        InvalidInputError: ``jobs`` is below one, or one batch takes the whole pool.
        MissingSignalError: a strategy needs what neither the data nor the learner has.
        ConflictError: ``resume_file`` belongs to other data or settings.
        StorageError: ``resume_file`` cannot be read or written.
    """
    chosen = settings or SimulationSettings()
    _check(data, chosen, jobs)
    store = _RunFile(resume_file, _fingerprint(data, chosen))
    if anew:
        store.remove()
    done, full = store.read()
    wanted = [(arm, seed) for seed in range(chosen.seeds) for arm in chosen.arms]
    left: list[Task] = []
    for seed in range(chosen.seeds):
        tasks: list[Task] = [(arm, seed) for arm in chosen.arms if (arm, seed) not in done]
        left += tasks if seed in full else [(None, seed), *tasks]
    tell = progress or (lambda *_: None)
    tell(len(wanted) - sum(arm is not None for arm, _ in left), len(wanted), "Starting")
    for found in _finished(data, chosen, left, jobs):
        if isinstance(found, Run):
            done[found.strategy, found.seed] = found
            store.append({"run": asdict(found)})
            count = sum(key in done for key in wanted)
            tell(count, len(wanted), f"{found.strategy}, seed {found.seed} done")
        else:
            full[found[0]] = found[1]
            store.append({"seed": found[0], "full_accuracy": found[1]})
    runs = [done[key] for key in wanted]
    return {
        "data": _describe(data, chosen, full),
        "settings": {**to_json(chosen), "arms": list(chosen.arms), "querist": __version__},
        "runs": [asdict(found) for found in runs],
        "comparison": compare(runs, full, chosen.quality_targets),
    }


def _check(data: LabeledData, settings: SimulationSettings, jobs: int) -> None:
    if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1:
        raise InvalidInputError(f"jobs is {jobs!r}.", remedy="Give a whole number of at least 1.")
    _check_learner(settings.learner)
    for arm in settings.arms:
        strange = parse_arm(arm).create().needs - OF_A_CLASSIFIER - {Signal.EMBEDDINGS}
        if strange:
            raise MissingSignalError(
                f"The strategy {arm!r} needs {', '.join(sorted(strange))}, which data with one "
                "class a row cannot give.",
                remedy="Choose a strategy for one class a row: see querist strategies.",
                strategy=arm,
                signal=min(strange),
            )
    size = len(split_by_seed(data, 0, settings.test_share).pool)
    if settings.batch_size >= size:
        raise InvalidInputError(
            f"One batch of {settings.batch_size:,} takes the whole pool of {size:,} rows, so there "
            "is nothing to choose.",
            remedy="Give a smaller batch, such as the number of classes.",
        )


def _check_learner(name: str) -> None:
    """Refuse a learner of other labels or of the assets themselves; unknown ones refuse later."""
    names = learner_names()
    if name not in value_learner_names() or name in names:
        return
    tasks = value_learner_class(name).tasks
    if TaskKind.CLASSIFICATION in tasks:
        what = "reads the assets themselves, and a simulation has vectors alone"
    else:
        what = f"learns {', '.join(sorted(tasks))}, and a simulation one class for each vector"
    raise InvalidInputError(
        f"The learner {name!r} {what}.",
        remedy=f"Give a learner of classes on vectors: {', '.join(names)}, or sklearn:svm.SVC and "
        "its like.",
        learner=name,
    )


def _finished(
    data: LabeledData, settings: SimulationSettings, tasks: Sequence[Task], jobs: int
) -> Iterator[Run | tuple[int, float]]:
    """What each task gives, as it becomes ready."""
    if jobs == 1 or len(tasks) < 2:
        yield from (_do(data, settings, task) for task in tasks)
        return
    from joblib import Parallel, delayed

    # joblib gives large arrays to its processes as one shared memory map.
    parallel = Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered")
    yield from parallel(delayed(_do)(data, settings, task) for task in tasks)


def _do(data: LabeledData, settings: SimulationSettings, task: Task) -> Run | tuple[int, float]:
    arm, seed = task
    if arm is None:
        return seed, full_data_quality(data, settings, seed)
    return run(data, settings, strategy=arm, seed=seed)


def _describe(
    data: LabeledData, settings: SimulationSettings, full: dict[int, float]
) -> dict[str, Any]:
    split = split_by_seed(data, 0, settings.test_share)
    accuracies = [full[seed] for seed in range(settings.seeds)]
    return {
        "name": data.name,
        "rows": len(data.y),
        "features": int(data.X.shape[1]),
        "classes": list(data.class_names),
        "pool": len(split.pool),
        "test": len(split.test),
        "given_split": data.test is not None,
        "standardized": data.standardized,
        "digest": data.digest,
        "full_data_accuracy": accuracies,
        "full_data_accuracy_mean": float(np.mean(accuracies)),
    }


def _fingerprint(data: LabeledData, settings: SimulationSettings) -> str:
    """Tells runs that may be put together; more seeds or other arms may join the same file."""
    body = to_json(settings)
    for free in ("strategies", "seeds", "quality_targets"):
        body.pop(free)
    text = json.dumps([body, data.digest, __version__], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class _RunFile:
    """The finished runs on disk, one JSON object a line; without a path it keeps nothing."""

    def __init__(self, path: Path | None, fingerprint: str) -> None:
        self._path = path
        self._fingerprint = fingerprint

    def remove(self) -> None:
        if self._path is None:
            return
        try:
            self._path.unlink(missing_ok=True)
        except OSError as problem:
            raise self._error(problem) from problem

    def read(self) -> tuple[dict[tuple[str, int], Run], dict[int, float]]:
        runs: dict[tuple[str, int], Run] = {}
        full: dict[int, float] = {}
        for entry in self._entries():
            if "run" in entry:
                found = Run(**entry["run"])
                runs[found.strategy, found.seed] = found
            elif "full_accuracy" in entry:
                full[int(entry["seed"])] = float(entry["full_accuracy"])
        return runs, full

    def append(self, entry: dict[str, Any]) -> None:
        if self._path is None:
            return
        try:
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(entry) + "\n")
        except OSError as problem:
            raise self._error(problem) from problem

    def _entries(self) -> list[dict[str, Any]]:
        if self._path is None:
            return []
        if not self._path.exists():
            self.append({"fingerprint": self._fingerprint})
            return []
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise self._error(problem) from problem
        if not text.endswith("\n"):
            # The last line was cut by a kill; what it held is run again.
            text = text[: text.rfind("\n") + 1]
            self._path.write_text(text, encoding="utf-8")
        try:
            entries = [json.loads(line) for line in text.splitlines()]
        except json.JSONDecodeError as problem:
            raise self._error(problem) from problem
        if not entries:
            self.append({"fingerprint": self._fingerprint})
        elif entries[0].get("fingerprint") != self._fingerprint:
            raise ConflictError(
                f"{self._path.name} holds runs of other data or settings.",
                remedy="Give another output name, or start without resuming.",
            )
        return entries

    def _error(self, problem: Exception) -> StorageError:
        return StorageError(
            f"{self._path} cannot be used: {problem}.", remedy="Remove it and start again."
        )
