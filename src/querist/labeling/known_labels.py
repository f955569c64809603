"""The column of known labels, read in the classes of now as every label is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.errors import InvalidInputError, UnknownNameError
from querist.labeling.values import as_value
from querist.schema import ClassValue, Value, class_names
from querist.schema.wording import counted

NOT_KNOWN = "No label is known."
REMEDY = (
    "Label these assets by hand, or let oracle_column in querist.toml name a column of the "
    "classes of now."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLabel:
    """What the column says of one asset.

    Attributes:
        value: The label in the classes of now; ``None`` where none is known.
        reason: Why there is none, as one sentence; empty where there is one.
        split: Whether that is because a class was split: people have to say which part it is.
        retired: Whether that is because the class was retired.
    """

    value: Value | None = None
    reason: str = ""
    split: bool = False
    retired: bool = False


class KnownLabels:
    """The known labels of a project, which were written once and whose classes may have changed.

    Each is read as of the first version of the ontology that has its classes, through all changes
    since: a renamed or merged class is what it became, one that was split is nobody knows which. A
    class that was retired and added again is itself.

    Raises:
        InvalidInputError: the project names no such column.
        UnknownNameError: no asset has it.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.column = known_column(catalog)
        ids = list(catalog.assets.ids())
        cells = catalog.assets.metadata(self.column) if ids else []
        self._cells = dict(zip(ids, cells, strict=True))
        self._reading = catalog.records.ontologies.reading()
        self._versions = [one.ontology for one in catalog.records.ontologies.versions()]
        self._read: dict[str, KnownLabel] = {}

    def by_asset(self, asset_ids: Iterable[str]) -> dict[str, KnownLabel]:
        """The known label of each asset.

        Raises:
            InvalidInputError: one is no label of the project's task, or its class was split.
            UnknownNameError: one names a class that never was one.
        """
        found = {key: self._of(self._cells.get(key)) for key in dict.fromkeys(asset_ids)}
        _refuse_split(found.values())
        return found

    def check(self, asset_ids: Iterable[str]) -> None:
        """Refuse known labels of these assets whose class was split; raises InvalidInputError."""
        _refuse_split(self._lenient(self._cells.get(key)) for key in asset_ids)

    def codes(self) -> tuple[NDArray[np.int64], list[KnownLabel]]:
        """The class of each asset (N,), -1 where none is known, and what is said of each (N,).

        What never was a class is not known.
        """
        place = {name: i for i, name in enumerate(self._reading.ontology.names)}
        found = [self._lenient(cell) for cell in self._cells.values()]
        said = (one.value for one in found)
        codes = [place.get(it.name, -1) if isinstance(it, ClassValue) else -1 for it in said]
        return np.array(codes, dtype=np.int64), found

    def _lenient(self, cell: object) -> KnownLabel:
        try:
            return self._of(cell)
        except UnknownNameError:
            return KnownLabel(reason=NOT_KNOWN)

    def _of(self, cell: object) -> KnownLabel:
        if cell is None:
            return KnownLabel(reason=NOT_KNOWN)
        text = str(cell)
        if text not in self._read:
            self._read[text] = self._look(text)
        return self._read[text]

    def _look(self, text: str) -> KnownLabel:
        for ontology in self._versions:
            try:
                value = as_value(text, ontology)
                break
            except UnknownNameError:
                continue
        else:
            return KnownLabel(value=as_value(text, self._reading.ontology))
        made_under = ontology.version
        now = self._reading.value(value, made_under)
        if now is not None:
            return KnownLabel(value=now)
        names = class_names(value)
        split = [name for name in names if self._reading.undecided(name, made_under)]
        if split:
            parts = [it for it in self._reading.of(split[0], made_under) if it is not None]
            told = f"{split[0]!r} was split into {', '.join(parts)}: nobody knows which it is."
            return KnownLabel(reason=told, split=True)
        if set(names) <= set(self._reading.ontology.names):
            return KnownLabel(value=value)
        return KnownLabel(reason=f"The class {names[0]!r} was retired.", retired=True)


def _refuse_split(labels: Iterable[KnownLabel]) -> None:
    split = Counter(one.reason for one in labels if one.split)
    if not split:
        return
    reason, count = split.most_common(1)[0]
    raise InvalidInputError(
        f"{reason} {counted(count, 'asset')} without a label {'is' if count == 1 else 'are'} "
        "known as that.",
        remedy=REMEDY,
    )


def known_column(catalog: Catalog) -> str:
    """The metadata column of known labels.

    Raises:
        InvalidInputError: the project names none.
        UnknownNameError: no asset has it.
    """
    column = catalog.settings.oracle_column
    if column is None:
        raise InvalidInputError(
            "The project knows no labels.", remedy="Set oracle_column in querist.toml."
        )
    if catalog.assets.count():
        catalog.assets.metadata(column)
    return column
