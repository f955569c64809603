"""What is known of assets, column by column: by this a diagnosis cuts its slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog import AssetQuery, Catalog, Condition, MostLike
from querist.diagnostics import alike, middles
from querist.schema import Finding
from querist.strategies.clusters import assign
from querist.strategies.geometry import Matrix

# The column of the example that an asset is more like than any other: groups of alike assets.
MOST_LIKE = "the most similar example"
Columns = dict[str, NDArray[np.generic]]


def columns_of(
    catalog: Catalog, ids: Sequence[str], vectors: Matrix, rng: np.random.Generator
) -> Columns:
    """What is known of assets (n,), by name: metadata, and the example each is most like.

    Args:
        catalog: The catalog.
        ids: The assets.
        vectors: Their embeddings (n, d).
        rng: Draws the groups of alike assets.
    """
    assets = catalog.assets.get_many(list(ids))
    # The known labels must not explain anything: people would not have them.
    oracle = catalog.settings.oracle_column or ""
    names = sorted({name for asset in assets for name in asset.metadata} - {oracle})
    found = {name: _column([asset.metadata.get(name) for asset in assets]) for name in names}
    examples = sorted(middles(vectors, alike(vectors, rng)).tolist(), key=lambda i: assets[i].id)
    named = np.array([assets[i].id for i in examples])
    return {**found, MOST_LIKE: named[assign(vectors, vectors[examples])]}


def split_columns(columns: Columns, size: int) -> tuple[Columns, Columns]:
    """The columns of the first ``size`` assets, and those of the others."""
    return (
        {name: values[:size] for name, values in columns.items()},
        {name: values[size:] for name, values in columns.items()},
    )


def with_examples(finding: Finding, columns: Columns, encoder: str) -> Finding:
    """A slice of alike assets with all that tells whether another asset belongs to it."""
    told = [one["column"] for one in finding.evidence.get("where", ())]
    if MOST_LIKE not in told:
        return finding
    examples = sorted({str(name) for name in columns[MOST_LIKE].tolist()})
    evidence = {**finding.evidence, "examples": examples, "encoder": encoder}
    return replace(finding, evidence=evidence)


def query_of(evidence: Mapping[str, Any]) -> AssetQuery:
    """The query of the catalog that asks for a slice, by the evidence of its finding."""
    where = [one for one in evidence["where"] if one["column"] != MOST_LIKE]
    example = next((one["words"] for one in evidence["where"] if one not in where), None)
    like = None
    if example is not None:
        others = tuple(one for one in evidence["examples"] if one != example)
        like = MostLike(example=example, others=others, encoder=evidence["encoder"])
    return AssetQuery(where=tuple(Condition(**one) for one in where), like=like)


def _column(values: list[Any]) -> NDArray[np.generic]:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, int | float) for value in known):
        return np.array([np.nan if value is None else float(value) for value in values])
    return np.array(["" if value is None else str(value) for value in values])
