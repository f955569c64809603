"""How the classes were learned over the rounds: recall, stalls, what their labels brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.diagnostics import (
    CapacityAdvice,
    ClassDynamics,
    Rung,
    Taught,
    capacity_advice,
    class_dynamics,
    class_lags,
    example_dynamics,
    overfitting_start,
    prediction_kappas,
)
from querist.learners import create_learner
from querist.loop import training
from querist.loop.snapshot import Snapshot
from querist.schema import Arm, ModelVersion, Round

# Newest rounds that are looked at.
MOST_ROUNDS = 40
SHOWN = 8
# The ladder of the default learner: its regularisation times these.
LADDER = (1 / 64, 1 / 8, 1.0, 8.0, 64.0)
LADDER_OF = "logistic-regression"
COLUMNS = 15.0

Rows = NDArray[np.int64]
Table = NDArray[np.floating]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLesson:
    """One class: what its labels taught, and how it was learned.

    Attributes:
        name: The class.
        labels: Its training labels.
        newest: Of these, labels of the newest batch.
        points: Change of the mean probability of the true class, of all classes, in points, with
            its labels against without them; higher taught more. ``None`` where that was not
            compared: of classes beyond the twenty with most labels (ten in a large project), and
            where without it fewer than two classes had labels.
        low: Lower end of its 95 % interval.
        high: Upper end.
        newest_points: ``points`` of its labels of the newest batch alone; ``None`` also where that
            holds more classes than are compared.
        recall: Share found in each round, 0 to 1; ``None`` where the sample has none.
        learned: First round in which it was found often enough; ``None`` if never.
        forgotten: Rounds in which it was forgotten again.
        stalled: Whether it is not learned and has not gained for three rounds.
    """

    name: str
    labels: int
    newest: int
    points: float | None
    low: float | None
    high: float | None
    newest_points: float | None
    recall: tuple[float | None, ...]
    learned: int | None
    forgotten: tuple[int, ...]
    stalled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardness:
    """How many sampled assets the models of the rounds found easy, ambiguous or hard.

    Attributes:
        easy: Right in most rounds.
        ambiguous: Now right, now wrong.
        hard: Right in less than a third of the rounds.
        forgettings: How often an asset went from right to wrong.
        hardest: The hardest assets, hardest first.
    """

    easy: int
    ambiguous: int
    hard: int
    forgettings: int
    hardest: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The course of learning; the attributes are those of ``Lessons``."""

    rounds: tuple[int, ...]
    classes: tuple[ClassLesson, ...]
    ties: tuple[str, ...]
    stability: tuple[float, ...]
    overfitting: int | None
    hardness: Hardness | None


def asked_in(catalog: Catalog, seen: Snapshot, rows: Rows) -> Rows:
    """The round (n,) in which the active arm first asked for each asset; 0 where none did."""
    first = np.zeros(len(seen.ids), dtype=np.int64)
    asked = catalog.records.rounds.selected(arm=Arm.ACTIVE)
    places = catalog.assets.index().known(it.asset_id for it in asked)
    for at, one in zip(places.tolist(), asked, strict=True):
        if 0 <= at < len(first) and not first[at]:
            first[at] = one.round
    return first[rows]


def course(
    catalog: Catalog,
    round_: Round,
    seen: Snapshot,
    learned: Rows,
    sample: Rows,
    taught: tuple[Mapping[int, Taught], Mapping[int, Taught]],
) -> Course:
    """How the models of all rounds up to this one fared on one sample.

    Args:
        catalog: The catalog.
        round_: The round that is looked at.
        seen: The labels of now.
        learned: Positions of the training labels (n,).
        sample: Positions of labelled assets that no model learned from (m,).
        taught: What the labels of each class taught, and those of the newest batch alone, by class.
    """
    names = catalog.records.ontologies.current().names
    rounds = [
        one
        for one in catalog.records.rounds.list()
        if one.model_id is not None and one.number <= round_.number
    ][-MOST_ROUNDS:]
    models = [catalog.records.models.get(str(one.model_id)) for one in rounds]
    tables = np.stack([training.predict(catalog, model, sample) for model in models])
    truth, said = seen.codes[sample], tables.argmax(axis=2)
    numbers = [one.number for one in rounds]
    dynamics = class_dynamics(truth, said, names)
    asked = asked_in(catalog, seen, learned)
    count = len(names)
    added = np.zeros((len(rounds), count))
    for at, number in enumerate(numbers):
        # What came before the first round that has a model was learned first by this model.
        mine = asked <= number if at == 0 else (asked > numbers[at - 1]) & (asked <= number)
        added[at] = np.bincount(seen.codes[learned[mine]], minlength=count)
    recall = np.array([one.recall for one in dynamics]).T
    stalled = [one.name for one in dynamics if one.stalled]
    ties = class_lags(recall, added, names, followers=stalled)
    newest = asked == round_.number
    return Course(
        rounds=tuple(numbers),
        classes=tuple(
            _of_class(
                one,
                seen.codes[learned] == code,
                newest,
                (taught[0].get(code), taught[1].get(code)),
                numbers,
            )
            for code, one in enumerate(dynamics)
        ),
        ties=tuple(one.sentence(stalled=True) for one in ties),
        stability=prediction_kappas(said),
        overfitting=_overfitting(catalog, models, numbers, seen, (learned, asked), sample),
        hardness=_hardness(seen, sample, tables) if len(tables) > 1 else None,
    )


def capacity(
    model: ModelVersion, vectors: Table, seen: Snapshot, learned: Rows
) -> CapacityAdvice | None:
    """Whether the default learner would do better with more or less room, by the audit set.

    Control labels have no part in it: what the active arm chose of them is learned, so that the
    rest are the easier ones, and shares of them are not those of the pool.

    Returns:
        ``None`` for other learners, and where nothing of the audit set is labelled.
    """
    rows, audit = learned[seen.codes[learned] >= 0], seen.audited()
    if model.learner != LADDER_OF or not len(audit):
        return None
    own = model.parameters.get("C") or min(1.0, COLUMNS / vectors.shape[1])
    ladder = []
    for factor in LADDER:
        learner = create_learner(LADDER_OF, **{**model.parameters, "C": own * factor})
        learner.fit(
            np.asarray(vectors[rows]),
            seen.codes[rows],
            class_count=int(seen.codes.max()) + 1,
            rng=np.random.default_rng(model.seed),
        )
        fits = learner.predict_proba(vectors[rows]).argmax(axis=1) == seen.codes[rows]
        right = learner.predict_proba(vectors[audit]).argmax(axis=1) == seen.codes[audit]
        ladder.append(
            Rung(name=f"C = {own * factor:.3g}", train_accuracy=float(fits.mean()), right=right)
        )
    return capacity_advice(ladder, LADDER.index(1.0))


def _of_class(
    one: ClassDynamics,
    mine: NDArray[np.bool_],
    newest: NDArray[np.bool_],
    taught: tuple[Taught | None, Taught | None],
    numbers: list[int],
) -> ClassLesson:
    labels, new = int(mine.sum()), int((mine & newest).sum())
    # Without labels the model without them is the same model.
    brought, newly = (
        (one.points, one.low, one.high) if one else (None if count else 0.0,) * 3
        for one, count in zip(taught, (labels, new), strict=True)
    )
    return ClassLesson(
        name=one.name,
        labels=labels,
        newest=new,
        points=brought[0],
        low=brought[1],
        high=brought[2],
        newest_points=newly[0],
        recall=tuple(None if np.isnan(share) else float(share) for share in one.recall),
        learned=None if one.learned is None else numbers[one.learned],
        forgotten=tuple(numbers[at] for at in one.forgotten),
        stalled=one.stalled,
    )


def _hardness(seen: Snapshot, sample: Rows, tables: Table) -> Hardness:
    found = example_dynamics(seen.codes[sample], tables)
    words = [word.value for word in found.difficulty]
    order = np.lexsort((found.confidence, found.correctness))
    hard = [at for at in order.tolist() if words[at] == "hard"]
    return Hardness(
        easy=words.count("easy"),
        ambiguous=words.count("ambiguous"),
        hard=words.count("hard"),
        forgettings=int(found.forgettings.sum()),
        hardest=tuple(seen.ids[i] for i in sample[hard[:SHOWN]].tolist()),
    )


def _overfitting(
    catalog: Catalog,
    models: list[ModelVersion],
    numbers: list[int],
    seen: Snapshot,
    trained: tuple[Rows, Rows],
    sample: Rows,
) -> int | None:
    learned, asked = trained
    losses = []
    for model, number in zip(models, numbers, strict=True):
        mine = learned[asked <= number]
        own = _losses(catalog, model, mine, seen.codes[mine])
        other = _losses(catalog, model, sample, seen.codes[sample])
        losses.append((own.mean(), other.mean(), other.std() / np.sqrt(len(other))))
    at = overfitting_start(*np.array(losses).T)
    return None if at is None else numbers[at]


def _losses(catalog: Catalog, model: ModelVersion, rows: Rows, codes: Rows) -> NDArray[np.float64]:
    table = training.predict(catalog, model, rows).astype(np.float64)
    return np.asarray(-np.log(np.maximum(table[np.arange(len(rows)), codes], 1e-6)))
