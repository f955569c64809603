"""Tables of any origin as candidates: which column is the id, the content, the label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from querist.errors import InvalidInputError, UnknownNameError
from querist.formats.base import ReadOptions, ReadReport, Source
from querist.formats.files import followed
from querist.formats.scalars import is_missing, to_scalar
from querist.schema import Candidate, Media, check_asset_id

ID_COLUMNS = ("id", "asset_id")
TEXT_COLUMNS = ("text",)
IMAGE_COLUMNS = ("image", "path", "file")
LOOK_AHEAD = 1_000


# Not frozen, as a frozen one takes several times as long to make and an import makes millions.
@dataclass(slots=True, kw_only=True)
class TableRow:
    """One row of a table.

    Attributes:
        number: 1 for the first row after the header; unusable rows count too, so that the ids
            made of it stay the same when a row is mended.
        place: Where people find it, for example ``line 14``.
        values: Cells by column name.
    """

    number: int
    place: str
    values: Mapping[str, Any]

    @property
    def where(self) -> str:
        """The place, as a sentence begins."""
        return self.place.capitalize()


def source_of_rows(
    rows: Iterable[TableRow],
    *,
    name: str,
    columns: Sequence[str],
    total: int | None,
    options: ReadOptions,
    report: ReadReport,
) -> Source:
    """Offer the rows of a table as candidates.

    Args:
        rows: The usable rows; each is asked for once, when its candidate is.
        name: What people call the table, for messages.
        columns: All column names.
        total: Number of rows, if known.
        options: Which column is what.
        report: Where unusable rows are told; the reader of the rows tells its own there too.

    Raises:
        UnknownNameError: a column that is named or needed is not there.
    """
    plan = _plan(name, columns, options)
    source = Source(candidates=iter(()), total=total, report=report)
    if plan.media is Media.IMAGE:
        source.roots = (plan.folder,)
    source.candidates = _candidates(rows, plan, source, name)
    return source


def with_columns(rows: Iterable[TableRow]) -> tuple[Iterator[TableRow], list[str]]:
    """Rows without a header, and the columns that their first 1,000 name."""
    ahead = iter(rows)
    first = list(islice(ahead, LOOK_AHEAD))
    columns = list(dict.fromkeys(key for row in first for key in row.values))
    return chain(first, ahead), columns


def verbatim_columns(name: str, columns: Sequence[str], options: ReadOptions) -> frozenset[str]:
    """Columns whose cells are names or content: never read as numbers."""
    plan = _plan(name, columns, options)
    return frozenset(c for c in (plan.id_column, plan.content, plan.label) if c is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    media: Media
    folder: Path
    id_column: str | None
    content: str | None
    label: str | None
    metadata: frozenset[str]
    labels_only: bool


def _plan(name: str, columns: Sequence[str], options: ReadOptions) -> _Plan:
    twice = sorted({column for column in columns if list(columns).count(column) > 1})
    if twice:
        raise InvalidInputError(
            f"{name} has the columns {twice} more than once.", remedy="Give each its own name."
        )
    explicit = (options.id_column, options.label_column, *options.metadata_columns)
    for column in explicit:
        if column is not None and column not in columns:
            raise UnknownNameError.of("column", column, columns)
    found_id = options.id_column or next((c for c in ID_COLUMNS if c in columns), None)
    content = None
    if options.media is Media.TEXT:
        content = _content_column("text", options.text_column, TEXT_COLUMNS, columns)
    elif options.media is Media.IMAGE:
        content = _content_column("image", options.image_column, IMAGE_COLUMNS, columns)
    metadata = set(options.metadata_columns)
    if options.label_column is not None:
        metadata.add(options.label_column)
    if options.media is not Media.TABLE:
        metadata = set(columns)
    elif options.labels_only:
        _check_names_assets(name, found_id)
        metadata = set(columns) - {options.label_column}
    elif not set(columns) - metadata - {found_id}:
        raise InvalidInputError(
            f"{name} has no column that describes its rows.",
            remedy="Give at least one column besides the id, the label and the metadata.",
        )
    return _Plan(
        media=options.media,
        folder=(options.folder or Path()).resolve(),
        id_column=found_id,
        content=content,
        label=options.label_column,
        metadata=frozenset(c for c in metadata if c not in (found_id, content)),
        labels_only=options.labels_only,
    )


def _check_names_assets(name: str, id_column: str | None) -> None:
    if id_column is None:
        raise InvalidInputError(
            f"{name} has no column named {' or '.join(ID_COLUMNS)}, so its labels name no assets.",
            remedy="Name the column with id_column.",
        )


def _content_column(
    kind: str, explicit: str | None, usual: Sequence[str], columns: Sequence[str]
) -> str:
    if explicit is not None:
        if explicit not in columns:
            raise UnknownNameError.of("column", explicit, columns)
        return explicit
    for column in usual:
        if column in columns:
            return column
    raise InvalidInputError(
        f"No column named {' or '.join(usual)} holds the {kind}; there are {list(columns)[:12]}.",
        remedy=f"Name the column with {kind}_column.",
    )


def _candidates(
    rows: Iterable[TableRow], plan: _Plan, source: Source, name: str
) -> Iterator[Candidate]:
    offered = 0
    for row in rows:
        candidate = _candidate(row, plan, source.report)
        if candidate is None:
            continue
        label = row.values.get(plan.label) if plan.label else None
        if not is_missing(label) and label != "":
            source.labels[candidate.id] = str(to_scalar(label)[0])
            if plan.labels_only:
                source.report.places[candidate.id] = row.place
        offered += 1
        yield candidate
    if not offered:
        first = source.report.problems[0].message if source.report.problems else "It has no rows."
        raise InvalidInputError(
            f"{name} holds no usable row. {first}", remedy="Mend the rows and add it again."
        )


def _candidate(row: TableRow, plan: _Plan, report: ReadReport) -> Candidate | None:
    asset_id = _asset_id(row, plan, report)
    if asset_id is None:
        return None
    metadata: dict[str, Any] = {}
    if plan.metadata:
        metadata = _scalars(row, [c for c in row.values if c in plan.metadata], report)
    if plan.media is Media.TABLE:
        names = [c for c in row.values if c not in plan.metadata and c != plan.id_column]
        features = _scalars(row, names, report)
        if all(value is None for value in features.values()):
            report.leave_out(asset_id, "empty", f"{row.where}: every cell is empty.")
            return None
        return Candidate(id=asset_id, features=features, metadata=metadata)
    content = row.values.get(plan.content or "")
    if is_missing(content) or not str(content).strip():
        report.leave_out(asset_id, "empty", f"{row.where}: {plan.content!r} is empty.")
        return None
    if plan.media is Media.TEXT:
        return Candidate(id=asset_id, text=str(content), metadata=metadata)
    path = _inside(plan.folder, row, str(content))
    return Candidate(id=asset_id, path=path, metadata=metadata)


def _asset_id(row: TableRow, plan: _Plan, report: ReadReport) -> str | None:
    if plan.id_column is None:
        return _number_of(row)
    value = row.values.get(plan.id_column)
    if is_missing(value) or value == "":
        report.leave_out(_number_of(row), "invalid", f"{row.where}: {plan.id_column!r} is empty.")
        return None
    try:
        return check_asset_id(str(to_scalar(value)[0]))
    except InvalidInputError as error:
        report.leave_out(_number_of(row), "invalid", f"{row.where}: {error}")
        return None


def _number_of(row: TableRow) -> str:
    return f"row-{row.number:06d}"


def _scalars(row: TableRow, columns: Iterable[str], report: ReadReport) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in columns:
        found[column], kept = to_scalar(row.values[column])
        if not kept:
            report.note(
                f"Column {column!r} holds lists, objects, infinite or very precise numbers; "
                "they are kept as text, or as the nearest number, or left empty."
            )
    return found


def _inside(folder: Path, row: TableRow, given: str) -> Path:
    path = None if "\0" in given else followed(folder / given)
    if path is None or not path.is_relative_to(folder):
        raise InvalidInputError(
            f"{row.where} names the image {given!r}, outside {folder.name!r} or behind a link that "
            "cannot be followed.",
            remedy="Keep the images in the folder of the table, or name their folder.",
            given=given,
        )
    return path
