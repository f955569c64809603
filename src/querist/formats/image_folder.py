"""A folder of images: every image below it, in the order people sort them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from querist.errors import InvalidInputError, NotFoundError
from querist.formats.base import LossReport, ReadOptions, ReadReport, Source, register
from querist.formats.files import followed
from querist.formats.label_row import LabelRow
from querist.schema import Candidate, Media, check_asset_id

SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".avif",
)  # fmt: skip
_DIGITS = re.compile(r"(\d+)")


@register
class ImageFolderFormat:
    """Images in a folder and the folders below it.

    The id is the path inside the folder; the first folder on it is kept as ``folder``, which names
    the class where there is a folder per class. Hidden files are passed over, other files are
    reported, and links that lead outside are refused one by one.
    """

    name = "image-folder"
    summary = "Folder of images; folders inside it are kept as metadata"
    suffixes: tuple[str, ...] = ()
    reads = frozenset({Media.IMAGE})
    writes = False

    def accepts(self, source: Any) -> bool:
        """Whether ``source`` is the path of a folder."""
        return isinstance(source, (str, Path)) and Path(source).is_dir()

    def read(self, source: Any, options: ReadOptions) -> Source:
        """List the images below ``source``."""
        root = Path(source).resolve()
        if not root.is_dir():
            raise NotFoundError(f"There is no folder {str(source)!r}.", remedy="Check the path.")
        report = ReadReport()
        names = [name for name in _walk(root, "", report) if _usable(root, name, report)]
        if not names:
            raise InvalidInputError(
                f"The folder {str(source)!r} holds no images that can be read.",
                remedy=f"Give a folder with files ending in {', '.join(SUFFIXES)}.",
            )
        found = Source(candidates=iter(()), total=len(names), roots=(root,), report=report)
        found.candidates = _candidates(root, names, options, found.labels)
        return found

    def write_labels(self, rows: Iterable[LabelRow], path: Path) -> LossReport:  # noqa: ARG002
        """Refuse: a folder holds no labels."""
        raise _no_labels()

    def read_labels(self, path: Path) -> Iterator[LabelRow]:  # noqa: ARG002
        """Refuse: a folder holds no labels."""
        raise _no_labels()


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key by which ``img2`` comes before ``img10``."""
    parts = _DIGITS.split(name.casefold())
    return tuple((0, int(p), "") if i % 2 else (1, 0, p) for i, p in enumerate(parts) if p)


def _walk(folder: Path, prefix: str, report: ReadReport) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            shown = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as problem:
        told = f"The folder cannot be listed: {problem.strerror}."
        report.leave_out(_shown(prefix or folder.name), "unreadable", told)
        return
    for entry in sorted(shown, key=lambda e: (natural_key(e.name), e.name)):
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{prefix}{entry.name}/", report)
        else:
            yield prefix + entry.name


def _usable(root: Path, name: str, report: ReadReport) -> bool:
    path = root / name
    linked = followed(path) if path.is_symlink() else path
    if linked is None:
        report.leave_out(_shown(name), "unreadable", "It is a link that cannot be followed.")
    elif not linked.is_relative_to(root):
        report.leave_out(_shown(name), "outside", "It links outside the folder.")
    elif linked.is_dir():
        report.leave_out(_shown(name), "skipped", "It links to another folder.")
    elif path.suffix.lower() not in SUFFIXES:
        report.leave_out(_shown(name), "skipped", "It does not end as image files do.")
    else:
        try:
            check_asset_id(name)
            return True
        except InvalidInputError as error:
            report.leave_out(_shown(name), "invalid", str(error))
    return False


def _shown(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _candidates(
    root: Path, names: list[str], options: ReadOptions, labels: dict[str, str]
) -> Iterator[Candidate]:
    for name in names:
        first, slash, _ = name.partition("/")
        metadata = {"folder": first} if slash else {}
        if slash and options.label_column == "folder":
            labels[name] = first
        yield Candidate(id=name, path=root / name, metadata=metadata)


def _no_labels() -> InvalidInputError:
    return InvalidInputError(
        "A folder of images holds no labels.", remedy="Use csv, jsonl or parquet."
    )
