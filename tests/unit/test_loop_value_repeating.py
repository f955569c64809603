"""Both arms from scratch where labels are sets, numbers or spans, with the real learners."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from querist.errors import InvalidInputError
from querist.loop import value_repeating
from querist.project import Project
from querist.schema import ClassesValue, TaskKind
from two_arms import all_labeled, two_arms


@pytest.fixture(
    scope="module", params=[TaskKind.MULTI_LABEL, TaskKind.REGRESSION, TaskKind.SPANS], ids=str
)
def project(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """240 assets whose labels are all known, without a round."""
    with all_labeled(tmp_path_factory.mktemp("known"), request.param, batch_size=8) as made:
        yield made


def test_both_arms_learn_from_no_label_on_under_each_seed(project: Project) -> None:
    """Equal sizes batch by batch, a split for each seed, and the same again for the same seeds."""
    one, again = (project.experiments.run("repeated", seeds=3, rounds=3) for _ in range(2))
    assert (again.id, again.result) == (one.id, one.result)
    assert (one.source, one.test, one.seeds, one.strategy) == (
        "repeated",
        "split",
        (0, 1, 2),
        "auto",
    )
    for curve in (one.result.active_curve, one.result.control_curve):
        assert [point.labels for point in curve] == [8, 16, 24]
        assert curve[-1].accuracy.value > 0.6
    assert (one.result.repeats, one.result.size) == (3, 24)
    assert [row.name for row in one.result.classes] == list(
        project.catalog.records.ontologies.current().names
    )
    other = project.experiments.run("repeated", seeds=2, rounds=3)
    assert other.id != one.id


def test_later_batches_go_by_what_the_model_says(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first batch sees vectors alone; the active arm's later ones each signal of the task."""
    seen: list[set[str]] = []
    real = value_repeating.query

    def watched(name: str, n: int, **given: object) -> object:
        told = set(given) - {"embeddings", "labeled", "random_state"}
        seen.append({name, *told} if told else {name})
        return real(name, n, **given)

    monkeypatch.setattr(value_repeating, "query", watched)
    project.experiments.run("repeated", seeds=1, rounds=3)
    told = {
        TaskKind.MULTI_LABEL: {"uncertainty", "multilabel_probabilities", "labels"},
        TaskKind.REGRESSION: {"uncertainty", "predictions", "committee_predictions", "targets"},
        TaskKind.SPANS: {"uncertainty"},
    }[project.catalog.settings.task]
    first = "lcmd" if project.catalog.settings.task is TaskKind.REGRESSION else "auto"
    assert seen == [{first}, *[{"auto", *told}] * 2, *[{"random"}] * 3]


def test_the_audit_set_measures_where_there_is_one(tmp_path: Path) -> None:
    """Its labels are in no pool: the digests are of both parts."""
    with two_arms(tmp_path, TaskKind.REGRESSION, rounds=1) as project:
        with pytest.raises(InvalidInputError, match="of 240 assets have no known label"):
            project.experiments.run("repeated", rounds=2)
        assert project.experiments.run().source == "arms"
    with all_labeled(tmp_path / "known", TaskKind.REGRESSION, audit_size=30) as project:
        project.next_round(5)
        found = project.experiments.run("repeated", seeds=2, rounds=2)
    assert (found.test, set(found.digests)) == ("audit", {"pool", "test"})
    assert found.result.active_curve[0].accuracy.count == 30


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"rounds": 0}, "rounds is 0"),
        ({"seeds": 0}, "seeds is 0"),
        ({"batch_size": 200}, "takes the whole pool of 168"),
    ],
)
def test_impossible_repetitions_are_refused(
    tmp_path: Path, asked: dict[str, int], words: str
) -> None:
    """The number is named before anything is trained."""
    with (
        all_labeled(tmp_path, TaskKind.REGRESSION) as project,
        pytest.raises(InvalidInputError, match=words),
    ):
        project.experiments.run("repeated", **asked)


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ("random", "Both arms would be random"),
        ("margin", "which no model of the task 'multi_label' tells"),
    ],
)
def test_strategies_that_prove_nothing_are_refused(
    tmp_path: Path, strategy: str, words: str
) -> None:
    """Random against itself, and one for labels of another kind."""
    with (
        all_labeled(tmp_path, TaskKind.MULTI_LABEL, strategy=strategy) as project,
        pytest.raises(InvalidInputError, match=words),
    ):
        project.experiments.run("repeated", rounds=2)


def test_batches_too_small_to_learn_from_say_what_they_tell(tmp_path: Path) -> None:
    """Of one asset a round nothing is learned at first; the comparison still runs to its end."""
    with all_labeled(tmp_path, TaskKind.MULTI_LABEL) as project:
        ids = project.catalog.assets.ids()
        project.labels.import_many(
            [(asset_id, ClassesValue(names=("low",))) for asset_id in ids], annotator="known"
        )
        found = project.experiments.run("repeated", seeds=1, rounds=3, batch_size=1).result
    assert [row.name for row in found.classes] == ["low"]
    assert found.active.accuracy is not None
    assert found.active.accuracy.value == 1
    assert found.active.accuracy.low < 1
