"""How far annotators agree with each other, with the labels that hold, and with gold questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.errors import InvalidInputError
from querist.labeling.consensus import Votes, read_opinions, unseen_table, votes_of
from querist.labeling.shapes import likeness, shape_answers
from querist.metrics import (
    Consensus,
    ShapeAgreement,
    alpha_of_numbers,
    alpha_of_sets,
    cohen_kappa,
    dawid_skene,
    fleiss_kappa,
    krippendorff_alpha,
    lean_crowd,
)
from querist.schema import Arm, ClassesValue, NumberValue, Opinion, Value

# Beyond this many annotators there are too many pairs to tell each.
_MOST_PAIRED = 50
# Below this many assets with several opinions nothing can be told of the annotators.
_FEWEST = 20
# One stream of random numbers for each purpose; the shapes have 55.
_SETS_STREAM = 56


class Distance(StrEnum):
    """What Krippendorff's alpha takes for the distance of two answers, 0 where they are equal.

    ``nominal``: 1 where two classes differ. ``masi``: of two sets (Passonneau, 2006).
    ``interval``: the squared difference of two numbers. ``overlap``: 1 minus the part of boxes,
    polygons or spans that both cover.
    """

    NOMINAL = "nominal"
    MASI = "masi"
    INTERVAL = "interval"
    OVERLAP = "overlap"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAgreement:
    """How two annotators agree over the assets that both answered; 1 is identical, 0 is chance.

    Attributes:
        first: One of them.
        second: The other.
        assets: Assets that both answered.
        kappa: Cohen's kappa of classes; ``None`` for sets and numbers.
        alpha: Krippendorff's alpha of sets and numbers; ``None`` for classes.
    """

    first: str
    second: str
    assets: int
    kappa: float | None = None
    alpha: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatorReport:
    """How one annotator does.

    Attributes:
        annotator: Who.
        opinions: Opinions that stand, skips and "cannot tell" included.
        passed: Of them, those that give no label.
        agreement: Share of the opinions that equal the label that holds, where one does; of
            shapes the mean F1, 1 where they are the same answer.
        gold_answers: Gold questions answered; the first answer to each counts.
        gold_accuracy: Share of them that are right; "cannot tell" is not. Of shapes the mean F1.
        accuracy: Chance that an opinion is right, estimated over all opinions and, once there is
            one, the model; ``None`` where the opinions are of another kind, or fewer than 20
            assets have several.
        seconds: Mean working time of an opinion or gold answer, where it is known.
    """

    annotator: str
    opinions: int
    passed: int
    agreement: float | None
    gold_answers: int
    gold_accuracy: float | None
    seconds: float | None
    accuracy: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far all annotators agree; ``None`` where nothing can be said yet.

    Attributes:
        assets: Assets with at least two opinions that give a label.
        opinions: These opinions on them.
        distance: What alpha takes for the distance of two answers.
        fleiss: Fleiss' kappa of classes; higher is better.
        alpha: Krippendorff's alpha; 1 is identical, 0 is chance level.
        pairs: Every two of at most 50 annotators; of shapes they are in ``shapes``.
        annotators: A report of each.
        accuracy: Expected share of right labels among those that the same estimate makes of the
            opinions; ``None`` as for annotators.
        shapes: Agreement on boxes, polygons or spans; ``None`` for other kinds.
    """

    assets: int
    opinions: int
    distance: Distance | None
    fleiss: float | None
    alpha: float | None
    pairs: Sequence[PairAgreement]
    annotators: Sequence[AnnotatorReport]
    accuracy: float | None = None
    shapes: ShapeAgreement | None = None


def agreement(catalog: Catalog) -> Agreement:
    """Look at all opinions that stand, and at the gold answers."""
    reading = catalog.records.ontologies.reading()
    held = read_opinions(reading, catalog.records.opinions.standing())
    votes = votes_of(catalog, held)
    if votes is not None:
        return _of_classes(catalog, held, votes)
    told = [it for it in held if isinstance(it.value, (ClassesValue, NumberValue))]
    return _of_values(catalog, held, told) if told else _of_shapes(catalog, held)


def _of_classes(catalog: Catalog, held: Sequence[Opinion], votes: Votes) -> Agreement:
    answers = votes.answers
    shared = answers.per_item()
    several = int((shared > 1).sum())
    estimate = _estimate(catalog, votes) if several >= _FEWEST else None
    accuracy = estimate.annotator_accuracy.tolist() if estimate is not None else []

    def compare(first: list[int], second: list[int]) -> dict[str, float]:
        return {"kappa": cohen_kappa(answers.classes[first], answers.classes[second])}

    return Agreement(
        assets=several,
        opinions=int(shared[shared > 1].sum()),
        distance=Distance.NOMINAL if several else None,
        fleiss=fleiss_kappa(answers) if several else None,
        alpha=krippendorff_alpha(answers) if several else None,
        pairs=_pairs(votes.annotators, answers.annotators, answers.items, compare),
        annotators=_reports(catalog, held, dict(zip(votes.annotators, accuracy, strict=False))),
        accuracy=None if estimate is None else float(estimate.posterior.max(axis=1).mean()),
    )


def _of_values(catalog: Catalog, held: Sequence[Opinion], told: Sequence[Opinion]) -> Agreement:
    _, items, shared = np.unique(
        [it.asset_id for it in told], return_inverse=True, return_counts=True
    )
    annotators, who = np.unique([it.annotator for it in told], return_inverse=True)
    shared = shared[shared > 1]
    distance, answers, alpha = _measured(catalog, told)

    def compare(first: list[int], second: list[int]) -> dict[str, float]:
        both = first + second
        return {"alpha": alpha(items[both], answers[both])}

    return Agreement(
        assets=len(shared),
        opinions=int(shared.sum()),
        distance=distance if len(shared) else None,
        fleiss=None,
        alpha=alpha(items, answers) if len(shared) else None,
        pairs=_pairs(annotators.tolist(), who, items, compare),
        annotators=_reports(catalog, held, {}),
    )


def _measured(
    catalog: Catalog, told: Sequence[Opinion]
) -> tuple[Distance, NDArray[Any], Callable[[NDArray[Any], NDArray[Any]], float]]:
    """Numbers (R,), or which classes each set names (R, C), and the alpha for them."""
    numbers = [it.value.number for it in told if isinstance(it.value, NumberValue)]
    if numbers:
        return Distance.INTERVAL, np.array(numbers), alpha_of_numbers
    named = [it.value.names for it in told if isinstance(it.value, ClassesValue)]
    code = {name: i for i, name in enumerate(sorted({it for names in named for it in names}))}
    sets = np.zeros((len(named), len(code)), dtype=bool)
    for row, names in enumerate(named):
        sets[row, [code[it] for it in names]] = True
    rng = np.random.default_rng([catalog.settings.policy.seed, _SETS_STREAM])
    return Distance.MASI, sets, partial(alpha_of_sets, rng=rng)


def _of_shapes(catalog: Catalog, held: Sequence[Opinion]) -> Agreement:
    marked, shapes = shape_answers(catalog, held)
    counts = [len(by) for by in marked if len(by) > 1]
    return Agreement(
        assets=len(counts),
        opinions=sum(counts),
        distance=None if shapes is None else Distance.OVERLAP,
        fleiss=None,
        alpha=None if shapes is None else shapes.alpha,
        pairs=[],
        annotators=_reports(catalog, held, {}),
        shapes=shapes,
    )


def _estimate(catalog: Catalog, votes: Votes) -> Consensus | None:
    """By the model and all annotators where there is a model, else by Dawid-Skene."""
    model = catalog.records.models.latest(Arm.ACTIVE)
    probabilities = None if model is None else unseen_table(catalog, model, votes)
    if probabilities is not None:
        return lean_crowd(votes.answers, probabilities)
    try:
        return dawid_skene(votes.answers)
    except InvalidInputError:  # too many annotators and classes for tables of confusion
        return None


def _pairs(
    names: Sequence[str],
    who: NDArray[Any],
    items: NDArray[Any],
    compare: Callable[[list[int], list[int]], dict[str, float]],
) -> list[PairAgreement]:
    """Every two annotators with an item in common, by what ``compare`` says of their answers."""
    by_annotator: dict[int, dict[int, int]] = defaultdict(dict)
    for row, (one, item) in enumerate(zip(who.tolist(), items.tolist(), strict=True)):
        by_annotator[one][item] = row
    found = []
    for first, second in combinations(sorted(by_annotator)[:_MOST_PAIRED], 2):
        a, b = by_annotator[first], by_annotator[second]
        if both := sorted(a.keys() & b.keys()):
            figure = compare([a[it] for it in both], [b[it] for it in both])
            found.append(
                PairAgreement(first=names[first], second=names[second], assets=len(both), **figure)
            )
    return found


def _reports(
    catalog: Catalog, held: Sequence[Opinion], accuracy: Mapping[str, float]
) -> list[AnnotatorReport]:
    records = catalog.records
    reading = records.ontologies.reading()
    answers = read_opinions(reading, records.opinions.gold_answers())
    asked = {it.asset_id for it in held}
    labels = {
        it.asset_id: it.value and reading.value(it.value, it.ontology_version)
        for it in records.labels.currents()
        if it.asset_id in asked
    }
    right = _right_answers(catalog)
    names = sorted({it.annotator for it in (*held, *answers)})
    return [
        _report(
            name,
            [it for it in held if it.annotator == name],
            [it for it in answers if it.annotator == name],
            labels,
            right,
            accuracy.get(name),
        )
        for name in names
    ]


def _right_answers(catalog: Catalog) -> dict[str, Value]:
    """The answers of gold questions in the classes of now, where they are known."""
    records = catalog.records
    reading, versions = records.ontologies.reading(), records.ontologies.versions()
    found = {}
    for gold in (*records.gold.list(retired=True), *records.gold.list()):
        then = [v.ontology.version for v in versions if v.created_at <= gold.created_at]
        value = reading.value(gold.value, then[-1] if then else versions[0].ontology.version)
        if value is not None:
            found[gold.asset_id] = value
    return found


def _report(
    name: str,
    held: Sequence[Opinion],
    answers: Sequence[Opinion],
    labels: Mapping[str, Value | None],
    right: Mapping[str, Value],
    accuracy: float | None,
) -> AnnotatorReport:
    said = [it for it in held if it.value is not None]
    decided = [likeness(it.value, labels[it.asset_id]) for it in said if labels.get(it.asset_id)]
    gold = [likeness(it.value, right[it.asset_id]) for it in answers if it.asset_id in right]
    seconds = [it.seconds for it in (*held, *answers) if it.seconds is not None]
    return AnnotatorReport(
        annotator=name,
        opinions=len(held),
        passed=len(held) - len(said),
        agreement=_mean(decided),
        gold_answers=len(gold),
        gold_accuracy=_mean(gold),
        seconds=_mean(seconds),
        accuracy=accuracy,
    )


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
