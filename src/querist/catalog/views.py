"""Views: arrays aligned with the catalog that answer asset queries, kept and brought up to date."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog.asset_index import AssetIndex
from querist.catalog.assets import Assets
from querist.catalog.held_classes import HeldClasses
from querist.catalog.predictions import Predictions
from querist.catalog.records import Records
from querist.catalog.value_ratings import RatingStore, ValueRatings
from querist.schema import (
    Action,
    Annotation,
    Arm,
    ClassValue,
    OntologyReading,
    Selected,
    class_names,
)

UNLABELED, LABELED, SKIPPED = 0, 1, 2
NO_CLASS = -1
_PASSED = (Action.SKIP.value, Action.CANNOT_TELL.value)
_STEP = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One value an asset in each array, in catalog order, N assets.

    Attributes:
        index: Ids and rows.
        names: Class names; the codes below count in this list.
        state: (N,) 0 unlabelled, 1 labelled, 2 skipped.
        label: (N,) code of the class that holds, -1 where none does.
        held: The classes that labels of sets, boxes, polygons and spans name.
        label_seq: (N,) position of the last entry in the label log, 0 where there is none.
        predicted: (N,) code of the predicted class, -1 where there is none.
        confidence: (N,) probability of the predicted class, NaN where there is none.
        margin: (N,) best minus second-best probability, NaN where there is none.
        error: (N,) calibrated probability that the prediction is wrong, NaN where there is none.
        difficulty: (N,) 0 easy, 1 medium, 2 hard, -1 where there is none.
        selected: Why assets were selected, by position.
        arms: (N,) the arms each was drawn for, by arm.
        rounds: Positions that a round selected, by round.
    """

    index: AssetIndex
    names: tuple[str, ...]
    state: NDArray[np.int8]
    label: NDArray[np.int32]
    held: HeldClasses
    label_seq: NDArray[np.int64]
    predicted: NDArray[np.int32]
    confidence: NDArray[np.float32]
    margin: NDArray[np.float32]
    error: NDArray[np.float32]
    difficulty: NDArray[np.int8]
    selected: dict[int, list[Selected]]
    arms: dict[Arm, NDArray[np.bool_]]
    rounds: dict[int, NDArray[np.int64]]


class Views:
    """Keeps what a view is made of, each part by its own version: assets, labels, rounds, model."""

    def __init__(
        self, assets: Assets, predictions: Predictions, ratings: RatingStore, records: Records
    ) -> None:
        self._assets = assets
        self._predictions = predictions
        self._ratings = ratings
        self._records = records
        self._guard = threading.RLock()
        self._names: dict[str, int] = {}
        self._labels: _Labels | None = None
        self._selections: _Selections | None = None
        self._texts: tuple[Any, dict[str, Any]] | None = None
        self._model: tuple[Any, tuple[Any, Any, Any, Any, Any]] | None = None

    def view(self, model_id: str | None) -> View:
        """The newest view, with the predictions of a model; raises NotFoundError for no model."""
        with self._guard:
            index = self._assets.index()
            labels = self._labels_of(index)
            chosen = self._selections_of(index)
            predicted, confidence, margin, error, hardness = self._predicted(index, model_id)
            return View(
                index=index,
                names=tuple(self._names),
                state=labels.state,
                label=labels.label,
                held=labels.held,
                label_seq=labels.seq,
                predicted=predicted,
                confidence=confidence,
                margin=margin,
                error=error,
                difficulty=hardness,
                selected=chosen.by_position,
                arms=chosen.arms,
                rounds=chosen.rounds,
            )

    def containing(self, index: AssetIndex, words: str) -> NDArray[np.bool_]:
        """Whether the id or the text of each asset holds ``words``, capitals aside."""
        import pyarrow.compute as pc

        with self._guard:
            if self._texts is None or self._texts[0] != index.stamp:
                self._texts = (index.stamp, _lowered(index))
            columns = self._texts[1]
        found = np.zeros(len(index.ids), dtype=bool)
        for column in columns.values():
            hits = pc.match_substring(column, words.lower()).fill_null(False)
            found |= hits.to_numpy(zero_copy_only=False)
        return found

    def close(self) -> None:
        """Let go of everything kept."""
        with self._guard:
            self._labels = self._selections = self._texts = self._model = None

    def _code(self, name: str) -> int:
        return self._names.setdefault(name, len(self._names))

    def _labels_of(self, index: AssetIndex) -> _Labels:
        held = self._labels
        newest = self._records.labels.last_seq()
        reading = self._records.ontologies.reading()
        current = held is not None and held.index is index and held.reading is reading
        if held is not None and current and held.upto == newest:
            return held
        if held is None or not current or newest - held.upto > _STEP:
            self._labels = self._all_labels(index, newest, reading)
        else:
            self._labels = self._newer_labels(held, newest)
        return self._labels

    def _all_labels(self, index: AssetIndex, newest: int, reading: OntologyReading) -> _Labels:
        states = self._records.labels.states(upto=newest)
        made = _Labels.empty(index, newest, reading)
        rows = zip(
            states.asset_ids,
            states.actions,
            states.classes,
            states.labeled,
            states.seqs,
            states.ontology_versions,
            strict=True,
        )
        for asset_id, action, name, labeled, seq, version in rows:
            self._set(made, asset_id, str(action), name, labeled, seq, version)
        if np.any((made.state == LABELED) & (made.label == NO_CLASS)):
            self._hold(made, self._records.labels.named(upto=newest))
        return made

    def _newer_labels(self, held: _Labels, newest: int) -> _Labels:
        made = held.copy(newest)
        named = []
        for entry in self._records.labels.since(held.upto, limit=2 * _STEP):
            if entry.seq > newest:
                continue
            name = _class_of(entry)
            self._set(
                made,
                entry.asset_id,
                entry.action.value,
                name,
                entry.value is not None,
                entry.seq,
                entry.ontology_version,
            )
            if name is None:
                names = class_names(entry.value) if entry.value is not None else ()
                named.append((entry.asset_id, names, entry.ontology_version))
        self._hold(made, named)
        return made

    def _hold(self, labels: _Labels, named: Iterable[tuple[str, Sequence[str], int]]) -> None:
        """Keep what labels of several classes name; rows are an asset, names, and a version."""
        rows: dict[int, list[int]] = {}
        for asset_id, names, version in named:
            position = labels.index.position(asset_id)
            if position is None:
                continue
            rows[position] = []
            if any(labels.reading.undecided(name, version) for name in names):
                labels.state[position] = UNLABELED
                continue
            now = dict.fromkeys(labels.reading.name(name, version) for name in names)
            rows[position] = [self._code(name) for name in now if name is not None]
        labels.held = labels.held.replaced(rows.items())

    def _set(
        self,
        labels: _Labels,
        asset_id: str,
        action: str,
        name: str | None,
        labeled: bool,
        seq: int,
        version: int,
    ) -> None:
        position = labels.index.position(asset_id)
        if position is None:  # a label for an asset that is not in the catalog (any more)
            return
        if name is not None and labels.reading.undecided(name, version):
            name, labeled = None, False  # its class was split: nobody knows which part it is
        elif name is not None:
            # What is of a retired class keeps its name.
            name = labels.reading.name(name, version) or name
        passed = SKIPPED if action in _PASSED else UNLABELED
        labels.state[position] = LABELED if labeled else passed
        labels.label[position] = NO_CLASS if name is None else self._code(name)
        labels.seq[position] = seq

    def _selections_of(self, index: AssetIndex) -> _Selections:
        latest = self._records.rounds.latest()
        # A selection is stored in the very write that moves its round on.
        key = (index.stamp, latest and (latest.number, latest.step))
        if self._selections is None or self._selections.key != key:
            found = _Selections.of(key, index, self._records.rounds.selected())
            found.arms[Arm.AUDIT] = self._measuring(index)
            self._selections = found
        return self._selections

    def _measuring(self, index: AssetIndex) -> NDArray[np.bool_]:
        """The audit set of now: others were drawn for it and have left it (N,)."""
        rounds = self._records.rounds
        return index.mask(rounds.arm_ids(Arm.AUDIT)) & ~index.mask(rounds.audit_retired())

    def _predicted(self, index: AssetIndex, model_id: str | None) -> tuple[Any, Any, Any, Any, Any]:
        count = len(index.ids)
        if model_id is None:
            nothing = np.full(count, np.nan, dtype=np.float32)
            no_class = np.full(count, NO_CLASS, dtype=np.int32)
            return no_class, nothing, nothing, nothing, np.full(count, NO_CLASS, dtype=np.int8)
        rated = self._ratings.as_of(model_id)
        if rated is not None:
            return self._rated(index, model_id, *rated)
        stamp, summary = self._predictions.summary_as_of(model_id)
        reading = self._records.ontologies.reading()
        key = (model_id, stamp, index.stamp, reading.ontology.version)
        if self._model is None or self._model[0] != key:
            known = reading.version_of(summary.classes)
            names = [reading.name(name, known) for name in summary.classes]
            codes = np.array(
                [NO_CLASS if name is None else self._code(name) for name in names], dtype=np.int32
            )
            self._model = (
                key,
                (
                    _padded(codes[summary.top], count, NO_CLASS),
                    _padded(summary.confidence, count, np.nan),
                    _padded(summary.margin, count, np.nan),
                    _padded(summary.error, count, np.nan),
                    _padded(summary.difficulty, count, NO_CLASS),
                ),
            )
        return self._model[1]

    def _rated(
        self, index: AssetIndex, model_id: str, stamp: str, ratings: ValueRatings
    ) -> tuple[Any, Any, Any, Any, Any]:
        """What is known of a model whose labels are no single class: how likely they are wrong."""
        key = (model_id, stamp, index.stamp)
        if self._model is None or self._model[0] != key:
            count = len(index.ids)
            nothing = np.full(count, np.nan, dtype=np.float32)
            no_class = np.full(count, NO_CLASS, dtype=np.int32)
            error = _padded(ratings.error, count, np.nan)
            words = _padded(ratings.difficulty, count, NO_CLASS)
            self._model = (key, (no_class, nothing, nothing, error, words))
        return self._model[1]


@dataclass(slots=True, kw_only=True)
class _Labels:
    """Label state by position, as of log position ``upto``."""

    index: AssetIndex
    reading: OntologyReading
    upto: int
    state: NDArray[np.int8]
    label: NDArray[np.int32]
    seq: NDArray[np.int64]
    held: HeldClasses

    @classmethod
    def empty(cls, index: AssetIndex, upto: int, reading: OntologyReading) -> _Labels:
        n = len(index.ids)
        return cls(
            index=index,
            reading=reading,
            upto=upto,
            state=np.full(n, UNLABELED, dtype=np.int8),
            label=np.full(n, NO_CLASS, dtype=np.int32),
            seq=np.zeros(n, dtype=np.int64),
            held=HeldClasses.none(),
        )

    def copy(self, upto: int) -> _Labels:
        return _Labels(
            index=self.index,
            reading=self.reading,
            upto=upto,
            state=self.state.copy(),
            label=self.label.copy(),
            seq=self.seq.copy(),
            held=self.held,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Selections:
    """What rounds selected, by position."""

    key: Any
    by_position: dict[int, list[Selected]]
    arms: dict[Arm, NDArray[np.bool_]]
    rounds: dict[int, NDArray[np.int64]]

    @classmethod
    def of(cls, key: Any, index: AssetIndex, selected: list[Selected]) -> _Selections:
        by_position: dict[int, list[Selected]] = {}
        arms = {arm: np.zeros(len(index.ids), dtype=bool) for arm in Arm}
        rounds: dict[int, list[int]] = {}
        for item in selected:
            position = index.position(item.asset_id)
            if position is not None:
                by_position.setdefault(position, []).append(item)
                arms[item.arm][position] = True
                rounds.setdefault(item.round, []).append(position)
        placed = {number: np.array(rows, dtype=np.int64) for number, rows in rounds.items()}
        return cls(key=key, by_position=by_position, arms=arms, rounds=placed)


def _class_of(entry: Annotation) -> str | None:
    return entry.value.name if isinstance(entry.value, ClassValue) else None


def _padded(values: NDArray[Any], count: int, blank: float) -> NDArray[Any]:
    """``values`` made as long as the catalog; assets added after a prediction have none."""
    found = np.full(count, blank, dtype=values.dtype)
    found[: min(count, len(values))] = values[:count]
    return found


def _lowered(index: AssetIndex) -> dict[str, Any]:
    """Ids and texts in small letters, as Arrow columns."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {"id": pa.array(index.ids, type=pa.large_string())}
    texts = index.column("text")
    if any(text is not None for text in texts):
        columns["text"] = pa.array(texts, type=pa.large_string())
    return {name: pc.utf8_lower(column) for name, column in columns.items()}
