"""Read any source and write any label file: find the format that fits, then let it work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from querist.errors import InvalidInputError, NotFoundError, UnknownNameError
from querist.formats.base import (
    Format,
    LossReport,
    ReadOptions,
    ReadReport,
    Source,
    create,
    names,
    one_of_each,
)
from querist.formats.label_row import LabelRow
from querist.schema import Media


def read_source(
    source: Any,
    *,
    media: Media | str,
    format: str | None = None,
    id_column: str | None = None,
    text_column: str | None = None,
    image_column: str | None = None,
    label_column: str | None = None,
    metadata_columns: Sequence[str] = (),
    delimiter: str | None = None,
    folder: str | Path | None = None,
) -> Source:
    """Open a source of assets.

    Args:
        source: A folder of images; a CSV, JSONL, Parquet, .npy or .npz file; an array; a DataFrame
            of pandas or polars; a list of dicts or texts.
        media: What the assets are made of: ``image``, ``text`` or ``table``.
        format: The name of the format; found by the look of the source by default.
        id_column: Column with the ids; ``id``, ``asset_id``, else the row number by default.
        text_column: Column with the texts; ``text`` by default.
        image_column: Column with image paths, inside the folder of the table; ``image``, ``path``
            or ``file`` by default.
        label_column: Column with known labels; ``folder`` takes the folders of an image folder.
        metadata_columns: Columns of a table row that are not features.
        delimiter: What parts the columns of a text table; guessed by default.
        folder: What image paths of tables in memory are relative to.

    Returns:
        Candidates that are read as they are asked for, and what was left out and why.

    Raises:
        NotFoundError: the source is not there.
        UnknownNameError: a column or format does not exist.
        InvalidInputError: the source is empty, or of no known format.
    """
    options = ReadOptions(
        media=_media(media),
        id_column=id_column,
        text_column=text_column,
        image_column=image_column,
        label_column=label_column,
        metadata_columns=tuple(metadata_columns),
        delimiter=_one_sign(delimiter),
        folder=None if folder is None else Path(folder),
    )
    chosen = create(format) if format is not None else _format_of(source)
    if options.media not in chosen.reads:
        fitting = [name for name in names() if options.media in create(name).reads]
        raise InvalidInputError(
            f"The format {chosen.name!r} holds no assets of kind {options.media.value!r}.",
            remedy=f"Formats that do: {', '.join(fitting)}.",
        )
    return chosen.read(source, options)


def read_pairs(
    source: Any,
    *,
    label_column: str = "label",
    id_column: str | None = None,
    delimiter: str | None = None,
    format: str | None = None,
) -> tuple[dict[str, str], ReadReport]:
    """Read ids and labels of assets that are in the catalog already; other columns do not matter.

    Args:
        source: A CSV, JSONL or Parquet file, a DataFrame, or a list of dicts.
        label_column: Column with the labels; rows without one are passed over.
        id_column: Column with the ids; ``id`` or ``asset_id`` by default.
        delimiter: What parts the columns of a text table; guessed by default.
        format: The name of the format; found by the look of the source by default.

    Returns:
        Labels by asset id, and what was left out and why.

    Raises:
        The errors of ``read_source``.
    """
    options = ReadOptions(
        media=Media.TABLE,
        id_column=id_column,
        label_column=label_column,
        delimiter=_one_sign(delimiter),
        labels_only=True,
    )
    chosen = create(format) if format is not None else _format_of(source)
    if Media.TABLE not in chosen.reads:
        raise InvalidInputError(
            f"The format {chosen.name!r} holds no table of labels.",
            remedy="Give a CSV, JSONL or Parquet file.",
        )
    opened = chosen.read(source, options)
    for _ in opened.candidates:
        pass
    return opened.labels, opened.report


def write_labels(
    rows: Iterable[LabelRow],
    path: str | Path,
    *,
    format: str | None = None,
) -> LossReport:
    """Write labels to ``path``; the format follows from its ending unless it is named.

    Raises:
        InvalidInputError: no format that writes labels has that ending.
        StorageError: the file cannot be written; an older one stays as it was.
    """
    return _label_format(Path(path), format).write_labels(rows, Path(path))


def read_labels(
    path: str | Path,
    *,
    format: str | None = None,
) -> Iterator[LabelRow]:
    """Read the labels that ``write_labels`` wrote to ``path``.

    Raises:
        NotFoundError: there is no such file.
        InvalidInputError: the file is none that ``write_labels`` wrote.
    """
    return _label_format(Path(path), format).read_labels(Path(path))


def _format_of(source: Any) -> Format:
    if isinstance(source, (str, Path)) and not Path(source).exists():
        raise NotFoundError(f"There is nothing at {str(source)!r}.", remedy="Check the path.")
    known = one_of_each()
    for candidate in known:
        if candidate.accepts(source):
            return candidate
    if isinstance(source, (str, Path)):
        endings = ", ".join(sorted({ending for f in known for ending in f.suffixes}))
        raise InvalidInputError(
            f"No format reads {Path(source).name!r}.",
            remedy=f"Give a folder of images or a file ending in {endings}; or name the format.",
        )
    raise InvalidInputError(
        f"No format reads a {type(source).__name__}.",
        remedy="Give a path, an array, a DataFrame or a list of dicts.",
    )


def _label_format(path: Path, name: str | None) -> Format:
    writing = [it for it in one_of_each() if it.writes]
    for candidate in writing:
        if candidate.name == name or (name is None and path.suffix.lower() in candidate.suffixes):
            return candidate
    if name is not None:
        raise UnknownNameError.of("label format", name, [f.name for f in writing])
    endings = ", ".join(sorted(ending for f in writing for ending in f.suffixes))
    raise InvalidInputError(
        f"No format writes labels to {path.name!r}.", remedy=f"End the name in {endings}."
    )


def _media(media: Media | str) -> Media:
    try:
        return Media(media)
    except ValueError:
        raise UnknownNameError.of("media", str(media), [m.value for m in Media]) from None


def _one_sign(delimiter: str | None) -> str | None:
    if delimiter is not None and len(delimiter) != 1:
        raise InvalidInputError(
            f"The delimiter {delimiter!r} is not one character.", remedy="Give one, such as ';'."
        )
    return delimiter
