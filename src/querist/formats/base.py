"""The format seam: what a format reads and writes, what it reports, and where it is registered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from querist.errors import UnknownNameError
from querist.formats.label_row import LabelRow
from querist.schema import Candidate, Media, Problem
from querist.schema.wording import counted

ENTRY_POINT_GROUP = "querist.formats"
KEPT_PROBLEMS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read a source; what does not apply to a format is ignored by it.

    Attributes:
        media: What the assets are made of.
        id_column: Column with the ids; ``id``, ``asset_id``, else the row number by default.
        text_column: Column with the texts; ``text`` by default.
        image_column: Column with image paths; ``image``, ``path`` or ``file`` by default.
        label_column: Column with known labels: kept as metadata, and offered as ``Source.labels``.
        metadata_columns: Columns of a table row that are not features: kept as metadata.
        delimiter: What parts the columns of a text table; guessed from its first line by default.
        folder: What image paths of tables in memory are relative to; the working folder by default.
        labels_only: Whether only ids and ``label_column`` matter; other columns are passed over.
    """

    media: Media
    id_column: str | None = None
    text_column: str | None = None
    image_column: str | None = None
    label_column: str | None = None
    metadata_columns: tuple[str, ...] = ()
    delimiter: str | None = None
    folder: Path | None = None
    labels_only: bool = False


@dataclass(slots=True, kw_only=True)
class ReadReport:
    """What was left out or changed while reading; complete once the candidates are used up.

    Attributes:
        problems: The first 1,000 things left out.
        counts: How many were left out, by kind; the whole number, however many.
        notes: One sentence on each thing that was changed or assumed.
        places: Where each label stands, such as ``line 14``, by asset id; only where nothing but
            labels is read.
    """

    problems: list[Problem] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    def leave_out(self, name: str, kind: str, message: str) -> None:
        """Report that ``name`` was left out, and why."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(Problem(name=name, kind=kind, message=message))

    def note(self, sentence: str) -> None:
        """Report a change or an assumption, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)


@dataclass(slots=True, kw_only=True)
class Source:
    """What a source offers.

    Attributes:
        candidates: What to add, read as it is asked for; can be used up once.
        total: How many there are, if known; rows that turn out to be unusable included.
        roots: Folders whose files the candidates name; nothing outside them is named.
        labels: Class names by asset id, from ``label_column``; filled as candidates are read.
        report: What was left out or changed; filled as candidates are read.
    """

    candidates: Iterator[Candidate]
    total: int | None = None
    roots: tuple[Path, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    report: ReadReport = field(default_factory=ReadReport)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Something a file cannot hold: which column, how many cells, and what became of them."""

    column: str
    count: int
    message: str

    def __str__(self) -> str:
        return f"{self.column}, {counted(self.count, 'cell')}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LossReport:
    """What came of writing a file.

    Attributes:
        path: The file.
        format: The name of its format.
        written: Rows in it.
        losses: What it could not hold; empty if reading it gives the same rows again.
        warnings: One sentence on each thing a reader of the file should know.
    """

    path: Path
    format: str
    written: int
    losses: tuple[Loss, ...] = ()
    warnings: tuple[str, ...] = ()


@runtime_checkable
class Format(Protocol):
    """Reads sources into candidates, and label files both ways.

    Attributes:
        name: What it is called, for example ``csv``.
        summary: One line for people.
        suffixes: Endings of its files, lower case with the dot; empty if it is no file.
        reads: The media it makes candidates of; empty if it reads no sources.
        writes: Whether it writes and reads label files.
    """

    name: str
    summary: str
    suffixes: tuple[str, ...]
    reads: frozenset[Media]
    writes: bool

    def accepts(self, source: Any) -> bool:
        """Whether ``source`` looks like one of its own; looks, but does not read."""
        ...

    def read(self, source: Any, options: ReadOptions) -> Source:
        """Open ``source``; what can be refused at once is refused here, not while reading.

        Raises:
            NotFoundError: it is not there.
            InvalidInputError: it is empty, broken as a whole, or lacks a column.
        """
        ...

    def write_labels(self, rows: Iterable[LabelRow], path: Path) -> LossReport:
        """Write ``rows`` to ``path``, all or nothing; what cannot be held is in the report.

        Raises:
            InvalidInputError: the format writes no labels.
            StorageError: the file cannot be written.
        """
        ...

    def read_labels(self, path: Path) -> Iterator[LabelRow]:
        """Read what ``write_labels`` wrote.

        Raises:
            InvalidInputError: the file is none that ``write_labels`` wrote, or is broken.
        """
        ...


F = TypeVar("F", bound=Format)
_REGISTRY: dict[str, Callable[[], Format]] = {}


def register(format_class: type[F]) -> type[F]:
    """Class decorator: make a format known by its ``name``."""
    _REGISTRY[format_class.name] = format_class
    return format_class


def create(name: str) -> Format:
    """The format called ``name``.

    Raises:
        UnknownNameError: there is none; the nearest names are offered.
    """
    registry = _all()
    if name not in registry:
        raise UnknownNameError.of("format", name, registry)
    return registry[name]()


def names() -> tuple[str, ...]:
    """The names of all formats, sorted, those of other installed packages included."""
    return tuple(sorted(_all()))


def one_of_each() -> list[Format]:
    """All formats in the order of their names: looking for other packages takes a moment."""
    return [make() for _, make in sorted(_all().items())]


def _all() -> Mapping[str, Callable[[], Format]]:
    # Named as text: the built-in formats import this file, which must not import them back.
    import_module("querist.formats.builtin")
    plug_ins = {point.name: point.load() for point in entry_points(group=ENTRY_POINT_GROUP)}
    return plug_ins | _REGISTRY
