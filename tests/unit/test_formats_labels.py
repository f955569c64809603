"""Label files: written whole, read back the same, losses and dangers told."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from querist.errors import InvalidInputError, NotFoundError, StorageError, UnknownNameError
from querist.formats import COLUMNS, LabelRow, kit, read_labels, read_pairs, write_labels
from querist.schema import Action, Annotation, Arm, ClassValue, Origin, Selected

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
SUFFIXES = [".csv", ".jsonl", ".parquet"]


def a_row(**changes: object) -> LabelRow:
    """A plain label, with changes."""
    body = {"id": "img-7", "value": ClassValue(name="boot"), "annotator": "ana", "created_at": NOW}
    return LabelRow(**(body | changes))  # type: ignore[arg-type]


def test_row_of_a_log_entry_knows_why_it_was_selected() -> None:
    """A row joins what was said with why it was asked."""
    entry = Annotation(
        seq=1, asset_id="img-7", version=1, action=Action.LABEL, value=ClassValue(name="boot"),
        annotator="ana", origin=Origin.PERSON, seconds=2.0, reason=None, round=3,
        ontology_version=1, prelabel=None, model_id=None, submission_id="s", created_at=NOW,
    )  # fmt: skip
    chosen = Selected(
        round=3,
        arm=Arm.AUDIT,
        asset_id="img-7",
        rank=0,
        score=None,
        propensity=0.25,
        reason="Dice.",
    )
    row = LabelRow.of(entry, chosen)
    assert (row.id, row.round, row.propensity, row.why) == ("img-7", 3, 0.25, "Dice.")
    assert LabelRow.of(entry).why is None


def test_csv_is_plain_to_read(tmp_path: Path) -> None:
    """A class stands in the file as its name, under a header that says what is what."""
    write_labels([a_row(round=2, seconds=1.5)], tmp_path / "l.csv")
    with (tmp_path / "l.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert rows[0]["label"] == "boot"
    assert rows[0]["created_at"] == "2026-03-01T12:30:00+00:00"


def test_jsonl_is_plain_to_read(tmp_path: Path) -> None:
    """Each line is one object with numbers as numbers."""
    write_labels([a_row(round=2)], tmp_path / "l.jsonl")
    body = json.loads((tmp_path / "l.jsonl").read_text())
    assert (body["id"], body["label"], body["round"], body["seconds"]) == ("img-7", "boot", 2, None)


def test_parquet_has_types(tmp_path: Path) -> None:
    """Numbers and times are typed columns."""
    write_labels([a_row()], tmp_path / "l.parquet")
    schema = pq.read_schema(tmp_path / "l.parquet")
    types = {name: str(schema.field(name).type) for name in ("label", "round", "created_at")}
    assert types == {"label": "string", "round": "int64", "created_at": "timestamp[us, tz=UTC]"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_rows_make_a_readable_file(tmp_path: Path, suffix: str) -> None:
    """A project without labels exports a file that reads as no labels."""
    report = write_labels([], tmp_path / f"l{suffix}")
    assert report.written == 0
    assert list(read_labels(tmp_path / f"l{suffix}")) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_times_of_other_zones_are_the_same_moment(tmp_path: Path, suffix: str) -> None:
    """A time with another offset is written in UTC."""
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    write_labels([a_row(created_at=there)], tmp_path / f"l{suffix}")
    read = next(read_labels(tmp_path / f"l{suffix}"))
    assert read.created_at == NOW
    assert read.created_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_half_a_surrogate_is_told(tmp_path: Path, suffix: str) -> None:
    """Text that UTF-8 cannot hold is kept by JSON and told as a loss by the others."""
    row = a_row(why="bad \ud800")
    report = write_labels([row], tmp_path / f"l{suffix}")
    back = next(read_labels(tmp_path / f"l{suffix}"))
    assert (back == row) == (not report.losses)
    assert [loss.column for loss in report.losses] == ([] if suffix == ".jsonl" else ["why"])


def test_formulas_stay_as_they_are_and_are_told(tmp_path: Path) -> None:
    """A class that a spreadsheet would run is written unchanged, with a warning."""
    row = a_row(value=ClassValue(name='=HYPERLINK("x")'))
    report = write_labels([row], tmp_path / "l.csv")
    assert report.losses == ()
    assert "1 cell begins with =" in report.warnings[0]
    assert next(read_labels(tmp_path / "l.csv")) == row


def test_losses_can_be_read_by_people(tmp_path: Path) -> None:
    """A loss says which column, how often and what became of it."""
    report = write_labels([a_row(seconds=float("nan"))] * 2, tmp_path / "l.csv")
    assert [str(loss) for loss in report.losses] == [
        "seconds, 2 cells: infinite or NaN; left empty"
    ]


def test_unknown_ending_is_refused(tmp_path: Path) -> None:
    """The endings that labels can be written to are listed."""
    with pytest.raises(InvalidInputError, match=r"\.csv, \.jsonl"):
        write_labels([], tmp_path / "labels.xlsx")
    with pytest.raises(UnknownNameError, match="parquet"):
        write_labels([], tmp_path / "labels.xlsx", format="numpy")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_missing_folder_is_a_storage_error(tmp_path: Path, suffix: str) -> None:
    """A file cannot be written into a folder that is not there."""
    with pytest.raises(StorageError, match="cannot be written"):
        write_labels([a_row()], tmp_path / "nowhere" / f"l{suffix}")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_missing_file_is_not_found(tmp_path: Path, suffix: str) -> None:
    """Reading labels that are not there says so."""
    with pytest.raises(NotFoundError):
        list(read_labels(tmp_path / f"l{suffix}"))


@pytest.mark.parametrize(
    ("column", "value"), [("seconds", "soon"), ("kind", "classes"), ("created_at", "today")]
)
def test_edited_file_that_makes_no_sense_is_refused(
    tmp_path: Path, column: str, value: str
) -> None:
    """A cell that cannot be what it should be is named."""
    path = tmp_path / "l.csv"
    write_labels([a_row()], path)
    with path.open(newline="") as file:
        row = next(csv.DictReader(file))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerow(row | {column: value})
    with pytest.raises(InvalidInputError):
        list(read_labels(path))


def test_kit_catches_a_format_that_loses_silently(tmp_path: Path) -> None:
    """The conformance kit fails a format that drops a column and does not say so."""
    from querist.formats.jsonl_table import JsonlFormat

    class Forgetful(JsonlFormat):
        def write_labels(self, rows, path):  # type: ignore[no-untyped-def]
            from dataclasses import replace

            return super().write_labels((replace(row, round=None) for row in rows), path)

    class Bench:
        format = Forgetful()
        folder = tmp_path

        def samples(self) -> list[kit.Sample]:
            return []

    with pytest.raises(AssertionError, match="round"):
        kit.check_round_trip(Bench())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_export_can_be_imported_as_pairs(tmp_path: Path, suffix: str) -> None:
    """Ids and labels of a file are enough to import, whatever else stands in it."""
    rows = [a_row(), a_row(id="b", value=ClassValue(name="007")), a_row(id="c", value=None)]
    write_labels(rows, tmp_path / f"l{suffix}")
    labels, report = read_pairs(tmp_path / f"l{suffix}")
    assert labels == {"img-7": "boot", "b": "007"}
    assert report.counts == {"empty": 1}


def test_pairs_need_ids_and_the_label_column(tmp_path: Path) -> None:
    """Labels that name no assets are refused, and so is a column that is not there."""
    path = tmp_path / "l.csv"
    path.write_text("label,kind\nboot,x\n")
    with pytest.raises(InvalidInputError, match="id_column"):
        read_pairs(path)
    with pytest.raises(UnknownNameError, match="kind"):
        read_pairs(path, id_column="kind", label_column="kinds")
    assert read_pairs(path, id_column="kind")[0] == {"x": "boot"}
