"""How far annotators agree with each other, with the labels that hold, and with gold questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from querist.catalog import Catalog
from querist.errors import InvalidInputError
from querist.labeling.consensus import Votes, read_opinions, unseen_table, votes_of
from querist.labeling.shapes import likeness, shape_answers
from querist.metrics import (
    Consensus,
    ShapeAgreement,
    cohen_kappa,
    dawid_skene,
    fleiss_kappa,
    krippendorff_alpha,
    lean_crowd,
)
from querist.schema import Arm, Opinion, Value

# Beyond this many annotators there are too many pairs to tell each.
_MOST_PAIRED = 50
# Below this many assets with several opinions nothing can be told of the annotators.
_FEWEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAgreement:
    """Cohen's kappa of two annotators over the assets that both answered; higher is better."""

    first: str
    second: str
    assets: int
    kappa: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatorReport:
    """How one annotator does.

    Attributes:
        annotator: Who.
        opinions: Opinions that stand, skips and "cannot tell" included.
        passed: Of them, those that give no label.
        agreement: Share of the opinions that equal the label that holds, where one does; of
            shapes the mean F1 at IoU .5.
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
        assets: Assets with at least two opinions that name a class.
        opinions: Opinions on them.
        fleiss: Fleiss' kappa; higher is better.
        alpha: Krippendorff's alpha for names; higher is better.
        pairs: Cohen's kappa of every two of at most 50 annotators.
        annotators: A report of each.
        accuracy: Expected share of right labels among those that the same estimate makes of the
            opinions; ``None`` as for annotators.
        shapes: Agreement on boxes, polygons or spans; ``None`` for other kinds.
    """

    assets: int
    opinions: int
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
    shared = np.zeros(0) if votes is None else votes.answers.per_item()
    several = int((shared > 1).sum())
    estimate = _estimate(catalog, votes) if votes is not None and several >= _FEWEST else None
    accuracy = estimate.annotator_accuracy.tolist() if estimate is not None else []
    names = votes.annotators if votes is not None else []
    marked, shapes = shape_answers(catalog, held)
    counts = [len(by) for by in marked if len(by) > 1]
    return Agreement(
        assets=several or len(counts),
        opinions=int(shared[shared > 1].sum()) or sum(counts),
        fleiss=fleiss_kappa(votes.answers) if votes is not None and several else None,
        alpha=krippendorff_alpha(votes.answers) if votes is not None and several else None,
        pairs=[] if votes is None else _pairs(votes),
        annotators=_reports(catalog, held, dict(zip(names, accuracy, strict=False))),
        accuracy=None if estimate is None else float(estimate.posterior.max(axis=1).mean()),
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


def _pairs(votes: Votes) -> list[PairAgreement]:
    by_annotator: dict[int, dict[int, int]] = defaultdict(dict)
    columns = (votes.answers.annotators, votes.answers.items, votes.answers.classes)
    for who, item, code in zip(*(column.tolist() for column in columns), strict=True):
        by_annotator[who][item] = code
    found = []
    for first, second in combinations(sorted(by_annotator)[:_MOST_PAIRED], 2):
        a, b = by_annotator[first], by_annotator[second]
        both = sorted(a.keys() & b.keys())
        if both:
            kappa = cohen_kappa([a[i] for i in both], [b[i] for i in both])
            names = votes.annotators[first], votes.annotators[second]
            found.append(
                PairAgreement(first=names[0], second=names[1], assets=len(both), kappa=kappa)
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
