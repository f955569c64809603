"""Tables in files: what CSV, JSONL and Parquet give, leave out and refuse."""

from __future__ import annotations

import tracemalloc
from collections import deque
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from querist.errors import InvalidInputError, UnknownNameError
from querist.formats import Source, read_source
from querist.schema import Candidate


def read(source: Any, media: str, **options: Any) -> tuple[list[Candidate], Source]:
    """All candidates, and the source they came from."""
    opened = read_source(source, media=media, **options)
    return list(opened.candidates), opened


def write(path: Path, text: str | bytes) -> Path:
    """A file with this content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def left_out(source: Source) -> list[tuple[str, str]]:
    """Name and kind of what was left out."""
    return [(problem.name, problem.kind) for problem in source.report.problems]


def test_csv_columns_are_found_by_name(tmp_path: Path) -> None:
    """The id and the text are found by their usual names, the rest is metadata."""
    path = write(tmp_path / "t.csv", "asset_id,text,year\nk1,hello,2020\nk2,world,\n")
    found, source = read(path, "text")
    assert [(c.id, c.text) for c in found] == [("k1", "hello"), ("k2", "world")]
    assert [c.metadata for c in found] == [{"year": 2020}, {"year": None}]
    assert source.total == 2


def test_csv_rows_without_id_are_numbered(tmp_path: Path) -> None:
    """Without an id column the row number names the row, and stays when another is broken."""
    path = write(tmp_path / "t.csv", "text,x\none,1\nbroken\nthree,3\n")
    found, source = read(path, "text")
    assert [c.id for c in found] == ["row-000001", "row-000003"]
    assert left_out(source) == [("row-000002", "invalid")]
    assert source.report.problems[0].message == "Line 3: 1 cells, the header has 2."


def test_csv_label_column_gives_labels(tmp_path: Path) -> None:
    """The label column is metadata, offers labels as text, and is no feature."""
    path = write(tmp_path / "t.csv", "id,x,y\na,1.5,07\nb,2,\n")
    found, source = read(path, "table", label_column="y")
    assert [c.features for c in found] == [{"x": 1.5}, {"x": 2.0}]
    assert [c.metadata for c in found] == [{"y": "07"}, {"y": None}]
    assert source.labels == {"a": "07"}


def test_csv_metadata_columns_are_no_features(tmp_path: Path) -> None:
    """Columns that are named as metadata cannot leak into the features."""
    path = write(tmp_path / "t.csv", "id,x,known\na,1,boot\n")
    found, _ = read(path, "table", metadata_columns=["known"])
    assert found[0].features == {"x": 1}
    assert found[0].metadata == {"known": "boot"}


def test_csv_columns_have_one_kind(tmp_path: Path) -> None:
    """A column is numbers only if all of it is; leading zeros and words keep it text."""
    header = "count,share,zip,mixed,gap,big,exp,word\n"
    rows = "1,0.5,007,1,NA,99999999999999999999,1e3,nan\n-2,3,10,x,4,1,-.5E-2,b\n"
    path = write(tmp_path / "t.csv", header + rows)
    found, _ = read(path, "table")
    assert found[0].features == {
        "count": 1,
        "share": 0.5,
        "zip": "007",
        "mixed": "1",
        "gap": None,
        "big": 99999999999999999999,
        "exp": 1000.0,
        "word": "nan",
    }
    assert found[1].features["exp"] == -0.005
    assert type(found[0].features["count"]) is int


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_delimiter_is_guessed(tmp_path: Path, delimiter: str) -> None:
    """The sign that parts the header parts the rows."""
    text = "id,text,n\na,one,1\n".replace(",", delimiter)
    found, _ = read(write(tmp_path / "t.csv", text), "text")
    assert (found[0].text, found[0].metadata) == ("one", {"n": 1})


def test_csv_cells_may_hold_anything(tmp_path: Path) -> None:
    """Quotes, line breaks, byte-order mark and long texts come through."""
    long = "x" * 300_000
    text = f'\ufeffid,text\r\na,"two\nlines, ""quoted"""\r\nb,{long}\r\n'
    found, source = read(write(tmp_path / "t.csv", text), "text")
    assert [c.text for c in found] == ['two\nlines, "quoted"', long]
    assert left_out(source) == []


def test_csv_unclosed_quote_costs_one_row(tmp_path: Path) -> None:
    """A quote that is never closed loses its own line, not the rows after it."""
    text = 'id,text\na,one\nb,"two\nc,three\nd,"four"\ne,"five\n'
    found, source = read(write(tmp_path / "t.csv", text), "text")
    assert [c.id for c in found] == ["a", "c", "d"]
    assert [problem.message[:7] for problem in source.report.problems] == ["Line 3:", "Line 6:"]


def test_csv_row_of_other_encoding_is_left_out(tmp_path: Path) -> None:
    """A row that is not UTF-8 is reported with its line; the rest goes in."""
    path = write(tmp_path / "t.csv", b"id,text\na,one\nb,gr\xf6\xdfe\nc,three\n")
    found, source = read(path, "text")
    assert [c.id for c in found] == ["a", "c"]
    assert source.report.problems[0].message == "Line 3: not UTF-8."


def test_csv_of_other_encoding_is_refused(tmp_path: Path) -> None:
    """UTF-16, as spreadsheets save it, is refused with what to do."""
    path = write(tmp_path / "t.csv", "id,text\na,one\n".encode("utf-16"))
    with pytest.raises(InvalidInputError, match="UTF-8"):
        read(path, "text")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "is empty"),
        ("id,text\n", "header and no rows"),
        ("id,id,text\na,b,c\n", "more than once"),
        (",,\n1,2,3\n", "names no columns"),
        ("id,body\na,b\n", "text_column"),
        ("text\n\x20\n", "holds no usable row"),
    ],
)
def test_csv_that_says_nothing_is_refused(tmp_path: Path, text: str, match: str) -> None:
    """Each way to be empty has its own sentence."""
    with pytest.raises(InvalidInputError, match=match):
        read(write(tmp_path / "t.csv", text), "text")


def test_unknown_column_offers_the_nearest(tmp_path: Path) -> None:
    """A mistyped column is refused at once with the names that exist."""
    path = write(tmp_path / "t.csv", "id,text,label\na,b,c\n")
    for option in ("id_column", "text_column", "label_column"):
        with pytest.raises(UnknownNameError, match="Did you mean label"):
            read_source(path, media="text", **{option: "labels"})


def test_csv_bad_ids_are_left_out(tmp_path: Path) -> None:
    """Rows whose id is missing, too long or unprintable are reported by their line."""
    text = f"id,text\n,one\n{'x' * 600},two\n\a,three\nok,four\n"
    found, source = read(write(tmp_path / "t.csv", text), "text")
    assert [c.id for c in found] == ["ok"]
    assert source.report.counts == {"invalid": 3}


def test_image_paths_are_relative_to_the_table(tmp_path: Path) -> None:
    """Image paths of a table start at its folder, which is its root."""
    path = write(tmp_path / "set" / "t.csv", "file,kind\nimg/a.png,boot\n")
    found, source = read(path, "image")
    assert found[0].path == (tmp_path / "set" / "img" / "a.png").resolve()
    assert found[0].metadata == {"kind": "boot"}
    assert source.roots == ((tmp_path / "set").resolve(),)


@pytest.mark.parametrize("given", ["../secret.png", "/etc/passwd", "img/../../x.png", "link/x.png"])
def test_image_paths_cannot_leave_the_folder(tmp_path: Path, given: str) -> None:
    """A path that leads outside, by dots, from the root or by a link, is refused by its line."""
    path = write(tmp_path / "set" / "t.csv", f"file\nok.png\n{given}\n")
    (tmp_path / "set" / "link").symlink_to(tmp_path)
    with pytest.raises(InvalidInputError, match="Line 3 names the image"):
        read(path, "image")


def test_long_csv_is_not_loaded_whole(tmp_path: Path) -> None:
    """Memory stays flat: a file of 12 MB is read in less than 2 MB."""
    row = "x" * 1_200
    path = write(tmp_path / "t.csv", "text,n\n" + "".join(f"{row},{i}\n" for i in range(10_000)))
    tracemalloc.start()
    source = read_source(path, media="text")
    last = deque(source.candidates, maxlen=1).pop()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert last.metadata == {"n": 9_999}
    assert peak < 2e6


def test_report_keeps_a_thousand_problems_and_counts_all(tmp_path: Path) -> None:
    """A file full of broken rows cannot fill the memory with complaints."""
    path = write(tmp_path / "t.csv", "id,text\na,b\n" + "x\n" * 1_500)
    _, source = read(path, "text")
    assert len(source.report.problems) == 1_000
    assert source.report.counts == {"invalid": 1_500}


def test_jsonl_lines_are_read_one_by_one(tmp_path: Path) -> None:
    """Broken lines are reported by number, blank ones passed over, structures kept as text."""
    text = (
        '{"id": 1, "text": "one", "tags": ["a"]}\n\n{"id": 2\n"word"\n{"id": 3, "text": "three"}\n'
    )
    found, source = read(write(tmp_path / "t.jsonl", text), "text")
    assert [(c.id, c.metadata) for c in found] == [("1", {"tags": '["a"]'}), ("3", {})]
    assert [p.message[:7] for p in source.report.problems] == ["Line 3:", "Line 4:"]
    assert "'tags'" in source.report.notes[0]


def test_jsonl_of_nothing_is_refused(tmp_path: Path) -> None:
    """A file in which no line can be read names the first complaint."""
    with pytest.raises(InvalidInputError, match=r"no usable row\. Line 1: not JSON"):
        read(write(tmp_path / "t.jsonl", "hello\n"), "text")


def test_parquet_keeps_types(tmp_path: Path) -> None:
    """Numbers, truth values, times and gaps of Parquet arrive as JSON scalars."""
    table = pa.table(
        {"n": [1, None], "ok": [True, False], "day": [date(2026, 1, 2)] * 2, "w": ["a", None]}
    )
    pq.write_table(table, tmp_path / "t.parquet")
    found, source = read(tmp_path / "t.parquet", "table")
    assert found[0].features == {"n": 1, "ok": True, "day": "2026-01-02", "w": "a"}
    assert found[1].features == {"n": None, "ok": False, "day": "2026-01-02", "w": None}
    assert source.total == 2
