"""Both arms run again from scratch where labels are sets, boxes, spans or numbers, all known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.catalog import Catalog, PolicySettings
from querist.engine.base import Progress
from querist.errors import InvalidInputError
from querist.experiments import SideBySide, SimulationSettings
from querist.experiments.arms import CONTROL
from querist.learners import ValueLearner
from querist.loop import value_training
from querist.loop.intake import open_encoder
from querist.loop.snapshot import Positions, Snapshot
from querist.loop.value_experimenting import (
    Labeled,
    check_test,
    judged,
    learned,
    said_of,
    side_by_side,
    unlearned,
)
from querist.loop.value_signals import check_strategy, told, without_model
from querist.schema import Arm, NumberValue, Value
from querist.strategies import create, query


def all_labeled(catalog: Catalog, seen: Snapshot) -> Labeled | None:
    """Every asset with its label; ``None`` where people have not answered or passed over each."""
    if not len(seen.ids) or not bool((seen.labeled | seen.passed).all()):
        return None
    return Labeled.of(catalog, seen, np.flatnonzero(seen.labeled))


def repeated(
    catalog: Catalog,
    seen: Snapshot,
    known: Labeled,
    settings: SimulationSettings,
    seeds: Sequence[int],
    seed: int,
    progress: Progress,
) -> tuple[SideBySide, dict[str, str]]:
    """The project's strategy and random from no label on, once under each seed.

    The learner is trained anew after each batch, on one thread but for what it starts itself.

    Args:
        catalog: The catalog.
        seen: Its labels.
        known: Every label; those of the audit set measure, where there is one.
        settings: Batches, rounds, and the share that is split off to measure on otherwise.
        seeds: One repetition each.
        seed: Draws the bootstrap.
        progress: Told what is done.

    Returns:
        The comparison, and a digest of the labels of the pool, and of the audit set as ``test``.

    Raises:
        InvalidInputError: the strategy is random, or made for labels of another kind, a batch takes
            the whole pool, or nothing is left to measure on.
    """
    from threadpoolctl import threadpool_limits

    _check(catalog)
    ontology = catalog.records.ontologies.current()
    known = _at(known, np.flatnonzero(~seen.retired[known.rows]))
    audit = np.flatnonzero(seen.audit[known.rows])
    trials = []
    steps = 2 * len(seeds) * settings.rounds
    for at, one in enumerate(seeds):
        test = audit if len(audit) else _split(len(known.rows), one, settings.test_share)
        pool = np.setdiff1d(np.arange(len(known.rows)), test)
        if not len(test) or settings.batch_size >= len(pool):
            raise InvalidInputError(
                f"One batch of {settings.batch_size:,} takes the whole pool of {len(pool):,} "
                "assets.",
                remedy="Give a smaller batch.",
            )
        truth = [known.values[i] for i in test.tolist()]
        check_test(truth)
        labels: list[tuple[int, ...]] = []
        answers: list[list[list[Value]]] = []
        for place, arm in enumerate((Arm.ACTIVE, Arm.CONTROL)):
            run = _Run(catalog, _at(known, pool), known.rows[test], settings, arm, one)
            start = (2 * at + place) * settings.rounds
            progress(start, steps, f"{run.name}, seed {one}")
            rounds = []
            with threadpool_limits(1):
                for found in run.rounds():
                    rounds.append(found)
                    told_so_far = f"{run.name}, seed {one}: {found[0]:,} labels"
                    progress(start + len(rounds), steps, told_so_far)
            labels.append(tuple(count for count, _ in rounds))
            answers.append([said for _, said in rounds])
        trials.append(judged(ontology, truth, (labels[0], labels[1]), (answers[0], answers[1])))
    progress(steps, steps, "Comparing")
    result = side_by_side(ontology, trials, alike=bool(len(audit)), seed=seed)
    pool = np.setdiff1d(np.arange(len(known.rows)), audit)
    parts = {"pool": pool, "test": audit} if len(audit) else {"pool": pool}
    digests = {
        name: value_training.digest_of(seen, part.rows, part.values)
        for name, part in ((name, _at(known, rows)) for name, rows in parts.items())
    }
    return result, digests


@dataclass(frozen=True, slots=True)
class _Run:
    """One arm under one seed: what its models answer after each batch."""

    catalog: Catalog
    pool: Labeled
    test: Positions
    settings: SimulationSettings
    arm: Arm
    seed: int

    @property
    def name(self) -> str:
        return CONTROL if self.arm is Arm.CONTROL else self.catalog.settings.policy.strategy

    def rounds(self) -> Iterator[tuple[int, list[Value]]]:
        """Labels so far, and what the model says of the test assets."""
        encoder = open_encoder(self.catalog).identity.key
        vectors = np.asarray(self.catalog.embeddings.matrix(encoder)[self.pool.rows])
        labeled = np.empty(0, dtype=np.int64)
        learner: ValueLearner | None = None
        for number in range(self.settings.rounds):
            if len(labeled) == len(self.pool.rows):
                break
            policy = self._policy(learner)
            picks = query(
                policy.strategy,
                n=self.settings.batch_size,
                embeddings=vectors,
                labeled=labeled,
                random_state=self._rng(1, number),
                **self._told(learner, labeled),
                **policy.parameters,
            )
            labeled = np.concatenate([labeled, picks.indices])
            known = _at(self.pool, labeled)
            try:
                learner = learned(self.catalog, known, self._rng(2, number))
            except InvalidInputError:  # too few labels so far
                learner = None
                yield len(labeled), [unlearned(known.values)] * len(self.test)
                continue
            parts = said_of(self.catalog, learner, self.test)
            yield len(labeled), [value for part in parts for value in part.values]

    def _policy(self, learner: ValueLearner | None) -> PolicySettings:
        policy = self.catalog.settings.policy
        if self.arm is Arm.CONTROL:
            return PolicySettings(strategy=CONTROL)
        return policy if learner is not None else without_model(self.catalog, policy)

    def _told(self, learner: ValueLearner | None, labeled: Positions) -> dict[str, Any]:
        """What the model says of the pool; nothing before there is one, and to the control."""
        if learner is None or self.arm is Arm.CONTROL:
            return {}
        parts = list(said_of(self.catalog, learner, self.pool.rows))
        chances = [it.probabilities for it in parts if it.probabilities is not None]
        members = [it.members for it in parts if it.members is not None]
        values = [value for it in parts for value in it.values]
        numbers = [value.number for value in values if isinstance(value, NumberValue)]
        return told(
            self.catalog.records.ontologies.current(),
            uncertainty=np.concatenate([it.uncertainty for it in parts]),
            probabilities=np.concatenate(chances) if chances else None,
            numbers=np.array(numbers) if numbers else None,
            members=np.concatenate(members, axis=1) if members else None,
            labeled=len(labeled),
            places=np.arange(len(labeled)),
            values=[self.pool.values[i] for i in labeled.tolist()],
        )

    def _rng(self, purpose: int, number: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, purpose, number])


def _check(catalog: Catalog) -> None:
    value_training.create(catalog)  # refuses a task that nothing learns
    policy = catalog.settings.policy
    if policy.strategy == CONTROL:
        raise InvalidInputError(
            "Both arms would be random.", remedy="Set another strategy, such as auto."
        )
    check_strategy(catalog, create(policy.strategy, **policy.parameters))


def _split(count: int, seed: int, share: float) -> Positions:
    return np.sort(np.random.default_rng([seed, 0]).permutation(count)[: round(share * count)])


def _at(known: Labeled, places: Positions) -> Labeled:
    return Labeled(rows=known.rows[places], values=[known.values[i] for i in places.tolist()])
