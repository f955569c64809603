"""Conformance kit of the strategy seam: what every strategy must do, as functions to call in tests.

    from querist.strategies import kit

    @pytest.mark.parametrize("check", kit.CHECKS)
    def test_my_strategy(check):
        check("my-strategy")

Each check takes the registered name and raises ``AssertionError`` with what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import EmptyPoolError, InvalidInputError, MissingSignalError
from querist.strategies.base import Floats, Selection, Signal, Strategy, create
from querist.strategies.query import query
from querist.strategies.validation import check_pool

CLASSES = 3
ROWS = 90


def check_count_and_place(name: str) -> None:
    """Exactly n different candidates come back, never a labelled row, with a reason each."""
    arrays = _arrays()
    picks = _ask(name, 7, arrays)
    _require(len(picks.indices) == 7, f"7 rows were asked, {len(picks.indices)} came")
    _check_form(picks, arrays)


def check_candidates(name: str) -> None:
    """Only the given candidates are returned."""
    allowed = np.arange(40, 60)
    picks = _ask(name, 6, _arrays(), candidates=allowed)
    _require(np.isin(picks.indices, allowed).all(), "a row outside the candidates came back")


def check_more_than_left(name: str) -> None:
    """Asked for more than is left, it returns all that is left, once each."""
    arrays = _arrays()
    picks = _ask(name, 10 * ROWS, arrays)
    left = np.setdiff1d(np.arange(ROWS), arrays["labeled"])
    _require(np.array_equal(np.sort(picks.indices), left), "not all that was left came back")
    _check_form(picks, arrays)


def check_seeded(name: str) -> None:
    """The same seed gives the same batch."""
    one, two = _ask(name, 8, _arrays()), _ask(name, 8, _arrays())
    _require(np.array_equal(one.indices, two.indices), "the same seed gave another batch")
    _require(np.array_equal(one.scores, two.scores), "the same seed gave other scores")


def check_one_row(name: str) -> None:
    """A batch of one works for every seed, and so does the last row that is left."""
    arrays = _arrays()
    for seed in range(40):
        picks = _query(name, 1, arrays, random_state=seed)
        _check_form(picks, arrays, 1)
        last = _query(name, 1, arrays, random_state=seed, candidates=[50])
        _check_form(last, arrays, 1)


def check_inputs_untouched(name: str) -> None:
    """No array that was passed in is changed; read-only arrays will do."""
    arrays = _arrays()
    before = {key: array.copy() for key, array in arrays.items()}
    for array in arrays.values():
        array.setflags(write=False)
    _ask(name, 5, arrays)
    changed = [key for key, array in arrays.items() if not np.array_equal(array, before[key])]
    _require(not changed, f"{changed} were changed")


def check_order_independent(name: str) -> None:
    """Shuffling the pool shuffles the answer, for strategies that draw nothing by position."""
    if name in DRAWS_BY_POSITION:
        return
    arrays = _arrays()
    order = np.random.default_rng(9).permutation(ROWS)
    place = np.argsort(order)
    shuffled = {
        "probabilities": arrays["probabilities"][order],
        "embeddings": arrays["embeddings"][order],
        "labeled": place[arrays["labeled"]][::-1].copy(),
        "labels": arrays["labels"][::-1].copy(),
    }
    straight, other = _ask(name, 6, arrays), _ask(name, 6, shuffled)
    _require(
        set(order[other.indices].tolist()) == set(straight.indices.tolist()),
        "the order of the pool changed the batch",
    )


def check_changed_pool(name: str) -> None:
    """Nothing is remembered between calls: another pool of the same or another size works."""
    strategy = create(name)
    for seed, rows in ((1, ROWS), (2, ROWS), (3, ROWS + 25), (1, ROWS)):
        arrays = _arrays(seed, rows)
        again = _ask(name, 6, arrays)
        held = _select(strategy, 6, arrays)
        _require(np.array_equal(again.indices, held.indices), "an earlier call was remembered")


def check_duplicates(name: str) -> None:
    """A pool of two distinct rows, both labelled, still gives n different positions."""
    arrays = _arrays()
    for key in ("probabilities", "embeddings"):
        arrays[key] = np.repeat(arrays[key][:2], ROWS // 2, axis=0)
    arrays["labeled"], arrays["labels"] = np.array([0, ROWS - 1]), np.array([0, 1])
    _check_form(_ask(name, 9, arrays), arrays, 9)


def check_all_equal(name: str) -> None:
    """A pool where all rows are alike still gives n different positions."""
    arrays = _arrays()
    arrays["embeddings"] = np.ones_like(arrays["embeddings"])
    arrays["probabilities"] = np.full_like(arrays["probabilities"], 1 / CLASSES)
    _check_form(_ask(name, 9, arrays), arrays, 9)


def check_zero_labels(name: str) -> None:
    """Without a label, and with the signals that exist then, it chooses or names what it misses."""
    arrays = _arrays()
    try:
        picks = query(name, 5, embeddings=arrays["embeddings"], random_state=0)
    except MissingSignalError as error:
        missing = [signal for signal in Signal if f" {signal.value}=" in error.message]
        _require(bool(missing), "the missing signal is not named")
        _require(set(missing) <= create(name).needs, "a signal is missing that it denies")
        return
    _check_form(picks, {"labeled": np.array([])}, 5)


def check_one_class(name: str) -> None:
    """Labels of one class only are enough to go on."""
    arrays = _arrays()
    arrays["labels"] = np.zeros_like(arrays["labels"])
    _check_form(_ask(name, 5, arrays), arrays, 5)


def check_one_label(name: str) -> None:
    """A single label is enough to go on."""
    arrays = _arrays()
    arrays["labeled"], arrays["labels"] = np.array([4]), np.array([1])
    _check_form(_ask(name, 5, arrays), arrays, 5)


def check_zero_rows(name: str) -> None:
    """Vectors of length zero give no NaN, whether labelled or not."""
    arrays = _arrays()
    arrays["embeddings"][:30] = 0
    _check_form(_ask(name, 9, arrays), arrays, 9)


def check_zero_probabilities(name: str) -> None:
    """Rows of certain predictions, with zeros, give no NaN."""
    arrays = _arrays()
    arrays["probabilities"] = np.eye(CLASSES)[np.arange(ROWS) % CLASSES]
    _check_form(_ask(name, 9, arrays), arrays, 9)


def check_huge_vectors(name: str) -> None:
    """Vectors near the largest float32 give no overflow."""
    arrays = _arrays()
    arrays["embeddings"] = arrays["embeddings"] * np.float32(1e30)
    _check_form(_ask(name, 9, arrays), arrays, 9)


def check_nan_refused(name: str) -> None:
    """NaN in either signal is refused, also by strategies that do not use it."""
    for key in ("probabilities", "embeddings"):
        arrays = _arrays()
        arrays[key][11, 0] = np.nan
        try:
            _ask(name, 3, arrays)
        except InvalidInputError as error:
            _require("11" in error.message, f"the row with NaN in {key} is not named")
        else:
            raise AssertionError(f"NaN in {key} was accepted")


def check_empty_refused(name: str) -> None:
    """A pool where every row is labelled is refused as empty."""
    arrays = _arrays()
    arrays["labeled"] = np.arange(ROWS)
    arrays["labels"] = np.arange(ROWS) % CLASSES
    try:
        _ask(name, 3, arrays)
    except EmptyPoolError:
        return
    raise AssertionError("a pool without candidates was accepted")


def check_described(name: str) -> None:
    """It has a one-line summary, a paper, and names what it needs."""
    strategy = create(name)
    _require(strategy.name == name, f"it calls itself {strategy.name!r}")
    _require(bool(strategy.summary) and "\n" not in strategy.summary, "no one-line summary")
    _require(bool(strategy.paper), "no paper")
    _require(strategy.needs <= set(Signal), "it needs what does not exist")


# Their draws, or their many exact ties, go by position by design, so shuffling the pool gives
# another, equally likely batch.
DRAWS_BY_POSITION = frozenset(
    {
        "random",
        "power-margin",
        "uncertainty-power",
        "badge",
        "typiclust",
        "wkmeans",
        "iwkmeans",
        "cluster-margin",
        "probcover",
        "falcun",
        "direct",
        "batch-bald",
        "qbc",
        "dropquery",
        "alfa-mix",
        "mixture",
    }
)

CHECKS: tuple[Callable[[str], None], ...] = (
    check_count_and_place,
    check_candidates,
    check_more_than_left,
    check_seeded,
    check_one_row,
    check_inputs_untouched,
    check_order_independent,
    check_changed_pool,
    check_duplicates,
    check_all_equal,
    check_zero_labels,
    check_one_class,
    check_one_label,
    check_zero_rows,
    check_zero_probabilities,
    check_huge_vectors,
    check_nan_refused,
    check_empty_refused,
    check_described,
)


def rare_signals(needs: frozenset[Signal], arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """The signals beside probabilities and embeddings that are needed, made from those two."""
    found: dict[str, Any] = {}
    if Signal.COMMITTEE in needs:
        table = arrays["probabilities"]
        turned = np.roll(table, 1, axis=1)
        found["committee"] = np.stack([table, (table + turned) / 2, (table + 3 * turned) / 4])
    if Signal.HEAD in needs:
        shape = (arrays["probabilities"].shape[1], arrays["embeddings"].shape[1])
        weights = np.random.default_rng(7).normal(size=shape).astype(np.float32)
        found["head"] = (weights, np.zeros(shape[0], dtype=np.float32))
    if Signal.GRADIENT in needs:
        found["gradient"] = _curved(arrays["probabilities"].shape[1], arrays["embeddings"].shape[1])
    return found | _task_signals(needs, arrays)


def _curved(classes: int, d: int) -> Callable[[Floats], tuple[Floats, Floats]]:
    """A small network, as logits and their gradients by the vectors."""
    rng = np.random.default_rng(7)
    into, out = rng.normal(size=(d, 8)), rng.normal(size=(8, classes))

    def gradient(vectors: Floats) -> tuple[Floats, Floats]:
        hidden = np.tanh(vectors @ into)
        return hidden @ out, np.einsum("mh,dh,hc->mcd", 1 - hidden**2, into, out)

    return gradient


def _task_signals(needs: frozenset[Signal], arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """What only other tasks' strategies need, made from the same two arrays."""
    found: dict[str, Any] = {}
    table = arrays["probabilities"]
    numbers = table @ np.arange(table.shape[1]) + arrays["embeddings"][:, 0].astype(np.float64)
    if Signal.MULTILABEL_PROBABILITIES in needs:
        found["multilabel_probabilities"] = np.sqrt(table)
        found["labels"] = arrays["labels"][:, None] == np.arange(table.shape[1])
    if Signal.PREDICTIONS in needs:
        found["predictions"] = numbers
        found["targets"] = arrays["labels"] + 0.25
    if Signal.COMMITTEE_PREDICTIONS in needs:
        found["committee_predictions"] = np.stack([numbers, numbers / 2, table[:, 0] - numbers])
    if Signal.UNCERTAINTY in needs:
        found["uncertainty"] = 1 - table.max(axis=1)
    return found


def _arrays(seed: int = 0, rows: int = ROWS) -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(seed)
    labels = np.arange(9) % CLASSES
    # Position 50 is left to the check that asks for it alone.
    free = np.delete(np.arange(rows), 50)
    vectors = rng.normal(size=(rows, 5)).astype(np.float32)
    return {
        "probabilities": rng.dirichlet(np.ones(CLASSES), size=rows).astype(np.float32),
        "embeddings": vectors,
        "labeled": rng.choice(free, size=len(labels), replace=False),
        "labels": labels,
    }


def _ask(name: str, n: int, arrays: dict[str, NDArray[Any]], **more: Any) -> Selection:
    return _query(name, n, arrays, random_state=3, **more)


def _query(name: str, n: int, arrays: dict[str, NDArray[Any]], **more: Any) -> Selection:
    given: dict[str, Any] = {**arrays, **rare_signals(create(name).needs, arrays), **more}
    return query(name, n, **given)


def _select(strategy: Strategy, n: int, arrays: dict[str, NDArray[Any]]) -> Selection:
    pool = check_pool(
        probabilities=arrays["probabilities"],
        embeddings=arrays["embeddings"],
        labeled=arrays["labeled"],
        **{"labels": arrays["labels"], **rare_signals(strategy.needs, arrays)},
    )
    return strategy.select(pool, n, np.random.default_rng(3))


def _check_form(picks: Selection, arrays: dict[str, NDArray[Any]], n: int | None = None) -> None:
    count = len(picks.indices)
    _require(n is None or count == n, f"{n} rows were asked, {count} came")
    _require(picks.indices.dtype == np.int64, f"positions are {picks.indices.dtype}, not int64")
    _require(len(np.unique(picks.indices)) == count, "a row came back twice")
    _require(not np.isin(picks.indices, arrays["labeled"]).any(), "a labelled row came back")
    _require(picks.scores.shape == (count,), "not one score for each row")
    _require(np.isfinite(picks.scores).all(), "a score is not finite")
    _require(len(picks.reasons) == count and all(picks.reasons), "not one reason for each row")
    for name, chances in (("propensity", picks.propensities), ("chance", picks.draw_chances)):
        if chances is not None:
            _require(chances.shape == (count,), f"not one {name} for each row")
            _require(((chances > 0) & (chances <= 1)).all(), f"a {name} is no probability")


def _require(holds: bool | np.bool_, problem: str) -> None:
    if not holds:
        raise AssertionError(problem)
