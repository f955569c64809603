"""Project: opens a folder and holds the services; rules live in the rooms below."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from querist import loop
from querist.autolabel import AutoLabel
from querist.catalog import Catalog, Settings
from querist.engine import InlineEngine
from querist.engine.base import Engine, Progress, silent
from querist.formats import LossReport, ReadReport
from querist.labeling import (
    GoldQuestions,
    LabelingPolicy,
    Labels,
    OntologyChanges,
    Opinions,
    Queue,
    Reviews,
    Suspects,
    Team,
    Workforces,
)
from querist.schema import AddReport, ModelVersion, Ontology, Round


class Project:
    """One team's assets, labels, models and rounds.

    Example:
        >>> project = Project.create("shop", classes=["shirt", "boot"])   # doctest: +SKIP
        >>> project.add("photos/")                                        # doctest: +SKIP
        >>> project.next_round(50)                                        # doctest: +SKIP
        >>> project.labels.submit("img-7", "boot", annotator="ana")       # doctest: +SKIP
        >>> project.train()                                               # doctest: +SKIP
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.labels = Labels(catalog)
        self.queue = Queue(catalog)
        self.opinions = Opinions(catalog)
        self.gold = GoldQuestions(catalog)
        self.reviews = Reviews(catalog)
        self.suspects = Suspects(catalog)
        self.team = Team(catalog)
        self.labeling_policy = LabelingPolicy(catalog)
        self.workforces = Workforces(catalog)
        self.ontology_changes = OntologyChanges(catalog)
        self.autolabel = AutoLabel(catalog)
        self.rounds = loop.Rounds(catalog)
        self.experiments = loop.Experiments(catalog)
        self.models = loop.Models(catalog)
        self.handlers = loop.handlers(catalog)

    @classmethod
    def create(
        cls,
        folder: str | Path,
        *,
        task: str = "classification",
        media: str = "image",
        classes: Sequence[str] = (),
        records: str | None = None,
        **settings: Any,
    ) -> Project:
        """Make a new project in ``folder``.

        Args:
            folder: Where it lives; made if missing.
            task: What is asked: ``classification``, …
            media: ``image``, ``text`` or ``table``.
            classes: The class names; more can be added later.
            records: A ``postgresql://`` URL, or ``env:NAME`` of a variable that holds one;
                SQLite inside the folder by default.
            **settings: Values of ``querist.toml``, for example ``policy={"batch_size": 20}``.

        Raises:
            ConflictError: there is a project already.
            InvalidInputError: a setting is wrong.
        """
        body: dict[str, Any] = {"task": task, "media": media, "classes": list(classes), **settings}
        if records is not None:
            body["records"] = records
        name = body.pop("name", None) or Path(folder).resolve().name
        return cls(Catalog.create(Path(folder), Settings.of(name=name, **body)))

    @classmethod
    def open(cls, folder: str | Path) -> Project:
        """Open the project in ``folder``.

        Raises:
            NotFoundError: there is no project.
        """
        return cls(Catalog.open(Path(folder)))

    @property
    def folder(self) -> Path:
        """Where the project lives."""
        return self.catalog.folder

    @property
    def settings(self) -> Settings:
        """What ``querist.toml`` says."""
        return self.catalog.settings

    @property
    def ontology(self) -> Ontology:
        """The current ontology."""
        return self.catalog.records.ontologies.current()

    @cached_property
    def jobs(self) -> Engine:
        """Runs long work as jobs in this process."""
        return InlineEngine(self.catalog.records.jobs, self.handlers)

    def add(self, source: Any, *, progress: Progress = silent, **options: Any) -> AddReport:
        """Add assets from a folder, file, array, DataFrame or list of dicts, and embed them."""
        report = loop.add(self.catalog, source, progress=progress, **options)
        self.embed(progress=progress)
        return report

    def import_labels(self, source: Any, **options: Any) -> tuple[int, ReadReport]:
        """Import labels of assets that are here already, from a file, DataFrame or list."""
        return loop.import_labels(self.catalog, source, **options)

    def embed(self, *, progress: Progress = silent) -> int:
        """Give a vector to every asset that has none; returns how many were made."""
        return loop.embed(self.catalog, progress=progress)

    def next_round(self, batch_size: int | None = None, **wishes: Any) -> Round:
        """Select what to label next; a round that still collects is finished first.

        ``**wishes`` are of this batch only: the fields of ``querist.loop.Wishes``.
        """
        return self.rounds.start(batch_size, wishes=loop.Wishes(**wishes))

    def finish_round(self) -> Round:
        """Train, evaluate, diagnose and decide the round that collects."""
        return self.rounds.finish()

    def train(self) -> ModelVersion:
        """Train on all labels now; finishes the current round when nothing in it is open.

        Raises:
            InvalidInputError: there are labels of fewer than two classes.
        """
        return self.rounds.train()

    def oracle(self, rounds: int = 1, *, progress: Progress = silent) -> int:
        """Let the known labels answer; returns how many labels were given."""
        return int(loop.answer_rounds(self.catalog, rounds, None, progress)["answered"])

    def replay(self, number: int) -> bool:
        """Whether drawing round ``number`` again gives the same assets, bit for bit."""
        return self.rounds.replay(number)

    def status(self) -> loop.Status:
        """Where the project stands."""
        return loop.status(self.catalog)

    def export(self, path: str | Path, **options: Any) -> LossReport:
        """Write the labels to a CSV, JSONL or Parquet file."""
        return loop.export(self.catalog, path, **options)

    def close(self) -> None:
        """Release files and connections; safe to call twice."""
        self.workforces.close()
        self.catalog.close()

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
