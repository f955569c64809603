"""Whatever order things are added in, row i of every matrix belongs to asset i."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.catalog import Catalog, Settings
from querist.learners.base import EncoderIdentity
from querist.schema import Candidate

ENCODER = EncoderIdentity(name="toy", version="1", preprocessing="none", dimensions=2)
IDS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1)


def vector_of(asset_id: str) -> list[float]:
    """A vector that only this id has."""
    return [float(hash(asset_id) % 100_003), float(len(asset_id))]


@settings(max_examples=8, deadline=None)
@given(
    groups=st.lists(st.lists(IDS, min_size=1, max_size=12), min_size=1, max_size=4),
    seed=st.integers(0, 2**16),
    reopen=st.booleans(),
)
def test_rows_belong_to_their_assets(groups: list[list[str]], seed: int, reopen: bool) -> None:
    """After several adds, with vectors stored in any order and pieces, all rows are aligned."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog.create(Path(folder), Settings.of(name="p", media="text"))
        expected: list[str] = []
        for number, group in enumerate(groups):
            report = catalog.assets.ingest(Candidate(id=key, text=f"text {key}") for key in group)
            fresh = [key for key in dict.fromkeys(group) if key not in expected]
            expected += fresh
            assert report.added == len(fresh)
            missing = catalog.embeddings.missing(ENCODER.key)
            shuffled = [missing[i] for i in rng.permutation(len(missing))]
            cut = int(rng.integers(0, len(shuffled) + 1))
            for part in (shuffled[:cut], shuffled[cut:]):
                if part:
                    catalog.embeddings.put(ENCODER, part, [vector_of(key) for key in part])
            if reopen:
                catalog.close()
                catalog = Catalog.open(folder)
            assert catalog.assets.ids() == expected
            wanted = np.array([vector_of(key) for key in expected], dtype=np.float32)
            assert np.array_equal(catalog.embeddings.matrix(ENCODER.key), wanted)
            table = rng.dirichlet(np.ones(3), size=len(expected)).astype(np.float32)
            catalog.predictions.put(f"model-{number}", ("a", "b", "c"), table)
            assert np.array_equal(catalog.predictions.probabilities(f"model-{number}"), table)
            assert [a.text for a in catalog.assets.get_many(expected)] == [
                f"text {key}" for key in expected
            ]
        catalog.close()
