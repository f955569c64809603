"""Rounds: plan, select, collect, train, evaluate, diagnose, decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from querist.schema.measure import Measure
from querist.schema.task import Arm
from querist.schema.wording import interval, percent


class Step(StrEnum):
    """The step a round is in; each can be resumed."""

    PLAN = "plan"
    SELECT = "select"
    COLLECT = "collect"
    TRAIN = "train"
    EVALUATE = "evaluate"
    DIAGNOSE = "diagnose"
    DECIDE = "decide"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlan:
    """All that is needed to select the same assets again, bit for bit.

    Attributes:
        batch_size: Assets for the active arm.
        control_size: Random assets for the control arm.
        audit_size: Random assets that join the audit set in this round.
        strategy: Name of the strategy.
        parameters: Its parameters.
        seed: Seed of the selection.
        encoder: Key of the embeddings.
        model_id: The model whose probabilities were used; ``None`` before the first.
        label_seq: Last entry of the label log that was seen.
        asset_count: Assets in the catalog then; later ones are not candidates.
        candidates_digest: SHA-256 over the candidates' ids in catalog order.
        candidate_count: Assets that the active arm could ask for: neither of the audit set, nor
            labelled for it, passed over, or in flight; ``None`` where an earlier version drew.
        review_seq: Last review that was seen.
        ontology_version: The ontology then; ``None`` where it was not kept.
        overlap: Opinions that are asked of each asset of the overlap.
        overlap_share: Share of the round's tasks that the seed draws for the overlap, 0 to 1.
        class_overlap: Opinions on assets of which the model says that class, with their share.
        opinion_seq: Last entry of the log of opinions that was seen.
        annotators: How many people could be asked.
        again_share: Share of the batch that asks for another opinion on labelled assets, 0 to 1.
        blind_share: Share of the tasks that are served without the model's suggestion, 0 to 1.
        skill: The skill that every task needs.
        class_skills: The skill that tasks need of which the model says that class.
        in_flight: Assets that people held when the round before was closed, and those on which
            opinions tie until a reviewer decides; not selected again.
        sub_pool: Candidates, drawn at random, that the strategy looks at; ``None`` for all.
        remedy: The finding whose batch this is, ``None`` for what a strategy chose.
        proxy: The learner whose probabilities were used instead of those of ``model_id``, trained
            on the labels of then.
        querist: The version of Querist that drew it; empty where an earlier one did.
        audit_retired: Assets that leave the audit set in this round, drawn at random, for some
            that were added. They were answered, and train nothing from here on either.
        audit_released: Those that leave without an answer; from here on they are as all others.
    """

    batch_size: int
    control_size: int
    audit_size: int
    strategy: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int
    encoder: str
    model_id: str | None
    label_seq: int
    asset_count: int
    candidates_digest: str = ""
    # Whether a replay found the same candidates, their digest says: earlier plans have no count.
    candidate_count: int | None = field(default=None, compare=False)
    review_seq: int = 0
    ontology_version: int | None = None
    overlap: int = 1
    overlap_share: float = 0.0
    class_overlap: Mapping[str, Any] = field(default_factory=dict)
    opinion_seq: int = 0
    annotators: int = 0
    again_share: float = 0.0
    blind_share: float = 0.0
    skill: str | None = None
    class_skills: Mapping[str, str] = field(default_factory=dict)
    in_flight: tuple[str, ...] = ()
    remedy: str | None = None
    sub_pool: int | None = None
    proxy: str | None = None
    querist: str = field(default="", compare=False)
    audit_retired: tuple[str, ...] = ()
    audit_released: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """Why one asset was selected.

    Attributes:
        round: The round.
        arm: The arm it was selected for.
        asset_id: The asset.
        rank: 0 is asked first.
        score: The strategy's score, higher is asked first; ``None`` for random arms.
        propensity: Probability of being drawn, where it is known exactly.
        reason: One short sentence for people.
        draw_chance: Chance that it was drawn next, given those of smaller rank, where such chances
            let the labels measure the model that chose them.
    """

    round: int
    arm: Arm
    asset_id: str
    rank: int
    score: float | None
    propensity: float | None
    reason: str
    draw_chance: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its doubt: the value, its 95 % interval, and how many it rests on."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        """The value with its interval: ``94.1 % ± 1.2``, or ``100.0 % (83.9 to 100.0)``."""
        return f"{percent(self.value)} {interval(self.value, self.low, self.high)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How one model did on the audit set.

    Attributes:
        arm: The arm whose labels trained the model.
        model_id: The model.
        labels: Labels that trained it.
        accuracy: The headline: the share of the audit set it gets right, or where a label is no
            single class the measure that ``headline`` names; at most 1, higher is better.
        macro_f1: Mean F1 over the classes present; higher is better. ``None`` of numbers and boxes.
        per_class: Recall by class, of single classes and sets of them.
        measures: Other measures by name, each with its interval and its direction.
        before: Accuracy of the model that chose the round's batch, on the candidates then, from
            the labels of that batch: unbiased (LURE), as it had not learned them yet. ``None``
            where the chances of the draws are not known.
        headline: The measure that ``accuracy`` holds: ``accuracy``, ``micro_f1``, ``r2``,
            ``map50`` or ``f1``.
        audit_digest: SHA-256 over the (asset, label) pairs of the audit set that it was measured
            on, in order of asset; empty where an earlier version measured it.
    """

    arm: Arm
    model_id: str
    labels: int
    accuracy: Estimate
    macro_f1: float | None = None
    per_class: Mapping[str, Estimate] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    before: Measure | None = None
    headline: str = "accuracy"
    audit_digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The next batch that would mend a finding: strategies side by side, each with its quota.

    Attributes:
        parts: Weight of each strategy by name.
        examples: Assets that ``similar`` looks for more of.
        wanted: The class that ``certainty`` looks for; ``None`` for the rarest.
    """

    parts: Mapping[str, float]
    examples: tuple[str, ...] = ()
    wanted: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing a diagnosis found, in words, with its evidence and what to do.

    Attributes:
        kind: Stable word. The four error types: ``data_distribution``, ``concept_clarity``,
            ``class_frequency``, ``outliers``; and ``confused_classes``, ``label_error``, …
        title: One sentence.
        evidence: Numbers behind it.
        remedy: One sentence that says what to do.
        asset_ids: The assets behind it, worst first.
        severity: Expected gain if mended, in points of accuracy; higher first.
        members: All sampled assets of the slice it speaks of, right ones included.
        batch: What to draw next to mend it; ``None`` where labelling more does not.
    """

    kind: str
    title: str
    evidence: Mapping[str, Any]
    remedy: str
    asset_ids: tuple[str, ...] = ()
    severity: float = 0.0
    members: tuple[str, ...] = ()
    batch: Batch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookPoint:
    """Where the learning curve is expected to be with more labels; all ends are of 95 % intervals.

    Attributes:
        labels: Labels of the active arm by then.
        more: How many more these are than now.
        value: The headline measure expected then: that of now with the gain.
        low: Lower end of its interval.
        high: Upper end of it.
        gain: What it is expected to be above now, in points from 0 to 1; never below 0.
        gain_low: Lower end of the gain's interval.
        gain_high: Upper end of it.
    """

    labels: int
    more: int
    value: float
    low: float
    high: float
    gain: float
    gain_low: float
    gain_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What more labels are worth in money.

    Attributes:
        label_cost: Money for a further label of the active arm, at the mean cost of a labelled
            asset so far, with the labels of the control that come with it.
        labels: Labels at which labels and errors together are expected to cost least.
        saving: Money that this is expected to save against stopping now; 0 where now is best.
        control_labels: Labels of the control that come with each further one, a mean.
    """

    label_cost: float
    labels: int
    saving: float
    control_labels: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What the active arm saved, by one audit set that all models of both arms answered.

    Attributes:
        accuracy: The highest accuracy both arms reached.
        active_labels: Labels the active arm needed for it, at most: those of its first model where
            that had it already.
        control_labels: Labels the random control needed for it, likewise.
        mean_ratio: Active labels for each control label, averaged over the accuracies that both
            arms passed on their way; below one is a saving. One point of a curve is noisy, the
            average over all of them much less.
    """

    accuracy: float
    active_labels: float
    control_labels: float
    mean_ratio: float

    @property
    def labels(self) -> int:
        """Of the control's labels, how many the active arm did not need, by the mean ratio."""
        return round(self.control_labels * (1 - self.mean_ratio))


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Go on or stop, and why.

    Attributes:
        stop: Whether Querist advises to stop.
        sentence: The state and the advice in plain words.
        reasons: One sentence a criterion.
        agreement: Mean Cohen's kappa between consecutive models on the stop set; near 1 is stable.
        bound: How far F can have moved from one of these models to the next on the stop set, 0 to
            1 (Bloodgood and Grothendieck, 2013): of two classes the F of either, of sets micro F1;
            ``None`` otherwise, as it does not hold with more classes.
        saved_labels: Of the labels random needed so far, how many active did not, if measured.
        saving: Where that comes from; ``None`` where it is too early to say.
        label_ratio: Active labels for each label of the control over the whole curve, with the
            interval that the audit set leaves; below one is a saving.
        mendable: Share of the model's doubt that further labels would mend; ``None`` where it is
            not known.
        enough: At this share or less they no longer pay; ``None`` in advice of earlier versions.
        outlook: Where the curve is expected to go, nearest first; empty before four rounds.
        worth: What more labels are worth, where costs are known.
        reading: What the round's models said of the stop set, by name; later rounds read it again.
    """

    stop: bool
    sentence: str
    reasons: tuple[str, ...]
    agreement: float | None = None
    bound: float | None = None
    saved_labels: int | None = None
    saving: Saving | None = None
    label_ratio: Measure | None = None
    mendable: float | None = None
    enough: float | None = None
    outlook: tuple[OutlookPoint, ...] = ()
    worth: Worth | None = None
    reading: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round and where it stands."""

    number: int
    step: Step
    plan: RoundPlan | None
    model_id: str | None = None
    control_model_id: str | None = None
    evaluations: tuple[Evaluation, ...] = ()
    findings: tuple[Finding, ...] = ()
    advice: Advice | None = None
    started_at: datetime
    finished_at: datetime | None = None
