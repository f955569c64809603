"""Take labels out: as a file with why each asset was selected, or as arrays to simulate on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from querist.catalog import Catalog
from querist.errors import InvalidInputError
from querist.experiments import LabeledData, labeled_data
from querist.formats import LabelRow, LossReport, write_labels
from querist.loop import picture_files, snapshot, training
from querist.loop.intake import embed, open_encoder
from querist.schema import Arm
from querist.schema.wording import counted


def export(catalog: Catalog, path: str | Path, *, earlier: bool = False) -> LossReport:
    """Write the current labels to a CSV, JSONL or Parquet file; the ending decides.

    Boxes and polygons may also go to a .json (COCO) or .zip (YOLO).

    Args:
        catalog: The project's data.
        path: The file.
        earlier: Whether to write labels of classes that were split or retired since too, as they
            were given; else a warning says how many are left out.

    Raises:
        InvalidInputError: the ending is of no known format, or of one for other labels.
        StorageError: the file cannot be written.
    """
    labels = rows(catalog, earlier=earlier)
    if Path(path).suffix.lower() in picture_files.WRITERS:
        report = picture_files.write(catalog, labels, Path(path))
    else:
        report = write_labels(labels, Path(path))
    aside = 0 if earlier else _set_aside(catalog)
    if not aside:
        return report
    left = counted(aside, "label is", "labels are")
    told = f"{left} left out: the class was split or retired since. To keep them as given: "
    told += "querist export FILE --earlier."
    return replace(report, warnings=(*report.warnings, told))


def rows(catalog: Catalog, *, earlier: bool = False) -> Iterator[LabelRow]:
    """The current labels in the classes of now, with the selection that asked for each.

    Those of classes that were split or retired are as they were given, if ``earlier``, or left out.
    """
    rounds, held = catalog.records.rounds, _held_for(catalog)
    # Who left the audit set without an answer was not labelled to measure.
    asked = {
        row.asset_id: row
        for row in rounds.selected()
        if row.arm is not Arm.AUDIT or held.get(row.asset_id) == Arm.AUDIT
    }
    reading = catalog.records.ontologies.reading()
    for entry in catalog.records.labels.currents():
        value = entry.value and reading.value(entry.value, entry.ontology_version)
        if value is None and earlier:
            value = entry.value
        if value is not None:
            selected, arm = asked.get(entry.asset_id), held.get(entry.asset_id)
            yield LabelRow.of(replace(entry, value=value), selected, arm)


def _held_for(catalog: Catalog) -> dict[str, str]:
    """What each asset is held for that any round drew, or that checks auto-labels."""
    rounds = catalog.records.rounds
    found = dict.fromkeys(rounds.arm_ids(Arm.CONTROL), Arm.CONTROL.value)
    found |= dict.fromkeys(rounds.arm_ids(Arm.ACTIVE), Arm.ACTIVE.value)
    found |= dict.fromkeys(snapshot.checks(catalog), "check")
    return found | dict.fromkeys(rounds.arm_ids(Arm.AUDIT), Arm.AUDIT.value)


def _set_aside(catalog: Catalog) -> int:
    reading = catalog.records.ontologies.reading()
    if reading.plain:
        return 0
    entries = (entry for entry in catalog.records.labels.currents() if entry.value is not None)
    return sum(
        entry.value is not None and reading.value(entry.value, entry.ontology_version) is None
        for entry in entries
    )


def labeled_arrays(catalog: Catalog) -> LabeledData:
    """The labelled assets as arrays, with the audit set as the test rows where it is labelled.

    Raises:
        InvalidInputError: the project's labels are no single classes, or fewer than two are there.
    """
    if not training.classifies(catalog):
        raise InvalidInputError(
            f"simulate needs one class for each asset; the task of {catalog.settings.name!r} is "
            f"{catalog.settings.task.value!r}.",
            remedy="Give a project of single classes. Of other labels that a model learns, the "
            "arms are compared by: querist experiment",
        )
    embed(catalog)
    seen = snapshot.take(catalog)
    chosen = np.flatnonzero((seen.codes >= 0) & ~seen.retired & ~seen.out_of_turn)
    classes = len(np.unique(seen.codes[chosen]))
    if classes < 2:
        raise InvalidInputError(
            f"The project {catalog.settings.name!r} has {counted(len(chosen), 'label')} of "
            f"{counted(classes, 'class', 'classes')}.",
            remedy="Label assets of two classes, or import their labels: querist import FILE.",
        )
    names = np.array(catalog.records.ontologies.current().names)
    vectors = catalog.embeddings.matrix(open_encoder(catalog).identity.key)
    audit = seen.audit[chosen]
    return labeled_data(
        vectors[chosen],
        names[seen.codes[chosen]],
        split=audit.astype(int) if audit.any() else None,
        name=catalog.settings.name,
    )


def warning_of_choice(catalog: Catalog) -> str | None:
    """What to say beside a simulation on a project; ``None`` where no strategy chose its labels."""
    seen = snapshot.take(catalog)
    rows = seen.training(Arm.ACTIVE)
    chosen = int(np.count_nonzero(seen.active[rows]))
    if not chosen:
        return None
    return (
        f"Of {counted(len(rows), 'label')} to draw from, a strategy chose {chosen:,}: here random "
        "draws from those, which are no random part of the pool. What is saved over random in "
        "this project is measured by its control arm: querist status."
    )
