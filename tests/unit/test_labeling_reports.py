"""Reports about people: from arrays, and from the logs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from querist.catalog import Catalog, Settings
from querist.errors import InvalidInputError
from querist.labeling import Labels, OntologyChanges, Reviews, work_reports
from querist.metrics import class_bias, medians_by_annotator, shares_by_annotator, wilson
from querist.schema import Candidate, RenameClass, Round, Step

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ASSETS = [f"img-{i:02}" for i in range(12)]


@pytest.fixture
def catalog(records_url: str, tmp_path: Path) -> Iterator[Catalog]:
    """Twelve texts, two classes and a round, so that labels can be sent back."""
    settings = Settings.of(name="s", media="text", classes=["boot", "shirt"], records=records_url)
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest(Candidate(id=name, text=f"text {name}") for name in ASSETS)
    made.records.rounds.add(Round(number=1, step=Step.COLLECT, plan=None, started_at=NOW))
    yield made
    made.close()


def test_shares_and_medians_are_those_of_each_annotator() -> None:
    """They equal a loop over the annotators, also for somebody without rows."""
    rng = np.random.default_rng(0)
    who, right = rng.integers(0, 4, 200), rng.random(200) < 0.8
    values = np.where(rng.random(200) < 0.2, np.nan, rng.random(200))
    shares, medians = shares_by_annotator(who, right, 5), medians_by_annotator(who, values, 5)
    for i in range(4):
        own = who == i
        assert shares.values[i] == pytest.approx(right[own].mean())
        assert (shares.low[i], shares.high[i]) == wilson(int(right[own].sum()), int(own.sum()))
        assert medians[i] == pytest.approx(np.nanmedian(values[own]))
    assert (shares.counts[4], shares.low[4], shares.high[4]) == (0, 0.0, 1.0)
    assert np.isnan([shares.values[4], medians[4]]).all()


def test_bias_is_the_surplus_of_what_was_given() -> None:
    """Three of four rows given as class 1 where two are: a quarter too often."""
    bias = class_bias([1, 1, 1, 0], [1, 1, 0, 0], 3)
    np.testing.assert_allclose(bias, [-0.25, 0.25, 0.0])
    assert class_bias([], [], 3).tolist() == [0.0, 0.0, 0.0]


def test_unknown_annotators_and_other_lengths_are_refused() -> None:
    """Numbers must be below the count and each row needs a value."""
    with pytest.raises(InvalidInputError, match="outside 0 to 1"):
        shares_by_annotator([2], [True], 2)
    with pytest.raises(InvalidInputError, match="answered"):
        shares_by_annotator([0, 1], [True], 2)


def test_a_report_counts_labels_time_and_what_reviews_said(catalog) -> None:
    """Accepted of reviewed with an interval, and what was given instead of what."""
    labels, reviews = Labels(catalog), Reviews(catalog)
    for i, asset_id in enumerate(ASSETS[:6]):
        labels.submit(asset_id, "boot", annotator="ana", seconds=float(i + 1))
    for asset_id in ASSETS[:3]:
        reviews.accept(asset_id, reviewer="rita")
    reviews.fix("img-03", "shirt", reviewer="rita")
    reviews.send_back("img-04", "Sure?", reviewer="rita")
    ana, rita = work_reports(catalog)
    assert (ana.name, ana.labels, ana.seconds) == ("ana", 6, 3.5)
    assert (ana.accuracy.value, ana.accuracy.count) == (0.6, 5)
    assert (ana.accuracy.low, ana.accuracy.high) == wilson(3, 5)
    assert (ana.agreement.value, ana.agreement.count) == (0.8, 5)
    assert [(c.given, c.final, c.count) for c in ana.confusions] == [("boot", "shirt", 1)]
    assert list(ana.confusions[0].asset_ids) == ["img-03"]
    assert (ana.worked, ana.cost) == (21.0, None)
    assert ana.bias == {"boot": pytest.approx(0.2), "shirt": pytest.approx(-0.2)}
    assert [week.labels for week in ana.weeks] == [6]
    assert (rita.name, rita.labels, rita.accuracy) == ("rita", 1, None)


def test_undone_and_reopened_reviews_do_not_count(catalog) -> None:
    """Only verdicts that stand say how right somebody is."""
    labels, reviews = Labels(catalog), Reviews(catalog)
    for asset_id in ASSETS[:3]:
        labels.submit(asset_id, "boot", annotator="ana")
        reviews.send_back(asset_id, "Sure?", reviewer="rita")
    reviews.undo("img-00", "rita")
    reviews.reopen("img-01", reviewer="rolf")
    reviews.accept("img-02", reviewer="rolf")
    (ana,) = work_reports(catalog)
    assert (ana.accuracy.value, ana.accuracy.count) == (1.0, 1)


def test_agreement_is_with_what_holds_where_others_labelled_too(catalog) -> None:
    """Assets that only one person has seen say nothing about agreement."""
    labels = Labels(catalog)
    for asset_id in ASSETS[:4]:
        labels.submit(asset_id, "boot", annotator="ana")
    labels.submit("img-00", "boot", annotator="ben")
    labels.submit("img-01", "shirt", annotator="ben")
    ana, ben = work_reports(catalog)
    assert (ana.agreement.value, ana.agreement.count) == (0.5, 2)
    assert (ben.agreement.value, ben.agreement.count) == (1.0, 2)


def test_reports_speak_of_the_classes_of_now(catalog) -> None:
    """A label given under an old name agrees with one under the new name."""
    labels = Labels(catalog)
    labels.submit("img-00", "boot", annotator="ana")
    OntologyChanges(catalog).apply(RenameClass(name="boot", to="wellington"), author="mia")
    labels.submit("img-00", "wellington", annotator="ben")
    ana, _ = work_reports(catalog)
    assert ana.agreement.value == 1.0


def test_a_project_without_labels_has_no_reports(catalog) -> None:
    """Nobody has done anything."""
    assert work_reports(catalog) == []
