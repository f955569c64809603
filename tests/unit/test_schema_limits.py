"""What numbers and spans an ontology allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from querist.errors import InvalidInputError
from querist.project import Project
from querist.schema import (
    LabeledSpan,
    Limits,
    NumberValue,
    Ontology,
    Span,
    SpansValue,
    TaskKind,
    check_value,
)


def test_numbers_beyond_the_limits_are_refused() -> None:
    """The range of the ontology holds for every number."""
    ontology = Ontology.of(TaskKind.REGRESSION, [], limits=Limits(lowest=0, highest=10))
    check_value(NumberValue(number=10), ontology)
    with pytest.raises(InvalidInputError, match="-1"):
        check_value(NumberValue(number=-1), ontology)


@pytest.mark.parametrize(
    ("limits", "remedy"),
    [
        (Limits(), "Give a finite number."),
        (Limits(lowest=0), "Give a number from 0."),
        (Limits(highest=10), "Give a number to 10."),
        (Limits(lowest=0, highest=10), "Give a number from 0 to 10."),
    ],
)
def test_a_number_that_is_none_says_what_to_give(limits: Limits, remedy: str) -> None:
    """Only the ends that there are."""
    with pytest.raises(InvalidInputError, match="nan") as caught:
        check_value(
            NumberValue(number=float("nan")), Ontology.of(TaskKind.REGRESSION, [], limits=limits)
        )
    assert caught.value.remedy == remedy


def test_spans_share_characters_only_where_allowed() -> None:
    """Spans that touch fit; spans that overlap need the permission of the ontology."""

    def spans(*ends: tuple[int, int]) -> SpansValue:
        made = (LabeledSpan(name="a", span=Span(start=i, end=j)) for i, j in ends)
        return SpansValue(spans=tuple(made))

    strict = Ontology.of(TaskKind.SPANS, ["a"])
    check_value(spans((5, 9), (0, 5)), strict)
    with pytest.raises(InvalidInputError, match="share characters"):
        check_value(spans((5, 9), (0, 6)), strict)
    check_value(
        spans((5, 9), (0, 6)), Ontology.of(TaskKind.SPANS, ["a"], limits=Limits(overlapping=True))
    )


def test_limits_written_into_the_file_join_the_ontology(tmp_path: Path) -> None:
    """A changed range makes the next version of the ontology when the project is opened."""
    folder = tmp_path / "p"
    Project.create(folder, task="regression", media="table").close()
    path = folder / "querist.toml"
    path.write_text(path.read_text().replace("[limits]", '[limits]\nhighest = 5\nunit = "kg"'))
    text = path.read_text().replace('unit = ""\n', "")
    path.write_text(text)
    with Project.open(folder) as project:
        assert project.ontology.limits == Limits(highest=5.0, unit="kg")
        assert project.ontology.version == 2
