"""Bring assets in: read a source, store it, and give every asset its vector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from querist.catalog import Catalog
from querist.engine.base import Progress, reporting, silent
from querist.formats import ReadReport, read_pairs, read_source
from querist.labeling import Labels
from querist.learners import Encoder, create_encoder, default_encoder, starts_script
from querist.schema import AddReport, Media

FIT_SAMPLE = 5_000
ENCODE_CHUNK = 2_048
# Of a chunk, so many are encoded between two reports: slow encoders take a minute for one.
_ENCODED = 512


def add(catalog: Catalog, source: Any, *, progress: Progress = silent, **options: Any) -> AddReport:
    """Read ``source`` into the catalog; labels that come with it are imported.

    Args:
        catalog: Where the assets go.
        source: A folder, file, array, DataFrame or list of dicts; see ``querist formats``.
        progress: Told after each chunk.
        **options: Passed to the format, for example ``id_column="sku"``, ``label_column="kind"``.
    """
    read = read_source(source, media=catalog.settings.media, **_with_oracle(catalog, options))
    for root in read.roots:
        catalog.records.sources.add(root)
    report = catalog.assets.ingest(read.candidates, total=read.total, progress=progress)
    if read.labels:
        # A labelled row whose asset was refused is in the report already.
        told = reporting(read.labels.items(), progress, "Importing labels", len(read.labels))
        Labels(catalog).import_many(told, annotator="import", skip_unknown=True)
    return replace(report, problems=(*read.report.problems, *report.problems))


def _with_oracle(catalog: Catalog, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options; a column of known labels is kept beside a table's features, not among them."""
    given = dict(options)
    column = catalog.settings.oracle_column
    if column is not None and catalog.settings.media is Media.TABLE:
        kept = tuple(given.get("metadata_columns", ()))
        given["metadata_columns"] = tuple(dict.fromkeys((*kept, column)))
    return given


def import_labels(catalog: Catalog, source: Any, **options: Any) -> tuple[int, ReadReport]:
    """Import labels of assets that are in the catalog already; a person's label is never replaced.

    Args:
        catalog: The catalog.
        source: A CSV, JSONL or Parquet file, a DataFrame or a list of dicts.
        **options: ``label_column``, ``id_column``, ``delimiter``.

    Returns:
        How many labels were stored, and what was left out of the file.

    Raises:
        NotFoundError: a label is for an asset that is not there; nothing is stored.
    """
    pairs, report = read_pairs(source, **options)
    return Labels(catalog).import_many(pairs.items(), annotator="import"), report


def embed(catalog: Catalog, *, progress: Progress = silent) -> int:
    """Give a vector to every asset that has none; returns how many were made.

    Stopped half-way it goes on where it was: finished chunks are kept.
    """
    encoder = open_encoder(catalog, fit=True, progress=progress)
    identity = encoder.identity
    missing = catalog.embeddings.missing(identity.key)
    for start in range(0, len(missing), ENCODE_CHUNK):
        ids = missing[start : start + ENCODE_CHUNK]
        parts = []
        for at in range(0, len(ids), _ENCODED):
            progress(start + at, len(missing), f"Embedding with {identity.name}")
            parts.append(encoder.encode(catalog.assets.read(ids[at : at + _ENCODED])))
        catalog.embeddings.put(identity, ids, np.concatenate(parts))
    progress(len(missing), len(missing), f"Embedded with {identity.name}")
    return len(missing)


def open_encoder(catalog: Catalog, *, fit: bool = False, progress: Progress = silent) -> Encoder:
    """The project's encoder, with its fitted state; ``fit`` allows to fit it now on a sample."""
    name = catalog.settings.learner.encoder
    if name == "auto":
        name = default_encoder(catalog.settings.media)
    parameters = dict(catalog.settings.learner.encoder_parameters)
    if starts_script(name):
        parameters["folder"] = str(catalog.folder)
    encoder = create_encoder(name, **parameters)
    if not encoder.needs_fit:
        return encoder
    folder = catalog.embeddings.state_folder(name)
    if folder.exists():
        encoder.load(folder)
    elif fit:
        rng = np.random.default_rng([catalog.settings.policy.seed, 1])
        ids = catalog.assets.ids()
        size = min(FIT_SAMPLE, len(ids))
        sample = sorted(rng.choice(len(ids), size=size, replace=False).tolist())
        progress(0, None, f"Fitting {name} on {size:,} assets")
        encoder.fit(catalog.assets.read([ids[i] for i in sample]), rng)
        encoder.save(folder)
    return encoder
