"""Conformance kit of the format seam: what every format must do, as functions to call in tests.

    from querist.formats import kit

    def test_my_format(tmp_path):
        for check in kit.CHECKS:
            check(MyHarness(tmp_path))

A harness hands the kit a format, a folder to write in, and samples of what the format reads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from querist.errors import InvalidInputError, NotFoundError, QueristError
from querist.formats.base import Format, ReadOptions
from querist.formats.label_row import COLUMNS, LabelRow
from querist.schema import (
    Action,
    Box,
    BoxesValue,
    Candidate,
    ClassesValue,
    ClassValue,
    LabeledBox,
    LabeledSpan,
    Media,
    NumberValue,
    Origin,
    Span,
    SpansValue,
    Value,
)

START = datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A source that the format reads, and the ids it must give in order.

    Attributes:
        source: The source; files lie in the harness's folder.
        options: How to read it.
        ids: The ids of its candidates.
        left_out: How many of its things cannot be used; they must be reported.
    """

    source: Any
    options: ReadOptions
    ids: Sequence[str]
    left_out: int = 0


class Harness(Protocol):
    """What a format must bring to be tested."""

    @property
    def format(self) -> Format:
        """The format."""
        ...

    @property
    def folder(self) -> Path:
        """An empty folder to write in."""
        ...

    def samples(self) -> Sequence[Sample]:
        """At least one sample for each media the format reads."""
        ...


def check_declaration(harness: Harness) -> None:
    """Its name, summary and endings are usable, and it reads or writes something."""
    shape = harness.format
    _require(shape.name == shape.name.lower().strip() != "", f"the name is {shape.name!r}")
    _require("\n" not in shape.summary and bool(shape.summary), "the summary is not one line")
    _require(all(s == s.lower() and s[0] == "." for s in shape.suffixes), "endings need a dot")
    _require(bool(shape.reads) or shape.writes, "it neither reads nor writes")
    told = {sample.options.media for sample in harness.samples()}
    _require(told == set(shape.reads), f"samples cover {told}, it reads {set(shape.reads)}")


def check_reads(harness: Harness) -> None:
    """Each sample gives its ids in order, one content each, and what it left out is reported."""
    for sample in harness.samples():
        _require(harness.format.accepts(sample.source), f"{sample.source!r} is not accepted")
        source = harness.format.read(sample.source, sample.options)
        candidates = list(source.candidates)
        ids = [candidate.id for candidate in candidates]
        _require(ids == list(sample.ids), f"the ids are {ids}, not {list(sample.ids)}")
        for candidate in candidates:
            _check_candidate(candidate, sample.options.media, source.roots)
        told = sum(source.report.counts.values())
        _require(told == sample.left_out, f"{told} left out are told, not {sample.left_out}")
        if source.total is not None:
            _require(source.total >= len(ids), f"the total is {source.total} of {len(ids)}")
        _require(set(source.labels) <= set(ids), "labels name assets that were not offered")


def check_reads_again(harness: Harness) -> None:
    """Reading the same source twice gives the same candidates."""
    for sample in harness.samples():
        first, again = (
            [_comparable(c) for c in _read_all(harness.format, sample.source, sample.options)]
            for _ in range(2)
        )
        _require(first == again, "reading again gives other candidates")


def check_missing(harness: Harness) -> None:
    """A path that is not there raises NotFoundError, at once."""
    for path, options in _paths(harness, "nowhere"):
        _refuses(partial(harness.format.read, path, options), NotFoundError)


def check_broken(harness: Harness) -> None:
    """Empty files and noise raise a QueristError; nothing else escapes and nothing is offered."""
    for i, content in enumerate((b"", b"\x00\xff\xfe noise \x80" * 40)):
        for path, options in _paths(harness, f"broken-{i}"):
            path.write_bytes(content)
            _refuses(partial(_read_all, harness.format, path, options), QueristError)


def check_round_trip(harness: Harness) -> None:
    """Labels read after writing are the same, except in columns that the report names."""
    shape = harness.format
    if not shape.writes:
        _refuses(lambda: shape.write_labels([], harness.folder / "x"), InvalidInputError)
        return
    path = harness.folder / f"labels{shape.suffixes[0]}"
    rows = sample_rows()
    report = shape.write_labels(iter(rows), path)
    _require(report.written == len(rows), f"{report.written} of {len(rows)} rows are written")
    _require(report.format == shape.name and report.path == path, "the report names another file")
    read = list(shape.read_labels(path))
    _require(len(read) == len(rows), f"{len(read)} of {len(rows)} rows come back")
    named = {loss.column for loss in report.losses}
    _require(named <= set(COLUMNS), f"the report names the columns {named}")
    changed = {name for old, new in zip(rows, read, strict=True) for name in _changes(old, new)}
    _require(
        changed == named, f"{changed or 'nothing'} changed, the report names {named or 'none'}"
    )


def check_write_is_whole(harness: Harness) -> None:
    """A write that fails half-way leaves the older file as it was, and no other file behind."""
    shape = harness.format
    if not shape.writes:
        return
    path = harness.folder / f"kept{shape.suffixes[0]}"
    shape.write_labels(sample_rows()[:1], path)
    before = path.read_bytes()

    def failing() -> Iterator[LabelRow]:
        yield sample_rows()[0]
        raise KeyError("the kit stops here")

    try:
        shape.write_labels(failing(), path)
    except KeyError:
        pass
    else:
        raise AssertionError("The format does not conform: an error while writing is swallowed.")
    _require(path.read_bytes() == before, "a failed write changed the older file")
    others = [p.name for p in harness.folder.iterdir() if p.name.startswith(".")]
    _require(not others, f"a failed write leaves {others}")


def check_foreign_labels(harness: Harness) -> None:
    """A file that holds no labels is refused when it is read as labels."""
    shape = harness.format
    if not shape.writes:
        return
    path = harness.folder / f"foreign{shape.suffixes[0]}"
    path.write_bytes(b"colour,size\nred,3\n")
    _refuses(lambda: list(shape.read_labels(path)), InvalidInputError)


CHECKS: tuple[Callable[[Harness], None], ...] = (
    check_declaration,
    check_reads,
    check_reads_again,
    check_missing,
    check_broken,
    check_round_trip,
    check_write_is_whole,
    check_foreign_labels,
)


def sample_rows() -> list[LabelRow]:
    """Label rows of every kind, with all that makes files stumble."""
    values: tuple[Value | None, ...] = (
        ClassValue(name="boot"),
        ClassValue(name='a "quoted", name\nof two lines'),
        ClassValue(name="007"),
        ClassValue(name="null"),
        ClassValue(name="=1+1"),
        ClassValue(name="größe 靴 👢"),
        ClassesValue(names=("boot", "shirt")),
        ClassesValue(names=()),
        NumberValue(number=0.1 + 0.2),
        BoxesValue(boxes=(LabeledBox(name="boot", box=Box(x=0.5, y=1, width=3, height=4)),)),
        SpansValue(spans=(LabeledSpan(name="person", span=Span(start=0, end=5)),)),
        None,
    )
    rows = [
        LabelRow(
            id=f"asset {i}/ä",
            value=value,
            action=Action.LABEL if value is not None else Action.SKIP,
            annotator="ana@shop",
            seconds=1 / 3 if i % 2 else None,
            round=i if i % 3 else None,
            origin=list(Origin)[i % len(Origin)],
            created_at=START + timedelta(microseconds=i),
            propensity=1e-12 if i % 2 else None,
            why="The model hesitates between boot and shirt." if i % 2 else None,
            arm=("active", "audit", None)[i % 3],
        )
        for i, value in enumerate(values)
    ]
    odd = LabelRow(
        id="  spaces  ",
        value=ClassValue(name=" boot "),
        annotator="ben",
        created_at=START,
        seconds=float("inf"),
        why="",
    )
    return [*rows, odd]


def _paths(harness: Harness, stem: str) -> Iterator[tuple[Path, ReadOptions]]:
    for suffix in harness.format.suffixes:
        for media in sorted(harness.format.reads):
            yield harness.folder / f"{stem}{suffix}", ReadOptions(media=media)


def _read_all(shape: Format, source: Any, options: ReadOptions) -> list[Candidate]:
    return list(shape.read(source, options).candidates)


def _check_candidate(candidate: Candidate, media: Media, roots: tuple[Path, ...]) -> None:
    given = [candidate.path, candidate.text, candidate.features, candidate.array]
    _require(sum(x is not None for x in given) == 1, f"{candidate.id!r} has not one content")
    if media is Media.TEXT:
        _require(candidate.text is not None, f"{candidate.id!r} is no text")
    elif media is Media.TABLE:
        _require(candidate.features is not None, f"{candidate.id!r} is no row")
    elif candidate.path is not None:
        inside = any(candidate.path.is_relative_to(root) for root in roots)
        _require(candidate.path.is_absolute() and inside, f"{candidate.path} is outside the roots")
    else:
        _require(candidate.array is not None, f"{candidate.id!r} is no image")
    for value in (*candidate.metadata.values(), *(candidate.features or {}).values()):
        scalar = value is None or isinstance(value, (str, int, float))
        finite = not isinstance(value, float) or math.isfinite(value)
        _require(scalar and finite, f"{candidate.id!r} holds {value!r}")


def _comparable(candidate: Candidate) -> tuple[Any, ...]:
    pixels = None if candidate.array is None else candidate.array.tobytes()
    return candidate.id, candidate.path, candidate.text, candidate.features, pixels


def _changes(old: LabelRow, new: LabelRow) -> Iterator[str]:
    for field in fields(LabelRow):
        if getattr(old, field.name) != getattr(new, field.name):
            yield "label" if field.name == "value" else field.name


def _refuses(act: Callable[[], Any], kind: type[Exception]) -> None:
    try:
        act()
    except kind:
        return
    except Exception as error:
        raise AssertionError(
            f"The format does not conform: {type(error).__name__} instead of {kind.__name__}."
        ) from error
    raise AssertionError(f"The format does not conform: no {kind.__name__} was raised.")


def _require(condition: bool, complaint: str) -> None:
    if not condition:
        raise AssertionError(f"The format does not conform: {complaint}.")
