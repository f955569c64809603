"""Entities in real texts: Debian's descriptions of packages, marked by what Debian says of them.

Names come from the metadata alone. Software is what a text calls its own package: a word that is
part of the package's name and, wherever it occurs in descriptions, is so at least one time in four,
so that ordinary words are none. What else is named are the values of debtags' facets: languages,
standards (protocols and formats), platforms (desktops and toolkits) and cultures. So the same word
is software in one text and a standard, or nothing, in another; only its place tells which. Names of
a class that touch are one entity. Of all names with up to thirty occurrences a quarter, by a hash,
is held out: texts with them are in no pool, so that a list of what was labelled lacks them.
"""

from __future__ import annotations

import csv
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from querist.schema import LabeledSpan, Span, SpansValue

FACETS = {
    "language": ("implemented-in::", "devel::lang:"),
    "standard": ("protocol::", "works-with-format::"),
    "platform": ("suite::", "uitoolkit::"),
    "culture": ("culture::",),
}
OWN = "software"
CLASSES = (OWN, *FACETS)
# Values of facets that are ordinary words, or no name at all.
ORDINARY = frozenset(
    {"todo", "shell", "scheme", "plaintext", "man", "info", "diff", "finger", "motif", "debian"}
    | {"machinecode", "octave", "tar"}
)
_WORD = re.compile(r"[^\W_]+")
_JOINED = re.compile(r"[\s:/.+-]{0,2}")
# How often a word of a package's name is that among all its occurrences, and how often a name may
# occur to be held out: one very frequent name would decide about all that are held out.
_OWN_SHARE = 0.25
_RARE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Texts (n,) and the spans of each.

    Attributes:
        texts: The descriptions.
        values: Their entities.
        pool: Positions of those that may be labelled: no name that was held out is in them.
        test: Positions of those that measure, with names of both kinds.
        held_out: Names that no text of a pool has, in lower case.
    """

    texts: tuple[str, ...]
    values: tuple[SpansValue, ...]
    pool: tuple[int, ...]
    test: tuple[int, ...]
    held_out: frozenset[str]

    def is_new(self, text: int, span: Span) -> bool:
        """Whether a span holds a name that was held out."""
        words = _WORD.findall(self.texts[text][span.start : span.end].lower())
        return not self.held_out.isdisjoint(words)


def load(folder: Path) -> Texts:
    """The descriptions of ``debian_packages.csv``; the split of the file says what is for tests."""
    with (folder / "debian_packages.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    words = [_WORD.findall(row["text"].lower()) for row in rows]
    called = [_called(row["id"]) for row in rows]
    seen = Counter(word for found in words for word in found)
    own = Counter(
        word for found, name in zip(words, called, strict=True) for word in found if word in name
    )
    facets = dict(_of_facets(rows))
    software = {
        word
        for word, count in own.items()
        if count >= _OWN_SHARE * seen[word] and facets.get(word) != "language"
    }
    values = [
        SpansValue(spans=tuple(_marked(row["text"], facets | dict.fromkeys(name & software, OWN))))
        for row, name in zip(rows, called, strict=True)
    ]
    held_out = frozenset(
        word
        for word in software | facets.keys()
        if seen[word] <= _RARE and zlib.crc32(word.encode()) % 4 == 0
    )
    places: dict[str, list[int]] = {"pool": [], "test": []}
    for place, row in enumerate(rows):
        if row["split"] == "test" or held_out.isdisjoint(words[place]):
            places[row["split"]].append(place)
    return Texts(
        texts=tuple(row["text"] for row in rows),
        values=tuple(values),
        pool=tuple(places["pool"]),
        test=tuple(places["test"]),
        held_out=held_out,
    )


def _of_facets(rows: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    for row in rows:
        for tag in row["tags"].split(", "):
            for name, facets in FACETS.items():
                value = tag.rpartition(":")[2]
                if tag.startswith(facets) and len(value) > 2 and value not in ORDINARY:
                    yield value, name


def _called(package: str) -> set[str]:
    """The words of a package's name that are long enough to say something."""
    parts = set(re.split(r"[-.+]", package))
    return {part for part in parts | {it.removeprefix("lib") for it in parts} if len(part) > 2}


def _marked(text: str, names: Mapping[str, str]) -> list[LabeledSpan]:
    found: list[LabeledSpan] = []
    for word in _WORD.finditer(text):
        name = names.get(word.group().lower())
        if name is None:
            continue
        start, last = word.start(), found[-1] if found else None
        if last and last.name == name and _JOINED.fullmatch(text[last.span.end : start]):
            start = last.span.start
            found.pop()
        found.append(LabeledSpan(name=name, span=Span(start=start, end=word.end())))
    return found
