"""Classes, sets of classes, numbers and spans: against other libraries, by hand, with intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from querist import metrics
from querist.errors import InvalidInputError
from querist.metrics import ranking
from querist.metrics.resampling import drawn, interval, resampled_cells, resampled_sums

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


def test_a_class_that_is_never_predicted_has_no_precision_and_lowers_the_mean() -> None:
    """Macro precision is scikit-learn's; one that leaves rare classes out is not better for it."""
    truth, said = np.array([0, 0, 0, 1, 2]), np.array([0, 0, 1, 0, 0])
    wanted = reference.precision_score(truth, said, average="macro", zero_division=0)
    rng = np.random.default_rng(0)
    found = metrics.measure_classes(truth, said, rng, class_count=5).macro_precision
    one_hot, said_hot = np.eye(5, dtype=int)[truth], np.eye(5, dtype=int)[said]
    sets = metrics.measure_label_sets(one_hot, said_hot, rng).macro_precision
    pair = metrics.paired_classes(truth, said, said, rng, class_count=5).macro_precision.first
    assert [it.value for it in (found, sets, pair)] == pytest.approx([wanted] * 3)


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


def many(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Classes of many rows, three of them rare, and probabilities with ties."""
    draw = np.random.default_rng(3)
    shares = np.array([0.5, 0.3, 0.15, 0.03, 0.02])
    truth = draw.choice(5, count, p=shares)
    table = np.exp(draw.normal(size=(count, 5)) + 2 * np.eye(5)[truth]) * shares
    return truth, np.maximum(table / table.sum(axis=1, keepdims=True), 1e-3).round(3)


def test_what_rows_weigh_is_what_leaving_them_out_changes() -> None:
    """To first order, with ties; a sample is moved by the sum of its rows."""
    truth, table = many(400)
    right, scores = truth == 2, table[:, 2]
    value, weighs = ranking._weighed(ranking._Ranked(right, scores))
    assert value[0] == pytest.approx(metrics.auroc(right, scores))
    assert value[1] == pytest.approx(metrics.average_precision(right, scores))
    np.testing.assert_allclose(weighs.sum(axis=0), 0, atol=1e-6)
    hits, step = right.sum(), 1e-4
    for row in (0, *np.flatnonzero(right)[:3].tolist(), int(scores.argmax())):
        weights = np.ones((1, 400))
        weights[0, row] += step
        moved = [
            f(*ranking._Ranked(right, scores).passed(weights))[0]
            for f in (ranking._auroc, ranking._average)
        ]
        slope = (np.array(moved) - value) / step
        expected = weighs[row] / [hits * (400 - hits), hits]
        np.testing.assert_allclose(slope, expected, rtol=2e-3, atol=1e-7)


@pytest.mark.slow
def test_intervals_of_many_rows_are_those_of_the_plain_bootstrap() -> None:
    """At 20,000 rows the ends differ by less than two plain bootstraps may, in every measure."""
    truth, table = many(20_000)
    one_hot = truth[:, None] == np.arange(5)
    values, plain = ranking._plainly(one_hot, table, rng(), 300)
    found = metrics.measure_probabilities(truth, table, np.random.default_rng(9), repeats=1_000)
    said = (found.ranking.macro_auroc, found.ranking.macro_average_precision)
    for one, value, samples in zip(said, values, plain, strict=True):
        expected = samples.mean(axis=1)
        assert one.value == pytest.approx(value.mean())
        width = np.quantile(expected, 0.975) - np.quantile(expected, 0.025)
        assert one.high - one.low == pytest.approx(width, rel=0.15)
        assert abs((one.low + one.high) / 2 - expected.mean()) < 0.15 * width
    true = table[np.arange(20_000), truth]
    brier = (table**2).sum(axis=1) - 2 * true + 1
    for one, losses in ((found.log_loss, -np.log(true)), (found.brier, brier)):
        spread = losses.std() / np.sqrt(20_000)
        assert one.high - one.low == pytest.approx(2 * 1.96 * spread, rel=0.08)
        assert (one.low + one.high) / 2 == pytest.approx(losses.mean(), abs=0.3 * spread)


def test_a_class_without_rows_is_left_out_of_the_means_of_many() -> None:
    """Beyond ten thousand rows too, where rows stand for what they weigh."""
    truth, table = many(10_500)
    truth[truth == 4] = 0
    found = metrics.measure_probabilities(truth, table, rng(), repeats=50)
    assert np.isnan(found.ranking.auroc[4].value)
    known = [one.value for one in found.ranking.auroc[:4]]
    assert found.ranking.macro_auroc.value == pytest.approx(np.mean(known))
    macro = found.ranking.macro_average_precision
    assert 0 < macro.low < macro.value < macro.high < 1


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


def test_sums_of_many_rows_spread_as_those_of_resampled_rows() -> None:
    """Samples of groups have the same spread and nearly one size, also just above the limit."""
    for count in (10_001, 15_000, 31_234):
        values = np.random.default_rng(1).exponential(size=count)
        sums = resampled_sums(np.column_stack([values, np.ones(count)]), rng(), 1_000)
        assert sums[:, 0].std() == pytest.approx(values.std() * np.sqrt(count), rel=0.08)
        assert sums[:, 0].mean() == pytest.approx(values.sum(), rel=0.002)
        assert np.abs(sums[:, 1] - count).max() <= 20


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


@pytest.mark.parametrize("measure", [metrics.log_loss, metrics.brier])
@pytest.mark.parametrize("row", [[0.5, 0.6], [-0.2, 1.2], [3.0, -2.0]])
def test_what_is_no_distribution_is_refused(measure, row) -> None:
    """Scores and logits have no log loss: the row is named; a rounded row passes."""
    assert np.isfinite(measure([0, 1], [[0.5, 0.5], [0.333, 0.666]]))
    with pytest.raises(InvalidInputError, match="row 1"):
        measure([0, 1], [[0.5, 0.5], row])


def test_no_bins_are_refused() -> None:
    """A calibration error needs one bin at least."""
    with pytest.raises(InvalidInputError, match="0 bins"):
        metrics.expected_calibration_error([0, 1], [[0.5, 0.5], [0.5, 0.5]], bins=0)
