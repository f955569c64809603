"""Annotators who disagree: the disputed pair is named, honest noise is not, and nothing twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from querist.diagnostics import Sample, disputed_classes, lasting_disputes
from querist.errors import InvalidInputError
from querist.loop.later_voices import later_voices
from querist.project import Project
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


@pytest.mark.parametrize("seed", range(5))
def test_a_pair_that_stays_disputed_is_named_with_what_the_model_does(seed: int) -> None:
    """What was settled and what was said since: this pair, its remedy, and no further batch."""
    (found,) = lasting_disputes(sample(), *opinions(seed, disputed=0.25))
    assert (found.kind, found.evidence["classes"]) == ("concept_clarity", ["boot", "shoe"])
    assert found.evidence["stays_disputed"] == len(found.asset_ids)
    assert (found.evidence["model_takes_for_other"], found.evidence["model_asked"]) == (0, 100)
    assert found.batch is None
    told = disputed_classes(sample(), *opinions(seed, disputed=0.25))
    (both,) = lasting_disputes(sample(), *opinions(seed, disputed=0.25), told)
    assert both.title == told[0].title
    assert both.evidence["stays_disputed"] == both.evidence["disputed"]
    assert "Agree on the rule" in both.remedy


def test_few_later_voices_and_honest_slips_stay_unsaid() -> None:
    """Nine assets, however disputed, say nothing; of 40 projects with slips at most two claim."""
    few = [f"a{i}" for i in range(9) for _ in range(2)]
    assert lasting_disputes(sample(), few, [0, 1] * 9) == []
    claims = [
        bool(lasting_disputes(sample(), *opinions(seed, disputed=0.0, noise=0.04)))
        for seed in range(40)
    ]
    assert sum(claims) <= 2


def test_later_voices_are_those_after_a_consensus_or_a_review(tmp_path: Path) -> None:
    """What made the consensus does not count, a changed mind and a correction do; undone not."""
    policy = {"batch_size": 8, "overlap": 2, "overlap_share": 1.0, "audit_size": 0}
    with Project.create(
        tmp_path / "p", media="text", classes=["boot", "shoe"], policy=policy
    ) as project:
        project.add([{"id": f"t{i}", "text": f"item number {i} is here"} for i in range(8)])
        project.next_round()
        for i in range(8):
            for name in ("ana", "bob"):
                project.labels.submit(f"t{i}", "boot", annotator=name)
        assert later_voices(project.catalog, ["boot", "shoe"]) == ([], [])
        project.labels.submit("t0", "shoe", annotator="bob")
        for place, fix in (("t1", "shoe"), ("t2", None), ("t3", "shoe")):
            entry = project.labels.current(place)
            assert entry is not None
            if fix is None:
                project.reviews.accept(place, reviewer="rita", label_seq=entry.seq)
            else:
                project.reviews.fix(place, fix, reviewer="rita")
        project.reviews.undo("t3", "rita")
        assets, codes = later_voices(project.catalog, ["boot", "shoe"])
        said = sorted(zip(assets, codes, strict=True))
        assert said == [("t0", 0), ("t0", 1), ("t1", 0), ("t1", 1), ("t2", 0), ("t2", 0)]
