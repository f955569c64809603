"""``querist.simulate``: one call for a notebook, and what it gives back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from querist.errors import StorageError
from querist.experiments.data import labeled_data
from querist.experiments.picture import simulation_png
from querist.experiments.report import simulation_report
from querist.experiments.settings import SimulationSettings
from querist.experiments.simulation import run_simulation
from querist.experiments.words import sentences

if TYPE_CHECKING:
    from querist.engine.base import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What a simulation found; a notebook shows its report, ``print`` its sentences.

    Attributes:
        result: The JSON object of ``querist simulate``: data, settings, runs, comparison.
    """

    result: Mapping[str, Any]

    @property
    def comparison(self) -> list[dict[str, Any]]:
        """One row an arm, the best first; ready for a data frame."""
        found: list[dict[str, Any]] = self.result["comparison"]
        return found

    @property
    def sentences(self) -> list[str]:
        """Whether the best arm beats random, and the labels that the arms need."""
        return sentences(self.comparison, int(self.result["settings"]["seeds"]))

    def write_json(self, path: str | Path) -> None:
        """Write the whole result as one JSON object.

        Raises:
            StorageError: the file cannot be written; so for the other two.
        """
        _write(path, json.dumps(self.result, indent=1, allow_nan=False).encode())

    def write_report(self, path: str | Path) -> None:
        """Write the HTML report, one file that loads nothing."""
        _write(path, simulation_report(self.result).encode())

    def write_png(self, path: str | Path) -> None:
        """Write the learning curves as a picture.

        Raises:
            MissingDependencyError: matplotlib is not installed.
        """
        _write(path, simulation_png(self.result))

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        # In a frame of its own, so that the page's style stays out of the notebook's.
        return (
            f'<iframe srcdoc="{escape(simulation_report(self.result))}" title="Simulation" '
            'style="width:100%;height:900px;border:0"></iframe>'
        )


def simulate(
    X: ArrayLike,
    y: ArrayLike,
    *,
    strategies: Sequence[str] = ("auto",),
    batch_size: int = 20,
    rounds: int = 15,
    seeds: int = 8,
    split: ArrayLike | None = None,
    learner: str = "logistic-regression",
    jobs: int = 1,
    progress: Progress | None = None,
) -> Simulation:
    """Compare strategies with random on labelled arrays, under paired seeds.

    ``experiments.run_simulation`` does the same with a file to resume from and more settings.

        found = querist.simulate(X, y, strategies=["auto", "power-margin:beta=2"])
        print(found)

    Args:
        X: Vectors (n, d) of numbers; float32 memory maps stay on disk.
        y: Classes (n,): whole numbers or names.
        strategies: The arms, each a name or ``name:parameter=value``; random always joins them.
        batch_size: Labels asked for in each round.
        rounds: Number of rounds.
        seeds: Number of paired seeds; every arm has the same split.
        split: 1 marks a test row (n,), 0 a pool row; ``None`` draws a new split for each seed.
        learner: Name of the learner that is trained after each round.
        jobs: Processes that run side by side; the result is the same with any number.
        progress: Called as (runs done, runs in all, text).

    Raises:
        UnknownNameError: there is no such strategy, parameter or learner.
        InvalidInputError: the arrays or a setting do not fit.
        MissingSignalError: a strategy needs what neither the data nor the learner has.
    """
    settings = SimulationSettings(
        strategies=tuple([strategies] if isinstance(strategies, str) else strategies),
        batch_size=batch_size,
        rounds=rounds,
        seeds=seeds,
        learner=learner,
    )
    data = labeled_data(X, y, split=split)
    return Simulation(result=run_simulation(data, settings, jobs=jobs, progress=progress))


def _write(path: str | Path, content: bytes) -> None:
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written: {error.strerror}.", remedy="Give a path you may write to."
        ) from error
