"""The confusion matrix cell by cell, each with its assets."""

from __future__ import annotations

import numpy as np

from querist.diagnostics import Sample, confusions

NAMES = ("shirt", "boot", "bag")


def make_sample(count: int) -> Sample:
    """Classes and probabilities that have little to do with each other."""
    rng = np.random.default_rng(4)
    return Sample.of(
        rng.integers(3, size=count),
        rng.dirichlet(np.ones(3), count),
        NAMES,
        [f"a{i}" for i in range(count)],
    )


def test_each_cell_holds_what_a_loop_over_the_assets_puts_there() -> None:
    """Counts and ids are those of a plain loop; wrong ones surest first, right ones last."""
    sample = make_sample(200)
    expected: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for i, asset_id in enumerate(sample.ids):
        row = sample.probabilities[i]
        key = (NAMES[sample.truth[i]], NAMES[int(row.argmax())])
        sign = 1 if key[0] == key[1] else -1
        expected.setdefault(key, []).append((sign * float(row.max()), asset_id))
    found = {(cell.truth, cell.predicted): cell for cell in confusions(sample)}
    assert {key: cell.count for key, cell in found.items()} == {
        key: len(rows) for key, rows in expected.items()
    }
    for key, rows in expected.items():
        assert found[key].asset_ids == tuple(asset_id for _, asset_id in sorted(rows))


def test_a_cell_names_no_more_assets_than_asked_but_counts_all() -> None:
    """Of a cell of many the first ids come, and the whole count."""
    few, all_ = confusions(make_sample(300), most=5), confusions(make_sample(300), most=300)
    assert [cell.count for cell in few] == [cell.count for cell in all_]
    assert [cell.asset_ids for cell in few] == [cell.asset_ids[:5] for cell in all_]


def test_an_empty_sample_has_no_cells() -> None:
    """Before the first label there is nothing to say."""
    assert confusions(make_sample(0)) == []
