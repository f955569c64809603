"""Bring assets in: read a source, store it, and give every asset its vector."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from querist.catalog import Catalog
from querist.catalog.encoders import (
    blank_encoder,
    encoder_fits,
    encoder_name,
    encoder_of_fit,
    newest_encoder,
)
from querist.engine.base import Progress, reporting, silent
from querist.errors import NotFoundError, QueristError
from querist.formats import ReadReport, read_pairs, read_source
from querist.labeling import Labels
from querist.labeling.values import Label
from querist.learners import Encoder
from querist.loop import picture_files
from querist.schema import AddReport, Media

KEPT = "kept"
FIT_SAMPLE = 5_000
ENCODE_CHUNK = 2_048
# An encoder is fitted again where it sees so many times as many assets as at its last fit. Of texts
# that cost models up to 9 points of 100 where 60 had been seen, and up to 17 where 150 had been.
OUTGROWN = 3
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
        source: A CSV, JSONL or Parquet file, a DataFrame or a list of dicts; of boxes and polygons
            also a ``.json`` file as COCO has them.
        **options: ``label_column``, ``id_column``, ``delimiter``, of tables.

    Returns:
        How many labels were stored, and what was left out of the file; its count ``kept`` is of
        assets that keep what people decided here, where that is something else.

    Raises:
        NotFoundError: a label is for an asset that is not there; nothing is stored.
        InvalidInputError: a label does not fit the task or its asset; its row is named.
    """
    pairs: Mapping[str, Label]
    if isinstance(source, (str, Path)) and Path(source).suffix.lower() == ".json":
        pairs, report = picture_files.read(catalog, Path(source))
    else:
        pairs, report = read_pairs(source, **options)
    try:
        kept = list[str]()
        stored = Labels(catalog).import_many(pairs.items(), annotator="import", on_kept=kept.append)
    except QueristError as problem:
        place = report.places.get(str(problem.details.get("asset_id")))
        if place is None:
            raise
        raise type(problem)(
            f"{place.capitalize()}: {problem.message}", remedy=problem.remedy, **problem.details
        ) from problem
    if kept:
        report.counts[KEPT] = len(kept)
    return stored, report


def embed(catalog: Catalog, *, progress: Progress = silent) -> int:
    """Give a vector to every asset that has none; returns how many were made.

    An encoder that the pool has outgrown is fitted again, and every asset gets a vector of the new
    fit. The vectors of earlier fits are made for new assets too: models, rounds and slices that
    went by them stay true.

    Stopped half-way it goes on where it was: finished chunks are kept.
    """
    encoder = open_encoder(catalog, fit=True, progress=progress)
    earlier: list[Encoder] = []
    if encoder.needs_fit and catalog.embeddings.missing(encoder.identity.key):
        *before, newest = encoder_fits(catalog)
        earlier = [encoder_of_fit(catalog, assets) for assets in before]
        if min(catalog.assets.count(), FIT_SAMPLE) >= OUTGROWN * newest:
            earlier.append(encoder)
            encoder = _fitted(catalog, progress)
    for older in earlier:  # first: where the newest fit lacks no vector, no other does
        _complete(catalog, older, f"an earlier fit of {older.name}", progress)
    return _complete(catalog, encoder, encoder.name, progress)


def open_encoder(catalog: Catalog, *, fit: bool = False, progress: Progress = silent) -> Encoder:
    """The project's encoder, as it was fitted last; ``fit`` allows to fit it now on a sample."""
    encoder = newest_encoder(catalog)
    unfitted = encoder.needs_fit and not encoder_fits(catalog)
    return _fitted(catalog, progress) if fit and unfitted else encoder


def encoder_of(catalog: Catalog, key: str) -> Encoder:
    """The encoder, or the earlier fit of it, that made the vectors of ``key``.

    Raises:
        NotFoundError: the project has another encoder by now.
    """
    found = open_encoder(catalog)
    earlier = reversed(encoder_fits(catalog)[:-1]) if found.needs_fit else ()
    for one in (found, *(encoder_of_fit(catalog, assets) for assets in earlier)):
        if one.identity.key == key:
            return one
    raise NotFoundError(
        f"The newest model reads vectors of {key!r}; the project's encoder is {found.name!r}.",
        remedy="Train a model on vectors of this encoder: querist train",
        encoder=key,
    )


def _complete(catalog: Catalog, encoder: Encoder, called: str, progress: Progress) -> int:
    identity = encoder.identity
    missing = catalog.embeddings.missing(identity.key)
    for start in range(0, len(missing), ENCODE_CHUNK):
        ids = missing[start : start + ENCODE_CHUNK]
        parts = []
        for at in range(0, len(ids), _ENCODED):
            progress(start + at, len(missing), f"Embedding with {called}")
            parts.append(encoder.encode(catalog.assets.read(ids[at : at + _ENCODED])))
        catalog.embeddings.put(identity, ids, np.concatenate(parts))
    progress(len(missing), len(missing), f"Embedded with {called}")
    return len(missing)


def _fitted(catalog: Catalog, progress: Progress) -> Encoder:
    """The encoder fitted on a sample of the pool of now, and kept."""
    encoder = blank_encoder(catalog)
    rng = np.random.default_rng([catalog.settings.policy.seed, 1])
    ids = catalog.assets.ids()
    size = min(FIT_SAMPLE, len(ids))
    sample = sorted(rng.choice(len(ids), size=size, replace=False).tolist())
    before = encoder_fits(catalog)
    grown = f" again: there were {before[-1]:,} at its last fit" if before else ""
    progress(0, None, f"Fitting {encoder_name(catalog)} on {size:,} assets{grown}")
    encoder.fit(catalog.assets.read([ids[i] for i in sample]), rng)
    folder = catalog.embeddings.state_folder(encoder_name(catalog), len(ids))
    # Whoever reads just now shall see a whole state or none.
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    encoder.save(part)
    if not folder.exists():
        part.rename(folder)
    return encoder
