"""Long imports and first guesses tell how far they are, and stop where they are asked to."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.engine.base import Progress, reporting
from querist.errors import JobCancelledError
from querist.project import Project
from querist.schema import JobState

CLASSES = ["amber", "blue"]
COUNT = 1_500
IDS = [f"t{i:04d}" for i in range(COUNT)]


class Told:
    """Remembers what it is told, and stops at a phase."""

    def __init__(self, stop_at: str = "nowhere") -> None:
        self._stop_at = stop_at
        self.phases: list[str] = []
        self.reports: list[tuple[int, int | None, str]] = []

    def __call__(self, done: int, total: int | None = None, message: str = "") -> None:
        self.reports.append((done, total, message))
        phase = re.sub(r"[\d,]+", "#", message)
        if phase not in self.phases:
            self.phases.append(phase)
        if phase == self._stop_at:
            raise JobCancelledError("Stopped.", remedy="Again.")


@pytest.fixture
def project(tmp_path: Path):
    """1,500 short texts without vectors."""
    with Project.create(tmp_path / "p", media="text", classes=CLASSES) as made:
        words = ["amber", "stone", "blue", "sea"]
        rows = [{"id": key, "text": f"{words[i % 4]} {i}"} for i, key in enumerate(IDS)]
        made.catalog.assets.ingest(loaded(rows))
        yield made


def loaded(rows: list[dict[str, str]]) -> Any:
    """The rows as candidates."""
    from querist.formats import read_source

    return read_source(rows, media="text").candidates


def predictions(project: Project, folder: Path, progress: Progress) -> Any:
    """Import a CSV file of what a model says."""
    path = folder / "said.csv"
    lines = [
        f"{key},{0.8 if i % 4 < 2 else 0.3},{0.2 if i % 4 < 2 else 0.7}"
        for i, key in enumerate(IDS)
    ]
    path.write_text("\n".join(["id,amber,blue", *lines]))
    return project.models.import_predictions(str(path), name="mine", progress=progress)


def guesses(project: Project, _: Path, progress: Progress) -> Any:
    """Guess by the names of the classes."""
    return project.models.zero_shot(progress=progress)


PHASES = {
    predictions: [
        "Reading said.csv",
        "Fitting text-tfidf on # assets",
        "Embedding with text-tfidf",
        "Embedded with text-tfidf",
        "Learning a stand-in from the file",
        "Judging how likely each prediction is wrong",
        "Storing predictions of # assets",
    ],
    guesses: [
        "Fitting text-tfidf on # assets",
        "Embedding with text-tfidf",
        "Embedded with text-tfidf",
        "Comparing names and examples with the assets",
        "Looking whether near assets agree",
        "Predicting the pool",
        "Judging how likely each prediction is wrong",
    ],
}
CASES = [(work, phase) for work, phases in PHASES.items() for phase in phases]


@pytest.mark.parametrize("work", PHASES, ids=lambda work: work.__name__)
def test_each_phase_is_told(project: Project, tmp_path: Path, work: Callable[..., Any]) -> None:
    """Reading and embedding also say how far they are, in less than a thousand assets a step."""
    told = Told()
    found = work(project, tmp_path, told)
    assert told.phases == PHASES[work]
    embedded = [done for done, _, message in told.reports if message.startswith("Embedding")]
    assert embedded == [0, 512, 1_024]
    read = [report[:2] for report in told.reports if report[2].startswith("Reading")]
    assert read in ([], [(0, COUNT), (1_024, COUNT)], [(0, None), (1_024, None)])
    assert len(project.catalog.predictions.probabilities(found.model.id)) == COUNT


@pytest.mark.parametrize(
    ("work", "phase"), CASES, ids=lambda it: it if isinstance(it, str) else it.__name__
)
def test_a_stop_at_any_phase_leaves_no_model(
    tmp_path: Path, project: Project, work: Callable[..., Any], phase: str
) -> None:
    """Nothing of it shows; done again it goes to its end."""
    with pytest.raises(JobCancelledError):
        work(project, tmp_path, Told(stop_at=phase))
    assert project.catalog.records.models.list() == []
    assert not list((project.folder / "models").glob("*"))
    assert len(project.catalog.predictions.probabilities(work(project, tmp_path, Told()).model.id))


def test_vectors_come_in_parts(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a part that was stored stay, and the next try goes on."""
    monkeypatch.setattr("querist.loop.model_files._PART", 1_000)
    path = tmp_path / "vectors.npz"
    np.savez(path, ids=np.array(IDS), vectors=np.eye(COUNT, 3))

    def stops_late(done: int, total: int | None = None, message: str = "") -> None:
        if done:
            raise JobCancelledError("Stopped.", remedy="Again.")

    with pytest.raises(JobCancelledError):
        project.models.import_embeddings(str(path), name="mine", progress=stops_late)
    told = Told()
    found = project.models.import_embeddings(str(path), name="mine", progress=told)
    assert (found.stored, found.encoder) == (COUNT - 1_000, "imported.mine-1-file-3")
    assert told.reports == [(0, COUNT, "Storing vectors"), (1_000, COUNT, "Storing vectors")]
    assert project.catalog.embeddings.matrix(found.encoder).shape == (COUNT, 3)


def test_labels_that_come_with_assets_are_told(project: Project) -> None:
    """As many as there are, after the assets."""
    told = Told()
    rows = [{"id": f"n{i}", "text": f"sea {i} again", "kind": CLASSES[i % 2]} for i in range(30)]
    project.add(rows, label_column="kind", progress=told)
    assert (0, 30, "Importing labels") in told.reports
    assert project.status().labeled == 30


def test_a_job_is_cancelled_within_an_import(project: Project, tmp_path: Path) -> None:
    """Whoever asks while it embeds finds it cancelled, and no model."""
    job = project.catalog.records.jobs.add("zero_shot", {})
    encode = project.catalog.embeddings.put

    def put(*given: Any) -> None:
        project.jobs.cancel(job.id)
        encode(*given)

    # The real one, between two parts of which the job is cancelled.
    project.catalog.embeddings.put = put  # type: ignore[method-assign]
    claimed = project.catalog.records.jobs.claim("here", job_id=job.id)
    from querist.engine import run_job

    done = run_job(project.catalog.records.jobs, claimed, project.handlers, report_seconds=0.0)
    assert done.state is JobState.CANCELLED
    assert project.catalog.records.models.list() == []


def test_items_are_counted_as_they_come() -> None:
    """One report before the first, and one for each 1,024."""
    told = Told()
    assert list(reporting(range(2_100), told, "Reading", 2_100)) == list(range(2_100))
    assert told.reports == [(at, 2_100, "Reading") for at in (0, 1_024, 2_048)]
