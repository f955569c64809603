"""NumPy arrays, in memory or in .npy and .npz files: rows of numbers, or images."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, UnknownNameError
from querist.formats.array_heads import shapes
from querist.formats.base import LossReport, ReadOptions, ReadReport, Source, register
from querist.formats.files import existing_file
from querist.formats.label_row import LabelRow
from querist.formats.rows import TableRow, source_of_rows
from querist.formats.scalars import to_scalar
from querist.schema import Candidate, Media, check_asset_id

MAIN_ARRAYS = {Media.TABLE: ("X", "x", "data"), Media.IMAGE: ("images", "X", "x", "data")}
ID_ARRAYS = ("id", "ids", "asset_id")


@register
class NumpyFormat:
    """An array ``X`` (n, d) of rows, or images (n, h, w), (n, h, w, 3) or (n, h, w, 4) in uint8.

    Other arrays of length n in an ``.npz`` are metadata, and ``id`` or ``ids`` names the assets.
    """

    name = "numpy"
    summary = "Rows X (n, d) or images (n, h, w[, 3]) in memory, in .npy or in .npz"
    suffixes: tuple[str, ...] = (".npy", ".npz")
    reads = frozenset({Media.TABLE, Media.IMAGE})
    writes = False

    def accepts(self, source: Any) -> bool:
        """Whether ``source`` is an array, several by name, or the path of a file of such."""
        if isinstance(source, np.ndarray):
            return True
        if isinstance(source, Mapping):
            return bool(source) and all(isinstance(v, np.ndarray) for v in source.values())
        return isinstance(source, (str, Path)) and Path(source).suffix.lower() in self.suffixes

    def read(self, source: Any, options: ReadOptions) -> Source:
        """Open the arrays of ``source``."""
        arrays = _arrays(source)
        main = _main(arrays, options.media)
        X = arrays.pop(main)
        _check_shape(X, main, options.media)
        columns = _columns(arrays, len(X), options)
        if options.media is Media.IMAGE:
            return _images(X, columns, options)
        width = X.shape[1]
        names = [f"x{i}" for i in range(width)]
        id_column = options.id_column or next((c for c in ID_ARRAYS if c in columns), None)
        rows = (
            TableRow(
                number=i + 1,
                place=f"row {i + 1}",
                values={
                    **dict(zip(names, X[i].tolist(), strict=True)),
                    **{name: column[i] for name, column in columns.items()},
                },
            )
            for i in range(len(X))
        )
        return source_of_rows(
            rows,
            name=f"The array {main!r}",
            columns=[*names, *columns],
            total=len(X),
            options=ReadOptions(
                media=Media.TABLE,
                id_column=id_column,
                label_column=options.label_column,
                metadata_columns=tuple(c for c in columns if c != id_column),
            ),
            report=ReadReport(),
        )

    def write_labels(self, rows: Iterable[LabelRow], path: Path) -> LossReport:  # noqa: ARG002
        """Refuse: arrays hold no labels with their history."""
        raise _no_labels()

    def read_labels(self, path: Path) -> Iterator[LabelRow]:  # noqa: ARG002
        """Refuse: arrays hold no labels with their history."""
        raise _no_labels()


def _arrays(source: Any) -> dict[str, NDArray[Any]]:
    if isinstance(source, np.ndarray):
        return {"X": source}
    if isinstance(source, Mapping):
        return dict(source)
    path = existing_file(Path(source))
    try:
        shapes(path)  # before memory is taken for what a head only claims
        if path.suffix.lower() == ".npy":
            return {"X": np.load(path, mmap_mode="r", allow_pickle=False)}
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise InvalidInputError(
            f"The file {path.name!r} is not readable as NumPy arrays: {error}",
            remedy="Write it with numpy.save or numpy.savez, without Python objects.",
        ) from None


def _main(arrays: Mapping[str, Any], media: Media) -> str:
    for name in MAIN_ARRAYS[media]:
        if name in arrays:
            return name
    raise InvalidInputError(
        f"There is no array named {' or '.join(MAIN_ARRAYS[media])}, only {sorted(arrays)}.",
        remedy="Name the array with the content X.",
    )


def _check_shape(X: NDArray[Any], name: str, media: Media) -> None:
    if len(X.shape) and not len(X):
        raise InvalidInputError(f"The array {name!r} is empty.", remedy="Give at least one row.")
    if media is Media.TABLE:
        if X.ndim != 2 or X.dtype.kind not in "biuf":
            raise InvalidInputError(
                f"The array {name!r} has shape {X.shape} and type {X.dtype}.",
                remedy="Give rows of numbers (n, d).",
            )
        return
    good = X.ndim == 3 or (X.ndim == 4 and X.shape[3] in (1, 3, 4))
    if not good or X.dtype != np.uint8:
        raise InvalidInputError(
            f"The array {name!r} has shape {X.shape} and type {X.dtype}.",
            remedy="Give images (n, h, w), (n, h, w, 3) or (n, h, w, 4) in uint8, 0 to 255.",
        )


def _columns(arrays: dict[str, Any], n: int, options: ReadOptions) -> dict[str, NDArray[Any]]:
    columns = {name: a for name, a in arrays.items() if a.ndim == 1 and len(a) == n}
    for wanted in (options.id_column, options.label_column, *options.metadata_columns):
        if wanted is not None and wanted not in columns:
            raise UnknownNameError.of("array of one value a row", wanted, columns)
    return columns


def _images(X: NDArray[Any], columns: dict[str, NDArray[Any]], options: ReadOptions) -> Source:
    if X.ndim == 4 and X.shape[3] == 1:
        X = X[..., 0]
    id_column = options.id_column or next((c for c in ID_ARRAYS if c in columns), None)
    found = Source(candidates=iter(()), total=len(X))

    def candidates() -> Iterator[Candidate]:
        for i, pixels in enumerate(X):
            asset_id = f"row-{i + 1:06d}"
            cells = {name: to_scalar(column[i])[0] for name, column in columns.items()}
            if id_column is not None:
                try:
                    asset_id = check_asset_id(str(cells.pop(id_column)))
                except InvalidInputError as error:
                    found.report.leave_out(asset_id, "invalid", f"Row {i + 1}: {error}")
                    continue
            label = cells.get(options.label_column or "")
            if label is not None:
                found.labels[asset_id] = str(label)
            yield Candidate(id=asset_id, array=np.ascontiguousarray(pixels), metadata=cells)

    found.candidates = candidates()
    return found


def _no_labels() -> InvalidInputError:
    return InvalidInputError(
        "NumPy files hold no labels with their history.", remedy="Use csv, jsonl or parquet."
    )
