"""The label log: what is stored, who wins a race, what an undo brings back."""

from __future__ import annotations

import dataclasses
import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from querist.catalog.records import NewTask, Records
from querist.errors import ConflictError, InvalidInputError, NotFoundError
from querist.schema import (
    Action,
    Annotation,
    Arm,
    Box,
    BoxesValue,
    ClassValue,
    LabeledBox,
    Origin,
    Round,
    Step,
    TaskState,
    to_json,
)

_NUMBERS = itertools.count()


def _append(
    records: Records, asset: str = "img-1", name: str | None = "boot", **more
) -> Annotation:
    action = Action.LABEL if name else Action.SKIP
    fields = {
        "asset_id": asset,
        "action": action,
        "value": ClassValue(name=name) if name else None,
        "annotator": "ana",
        "ontology_version": 1,
        "submission_id": f"s{next(_NUMBERS)}",
    }
    return records.labels.append(**{**fields, **more})


def _undo(records: Records, asset: str = "img-1", annotator: str = "ana") -> Annotation:
    return records.labels.undo(
        asset_id=asset, annotator=annotator, submission_id=f"s{next(_NUMBERS)}"
    )


def _round_with_task(records: Records, asset: str = "img-1") -> int:
    new = Round(number=1, step=Step.SELECT, plan=None, started_at=datetime.now(UTC))
    records.rounds.add(new)
    collecting = dataclasses.replace(new, step=Step.COLLECT)
    task = NewTask(asset_id=asset, arms=(Arm.ACTIVE,), priority=1.0)
    records.rounds.select(collecting, expected_step=Step.SELECT, selected=[], tasks=[task])
    return records.tasks.for_asset(asset)[0].id


def test_an_entry_comes_back_exactly_as_it_was_given(records):
    """Every field of an entry is the same in the answer, the history and the current label."""
    box = LabeledBox(name="boot", box=Box(x=1.0, y=2.0, width=3.5, height=4.0))
    stored = records.labels.append(
        asset_id="Größe/ä 1.png",
        action=Action.LABEL,
        value=BoxesValue(boxes=(box,)),
        annotator="ana",
        ontology_version=3,
        submission_id="s",
        origin=Origin.ORACLE,
        expected_version=0,
        seconds=2.25,
        reason="why",
        round=4,
        prelabel=ClassValue(name="shirt"),
        model_id="model-1",
    )
    assert stored.version == 1
    assert stored.created_at.tzinfo is not None
    assert abs(stored.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert records.labels.history("Größe/ä 1.png") == [stored]
    assert records.labels.current("Größe/ä 1.png") == stored
    assert records.labels.currents() == [stored]
    assert (stored.prelabel, stored.round, stored.seconds) == (ClassValue(name="shirt"), 4, 2.25)


def test_versions_count_up_and_the_newest_entry_is_current(records):
    """Each entry of an asset has the next version; nothing earlier is lost."""
    entries = [_append(records, name=name) for name in ("boot", "shirt", None)]
    assert [entry.version for entry in entries] == [1, 2, 3]
    assert records.labels.history("img-1") == entries
    assert records.labels.current("img-1") == entries[2]
    assert records.labels.last_seq() == entries[2].seq


def test_an_asset_without_entries_has_no_current_label(records):
    """Nothing is made up for an asset nobody has touched."""
    assert records.labels.current("img-1") is None
    assert records.labels.history("img-1") == []
    assert records.labels.currents() == []
    assert records.labels.values() == ([], [])
    assert records.labels.states().asset_ids == []
    assert records.labels.last_seq() == 0


def test_some_current_labels_are_those_of_all_as_of_any_moment(records, monkeypatch):
    """Asked in parts, assets without an entry left out, an older moment seen as it was."""
    monkeypatch.setattr("querist.catalog.records.labels._CHUNK", 2)
    for number in range(7):
        _append(records, f"img-{number}")
    then = records.labels.last_seq()
    _append(records, "img-3", "shirt")
    wanted = ["img-5", "img-3", "nobody", "img-0"]
    for upto in (None, then):
        found = records.labels.currents_of(wanted, upto=upto)
        every = records.labels.currents(upto=upto)
        assert sorted(found, key=lambda it: it.asset_id) == [
            it for it in every if it.asset_id in wanted
        ]
    assert records.labels.currents_of([]) == []


def test_a_stale_write_is_refused_with_what_holds_now(records):
    """A writer that saw an older version gets the current entry and loses nothing silently."""
    first = _append(records, expected_version=0)
    with pytest.raises(ConflictError, match="version 1 by now, you saw 0") as caught:
        _append(records, name="shirt", annotator="bob", expected_version=0)
    assert caught.value.details["current"] == to_json(first)
    assert caught.value.details["yours"] == {"type": "class", "name": "shirt"}
    assert records.labels.history("img-1") == [first]


def test_a_version_from_the_future_is_refused_too(records):
    """A version that the asset never had is a conflict with nothing to show."""
    with pytest.raises(ConflictError) as caught:
        _append(records, expected_version=3)
    assert caught.value.details["current"] is None


def test_the_same_submission_is_stored_once(records):
    """Sending again returns what was stored, even when the version has moved on."""
    first = _append(records, submission_id="same", expected_version=0)
    _append(records, name="shirt")
    assert _append(records, submission_id="same", expected_version=0) == first
    assert len(records.labels.history("img-1")) == 2


def test_a_submission_id_of_another_asset_is_a_conflict(records):
    """An id that was used for one asset cannot swallow the label of another."""
    _append(records, submission_id="same")
    with pytest.raises(ConflictError, match="another decision"):
        _append(records, "img-2", submission_id="same")


def test_a_submission_id_of_somebody_else_is_a_conflict_and_tells_nothing(records):
    """Neither a label nor an undo is taken for the one that it names, and nothing is stored."""
    _append(records, submission_id="same", annotator="ana")
    with pytest.raises(ConflictError, match="another decision") as refused:
        _append(records, submission_id="same", annotator="bea")
    assert "current" not in refused.value.details
    _append(records, name="shirt", annotator="bea")
    for asset_id, annotator in (("img-1", "bea"), ("img-2", "ana")):
        with pytest.raises(ConflictError, match="another decision"):
            records.labels.undo(asset_id=asset_id, annotator=annotator, submission_id="same")
    assert len(records.labels.history("img-1")) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"asset_id": ""},
        {"annotator": "no spaces please"},
        {"value": None},
        {"action": Action.SKIP},
        {"action": Action.UNDO, "value": None},
        {"submission_id": ""},
        {"submission_id": "x" * 300},
        {"seconds": -1.0},
        {"seconds": float("nan")},
    ],
)
def test_wrong_fields_are_refused_and_store_nothing(records, wrong):
    """Each wrong field is invalid input."""
    with pytest.raises(InvalidInputError):
        _append(records, **wrong)
    assert records.labels.last_seq() == 0


def test_a_race_for_one_version_has_one_winner(records):
    """Eight writers that saw the same version: one is stored, seven get a conflict."""

    def work(number: int) -> bool:
        try:
            _append(records, name=f"c{number}", expected_version=0)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(work, range(8)))
    assert won.count(True) == 1
    assert [entry.value for entry in records.labels.history("img-1")] == [
        ClassValue(name=f"c{won.index(True)}")
    ]


def test_writers_without_a_version_are_all_stored_in_a_row(records):
    """Without an expected version nobody is refused, and versions have no gap."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: _append(records, name=f"c{n}"), range(24)))
    assert [entry.version for entry in records.labels.history("img-1")] == list(range(1, 25))


def test_the_same_submission_at_the_same_time_is_stored_once(records):
    """Eight threads with one submission id all get the one stored entry."""
    with ThreadPoolExecutor(8) as threads:
        found = list(
            threads.map(
                lambda _: _append(records, submission_id="same", expected_version=0), range(8)
            )
        )
    assert len({entry.seq for entry in found}) == 1
    assert len(records.labels.history("img-1")) == 1


def test_a_label_finishes_its_task(records):
    """The task of a label is done by the labeler, in the same transaction."""
    task_id = _round_with_task(records)
    records.tasks.lease("ana", count=1, seconds=60)
    _append(records, task_id=task_id, round=1)
    task = records.tasks.get(task_id)
    assert (task.state, task.annotator, task.leased_until) == (TaskState.DONE, "ana", None)


def test_a_skip_finishes_its_task_too(records):
    """A skip takes the task off the queue."""
    task_id = _round_with_task(records)
    _append(records, name=None, task_id=task_id)
    assert records.tasks.get(task_id).state is TaskState.DONE


def test_a_refused_label_leaves_its_task_alone(records):
    """A conflict takes the whole transaction back."""
    task_id = _round_with_task(records)
    with pytest.raises(ConflictError):
        _append(records, task_id=task_id, expected_version=7)
    assert records.tasks.get(task_id).state is TaskState.OPEN


def test_a_label_with_a_wrong_task_is_not_stored(records):
    """A task that does not exist, or asks about another asset, refuses the label."""
    task_id = _round_with_task(records)
    with pytest.raises(NotFoundError):
        _append(records, task_id=task_id + 1)
    with pytest.raises(InvalidInputError, match="asks about 'img-1'"):
        _append(records, "img-2", task_id=task_id)
    assert records.labels.last_seq() == 0


def test_a_late_label_for_a_closed_round_is_kept(records):
    """A label that comes after its task was returned is stored; the task stays returned."""
    task_id = _round_with_task(records)
    assert records.tasks.close_round(1) == 1
    _append(records, task_id=task_id)
    assert records.labels.current("img-1") is not None
    assert records.tasks.get(task_id).state is TaskState.RETURNED


def test_undo_restores_what_held_before(records):
    """An undo is an entry of its own whose value is the earlier label."""
    _append(records, name="boot")
    _append(records, name="shirt")
    undone = _undo(records)
    assert (undone.action, undone.value, undone.version) == (
        Action.UNDO,
        ClassValue(name="boot"),
        3,
    )
    assert records.labels.current("img-1") == undone
    assert records.labels.values() == (["img-1"], ["boot"])


def test_undoing_twice_goes_back_twice(records):
    """Undos walk back over earlier undos, down to nothing; a new label starts from there."""
    for name in ("a", "b", "c"):
        _append(records, name=name)
    assert _undo(records).value == ClassValue(name="b")
    _append(records, name="d")
    assert [_undo(records).value for _ in range(3)] == [
        ClassValue(name="b"),
        ClassValue(name="a"),
        None,
    ]
    with pytest.raises(InvalidInputError, match="no decision to undo"):
        _undo(records)
    assert len(records.labels.history("img-1")) == 8
    assert records.labels.values() == ([], [])


def test_undoing_nothing_is_refused(records):
    """An asset without any decision has nothing to undo."""
    with pytest.raises(InvalidInputError, match="no decision to undo"):
        _undo(records)


def test_only_the_decider_may_undo(records):
    """Somebody else's undo is a conflict that says who decided."""
    _append(records, annotator="ana")
    with pytest.raises(ConflictError, match="'ana'") as caught:
        _undo(records, annotator="bob")
    assert caught.value.details["made_by"] == "ana"
    _append(records, name="shirt", annotator="bob")
    _undo(records, annotator="bob")
    with pytest.raises(ConflictError, match="'ana'"):
        _undo(records, annotator="bob")


def test_the_same_undo_is_stored_once(records):
    """A repeated undo with the same submission id goes back only once."""
    _append(records, name="a")
    _append(records, name="b")
    once = records.labels.undo(asset_id="img-1", annotator="ana", submission_id="u")
    assert records.labels.undo(asset_id="img-1", annotator="ana", submission_id="u") == once
    assert records.labels.values()[1] == ["a"]


def test_undo_gives_the_task_back_to_the_annotator(records):
    """While the round collects labels, the task is leased to the annotator again."""
    task_id = _round_with_task(records)
    _append(records, task_id=task_id, round=1)
    undone = _undo(records)
    task = records.tasks.get(task_id)
    assert (task.state, task.annotator, undone.round) == (TaskState.LEASED, "ana", 1)
    assert [held.id for held in records.tasks.lease("ana", count=1, seconds=60)] == [task_id]


def test_undo_after_the_round_moved_on_changes_only_the_label(records):
    """Once the round trains, its task stays done."""
    task_id = _round_with_task(records)
    _append(records, task_id=task_id, round=1)
    training = dataclasses.replace(records.rounds.get(1), step=Step.TRAIN)
    records.rounds.update(training, expected_step=Step.COLLECT)
    assert _undo(records).value is None
    assert records.tasks.get(task_id).state is TaskState.DONE


def test_values_are_ordered_by_asset_id_in_byte_order(records):
    """Both databases order ids as Python does, skips and other kinds left out."""
    names = ["b", "B", "a-1", "a.1", "a_1", "é", "z", "Z", "10", "9"]
    for name in names:
        _append(records, name, f"class of {name}")
    _append(records, "skipped", None)
    ids, classes = records.labels.values()
    assert ids == sorted(names)
    assert classes == [f"class of {name}" for name in sorted(names)]


def test_the_past_can_be_read_back(records):
    """The state as of any log position is what was current when it was written."""
    script = [("x", "a"), ("y", "b"), ("x", None), ("x", "c"), ("z", "a"), ("y", "c")]
    snapshots = []
    for asset, name in script:
        seq = _append(records, asset, name).seq
        snapshots.append((seq, records.labels.values(), records.labels.currents()))
    _undo(records, "y")
    for seq, values, currents in snapshots:
        assert records.labels.values(upto=seq) == values
        assert records.labels.currents(upto=seq) == currents
        states = records.labels.states(upto=seq)
        assert states.asset_ids == [entry.asset_id for entry in currents]
        assert states.seqs == [entry.seq for entry in currents]
    assert records.labels.values(upto=0) == ([], [])


def test_states_tell_labels_from_skips(records):
    """The columns say for each touched asset what was done and what holds."""
    _append(records, "a", "boot")
    _append(records, "b", None)
    _append(records, "c", "boot")
    _undo(records, "c")
    states = records.labels.states()
    assert states.asset_ids == ["a", "b", "c"]
    assert states.actions == ["label", "skip", "undo"]
    assert states.classes == ["boot", None, None]
    assert states.labeled == [True, False, False]


def test_the_log_can_be_followed(records):
    """Entries after a position come oldest first; one's own come newest first."""
    entries = [_append(records, f"x{i}", annotator="ana" if i % 2 else "bob") for i in range(6)]
    assert records.labels.since(entries[1].seq, 3) == entries[2:5]
    assert records.labels.recent("ana", 2) == [entries[5], entries[3]]
