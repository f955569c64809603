"""Sources: what each gives, what it leaves out, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from querist.errors import InvalidInputError, NotFoundError, UnknownNameError
from querist.formats import Source, base, create, read_source
from querist.formats.csv_table import CsvFormat
from querist.formats.image_folder import natural_key
from querist.schema import Candidate, Media


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


def test_folder_is_read_in_natural_order(tmp_path: Path) -> None:
    """Images of all depths come as people sort them, with the first folder as metadata."""
    for name in ("b/x2.jpg", "b/x10.JPG", "a.png", "b/deep/y.webp"):
        write(tmp_path / "photos" / name, b"x")
    found, source = read(tmp_path / "photos", "image")
    assert [c.id for c in found] == ["a.png", "b/deep/y.webp", "b/x2.jpg", "b/x10.JPG"]
    assert [c.metadata for c in found] == [{}, *[{"folder": "b"}] * 3]
    assert source.total == 4
    assert source.roots == ((tmp_path / "photos").resolve(),)
    assert all(c.path == source.roots[0] / c.id for c in found)


def test_folder_reports_what_is_no_image(tmp_path: Path) -> None:
    """Other files are reported as skipped, hidden ones are passed over."""
    for name in ("a.png", "notes.txt", "x.svg", ".secret.png", ".git/b.png"):
        write(tmp_path / "photos" / name, b"x")
    found, source = read(tmp_path / "photos", "image")
    assert [c.id for c in found] == ["a.png"]
    assert left_out(source) == [("notes.txt", "skipped"), ("x.svg", "skipped")]


def test_folder_refuses_links_that_lead_outside(tmp_path: Path) -> None:
    """A link to a file elsewhere is left out, one to a file inside is not."""
    inside = write(tmp_path / "photos" / "a.png", b"x")
    outside = write(tmp_path / "secret" / "s.png", b"x")
    (tmp_path / "photos" / "evil.png").symlink_to(outside)
    (tmp_path / "photos" / "twin.png").symlink_to(inside)
    (tmp_path / "photos" / "loop").symlink_to(tmp_path / "photos")
    (tmp_path / "photos" / "up").symlink_to(tmp_path)
    found, source = read(tmp_path / "photos", "image")
    assert [c.id for c in found] == ["a.png", "twin.png"]
    assert left_out(source) == [("evil.png", "outside"), ("loop", "skipped"), ("up", "outside")]


def test_folders_can_be_labels(tmp_path: Path) -> None:
    """A folder per class labels its images when it is asked to."""
    for name in ("boot/a.png", "shirt/b.png", "c.png"):
        write(tmp_path / "photos" / name, b"x")
    _, source = read(tmp_path / "photos", "image", label_column="folder")
    assert source.labels == {"boot/a.png": "boot", "shirt/b.png": "shirt"}


def test_empty_folder_and_missing_folder_are_refused(tmp_path: Path) -> None:
    """A folder without images says which files count; one that is not there is not found."""
    with pytest.raises(InvalidInputError, match=r"holds no images.*\.png"):
        read(tmp_path, "image")
    for media in ("image", "table"):
        with pytest.raises(NotFoundError, match=r"nothing at .*nowhere"):
            read(tmp_path / "nowhere", media)


def test_natural_order() -> None:
    """Numbers sort by value and before letters, letters without case; odd digits do no harm."""
    names = ["img10", "B", "img2", "a", "1", "²", "٣", "img02b"]
    assert sorted(names, key=natural_key) == ["1", "٣", "a", "B", "img2", "img02b", "img10", "²"]


@pytest.mark.parametrize("library", [pd, pl])
def test_frames_are_read_by_their_columns(library: Any) -> None:
    """A DataFrame of either library gives rows; its missing values are missing."""
    frame = library.DataFrame({"id": ["a", "b"], "x": [1.5, float("nan")], "y": ["u", None]})
    found, source = read(frame, "table", label_column="y")
    assert [c.features for c in found[:1]] == [{"x": 1.5}]
    assert source.labels == {"a": "u"}
    assert source.report.problems[0].message == "Row 2: every cell is empty."


def test_pandas_missing_values_are_missing() -> None:
    """NA, NaT and NaN of pandas become nothing; times become text."""
    frame = pd.DataFrame(
        {
            "n": pd.array([1, None], dtype="Int64"),
            "t": [pd.Timestamp("2026-01-02"), pd.NaT],
            "k": ["a", "b"],
        }
    )
    found, _ = read(frame, "table")
    assert found[0].features == {"n": 1, "t": "2026-01-02T00:00:00", "k": "a"}
    assert found[1].features == {"n": None, "t": None, "k": "b"}


def test_frame_with_numbered_columns_is_refused() -> None:
    """Columns without names cannot be stored by name."""
    with pytest.raises(InvalidInputError, match="not text"):
        read(pd.DataFrame([[1, 2]]), "table")


def test_list_of_texts_is_a_source() -> None:
    """Plain texts are enough for a text project."""
    found, _ = read(["one", "two"], "text")
    assert [(c.id, c.text) for c in found] == [("row-000001", "one"), ("row-000002", "two")]


def test_rows_of_numbers_are_features() -> None:
    """An array (n, d) gives columns x0, x1, …; NaN is missing."""
    found, _ = read(np.array([[1.0, np.nan], [3.0, 4.0]]), "table")
    assert found[0].features == {"x0": 1.0, "x1": None}


def test_images_of_an_array_keep_their_pixels() -> None:
    """Each image becomes a candidate with its own pixels; a single channel is dropped."""
    images = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4, 1)
    found, _ = read(images, "image")
    assert found[1].array is not None
    np.testing.assert_array_equal(found[1].array, images[1, ..., 0])


def test_npz_names_and_labels_its_rows(tmp_path: Path) -> None:
    """An .npz may bring ids and labels beside X."""
    path = tmp_path / "t.npz"
    np.savez(path, X=np.eye(2), y=np.array(["u", "v"]), ids=np.array(["a", "b"]))
    found, source = read(path, "table", label_column="y")
    assert [c.id for c in found] == ["a", "b"]
    assert source.labels == {"a": "u", "b": "v"}


@pytest.mark.parametrize(
    ("array", "media"),
    [
        (np.zeros((0, 3)), "table"),
        (np.zeros(3), "table"),
        (np.array([["a"]]), "table"),
        (np.zeros((2, 3), dtype=np.uint8), "image"),
        (np.zeros((2, 4, 4)), "image"),
        (np.zeros((2, 4, 4, 2), dtype=np.uint8), "image"),
        (np.array(3), "table"),
    ],
)
def test_arrays_of_wrong_shape_are_refused(array: np.ndarray, media: str) -> None:
    """Shape and type are named, with what is wanted."""
    with pytest.raises(InvalidInputError):
        read(array, media)


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    """A file that would run code when loaded is refused."""
    np.save(tmp_path / "t.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InvalidInputError, match="without Python objects"):
        read(tmp_path / "t.npy", "table")


@pytest.mark.parametrize("source", [3, {"a": 1}, object(), b"bytes", None])
def test_what_is_no_source_is_refused(source: object) -> None:
    """A value that no format reads is refused with what would do."""
    with pytest.raises(InvalidInputError, match="No format reads"):
        read(source, "table")


def test_file_of_unknown_ending_is_refused(tmp_path: Path) -> None:
    """The endings that are read are listed."""
    with pytest.raises(InvalidInputError, match=r"\.csv"):
        read(write(tmp_path / "t.docx", "x"), "text")


def test_format_can_be_named(tmp_path: Path) -> None:
    """A file without its usual ending is read by the format that is named."""
    path = write(tmp_path / "rows.txt", "id,text\na,one\n")
    assert read(path, "text", format="csv")[0][0].text == "one"
    with pytest.raises(UnknownNameError, match="csv"):
        read(path, "text", format="csvv")


def test_media_that_a_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    """A folder of images makes no texts, and the formats that do are named."""
    with pytest.raises(InvalidInputError, match="jsonl"):
        read(tmp_path, "text")
    with pytest.raises(UnknownNameError, match="image"):
        read(tmp_path, "images")


def test_other_packages_can_bring_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    """A format of another package's entry point is found by its name; built-ins stay."""

    class Point:
        name = "csv-of-tomorrow"

        def load(self) -> Any:
            return CsvFormat

    monkeypatch.setattr(base, "entry_points", lambda group: [Point()] if "formats" in group else [])
    assert {"csv", "csv-of-tomorrow"} <= set(base.names())
    assert create("csv-of-tomorrow").reads == frozenset(Media)


def test_a_link_that_cannot_be_followed_is_left_out(tmp_path: Path) -> None:
    """A circle, and what nobody may look at, end no import; a table that names it is refused."""
    photos = tmp_path / "photos"
    write(photos / "a.png", b"x")
    (photos / "loop.png").symlink_to("loop.png")
    candidates, source = read(photos, "image")
    assert [it.id for it in candidates] == ["a.png"]
    assert left_out(source) == [("loop.png", "unreadable")]
    write(photos / "table.csv", "id,image\n1,loop.png\n")
    with pytest.raises(InvalidInputError, match="cannot be followed"):
        read(photos / "table.csv", "image")
