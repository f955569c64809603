"""What data taught: which batches and labels brought what, and how each class was learned."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.diagnostics import CapacityAdvice, Taught, attribute, class_groups
from querist.errors import InvalidInputError
from querist.loop import learning, snapshot, training
from querist.loop.learning import ClassLesson, Hardness
from querist.schema import Arm, ModelVersion, Round, from_json, to_json
from querist.schema.wording import counted, number

# Labels and sampled assets that are looked at; of more so many are drawn.
MOST, MOST_SAMPLE = 3_000, 2_000
# The newest batches are told one by one, those before them together.
BATCHES = 20
# Of more classes those with most labels are compared: each costs as much as a batch.
CLASSES = 20
# Above this size of the problem, n · d · C, one Newton step must do, and half of the classes.
LARGE = 4_000_000
MOVED, SHOWN = 4, 8
# Of fewer labels nothing is said of a hundred: it would be said of four times as many and more.
FEWEST = 25
# Who picks the best of k batches finds one by luck k times as often: Bonferroni's correction.
LEVEL = 0.05
_STREAM = 61
_MAKING = threading.Lock()

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLesson:
    """What the labels of one batch, or of some older ones together, taught the round's model.

    Attributes:
        first: First round of these batches; 0 for labels that no round asked for.
        last: Last round of them.
        labels: How many labels.
        points: Change of the mean probability of the true class, in points, with them against
            without them; higher taught more.
        low: Lower end of its 95 % interval.
        high: Upper end.
        p_value: Chance of points so far from 0 by luck, of this batch by itself.
        accuracy: Change of the accuracy, in points.
        density: Points a hundred labels; ``None`` of fewer than 25.
        per_class: ``points`` of the assets of the classes that moved most, by class.
    """

    first: int
    last: int
    labels: int
    points: float
    low: float
    high: float
    p_value: float
    accuracy: float
    density: float | None
    per_class: Mapping[str, float]

    @property
    def name(self) -> str:
        """In words: ``round 3``."""
        if not self.last:
            return "labels that no round asked for"
        return f"round {self.last}" if self.first == self.last else f"rounds up to {self.last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """What the labels taught the model of one round.

    Attributes:
        round: The round.
        sentence: The lesson in one or two sentences.
        labels: Training labels looked at.
        sample: Assets the model did not learn from, on which it is measured.
        alike: Share of the sample on which the linear model, by which the batches are compared,
            says what the round's own model says; the less, the less it tells of that model.
        batches: Oldest first.
        classes: Every class, what its labels taught and how it was learned.
        ties: Classes that stalled because labels of another class ran out, in words.
        helpful: Assets whose labels brought most, best first.
        harmful: Assets whose labels did most harm, worst first: odd, or labelled wrongly.
        rounds: The rounds that the series of ``classes`` speak of.
        stability: Agreement (kappa) of each of these rounds with the one before; from the second.
        overfitting: The round after which the model only learned by heart, if it did.
        hardness: Easy, ambiguous and hard assets of the sample.
        capacity: Whether the model is too narrow or too deep, by the audit set; ``None`` without
            one, and where the model has no ladder.
    """

    round: int
    sentence: str
    labels: int
    sample: int
    alike: float
    batches: tuple[BatchLesson, ...]
    classes: tuple[ClassLesson, ...]
    ties: tuple[str, ...]
    helpful: tuple[str, ...]
    harmful: tuple[str, ...]
    rounds: tuple[int, ...]
    stability: tuple[float, ...]
    overfitting: int | None
    hardness: Hardness | None
    capacity: CapacityAdvice | None


def lessons(catalog: Catalog, round_: Round) -> Lessons | None:
    """What data taught the active model of a round; kept in the project's cache.

    The batches are compared by a linear model on the same vectors, in closed form; nothing of the
    round's own model is trained again. Labels and sample are those of when it is first asked
    under these classes.

    Returns:
        ``None`` without a model, without labels to measure it on, with labels of one class, or
        where a label is no single class.
    """
    if round_.model_id is None or not training.classifies(catalog):
        return None
    # What is kept speaks of the classes of one version, by their names.
    version = catalog.records.ontologies.newest_version()
    path = catalog.folder / "cache" / "lessons" / f"{round_.model_id}-{version}.json"
    kept = _kept(path)
    if kept is not None:
        return kept
    with _MAKING:  # a page that is opened again meanwhile waits for what is on its way
        kept = _kept(path)
        if kept is None:
            kept = _found(catalog, round_, catalog.records.models.get(round_.model_id))
            if kept is not None:
                _keep(path, kept)
    return kept


def _found(catalog: Catalog, round_: Round, model: ModelVersion) -> Lessons | None:
    rng = np.random.default_rng([catalog.settings.policy.seed, round_.number, _STREAM])
    now = snapshot.take(catalog)
    then = snapshot.take(
        catalog, label_seq=model.label_seq, before_round=round_.number + 1
    ).training(Arm.ACTIVE)
    # In the words of now, as is the sample; labels that were split or retired since are left out.
    learned = _some(then[now.codes[then] >= 0], MOST, rng)
    sample = np.setdiff1d(np.flatnonzero(now.labeled), np.union1d(now.training(Arm.ACTIVE), then))
    sample = _some(sample, MOST_SAMPLE, rng)
    names = catalog.records.ontologies.current().names
    if not len(sample) or len(np.unique(now.codes[learned])) < 2:
        return None
    rounds, groups = _groups(catalog, now, learned, round_.number)
    vectors = catalog.embeddings.matrix(model.encoder)
    codes = now.codes[learned]
    size = len(learned) * vectors.shape[1] * len(np.unique(codes))
    told = attribute(
        vectors[learned],
        codes,
        groups,
        vectors[sample],
        now.codes[sample],
        class_count=len(names),
        steps=1 if size > LARGE else 2,
    )
    most = CLASSES // 2 if size > LARGE else CLASSES
    batches = tuple(_batch(one, rounds[one.group], names) for one in told.groups)
    new = learning.asked_in(catalog, now, learned) == round_.number
    asked = np.unique(codes[new])
    everything, newest = (
        {one.group: one for one in told.taught_by(class_groups(codes, among, many))}
        # Of some classes of the newest batch nothing could be said.
        for among, many in ((codes >= 0, most), (new, most if len(asked) <= most else 0))
    )
    course = learning.course(catalog, round_, now, learned, sample, (everything, newest))
    said = training.predict(catalog, model, sample).argmax(axis=1)
    order = np.argsort(told.pulls, kind="stable")
    ids = [now.ids[i] for i in learned[order].tolist()]
    harm = int((told.pulls < 0).sum())
    return Lessons(
        round=round_.number,
        sentence=_sentence(batches, course.classes, round_.number, _led(newest, asked, names)),
        labels=len(learned),
        sample=len(sample),
        alike=float((told.probabilities.argmax(axis=1) == said).mean()),
        batches=batches,
        classes=course.classes,
        ties=course.ties,
        helpful=tuple(ids[::-1][: min(SHOWN, len(ids) - harm)]),
        harmful=tuple(ids[: min(SHOWN, harm)]),
        rounds=course.rounds,
        stability=course.stability,
        overfitting=course.overfitting,
        hardness=course.hardness,
        capacity=learning.capacity(model, vectors, now, then),
    )


def _groups(
    catalog: Catalog, seen: snapshot.Snapshot, rows: Rows, newest: int
) -> tuple[list[tuple[int, int]], Rows]:
    """First and last round of each group, and the group of each label (n,)."""
    asked = learning.asked_in(catalog, seen, rows)
    oldest = max(1, newest - BATCHES + 1)
    together = np.where((asked > 0) & (asked < oldest), oldest - 1, asked)
    numbers, groups = np.unique(together, return_inverse=True)
    spans = [(min(1, n) if n < oldest else n, n) for n in numbers.tolist()]
    return spans, groups


def _batch(one: Taught, span: tuple[int, int], names: tuple[str, ...]) -> BatchLesson:
    moved = np.argsort(-np.abs(np.nan_to_num(one.per_class)), kind="stable")[:MOVED]
    return BatchLesson(
        first=span[0],
        last=span[1],
        labels=one.labels,
        points=one.points,
        low=one.low,
        high=one.high,
        p_value=one.p_value,
        accuracy=one.accuracy,
        density=one.density if one.labels >= FEWEST else None,
        per_class={
            names[code]: float(one.per_class[code])
            for code in moved.tolist()
            if np.isfinite(one.per_class[code])
        },
    )


def _sentence(
    batches: tuple[BatchLesson, ...], classes: tuple[ClassLesson, ...], newest: int, led: str
) -> str:
    best = max(batches, key=lambda one: one.points)
    sure = [one for one in batches if one.points > 0 and one.p_value * len(batches) < LEVEL]
    told = max(sure, key=lambda one: one.points, default=None)
    last = next((one for one in batches if one.last == newest), None)
    if told is None:
        words = (
            f"Of {counted(len(batches), 'batch', 'batches')} none surely taught the model anything "
            "that the others did not."
        )
    else:
        most = "most" if told is best else "most of those that surely taught anything"
        words = (
            f"{_upper(told.name)} taught {most}: {_points(told)} with its "
            f"{counted(told.labels, 'label')}."
        )
    if last is not None and last is not told:
        doubt = "" if last.low > 0 or last.high < 0 else ", which may be chance"
        words += f" The newest batch brought {_points(last)}{doubt}."
    if last is not None and last.low > 0 and led:
        words += f" Of its labels those of {led} brought most."
    stalled = [one.name for one in classes if one.stalled]
    if stalled:
        few = ", ".join(stalled[:MOVED])
        words += f" {few} {'has' if len(stalled) == 1 else 'have'} not gained for three rounds."
    return words


def _led(taught: Mapping[int, Taught], asked: Rows, names: tuple[str, ...]) -> str:
    """Of which class the labels of the newest batch brought most; empty where that is not sure."""
    best = max(taught.values(), key=lambda one: one.points, default=None)
    # Nothing is said of the best of some classes, nor of the only one.
    if best is None or len(taught) < max(len(asked), 2):
        return ""
    sure = best.points > 0 and best.p_value * len(taught) < LEVEL
    return names[best.group] if sure else ""


def _points(one: BatchLesson) -> str:
    points, low, high = (number(it, "+.1f") for it in (one.points, one.low, one.high))
    return f"{points} points ({low} to {high})"


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def _some(rows: Rows, most: int, rng: np.random.Generator) -> Rows:
    return rows if len(rows) <= most else np.sort(rng.choice(rows, size=most, replace=False))


def _kept(path: Path) -> Lessons | None:
    try:
        return from_json(Lessons, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, InvalidInputError):  # none, half of one, or of another version
        return None


def _keep(path: Path, found: Lessons) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False
    ) as file:
        json.dump(to_json(found), file)
    os.replace(file.name, path)
