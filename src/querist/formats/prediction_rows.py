"""What a model elsewhere says of assets, from a file: labels with scores, or COCO's results."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from querist.engine.base import Progress, reporting, silent
from querist.errors import InvalidInputError, MissingDependencyError, StorageError, UnknownNameError
from querist.formats.files import check_is_text, existing_file
from querist.formats.rows import ID_COLUMNS

_LINES, _PARQUET = (".jsonl", ".ndjson"), (".parquet", ".pq")


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionRow:
    """What a file tells of one asset.

    Attributes:
        asset: The id of the asset; of a picture in COCO's form also the name of its file.
        label: The label as it stands: a number, names, or the JSON form of a value.
        scores: The chance of each class by name, for sets; ``None`` where it is not told.
        uncertainty: How unsure the model is of the asset, 0 or more; ``None`` where not told.
        where: Where people find it, such as ``line 14``.
    """

    asset: str
    label: Any
    scores: Mapping[str, float] | None = None
    uncertainty: float | None = None
    where: str


def holds_labels(source: Any) -> bool:
    """Whether a source tells labels, one a row, rather than a number a class."""
    if isinstance(source, str | Path):
        path = Path(source)
        if path.suffix.lower() == ".json":
            return True
        if path.suffix.lower() in (*_LINES, *_PARQUET):
            first = next(_records(path), None)
            return first is not None and bool({"label", "scores"} & set(first[1]))
        return False
    first_row = source[0] if isinstance(source, Sequence) and source else None
    return isinstance(first_row, Mapping) and bool({"label", "scores"} & set(first_row))


def read_prediction_rows(
    source: Any, *, id_column: str | None = None, progress: Progress = silent
) -> list[PredictionRow]:
    """Read labels with scores.

    Args:
        source: A list of dicts, a JSONL or a Parquet file with the columns of ``querist export``,
            of which ``id`` and ``label`` are read, and perhaps ``scores`` (chances by class) and
            ``uncertainty``; or a ``.json`` file with the results of COCO's API.
        id_column: The column with the ids; ``id`` or ``asset_id`` by default.
        progress: Told the rows that are read.

    Raises:
        NotFoundError: there is no such file.
        UnknownNameError: a row has no id.
        InvalidInputError: a row cannot be read, an asset comes twice, or there is none.
        StorageError: the file is damaged.
    """
    if isinstance(source, str | Path) and Path(source).suffix.lower() == ".json":
        rows = _of_coco(existing_file(Path(source)))
    else:
        told = reporting(_records(source), progress, "Reading rows")
        rows = [_row(where, record, id_column) for where, record in told]
    if not rows:
        raise InvalidInputError("The file holds no row.", remedy="Give one for each asset.")
    most, count = Counter(row.asset for row in rows).most_common(1)[0]
    if count > 1:
        raise InvalidInputError(
            f"The file has {most!r} {count} times.", remedy="Give each asset once."
        )
    return rows


def _records(source: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(source, str | Path):
        yield from ((f"row {at}", it) for at, it in enumerate(source, start=1))
        return
    path = existing_file(Path(source))
    if path.suffix.lower() in _PARQUET:
        yield from _of_parquet(path)
        return
    check_is_text(path)
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield f"line {number}", _parsed(line, f"Line {number} of {path.name}")


def _of_parquet(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as problem:
        raise MissingDependencyError.of("Reading Parquet", "app") from problem
    try:
        rows = parquet.read_table(path).to_pylist()
    except (OSError, pa.ArrowInvalid) as problem:
        raise StorageError(
            f"{path.name} cannot be read as Parquet.", remedy="Write it as Parquet again."
        ) from problem
    yield from ((f"row {number}", row) for number, row in enumerate(rows, start=1))


def _row(where: str, record: Mapping[str, Any], id_column: str | None) -> PredictionRow:
    wanted = ID_COLUMNS if id_column is None else (id_column,)
    key = next((name for name in wanted if record.get(name) is not None), None)
    if key is None:
        raise UnknownNameError(
            f"{where.capitalize()} has no {' or '.join(map(repr, wanted))}.",
            remedy="Name the column with the ids of the assets id, or say which one it is.",
        )
    scores, doubt = record.get("scores"), record.get("uncertainty")
    return PredictionRow(
        asset=str(record[key]),
        label=_plain(record.get("label"), where),
        scores=None if scores is None else _plain(scores, where),
        uncertainty=None if doubt is None else float(doubt),
        where=where,
    )


def _plain(cell: Any, where: str) -> Any:
    """A cell: structures stand in Parquet as one line of JSON."""
    structured = isinstance(cell, str) and cell.lstrip()[:1] in ("{", "[")
    return _parsed(cell, f"The label in {where}") if structured else cell


def _parsed(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise InvalidInputError(
            f"{what} is not JSON: {text.strip()[:60]!r}.", remedy="Mend it; nothing was imported."
        ) from None


def _of_coco(path: Path) -> list[PredictionRow]:
    """One row a picture, of results as COCO's API takes them, or of a data set with scores."""
    check_is_text(path)
    body = _parsed(path.read_text("utf-8"), path.name)
    whole = body if isinstance(body, dict) else {}
    results = whole.get("annotations", []) if whole else body
    names = {it["id"]: str(it["name"]) for it in whole.get("categories", [])}
    files = {it["id"]: str(it["file_name"]) for it in whole.get("images", [])}
    boxes: dict[str, list[dict[str, Any]]] = {name: [] for name in files.values()}
    for number, result in enumerate(results, start=1):
        try:
            picture, kind = result["image_id"], result["category_id"]
            x, y, width, height = (float(side) for side in result["bbox"])
            score = float(result["score"])
        except (KeyError, TypeError, ValueError) as problem:
            raise InvalidInputError(
                f"Result {number} of {path.name} has no usable {problem}.",
                remedy="Give image_id, category_id, bbox [x, y, width, height] and score in each.",
            ) from None
        box = {"x": x, "y": y, "width": width, "height": height}
        name = names.get(kind, kind)
        if not isinstance(name, str):
            raise InvalidInputError(
                f"Result {number} of {path.name} is of the category {kind!r}, which has no name.",
                remedy="Give the object with categories, images and annotations, or names of "
                "classes as category_id.",
            )
        told = boxes.setdefault(files.get(picture, str(picture)), [])
        told.append({"name": name, "box": box, "confidence": score})
    return [
        PredictionRow(asset=asset, label={"type": "boxes", "boxes": found}, where=repr(asset))
        for asset, found in boxes.items()
    ]
