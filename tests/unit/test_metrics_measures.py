"""Classes, sets of classes, numbers and spans: against other libraries, by hand, with intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from querist import metrics
from querist.errors import InvalidInputError
from querist.metrics.resampling import drawn, interval, resampled_cells

RNG = np.random.default_rng(5)
TRUTH = RNG.integers(0, 4, size=300)
TABLE = RNG.dirichlet(np.ones(4), size=300)
TABLE[np.arange(300), TRUTH] += 0.4
TABLE /= TABLE.sum(axis=1, keepdims=True)
PREDICTED = TABLE.argmax(axis=1)
SETS = RNG.random((200, 5)) < 0.3
SAID = SETS ^ (RNG.random((200, 5)) < 0.15)


def rng() -> np.random.Generator:
    """The same stream for every test."""
    return np.random.default_rng(0)


def test_class_measures_equal_the_reference() -> None:
    """Precision, recall and F1 agree with scikit-learn, class by class and as means."""
    found = metrics.measure_classes(TRUTH, PREDICTED, rng(), class_count=4)
    each = reference.precision_recall_fscore_support(TRUTH, PREDICTED)
    for place, name in enumerate(("precision", "recall", "f1")):
        values = [getattr(one, name).value for one in found.per_class]
        np.testing.assert_allclose(values, each[place])
        mean = getattr(found, f"macro_{name}")
        assert mean.value == pytest.approx(each[place].mean())
        assert mean.low < mean.value < mean.high
    assert found.accuracy.value == pytest.approx((TRUTH == PREDICTED).mean())


def test_measures_say_which_direction_is_better() -> None:
    """Losses and errors are better when lower, all else when higher."""
    found = metrics.measure_probabilities(TRUTH, TABLE, rng())
    numbers = metrics.measure_numbers([1.0, 2.0, 4.0], [1.0, 2.0, 3.0], rng())
    sets = metrics.measure_label_sets(SETS, SAID, rng())
    lower = (found.log_loss, found.brier, numbers.mae, numbers.rmse, sets.hamming_loss)
    assert {one.better for one in lower} == {"lower"}
    assert {numbers.r2.better, sets.micro_f1.better, found.ranking.macro_auroc.better} == {"higher"}


def test_probability_measures_equal_the_reference() -> None:
    """Log loss, Brier, AUROC and average precision agree with scikit-learn, also with ties."""
    table = TABLE.round(1) + 0.01
    table /= table.sum(axis=1, keepdims=True)
    found = metrics.measure_probabilities(TRUTH, table, rng())
    assert found.log_loss.value == pytest.approx(reference.log_loss(TRUTH, table))
    assert found.brier.value == pytest.approx(metrics.brier(TRUTH, table))
    for code in range(4):
        area = reference.roc_auc_score(code == TRUTH, table[:, code])
        precision = reference.average_precision_score(code == TRUTH, table[:, code])
        assert found.ranking.auroc[code].value == pytest.approx(area)
        assert found.ranking.average_precision[code].value == pytest.approx(precision)
    assert found.ranking.macro_auroc.low < found.ranking.macro_auroc.value


def test_a_perfect_ranking_of_few_rows_is_not_certain() -> None:
    """Five right rows above all others leave room below: a bootstrap would leave none."""
    right = np.arange(50)[:, None] < 5
    found = metrics.measure_ranking(right, -np.arange(50.0)[:, None], rng())
    area, precision = found.auroc[0], found.average_precision[0]
    assert (area.value, area.high, precision.value) == (1.0, 1.0, 1.0)
    assert 0.5 < area.low < 0.99
    assert 0.4 < precision.low < 0.9


def test_ranking_without_right_rows_is_not_defined() -> None:
    """Neither AUROC nor average precision has a value; nothing is known of them."""
    found = metrics.measure_ranking(np.zeros((9, 1)), np.arange(9.0)[:, None], rng())
    assert np.isnan(found.auroc[0].value)
    assert (found.auroc[0].low, found.auroc[0].high) == (0.0, 1.0)
    assert np.isnan(metrics.average_precision(np.zeros(3), [1.0, 2.0, 3.0]))


def test_label_set_measures_equal_the_reference() -> None:
    """Micro, macro, exact match and Hamming loss agree with scikit-learn."""
    found = metrics.measure_label_sets(SETS, SAID, rng())
    for kind in ("micro", "macro"):
        for name, score in (
            ("precision", reference.precision_score),
            ("recall", reference.recall_score),
            ("f1", reference.f1_score),
        ):
            measure = getattr(found, f"{kind}_{name}")
            assert measure.value == pytest.approx(score(SETS, SAID, average=kind))
            assert measure.low < measure.value < measure.high
    assert found.exact.value == pytest.approx(reference.accuracy_score(SETS, SAID))
    assert found.hamming_loss.value == pytest.approx(reference.hamming_loss(SETS, SAID))


def test_number_measures_equal_the_reference() -> None:
    """MAE, RMSE and R2 agree with scikit-learn, also far from zero."""
    truth = 1e6 + RNG.normal(size=80)
    predicted = truth + RNG.normal(0, 0.5, 80)
    found = metrics.measure_numbers(truth, predicted, rng())
    assert found.mae.value == pytest.approx(reference.mean_absolute_error(truth, predicted))
    assert found.rmse.value == pytest.approx(reference.root_mean_squared_error(truth, predicted))
    assert found.r2.value == pytest.approx(reference.r2_score(truth, predicted))
    assert found.rmse.low < found.rmse.value < found.rmse.high


def test_r2_of_equal_labels_is_not_defined() -> None:
    """Where nothing varies there is nothing to explain."""
    assert np.isnan(metrics.measure_numbers([2.0, 2.0], [1.0, 2.0], rng()).r2.value)


def test_span_measures_equal_seqeval() -> None:
    """Exact entity match agrees with seqeval, by class, micro and macro."""
    from seqeval.metrics import classification_report

    texts, length, names = 40, 30, ["a", "b", "c"]
    draw = np.random.default_rng(2)
    tags: dict[str, list[list[str]]] = {"truth": [], "said": []}
    spans: dict[str, list[tuple[int, int, int, int]]] = {"truth": [], "said": []}
    for text in range(texts):
        entities, at = [], 0
        while (at := at + int(draw.integers(1, 6))) < length - 4:
            end = at + int(draw.integers(1, 4))
            entities.append((int(draw.integers(3)), at, end))
            at = end
        for side in ("truth", "said"):
            row = ["O"] * length
            for code, start, stop in entities:
                if side == "said" and draw.random() < 0.3:
                    continue
                mine = int(draw.integers(3)) if side == "said" and draw.random() < 0.2 else code
                last = stop - 1 if side == "said" and stop - start > 1 and start % 3 == 0 else stop
                row[start:last] = [f"B-{names[mine]}"] + [f"I-{names[mine]}"] * (last - start - 1)
                spans[side].append((text, mine, start, last))
            tags[side].append(row)
    expected = classification_report(tags["truth"], tags["said"], output_dict=True)
    columns = {side: np.array(rows).T for side, rows in spans.items()}
    found = metrics.measure_spans(
        metrics.Spans.of(*columns["truth"]),
        metrics.Spans.of(*columns["said"]),
        rng(),
        asset_count=texts,
        class_count=3,
    )
    for code, name in enumerate(names):
        one = found.per_class[code]
        assert one.f1.value == pytest.approx(expected[name]["f1-score"])
        assert one.precision.value == pytest.approx(expected[name]["precision"])
    assert found.f1.value == pytest.approx(expected["micro avg"]["f1-score"])
    assert found.recall.value == pytest.approx(expected["micro avg"]["recall"])
    assert found.macro_f1.value == pytest.approx(expected["macro avg"]["f1-score"])
    assert found.f1.low < found.f1.value < found.f1.high


def test_spans_that_end_before_they_start_are_refused() -> None:
    """So are columns of different lengths; a doubled span counts once."""
    with pytest.raises(InvalidInputError, match="end after its start"):
        metrics.Spans.of([0], [0], [5], [5])
    with pytest.raises(InvalidInputError, match="disagree"):
        metrics.Spans.of([0], [0], [5], [6, 7])
    assert len(metrics.Spans.of([0, 0], [1, 1], [2, 2], [3, 3]).assets) == 1


@pytest.mark.parametrize(
    ("truth", "predicted", "says"),
    [([0, 1], [0], "disagree"), ([0, 4], [0, 1], "outside"), ([], [], "empty")],
)
def test_bad_classes_are_refused(truth: list[int], predicted: list[int], says: str) -> None:
    """Other lengths, classes beyond the count, and no rows."""
    with pytest.raises(InvalidInputError, match=says):
        metrics.measure_classes(truth, predicted, rng(), class_count=3)


def test_sets_must_be_zero_or_one() -> None:
    """A probability where an answer belongs is refused."""
    with pytest.raises(InvalidInputError, match="0 and 1"):
        metrics.measure_label_sets([[0.5, 1]], [[1, 0]], rng())


def test_resampled_counts_are_those_of_resampled_rows() -> None:
    """Every draw holds n rows; cells drawn by their counts vary as those of drawn rows do."""
    blocks = np.concatenate(list(drawn(300, rng(), 2_000)))
    assert (blocks.sum(axis=1) == 300).all()
    by_rows = np.stack([blocks[:, code == TRUTH].sum(axis=1) for code in range(4)], axis=1)
    by_cells = resampled_cells(np.bincount(TRUTH).astype(float), rng(), 2_000)
    np.testing.assert_allclose(by_cells.mean(axis=0), by_rows.mean(axis=0), rtol=0.02)
    np.testing.assert_allclose(by_cells.std(axis=0), by_rows.std(axis=0), rtol=0.08)


def test_a_single_row_has_no_interval() -> None:
    """Nothing varies in samples of one row, so nothing is claimed."""
    low, high = interval(0.5, np.full(10, 0.5), 1)
    assert np.isnan(low)
    assert np.isnan(high)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=40))
def test_measures_lie_in_their_intervals(pairs: list[tuple[int, int]]) -> None:
    """Whatever the answers, each defined number of 0 to 1 has an interval around it."""
    truth, predicted = np.array(pairs).T
    found = metrics.measure_classes(truth, predicted, rng(), class_count=3, repeats=50)
    each = [m for one in found.per_class for m in (one.precision, one.recall, one.f1)]
    for one in (found.accuracy, found.macro_f1, found.macro_recall, *each):
        if not np.isnan(one.value):
            assert 0 <= one.low <= one.value <= one.high <= 1
