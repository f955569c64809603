"""What annotators have answered so far, as columns, and which labels may be asked about again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog, classifiers
from querist.labeling.expected_errors import MOST_REFITTED
from querist.learners import out_of_fold
from querist.loop.snapshot import Positions, Snapshot
from querist.schema import Arm, ClassValue, Origin, RoundPlan

# One stream of random numbers for each purpose, as in ``selecting``.
_FOLDS_STREAM = 16
# A consensus repeats opinions, and what a model says is in its probabilities.
_NO_ANSWER = (Origin.CONSENSUS, Origin.MODEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """All answers on the assets that train the active arm, R of them.

    Attributes:
        rows: Positions of the assets (R,).
        annotators: Who answered (R,), whole numbers from 0.
        classes: What was answered (R,).
        again: Positions of the assets about which somebody else can be asked (K,), sorted: not
            those that a reviewer has decided, or about which everybody has answered.
    """

    rows: Positions
    annotators: Positions
    classes: Positions
    again: Positions


def given_answers(catalog: Catalog, seen: Snapshot, fixed: RoundPlan) -> Given:
    """The answers as they stood when the round was planned."""
    reading = catalog.records.ontologies.reading(fixed.ontology_version)
    code = {name: i for i, name in enumerate(reading.ontology.names)}
    index = {seen.ids[i]: i for i in seen.training(Arm.ACTIVE).tolist()}
    said: dict[int, dict[str, int]] = defaultdict(dict)
    decided = set()
    people: dict[int, set[str]] = defaultdict(set)
    opinions = catalog.records.opinions.standing(upto=fixed.opinion_seq)
    labels = catalog.records.labels.currents(upto=fixed.label_seq)
    entries = [(it.as_annotation(), Origin.PERSON) for it in opinions]
    for entry, origin in entries + [(it, it.origin) for it in labels]:
        at, value = index.get(entry.asset_id), entry.value
        if at is None or not isinstance(value, ClassValue) or origin in _NO_ANSWER:
            continue
        name = reading.name(value.name, entry.ontology_version)
        if name in code:
            said[at].setdefault(entry.annotator, code[name])
            people[at].add(entry.annotator)
        if origin is Origin.REVIEW:
            decided.add(at)
    who = {name: i for i, name in enumerate(sorted({it for by in said.values() for it in by}))}
    columns = [(at, who[name], c) for at, by in sorted(said.items()) for name, c in by.items()]
    table = np.array(columns, dtype=np.int64).reshape(-1, 3)
    again = [at for at in sorted(said) if at not in decided and len(people[at]) < fixed.annotators]
    return Given(
        rows=table[:, 0],
        annotators=table[:, 1],
        classes=table[:, 2],
        again=np.array(again, dtype=np.int64),
    )


def unseen_probabilities(
    catalog: Catalog,
    seen: Snapshot,
    fixed: RoundPlan,
    number: int,
    probabilities: NDArray[np.float32],
) -> NDArray[np.float32]:
    """``probabilities`` (N, C), of labelled rows by models that have not learned from the row.

    Of more than 20,000 labelled rows too, what the model itself says has to do.
    """
    rows = seen.training(Arm.ACTIVE)
    few, many = len(np.unique(seen.codes[rows])) < 2, len(rows) > MOST_REFITTED
    if fixed.model_id is None or few or many:
        return probabilities
    model = catalog.records.models.get(fixed.model_id)
    found = np.array(probabilities)
    kind = classifiers(catalog, model.learner, model.parameters, fixed.encoder)
    found[rows] = out_of_fold(
        kind.make,
        kind.rows[rows],
        seen.codes[rows],
        class_count=found.shape[1],
        rng=np.random.default_rng([fixed.seed, number, _FOLDS_STREAM]),
    )
    return found
