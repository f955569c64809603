"""The rounds: each step is one function, stored before the next begins, so that it can resume."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from querist.autolabel import AUDIT, AutoLabel
from querist.catalog import Catalog
from querist.catalog.records import NewTask
from querist.diagnostics import enough_for, stop_verdict
from querist.engine.base import Progress, silent
from querist.errors import ConflictError, InvalidInputError, NotFoundError
from querist.labeling import settle_round
from querist.loop import (
    asking,
    curve,
    proxies,
    selecting,
    snapshot,
    stop_evidence,
    stopping,
    training,
)
from querist.loop.audit_draws import members_to_ask
from querist.loop.budget import budgets, check_not_spent, label_cost
from querist.loop.comparing import Comparison, compare
from querist.loop.compute import timed
from querist.loop.diagnosing import diagnose_round
from querist.loop.evaluating import curve_of, evaluate, state
from querist.loop.naming_models import NO_MODEL
from querist.loop.remeasuring import comparable, measured_again
from querist.loop.saved import measured_saving
from querist.loop.slices import Slices
from querist.loop.thresholding import Thresholds, thresholds
from querist.loop.thrift import next_batch_size, spared
from querist.loop.trusting import ModelReliability, model_reliability
from querist.loop.wishes import NO_WISHES, Wishes, asked_for
from querist.schema import Arm, Finding, ModelVersion, Round, RoundPlan, Selected, Step


class Rounds:
    """Plan → select → collect → train → evaluate → diagnose → decide.

    ``start`` runs the first two steps and leaves the round collecting labels; ``finish`` runs the
    others. A process killed in between loses nothing: the next call goes on at the stored step.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._records = catalog.records
        self.slices = Slices(catalog)

    def latest(self) -> Round | None:
        """The newest round, finished or not."""
        return self._records.rounds.latest()

    def check_newest(self, seen: int | None) -> None:
        """Refuse to end a round that the asker has not seen; a half-drawn one is gone on with.

        Raises:
            ConflictError: there is a newer round than ``seen``.
        """
        latest = self.latest()
        if seen is None or latest is None or latest.number <= seen:
            return
        if latest.step not in {Step.PLAN, Step.SELECT}:
            raise ConflictError(
                f"Round {latest.number} was begun meanwhile.",
                remedy="Look at it first; a next one would end it with the labels it has.",
            )

    def list(self) -> Sequence[Round]:
        """All rounds, oldest first."""
        return self._records.rounds.list()

    def start(
        self,
        batch_size: int | None = None,
        *,
        wishes: Wishes = NO_WISHES,
        progress: Progress = silent,
    ) -> Round:
        """Select the next round's assets.

        A round that still collects is finished first; what it had not labelled goes back to the
        pool, but what people hold just now is not selected again at once. A round that was
        interrupted before its assets were drawn goes on.

        Args:
            batch_size: How many to ask for; that of the settings by default. A batch that the
                budgets do not pay for is cut to what they do.
            wishes: What this batch shall have of its own.
            progress: Told what is done.

        Raises:
            EmptyPoolError: there are no assets, or none that anybody could be asked about.
            BudgetSpentError: a budget pays for no further batch.
            InvalidInputError: as ``asked_for``, such as a ``batch_size`` below one.
        """
        round_ = self.latest()
        held = self._held()
        if round_ is not None and round_.step not in (Step.PLAN, Step.SELECT, Step.DONE):
            # What cannot be drawn ends no round that people still label.
            asked_for(self._catalog, batch_size=batch_size, wishes=wishes)
            if self._records.tasks.open(round_.number):
                check_not_spent(self._catalog)
            round_ = self.finish(progress=progress)
        if round_ is None or round_.step is Step.DONE:
            number = 1 if round_ is None else round_.number + 1
            fixed = selecting.plan(
                self._catalog, batch_size=batch_size, wishes=wishes, in_flight=held
            )
            round_ = Round(number=number, step=Step.PLAN, plan=None, started_at=datetime.now(UTC))
            self._records.rounds.add(round_)
            round_ = self._move(replace(round_, plan=fixed), Step.SELECT)
        elif round_.step is Step.PLAN:
            fixed = selecting.plan(self._catalog, batch_size=batch_size, wishes=wishes)
            round_ = self._move(replace(round_, plan=fixed), Step.SELECT)
        progress(1, 2, f"Selecting round {round_.number}")
        selected = self._select(round_)
        AutoLabel(self._catalog).audit(AUDIT)
        return selected

    def finish(self, *, progress: Progress = silent) -> Round:
        """Train, evaluate, diagnose and decide the round that collects, from wherever it stands.

        Raises:
            NotFoundError: there is no round to finish.
        """
        round_ = self.latest()
        if round_ is None or round_.step in (Step.PLAN, Step.SELECT):
            raise NotFoundError(
                "No round is collecting labels.", remedy="Start one first: querist next"
            )
        if round_.step is Step.COLLECT:
            self._records.tasks.close_round(round_.number)
            settle_round(self._catalog, round_.number)
            round_ = self._move(round_, Step.TRAIN)
        steps = {
            Step.TRAIN: self._train,
            Step.EVALUATE: self._evaluate,
            Step.DIAGNOSE: self._diagnose,
            Step.DECIDE: self._decide,
        }
        while round_.step is not Step.DONE:
            progress(
                list(Step).index(round_.step), len(Step), f"Round {round_.number}: {round_.step}"
            )
            round_ = steps[round_.step](round_)
        return round_

    def train(self, *, progress: Progress = silent) -> ModelVersion:
        """Train the active arm on all its labels now; finishes a round in which nothing is open.

        Raises:
            InvalidInputError: as ``training.train``: there are labels of fewer than two classes, or
                the learner is set wrong or refuses the data.
        """
        round_ = self.latest()
        collecting = round_ is not None and round_.step not in (Step.PLAN, Step.SELECT, Step.DONE)
        if round_ is not None and collecting and not self._records.tasks.open(round_.number):
            model_id = self.finish(progress=progress).model_id
            if model_id is not None:
                return self._records.models.get(model_id)
        return training.train(self._catalog, Arm.ACTIVE, progress=progress)

    def replay(self, number: int) -> bool:
        """Whether drawing round ``number`` again from its provenance gives the same assets.

        In the same order, for the same arms; another version of Querist may choose otherwise.

        Raises:
            NotFoundError: there is no such round.
            ConflictError: the round has not been drawn yet.
        """
        round_ = self._records.rounds.get(number)
        if round_.plan is None or round_.step in (Step.PLAN, Step.SELECT):
            raise ConflictError(
                f"Round {number} has not been drawn yet.", remedy="Run querist next, then replay."
            )
        again, drawn = selecting.draw(self._catalog, number, round_.plan)
        stored = self._records.rounds.selected(round=number)
        orders = [sorted((it.arm, it.rank, it.asset_id) for it in rows) for rows in (drawn, stored)]
        return again == round_.plan and orders[0] == orders[1]

    def compare(self, first: str | int, second: str | int) -> Comparison:
        """Two models side by side on the audit set: ``project.rounds.compare(3, "5-control")``."""
        return compare(self._catalog, first, second)

    def thresholds(
        self, model: str | int, *, confidence: float = 0.5, overlap: float = 0.5
    ) -> Thresholds:
        """One model whose answers count from a confidence on, and for boxes at an overlap."""
        return thresholds(self._catalog, model, confidence=confidence, overlap=overlap)

    def reliability(self, model: str | int) -> ModelReliability:
        """How often one model is right beside how sure it is: as it claims, and calibrated."""
        return model_reliability(self._catalog, model)

    def _held(self) -> Sequence[str]:
        """The assets that somebody holds just now, by id."""
        round_ = self.latest()
        if round_ is None:
            return []
        now = datetime.now(UTC)
        open_ = self._records.tasks.open(round_.number)
        held = {it.asset_id for it in open_ if it.leased_until and it.leased_until > now}
        # What is out with a workforce stays so, whatever becomes of the round that asked.
        self._records.deliveries.expire()
        return sorted(held | self._records.deliveries.in_flight())

    def _select(self, round_: Round) -> Round:
        assert round_.plan is not None
        with timed(self._catalog, "select", round_.number):
            fixed, drawn = selecting.draw(self._catalog, round_.number, round_.plan)
        after = replace(round_, plan=fixed, step=Step.COLLECT)
        labeled = selecting.labeled_before(self._catalog, round_.number, fixed)
        tasks = asking.asked(
            self._catalog,
            self._tasks(drawn, fixed, labeled),
            round_.number,
            fixed,
            labeled=labeled,
        )
        self._records.rounds.select(
            after,
            expected_step=Step.SELECT,
            selected=drawn,
            tasks=tasks,
            spread=asking.spread(round_.number, fixed, self._catalog.settings.policy.gold_share),
        )
        return after

    def _tasks(
        self, drawn: Sequence[Selected], fixed: RoundPlan, labeled: Collection[str]
    ) -> Sequence[NewTask]:
        """Tasks for what needs a label now, most wanted first.

        The audit set is asked in a random order, at most a batch of it a round: its labelled part
        is a uniform sample at any time, and nobody has to label it all before the first model.
        """
        arms: dict[str, list[Arm]] = {}
        # A task of an earlier round may still wait for the one person it was sent back to.
        waiting = self._records.tasks.asked()
        done = self._labeled_or_passed() | waiting
        waits = members_to_ask(self._catalog, drawn, fixed, done)
        for asset_id in waits[: fixed.batch_size]:
            arms.setdefault(asset_id, []).append(Arm.AUDIT)
        for row in drawn:
            # The strategy chooses a labelled asset only for another opinion on it.
            again = row.arm is Arm.ACTIVE and row.asset_id in labeled
            if row.arm is not Arm.AUDIT and row.asset_id not in (waiting if again else done):
                arms.setdefault(row.asset_id, []).append(row.arm)
        rank = {row.asset_id: row.rank for row in drawn if row.arm is Arm.ACTIVE}
        last = len(rank)
        return [
            NewTask(
                asset_id=asset_id, arms=tuple(why), priority=float(-rank.get(asset_id, last + i))
            )
            for i, (asset_id, why) in enumerate(arms.items())
        ]

    def _labeled_or_passed(self) -> set[str]:
        seen = snapshot.take(self._catalog)
        return {seen.ids[i] for i in np.flatnonzero(seen.answered | seen.passed).tolist()}

    def _train(self, round_: Round) -> Round:
        active, control = (self._model(round_, arm) for arm in (Arm.ACTIVE, Arm.CONTROL))
        after = replace(
            round_,
            model_id=active.id if isinstance(active, ModelVersion) else None,
            control_model_id=control.id if isinstance(control, ModelVersion) else None,
            findings=(active,) if isinstance(active, Finding) else (),
        )
        return self._move(after, Step.EVALUATE)

    def _model(self, round_: Round, arm: Arm) -> ModelVersion | Finding | None:
        # A process killed after the training, before the step was stored, left its model behind.
        for model in self._records.models.list(arm=arm):
            if model.round == round_.number:
                return model
        if not training.trains(self._catalog):
            return None
        with timed(self._catalog, "select", round_.number):
            earlier = [it for it in self.list() if it.number < round_.number]
            kept = spared(self._catalog, arm, earlier)
        if kept is not None:
            return kept
        try:
            return training.train(self._catalog, arm, round_number=round_.number)
        except InvalidInputError as problem:
            # What learned the active arm's labels is set right: the control's are too few for it.
            if arm is Arm.ACTIVE and not training.goes_on(self._catalog, problem):
                raise
            return _untrained(problem)

    def _evaluate(self, round_: Round) -> Round:
        models = [i for i in (round_.model_id, round_.control_model_id) if i is not None]
        found = (evaluate(self._catalog, self._records.models.get(i)) for i in models)
        evaluations = tuple(evaluation for evaluation in found if evaluation is not None)
        after = replace(round_, evaluations=evaluations)
        earlier = [it for it in self.list() if it.number < round_.number]
        for again in measured_again(self._catalog, earlier, after):
            self._records.rounds.update(again, expected_step=again.step)
        return self._move(after, Step.DIAGNOSE)

    def _diagnose(self, round_: Round) -> Round:
        findings = diagnose_round(self._catalog, round_) if round_.model_id else round_.findings
        return self._move(replace(round_, findings=findings), Step.DECIDE)

    def _decide(self, round_: Round) -> Round:
        number = round_.number
        earlier = [r for r in self.list() if r.number < number]
        spent = budgets(self._catalog)
        seen = snapshot.take(self._catalog)
        measured = comparable(self._catalog, [*earlier, round_])
        cost = label_cost(spent, int(seen.paid.sum()))
        found = curve_of(self._catalog, measured, cost, seen)
        saved = None
        if curve.compares(found):
            saved = measured_saving(self._catalog, measured)
        early = curve.too_early(found, saved.ratio if saved else None)
        policy = self._catalog.settings.policy
        active = next((e for e in round_.evaluations if e.arm is Arm.ACTIVE), None)
        left = len(seen.candidates())
        thin = stopping.thin_classes(self._catalog, seen)
        with timed(self._catalog, "advise", round_.number):
            reading = stop_evidence.read_round(self._catalog, round_, seen)
            # As it stood when the round chose between training and the proxy.
            told = proxies.verdict_before(self._catalog, number, seen)
        model = self._records.models.get(round_.model_id) if round_.model_id else None
        enough = enough_for(model.learner if model else "")
        readings = [*stop_evidence.earlier_readings(earlier), *([reading] if reading else [])]
        # The doubt of a forecast, and what an error costs, hold for shares of right answers.
        shares = found.active if found.measure == "accuracy" else ()
        evidence = stopping.Evidence(
            rounds=round_.number,
            evaluation=active,
            target=policy.target_accuracy,
            agreements=stopping.agreements(self._catalog),
            wanted_agreement=policy.stop_agreement,
            thin_classes=thin,
            budgets=spent,
            left=left,
            trains=training.trains(self._catalog),
            task=self._catalog.settings.task,
            classes=len(self._catalog.records.ontologies.current().names),
            verdict=stop_verdict(
                readings, missing=thin, enough=enough, audit=active.accuracy if active else None
            )
            if readings
            else None,
            outlook=stop_evidence.outlook(shares, next_batch_size(self._catalog), left),
            worth=stop_evidence.worth(self._catalog, shares, cost, seen),
            currency=policy.currency,
        )
        advice = stopping.advice_of(
            evidence,
            state(
                self._catalog,
                found,
                len(seen.given(Arm.ACTIVE)),
                saved,
                seen=seen,
            ),
            None if early else saved,
            reading,
        )
        if told is not None:
            advice = replace(advice, reasons=(*advice.reasons, told.sentence))
        untrained = next((it for it in round_.findings if it.kind == NO_MODEL), None)
        if untrained is not None:
            advice = replace(
                advice,
                sentence=f"{untrained.title} {advice.sentence}",
                reasons=(f"{untrained.title} {untrained.remedy}", *advice.reasons),
            )
        after = replace(round_, advice=advice, finished_at=datetime.now(UTC))
        return self._move(after, Step.DONE)

    def _move(self, round_: Round, step: Step) -> Round:
        after = replace(round_, step=step)
        self._records.rounds.update(after, expected_step=round_.step)
        return after


def _untrained(problem: InvalidInputError) -> Finding:
    return Finding(
        kind=NO_MODEL,
        title=f"No model was trained: {problem.message}",
        evidence={"error": problem.code},
        remedy=problem.remedy,
    )
