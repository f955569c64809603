"""Every registered format passes the conformance kit of its seam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from querist import formats
from querist.formats import ReadOptions, kit
from querist.formats.kit import Sample
from querist.schema import Media

ROWS = [
    {"id": "a", "text": "one", "image": "a.png", "size": 1.5, "kind": "boot"},
    {"id": "b", "text": "two", "image": "b.png", "size": 2.5, "kind": "shirt"},
]


def _for_all_media(source: Any, *, ids: Sequence[str] = ("a", "b"), **options: Any) -> list[Sample]:
    return [
        Sample(source=source, options=ReadOptions(media=media, **options), ids=ids)
        for media in Media
    ]


def _csv(folder: Path) -> list[Sample]:
    path = folder / "rows.csv"
    path.write_text("id,text,image,size,kind\na,one,a.png,1.5,boot\nb,two,b.png,2.5,shirt\n")
    bad = folder / "bad.csv"
    bad.write_text('id,text\na,one\nb,"never closed\nc,three\n,no id\nd,too,many\n')
    return [
        *_for_all_media(path, label_column="kind"),
        Sample(source=bad, options=ReadOptions(media=Media.TEXT), ids=["a", "c"], left_out=3),
    ]


def _jsonl(folder: Path) -> list[Sample]:
    path = folder / "rows.jsonl"
    pd.DataFrame(ROWS).to_json(path, orient="records", lines=True)
    bad = folder / "bad.jsonl"
    bad.write_bytes(b'{"text": "one"}\n[1]\n{"text": \n\n{"text": "\xff"}\n{"text": "five"}\n')
    good = ["row-000001", "row-000005"]
    return [
        *_for_all_media(path, label_column="kind"),
        Sample(source=bad, options=ReadOptions(media=Media.TEXT), ids=good, left_out=3),
    ]


def _parquet(folder: Path) -> list[Sample]:
    path = folder / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), path)
    return _for_all_media(path, label_column="kind")


def _images(folder: Path) -> list[Sample]:
    root = folder / "photos"
    for name in ("boot/img10.png", "boot/img2.png", "cover.png", ".hidden.png", "notes.txt"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (3, 2)).save(path, format="png")
    ids = ["boot/img2.png", "boot/img10.png", "cover.png"]
    return [Sample(source=root, options=ReadOptions(media=Media.IMAGE), ids=ids, left_out=1)]


def _numpy(folder: Path) -> list[Sample]:
    X = np.arange(6.0).reshape(2, 3)
    images = np.zeros((2, 4, 5), dtype=np.uint8)
    both = folder / "both.npz"
    np.savez(both, X=X, images=images, y=np.array([1, 0]), id=np.array(["a", "b"]))
    plain = folder / "plain.npy"
    np.save(plain, X)
    unnamed = ["row-000001", "row-000002"]
    table, image = ReadOptions(media=Media.TABLE), ReadOptions(media=Media.IMAGE)
    return [
        Sample(source=both, options=table, ids=["a", "b"]),
        Sample(source=both, options=image, ids=["a", "b"]),
        Sample(source=plain, options=table, ids=unnamed),
        Sample(source=X, options=table, ids=unnamed),
        Sample(source=images, options=image, ids=unnamed),
    ]


def _frames(_: Path) -> list[Sample]:
    return [
        *_for_all_media(pd.DataFrame(ROWS), label_column="kind"),
        *_for_all_media(pl.DataFrame(ROWS), label_column="kind"),
    ]


def _records(_: Path) -> list[Sample]:
    mixed = [{"text": "one"}, 7, {"text": None}]
    return [
        *_for_all_media(ROWS, label_column="kind"),
        Sample(source=mixed, options=ReadOptions(media=Media.TEXT), ids=["row-000001"], left_out=2),
    ]


SAMPLES: dict[str, Callable[[Path], list[Sample]]] = {
    "csv": _csv,
    "dataframe": _frames,
    "image-folder": _images,
    "jsonl": _jsonl,
    "numpy": _numpy,
    "parquet": _parquet,
    "records": _records,
}


@dataclass
class Bench:
    """A format with a folder of its own."""

    format: formats.Format
    folder: Path

    def samples(self) -> list[Sample]:
        """The samples of the format."""
        return SAMPLES[self.format.name](self.folder)


@pytest.mark.parametrize("name", formats.names())
@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_format_conforms(name: str, check: Callable[[Bench], None], tmp_path: Path) -> None:
    """The format keeps one promise of the seam."""
    check(Bench(formats.create(name), tmp_path))


def test_every_format_has_samples() -> None:
    """No registered format escapes the kit."""
    assert set(formats.names()) == set(SAMPLES)
