"""The label log under any sequence of labels, skips and undos equals a simple model of it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from querist.catalog.records import Records
from querist.errors import ConflictError, InvalidInputError
from querist.schema import Action, Annotation, ClassValue

_RUN = itertools.count()

_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["label", "skip", "undo", "stale", "again"]),
        st.sampled_from(["img-1", "img-2", "Ä"]),
        st.sampled_from(["ana", "bob"]),
        st.sampled_from(["boot", "shirt"]),
    ),
    max_size=25,
)


@dataclass
class _Asset:
    """What one asset should look like: its decisions that stand, and its version."""

    standing: list[tuple[str, str | None]] = field(default_factory=list)
    version: int = 0

    @property
    def value(self) -> str | None:
        return self.standing[-1][1] if self.standing else None


class _Play:
    """Plays steps on the records and on the model side by side."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.prefix = f"run{next(_RUN)}"
        self.assets: dict[str, _Asset] = {}
        self.snapshots: list[tuple[int, dict[str, str]]] = []
        self.last: dict[str, object] | None = None
        self.count = 0

    def name(self, asset: str) -> str:
        return f"{self.prefix}/{asset}"

    def values(self, upto: int | None = None) -> dict[str, str]:
        pairs = zip(*self.records.labels.values(upto=upto), strict=True)
        return {asset: name for asset, name in pairs if asset.startswith(f"{self.prefix}/")}

    def model(self) -> dict[str, str]:
        held = {self.name(key): asset.value for key, asset in self.assets.items()}
        return {key: value for key, value in held.items() if value is not None}

    def step(self, kind: str, asset: str, who: str, name: str) -> None:
        self.count += 1
        state = self.assets.setdefault(asset, _Asset())
        if kind == "undo":
            self._undo(asset, who, state)
        elif kind == "again":
            if self.last is not None:
                before = self.records.labels.last_seq()
                self.records.labels.append(**self.last)
                assert self.records.labels.last_seq() == before
        elif kind == "stale":
            with pytest.raises(ConflictError):
                self._append(asset, who, name, expected_version=state.version + 1)
        else:
            value = name if kind == "label" else None
            stored = self._append(asset, who, value, expected_version=state.version)
            state.standing.append((who, value))
            self._stored(state, stored)

    def _append(self, asset: str, who: str, value: str | None, **more: int) -> Annotation:
        fields = {
            "asset_id": self.name(asset),
            "action": Action.LABEL if value else Action.SKIP,
            "value": ClassValue(name=value) if value else None,
            "annotator": who,
            "ontology_version": 1,
            "submission_id": f"{self.prefix}-{self.count}",
            **more,
        }
        stored = self.records.labels.append(**fields)
        self.last = fields
        return stored

    def _undo(self, asset: str, who: str, state: _Asset) -> None:
        fields = {
            "asset_id": self.name(asset),
            "annotator": who,
            "submission_id": f"{self.prefix}-{self.count}",
        }
        if not state.standing:
            with pytest.raises(InvalidInputError):
                self.records.labels.undo(**fields)
        elif state.standing[-1][0] != who:
            with pytest.raises(ConflictError):
                self.records.labels.undo(**fields)
        else:
            state.standing.pop()
            self._stored(state, self.records.labels.undo(**fields))

    def _stored(self, state: _Asset, entry: Annotation) -> None:
        state.version += 1
        assert entry.version == state.version
        assert entry.value == (ClassValue(name=state.value) if state.value else None)
        self.snapshots.append((entry.seq, self.model()))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=_STEPS)
def test_the_log_equals_its_model(records, steps):
    """Labels that hold, versions, history and every past state agree with the model."""
    play = _Play(records)
    for step in steps:
        play.step(*step)
    assert play.values() == play.model()
    for seq, held in play.snapshots:
        assert play.values(upto=seq) == held
    for asset, state in play.assets.items():
        history = records.labels.history(play.name(asset))
        assert [entry.version for entry in history] == list(range(1, state.version + 1))
        assert records.labels.current(play.name(asset)) == (history[-1] if history else None)
        assert [entry.seq for entry in history] == sorted(entry.seq for entry in history)
