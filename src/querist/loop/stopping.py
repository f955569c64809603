"""When to stop: what labels still mend, the target, the budget, the money, the end of the pool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from querist.catalog import Catalog
from querist.diagnostics import StopReading, StopVerdict
from querist.diagnostics.stopping import FEW_LEFT, FINISH, SURPRISING
from querist.loop import training, value_training
from querist.loop.budget import BudgetState
from querist.loop.snapshot import Snapshot
from querist.loop.stop_evidence import kept_form, stop_set
from querist.loop.value_agreement import NAME_OF, agreement
from querist.metrics import SavingMeasure, cohen_kappa, f_measure_change_bound
from querist.schema import (
    Advice,
    Arm,
    Evaluation,
    ModelVersion,
    OutlookPoint,
    Saving,
    TaskKind,
    Worth,
    class_names,
    percent,
)
from querist.schema.wording import counted, in_money, money, number, percent_beside

WINDOW = 3
MIN_ROUNDS = 4
MIN_PER_CLASS = 2
WIDEST_BOUND = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the advice rests on.

    Attributes:
        rounds: Rounds finished, this one included.
        evaluation: The active model on the audit set, if measured.
        target: The headline measure the project wants, 0 to 1, if set.
        agreements: Agreement of consecutive models, oldest first.
        wanted_agreement: Agreement from which predictions count as stable.
        thin_classes: Classes with fewer than two training labels.
        budgets: Each budget with what is spent.
        left: Assets the active arm may still ask for.
        trains: Whether a model learns from labels of this kind.
        task: What the labels are.
        classes: How many there are.
        verdict: What labels still mend, where models of part of them were trained.
        outlook: Where the curve is expected to go, nearest first.
        worth: What more labels are worth, where costs are known.
        currency: What that is in, if the project says it.
    """

    rounds: int
    evaluation: Evaluation | None
    target: float | None
    agreements: Sequence[float]
    wanted_agreement: float
    thin_classes: Sequence[str]
    budgets: Sequence[BudgetState]
    left: int
    trains: bool = True
    task: TaskKind = TaskKind.CLASSIFICATION
    classes: int = 0
    verdict: StopVerdict | None = None
    outlook: Sequence[OutlookPoint] = ()
    worth: Worth | None = None
    currency: str | None = None


def agreements(catalog: Catalog) -> list[float]:
    """Agreement between the predictions of consecutive round models on a fixed stop set.

    Cohen's kappa of classes, and what stands for it of other labels. The stop set is a random
    sample of up to 2,000 assets of the pool, labels not needed (Bloodgood and Vijay-Shanker, 2009).
    """
    named = (round_.model_id for round_ in catalog.records.rounds.list())
    # Where a model comes from elsewhere, two rounds may end with the same one: that proves nothing.
    models = [it for it in dict.fromkeys(named) if it is not None][-(WINDOW + 1) :]
    if len(models) < 2:
        return []
    known = [catalog.records.models.get(model_id) for model_id in models]
    if catalog.settings.task is not TaskKind.CLASSIFICATION:
        return _of_values(catalog, known)
    rows = stop_set(catalog, min(catalog.predictions.count(model_id) for model_id in models))
    votes = [training.predict(catalog, model, rows).argmax(axis=1) for model in known]
    return [float(cohen_kappa(a, b)) for a, b in pairwise(votes)]


def _of_values(catalog: Catalog, models: Sequence[ModelVersion]) -> list[float]:
    counts = [catalog.value_predictions.count(model.id) for model in models]
    if not min(counts):
        return []
    rows = stop_set(catalog, min(counts))
    said = [value_training.predict(catalog, model, rows) for model in models]
    return [agreement(catalog.settings.task, a, b) for a, b in pairwise(said)]


def thin_classes(catalog: Catalog, seen: Snapshot) -> list[str]:
    """Classes that fewer than two training labels name: none may be judged learned."""
    names = catalog.records.ontologies.current().names
    rows = seen.training(Arm.ACTIVE)
    if catalog.settings.task is TaskKind.CLASSIFICATION:
        counts = Counter(names[code] for code in seen.codes[rows].tolist())
    else:
        _, values = value_training.labels_of(catalog, seen, rows)
        counts = Counter(name for value in values for name in set(class_names(value)))
    return [name for name in names if counts[name] < MIN_PER_CLASS]


def advise(evidence: Evidence) -> tuple[bool, tuple[str, ...], float | None, float | None]:
    """Whether to stop, why, the mean agreement of the last rounds, and how far F moved at most.

    Spent budgets and an empty pool stop at once. A target that the lower end of the interval
    reaches stops, and so does a label that costs more than the errors it spares. Labels that no
    longer mend the model stop, with every class seen twice. Where that is not known, stable
    predictions of classes stop after four rounds; of numbers, boxes and spans nobody has shown yet
    how much agreement is enough.
    """
    window = list(evidence.agreements)[-WINDOW:]
    mean = float(np.mean(window)) if window else None
    bound = f_measure_change_bound(min(window)) if window and _bounded(evidence) else None
    reasons: list[str] = []
    stop = False
    for budget in _spent(evidence):
        stop = True
        reasons.append(f"The budget of {budget.words} is spent.")
    if evidence.left == 0:
        stop = True
        reasons.append("Nothing is left to ask.")
    reached = _target(evidence, reasons)
    known = evidence.verdict is not None and evidence.verdict.mendable is not None
    if known:
        settled = _mended(evidence, reasons)
        if mean is not None:
            reasons.append(f"{_state(evidence, window, bound)}.")
    else:
        settled = _stable(evidence, window, bound, reasons)
    costly = _costly(evidence, reasons)
    return stop or reached or costly or settled, tuple(reasons), mean, bound


def _spent(evidence: Evidence) -> list[BudgetState]:
    return [it for it in evidence.budgets if it.limit is not None and it.spent >= it.limit]


def _target(evidence: Evidence, reasons: list[str]) -> bool:
    if evidence.target is None or evidence.evaluation is None:
        return False
    accuracy = evidence.evaluation.accuracy
    if accuracy.low >= evidence.target:
        reasons.append(
            f"The target of {percent(evidence.target)} is reached: even the lower end of the "
            f"interval is {percent(accuracy.low)}."
        )
        return True
    word = "within" if accuracy.high >= evidence.target else "above"
    reasons.append(
        f"The target of {percent(evidence.target)} is {word} the interval, not yet certain."
    )
    return False


def _mended(evidence: Evidence, reasons: list[str]) -> bool:
    verdict = evidence.verdict
    assert verdict is not None
    mendable, moved = verdict.mendable or 0.0, verdict.disagreement or 0.0
    doubt = f"the model doubts {percent(verdict.uncertainty or 0.0)} itself"
    share = "all" if mendable >= 1 else f"about {percent_beside(mendable, verdict.enough)}"
    reasons.append(
        f"Labels can still mend {share} of the model's doubt; at {percent(verdict.enough, 0)} or "
        f"less, more of them no longer pay off. Models without a third of the labels decide "
        f"{percent(moved)} of the assets otherwise and get {percent(verdict.errors or 0.0)} of "
        f"the labels that they miss wrong; {doubt}."
    )
    if verdict.finish and mendable <= verdict.enough and evidence.left and not _spent(evidence):
        reasons.append(
            f"More than {percent(FINISH, 0)} of the pool is labelled and fewer than {FEW_LEFT:,} "
            "assets are left: to label these is sure and costs little, so a stop is not advised."
        )
    if verdict.unlearned:
        reasons.append(
            "On labels that they had not learned these models are right no oftener than one that "
            "always says the commonest class: that they agree means nothing yet."
        )
    if verdict.surprise > SURPRISING:
        reasons.append(
            f"The share of errors in the last batches was {number(100 * verdict.surprise)} points "
            "above what the model expected: it does not know yet what it does not know."
        )
    if verdict.unlike_audit:
        reasons.append(
            f"The newest model gets {percent(verdict.audit_errors or 0.0)} of the audit set wrong, "
            f"surely over {100 * SURPRISING:.0f} points more than of the labels that these models "
            "had not learned, which are usually the harder ones: a part of the pool is hardly "
            "labelled."
        )
    if verdict.missing:
        few = ", ".join(verdict.missing[:5])
        reasons.append(f"Too few labels to be judged, fewer than {MIN_PER_CLASS}: {few}.")
    return verdict.stop


def _costly(evidence: Evidence, reasons: list[str]) -> bool:
    if evidence.outlook:
        near, far = evidence.outlook[0], evidence.outlook[-1]
        more = f", {far.more:,} more {_points(far)}" if far.more > near.more else ""
        labels = "label is" if near.more == 1 else f"{near.more:,} labels are"
        reasons.append(f"The next {labels} expected to bring {_points(near)}{more}.")
    if evidence.worth is None:
        return False
    beside = round(evidence.worth.control_labels, 2)
    control = f", {beside:g} of the random control included," if beside else ""
    each = money(evidence.worth.label_cost, evidence.currency)
    cost = f"With {each} a label{control} and the errors at their price"
    if evidence.worth.saving <= 0:
        reasons.append(f"{cost}, no number of further labels is expected to pay.")
        return not evidence.thin_classes
    reasons.append(
        f"{cost}, {counted(evidence.worth.labels, 'label in all is', 'labels in all are')} "
        "expected to cost least, and to save "
        f"{in_money(evidence.worth.saving, evidence.currency)} against stopping now."
    )
    return False


def _points(ahead: OutlookPoint) -> str:
    low, high = number(100 * ahead.gain_low), number(100 * ahead.gain_high)
    return f"{number(100 * ahead.gain)} points (95 % interval {low} to {high})"


def _stable(
    evidence: Evidence,
    window: Sequence[float],
    bound: float | None,
    reasons: list[str],
) -> bool:
    if not evidence.trains:
        reasons.append(
            "No model learns from labels of this kind yet: batches are drawn to cover the pool."
        )
        return False
    if not window:
        reasons.append("Too few models to compare their predictions.")
        return False
    state, mean = _state(evidence, window, bound), float(np.mean(window))
    named = NAME_OF.get(evidence.task, "kappa")
    if named != "kappa" or mean < evidence.wanted_agreement:
        enough = f"{evidence.wanted_agreement:.2f} would count as stable"
        unknown = "from where on that is stable is not known for such labels"
        reasons.append(f"{state}; {enough if named == 'kappa' else unknown}.")
        return False
    if len(window) < WINDOW or evidence.rounds < MIN_ROUNDS:
        reasons.append(f"{state}; it must hold for {WINDOW} comparisons in a row.")
        return False
    if evidence.thin_classes:
        reasons.append(
            f"{state}, but {', '.join(evidence.thin_classes[:5])} have fewer than "
            f"{MIN_PER_CLASS} labels."
        )
        return False
    reasons.append(f"{state}: the predictions are stable.")
    return True


def _bounded(evidence: Evidence) -> str | None:
    """The F that kappa bounds: where all decisions of two models make one table of two by two.

    Of more classes kappa may stay near 1 while a rare one is forgotten.
    """
    if evidence.task is TaskKind.MULTI_LABEL:
        return "micro F1"
    two = evidence.task is TaskKind.CLASSIFICATION and evidence.classes == 2
    return "F of either class" if two else None


def _state(evidence: Evidence, window: Sequence[float], bound: float | None) -> str:
    name, moved = NAME_OF.get(evidence.task, "kappa"), ""
    # Far from agreement the bound is true but says nothing.
    if bound is not None and bound <= WIDEST_BOUND:
        moved = (
            f", at least {min(window):.3f}, so {_bounded(evidence)} on the assets compared moved "
            f"by at most {number(100 * bound)} points from one to the next"
        )
    return f"Consecutive models agree with {name} {np.mean(window):.3f}{moved}"


def advice_of(
    evidence: Evidence,
    sentence: str,
    saved: SavingMeasure | None = None,
    reading: StopReading | None = None,
) -> Advice:
    """The advice of a round, as it is stored and shown."""
    stop, reasons, mean, bound = advise(evidence)
    saving = _saving(saved) if saved else None
    ending = "Stopping is advised." if stop else "Go on."
    return Advice(
        stop=stop,
        sentence=f"{sentence} {ending}",
        reasons=reasons,
        agreement=mean,
        bound=bound,
        saved_labels=saving.labels if saving else None,
        saving=saving,
        label_ratio=saved.ratio if saved else None,
        mendable=evidence.verdict.mendable if evidence.verdict else None,
        enough=evidence.verdict.enough if evidence.verdict else None,
        outlook=tuple(evidence.outlook),
        worth=evidence.worth,
        reading=kept_form(reading),
    )


def _saving(found: SavingMeasure) -> Saving:
    return Saving(
        accuracy=found.accuracy,
        active_labels=found.active_labels,
        control_labels=found.control_labels,
        mean_ratio=found.ratio.value,
    )
