"""Take labels out: as a file with why each asset was selected, or as arrays to simulate on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from querist.catalog import Catalog
from querist.experiments import LabeledData, labeled_data
from querist.formats import LabelRow, LossReport, write_labels
from querist.loop import snapshot
from querist.loop.intake import embed, open_encoder


def export(catalog: Catalog, path: str | Path) -> LossReport:
    """Write the current labels to a CSV, JSONL or Parquet file; the ending decides.

    Raises:
        InvalidInputError: the ending is of no known format.
        StorageError: the file cannot be written.
    """
    return write_labels(rows(catalog), Path(path))


def rows(catalog: Catalog) -> Iterator[LabelRow]:
    """The current labels, with the selection that asked for each, if one did."""
    asked = {row.asset_id: row for row in catalog.records.rounds.selected()}
    for entry in catalog.records.labels.currents():
        if entry.value is not None:
            yield LabelRow.of(entry, asked.get(entry.asset_id))


def labeled_arrays(catalog: Catalog) -> LabeledData:
    """The labelled assets as arrays, with the audit set as the test rows where it is labelled.

    Raises:
        InvalidInputError: fewer than two classes are labelled.
    """
    embed(catalog)
    seen = snapshot.take(catalog)
    chosen = np.flatnonzero(seen.labeled)
    names = np.array(catalog.records.ontologies.current().names)
    vectors = catalog.embeddings.matrix(open_encoder(catalog).identity.key)
    audit = seen.audit[chosen]
    return labeled_data(
        vectors[chosen],
        names[seen.codes[chosen]],
        split=audit.astype(int) if audit.any() else None,
        name=catalog.settings.name,
    )
