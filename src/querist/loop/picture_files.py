"""Pictures by the names of their files, and their labels as files for detectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from querist.catalog import Catalog
from querist.errors import InvalidInputError
from querist.formats import LabelRow, LossReport, PictureLabel, ReadReport, coco, yolo
from querist.schema import BoxesValue, PolygonsValue, TaskKind, Value, class_names

_Write = Callable[[Iterator[PictureLabel], Sequence[str], Path], LossReport]
WRITERS: dict[str, _Write] = {".json": coco.write_coco, ".zip": yolo.write_yolo}
_NAMES = {".json": "COCO", ".zip": "YOLO"}
_SHAPES = (TaskKind.BOXES, TaskKind.POLYGONS)


def write(catalog: Catalog, rows: Iterator[LabelRow], path: Path) -> LossReport:
    """Write labels of pictures as COCO (.json) or YOLO (.zip) has them.

    Raises:
        InvalidInputError: the labels are no boxes or polygons.
        StorageError: the file cannot be written.
    """
    ending = path.suffix.lower()
    _check_task(catalog, _NAMES[ending])
    labels = list(rows)
    # Labels that are kept as they were given may name classes that are gone: these come last.
    given = (name for row in labels if row.value for name in class_names(row.value))
    classes = dict.fromkeys((*catalog.records.ontologies.current().names, *given))
    return WRITERS[ending](_labels(catalog, labels), tuple(classes), path)


def read(catalog: Catalog, path: Path) -> tuple[dict[str, Value], ReadReport]:
    """Labels by asset of a COCO file, whose pictures are assets by id or by the name of the file.

    Raises:
        InvalidInputError: the labels of the project, or the file, are no boxes or polygons.
        NotFoundError: there is no such file.
    """
    _check_task(catalog, "COCO")
    found, report, sizes = coco.read_coco(path, catalog.settings.task)
    ids = dict(zip(found, asset_ids(catalog, list(found)), strict=True))
    twice = [file for file, count in Counter(ids.values()).items() if count > 1]
    if twice:
        raise InvalidInputError(
            f"{path.name} has {twice[0]!r} more than once.", remedy="Give each picture once."
        )
    _check_sizes(catalog, path, {ids[file]: sizes[file] for file in sizes if file in ids})
    report.places = {ids[file]: at for file, at in report.places.items() if file in ids}
    return {ids[file]: value for file, value in found.items()}, report


def _check_sizes(catalog: Catalog, path: Path, sizes: Mapping[str, tuple[int, int]]) -> None:
    """Refuse shapes in the pixels of a picture of another size: they would lie elsewhere here."""
    known = set(catalog.assets.ids()).intersection(sizes)
    wanted = sorted(known)
    for asset_id, bounds in zip(wanted, catalog.assets.bounds(wanted), strict=True):
        told, here = sizes[asset_id], (bounds.width, bounds.height)
        if 0 not in told and None not in here and told != here:
            raise InvalidInputError(
                f"{path.name} says that {asset_id!r} is {told[0]} by {told[1]} pixels; here it is "
                f"{here[0]} by {here[1]}.",
                remedy="Give shapes in pixels of the picture that is here, turned as it is shown.",
                asset_id=asset_id,
            )


def asset_ids(catalog: Catalog, named: Sequence[str]) -> list[str]:
    """The assets that are named by id, or pictures by the name of the file; others as they are."""
    known = set(catalog.assets.ids())
    if known.issuperset(named):
        return list(named)
    by_file: dict[str, str | None] = {}
    for asset_id, uri in _uris(catalog):
        if uri:
            file = PurePosixPath(uri).name
            by_file[file] = None if file in by_file else asset_id
    return [it if it in known else by_file.get(PurePosixPath(it).name) or it for it in named]


def _labels(catalog: Catalog, rows: Sequence[LabelRow]) -> Iterator[PictureLabel]:
    uris = {asset_id: PurePosixPath(uri or "").name for asset_id, uri in _uris(catalog)}
    count = Counter(uris.values())
    bounds = catalog.assets.bounds([row.id for row in rows])
    for row, size in zip(rows, bounds, strict=True):
        assert isinstance(row.value, BoxesValue | PolygonsValue), "the task was checked"
        file = uris[row.id]
        # An id that is a path of the file says more than its name, which may not be the only one.
        plain = bool(file) and count[file] == 1 and PurePosixPath(row.id).name != file
        plain = plain and file not in uris
        yield PictureLabel(
            file_name=file if plain else row.id,
            width=size.width or 0,
            height=size.height or 0,
            value=row.value,
            arm=row.arm,
        )


def _uris(catalog: Catalog) -> Iterator[tuple[str, str | None]]:
    return zip(catalog.assets.ids(), catalog.assets.index().column("uri"), strict=True)


def _check_task(catalog: Catalog, form: str) -> None:
    task = catalog.settings.task
    if task not in _SHAPES:
        raise InvalidInputError(
            f"{form} holds boxes and polygons, the task is {task.value!r}.",
            remedy="Use a .csv, .jsonl or .parquet file.",
        )
