"""Catalog: one project folder with its assets, embeddings, predictions and records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from querist.catalog.assets import Assets
from querist.catalog.conditions import Conditions
from querist.catalog.durable import exclusive
from querist.catalog.embeddings import Embeddings
from querist.catalog.live_settings import LiveSettings
from querist.catalog.predictions import Predictions
from querist.catalog.records import Records
from querist.catalog.settings import FILE_NAME, Settings
from querist.catalog.uploads import Uploads
from querist.catalog.value_predictions import ValuePredictions
from querist.catalog.value_ratings import RatingStore
from querist.catalog.views import Views
from querist.errors import ConflictError, NotFoundError, StorageError
from querist.schema import Ontology, check_class_name


class Catalog:
    """What a project holds; safe to share between threads, and open in several processes at once.

    Attributes:
        folder: Where the project lives.
        settings: What its ``querist.toml`` says; its policy may change while the project is open.
        assets: Images, texts or rows.
        embeddings: Their vectors, by encoder.
        predictions: What classifiers say about them, by model version.
        value_predictions: What models of other tasks say about them, by model version.
        value_ratings: How likely that is wrong, by model version.
        records: Labels, tasks, rounds, people, jobs.
        views: Kept arrays behind asset queries.
        conditions: The same for metadata and groups of alike assets.
        uploads: Files that a browser sent, until a job has read them.
    """

    def __init__(self, folder: Path, settings: Settings, records: Records) -> None:
        self.folder = folder
        self._settings = LiveSettings(folder, settings)
        self.records = records
        self.assets = Assets(folder / "assets.lance", settings.media, records.sources.list)
        self.embeddings = Embeddings(
            folder / "embeddings", self.assets, folder / "cache" / "embeddings"
        )
        self.predictions = Predictions(
            folder / "predictions", self.assets, folder / "cache" / "predictions"
        )
        self.value_predictions = ValuePredictions(
            folder / "value_predictions", self.assets, folder / "cache" / "value_predictions"
        )
        self.value_ratings = RatingStore(folder / "value_ratings")
        self.views = Views(self.assets, self.predictions, self.value_ratings, records)
        self.conditions = Conditions(self.assets, self.embeddings)
        self.uploads = Uploads(folder)
        self._closed = False

    @classmethod
    def create(cls, folder: str | Path, settings: Settings) -> Catalog:
        """Make a project in ``folder``, which may hold other files but no project.

        Raises:
            ConflictError: there is a project already.
            InvalidInputError: a class has a name that people could not read or tell from another.
            StorageError: the folder cannot be written.
        """
        for name in settings.classes:
            check_class_name(name)
        folder = Path(folder).absolute()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The folder {str(folder)!r} cannot be made: {error.strerror}.",
                remedy="Choose a folder that may be written.",
            ) from None
        with exclusive(folder / ".querist.lock", doing="making a project"):
            if (folder / FILE_NAME).exists():
                raise ConflictError(
                    f"There is a project in {str(folder)!r} already.",
                    remedy="Open it, or choose another folder.",
                )
            records = Records(settings.records, folder)
            try:
                _agree(records, settings)
                # Last: a folder whose making was interrupted is no project and can be made again.
                settings.write(folder)
                return cls(folder, settings, records)
            except BaseException:
                records.close()
                raise

    @classmethod
    def open(cls, folder: str | Path) -> Catalog:
        """Open the project in ``folder``; a class that its file names anew joins the ontology.

        Raises:
            NotFoundError: there is no project.
            InvalidInputError: its ``querist.toml`` is wrong.
            StorageError: its records cannot be opened.
        """
        folder = Path(folder).absolute()
        settings = Settings.read(folder)
        records = Records(settings.records, folder)
        try:
            _agree(records, settings)
            return cls(folder, settings, records)
        except BaseException:
            records.close()
            raise

    @property
    def settings(self) -> Settings:
        """What ``querist.toml`` says, its policy as it is now."""
        return self._settings.now

    def change_policy(self, **values: Any) -> Settings:
        """Change settings of the policy for good, here and wherever the project is open.

        Raises:
            InvalidInputError: a value is of the wrong type or out of its range.
            UnknownNameError: there is no such setting.
            StorageError: ``querist.toml`` cannot be written.
        """
        return self._settings.change_policy(**values)

    def close(self) -> None:
        """Release files and connections; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self.embeddings.close()
        self.predictions.close()
        self.value_predictions.close()
        self.value_ratings.close()
        self.views.close()
        self.conditions.close()
        self.records.close()


def _agree(records: Records, settings: Settings) -> None:
    """Put the first ontology, or what people wrote into the file since: classes and limits."""
    try:
        current: Ontology = records.ontologies.current()
    except NotFoundError:
        records.ontologies.put(settings.ontology())
        return
    fresh = [name for name in settings.classes if not current.has(name)]
    if fresh:
        # What a later version renamed, merged, split or retired does not come back by the file.
        earlier = records.ontologies.versions()
        known = {name for version in earlier for name in version.ontology.names}
        fresh = [name for name in fresh if name not in known]
    for name in fresh:
        check_class_name(name)
    if fresh:
        grown = current
        for name in fresh:
            grown = grown.with_class(name)
            records.ontologies.put(grown)
        current = grown
    if settings.limits != current.limits:
        changed = replace(current, limits=settings.limits, version=current.version + 1)
        records.ontologies.put(changed)
