"""Annotators who disagree: the disputed pair is named, honest noise is not, and nothing twice."""

from __future__ import annotations

import numpy as np
import pytest

from querist.diagnostics import Sample, disputed_classes
from querist.errors import InvalidInputError
from querist.schema import Finding

CLASSES = ["boot", "shoe", "bag", "hat"]


def sample(count: int = 200) -> Sample:
    """Rows of four classes, all found."""
    truth = np.arange(count) % 4
    return Sample.of(truth, np.eye(4)[truth], CLASSES, [f"s{i}" for i in range(count)])


def opinions(seed: int, *, disputed: float, noise: float = 0.03) -> tuple[list[str], list[int]]:
    """Two annotators on 160 assets; they take boots for shoes and back, else err at random."""
    rng = np.random.default_rng(seed)
    assets, said = [], []
    for i in range(160):
        for _ in range(2):
            code = i % 4
            if code < 2 and rng.random() < disputed:
                code = 1 - code
            if rng.random() < noise:
                code = int(rng.integers(4))
            assets.append(f"a{i}")
            said.append(code)
    return assets, said


@pytest.mark.parametrize("seed", range(5))
def test_the_disputed_pair_is_named(seed: int) -> None:
    """A quarter of boots and shoes are called both: this pair and no other."""
    (found,) = disputed_classes(sample(), *opinions(seed, disputed=0.25))
    assert (found.kind, found.evidence["classes"]) == ("concept_clarity", ["boot", "shoe"])
    assert len(found.asset_ids) == found.evidence["disputed"]
    assert {int(asset_id[1:]) % 4 for asset_id in found.asset_ids} <= {0, 1, 2, 3}
    assert found.severity > 0


def test_honest_slips_are_no_dispute() -> None:
    """In 40 projects where each errs in 4 of 100, at most two claims."""
    claims = [
        bool(disputed_classes(sample(), *opinions(seed, disputed=0.0, noise=0.04)))
        for seed in range(40)
    ]
    assert sum(claims) <= 2


def test_a_pair_that_is_told_already_gets_the_dispute_as_evidence() -> None:
    """The finding of the labels stays one finding."""
    told = Finding(
        kind="concept_clarity", title="", evidence={"classes": ["shoe", "boot"]}, remedy=""
    )
    (found,) = disputed_classes(sample(), *opinions(1, disputed=0.25), [told])
    assert found.evidence["disputed"] > 0
    assert found.title == told.title


def test_one_opinion_each_says_nothing_and_what_does_not_fit_is_refused() -> None:
    """Nobody disagrees with himself; a class out of range is an error."""
    assert disputed_classes(sample(), [f"a{i}" for i in range(50)], [0, 1] * 25) == []
    assert disputed_classes(sample(), [], []) == []
    with pytest.raises(InvalidInputError):
        disputed_classes(sample(), ["a"], [4])
