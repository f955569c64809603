"""Reads labels and probabilities of earlier ontologies in the words of a later one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from querist.schema.annotation import NumberValue, Value, class_names, renamed
from querist.schema.model_version import ModelVersion
from querist.schema.ontology import Ontology
from querist.schema.ontology_changes import GONE, Became, OntologyVersion, became


class OntologyReading:
    """What labels and probabilities of any version mean in the newest.

    A renamed or merged class reads as what it became. A class that was split, and not put
    together again, reads as nothing: nobody knows which part it is. A retired class reads as
    nothing too.

    Args:
        versions: The versions of the ontology, oldest first; the last one is read in.
    """

    def __init__(self, versions: Sequence[OntologyVersion]) -> None:
        self._versions = tuple(versions)
        self._became = became(versions)
        self.ontology: Ontology = versions[-1].ontology
        self.plain = not any(self._became.values())

    def of(self, name: str, made_under: int) -> Became:
        """The classes that ``name`` of version ``made_under`` may be now; None for none."""
        found = self._became.get(made_under, {}).get(name)
        if found is not None:
            return found
        return (name,) if self.ontology.has(name) else GONE

    def name(self, name: str, made_under: int) -> str | None:
        """The one class that ``name`` is now, ``None`` where there is not exactly one."""
        if self.plain:
            return name
        now = self.of(name, made_under)
        return now[0] if len(now) == 1 else None

    def undecided(self, name: str, made_under: int) -> bool:
        """Whether ``name`` may be one of several classes now: somebody has to say which."""
        return not self.plain and len(self.of(name, made_under)) > 1

    def value(self, value: Value, made_under: int) -> Value | None:
        """The label now; retired classes are left out of sets and shapes.

        Returns:
            ``None`` where nothing is left of it, or where it names an undecided class.
        """
        if self.plain or isinstance(value, NumberValue):
            return value
        if any(self.undecided(name, made_under) for name in class_names(value)):
            return None
        return renamed(value, lambda name: self.name(name, made_under))

    def since(self, name: str, upto: int) -> Became:
        """The classes that ``name`` may be now, said under version ``upto``; empty for unknown.

        It is read by the newest version up to then that had it: a suggestion or a draft that
        waited may still speak of the classes before.
        """
        knew = (
            version.ontology.version
            for version in reversed(self._versions)
            if version.ontology.version <= upto and version.ontology.has(name)
        )
        made_under = next(knew, None)
        return () if made_under is None else self.of(name, made_under)

    def made_under(self, model: ModelVersion) -> int:
        """The version whose words the classes of ``model`` are."""
        known = model.ontology_version
        return self.version_of(model.classes) if known is None else known

    def version_of(self, classes: Sequence[str]) -> int:
        """The newest version that has exactly these classes; the first one if none has."""
        for version in reversed(self._versions):
            if version.ontology.names == tuple(classes):
                return version.ontology.version
        return self._versions[0].ontology.version

    def weights(self, classes: Sequence[str], made_under: int) -> NDArray[np.float32] | None:
        """How probabilities of ``classes`` spread over the classes now (C, K).

        A class that was split gives each part the same share, a retired one gives nothing.

        Returns:
            ``None`` where the columns are the same.
        """
        now = self.ontology.names
        if self.plain and tuple(classes) == now:
            return None
        place = {name: i for i, name in enumerate(now)}
        parts_of = [
            [place[part] for part in self.of(name, made_under) if part in place] for name in classes
        ]
        if parts_of == [[row] for row in range(len(now))]:
            return None
        found = np.zeros((len(classes), len(now)), dtype=np.float32)
        for row, parts in enumerate(parts_of):
            if parts:
                found[row, parts] = 1 / len(parts)
        return found

    def only_grew(self, classes: Sequence[str], made_under: int) -> bool:
        """Whether ``classes`` are the first ones of now, in their order: others at most joined."""
        weights = self.weights(classes, made_under)
        if weights is None:
            return True
        old, now = weights.shape
        return old <= now and np.array_equal(weights, np.eye(old, now))

    def probabilities(
        self, table: NDArray[np.float32], classes: Sequence[str], made_under: int
    ) -> NDArray[np.float32]:
        """Probabilities (n, C) of ``classes`` as (n, K) of the classes now; rows sum to one.

        What a retired class had is shared out over the others by what they have.
        """
        weights = self.weights(classes, made_under)
        if weights is None:
            return table
        if self.only_grew(classes, made_under):
            return np.pad(table, ((0, 0), (0, weights.shape[1] - weights.shape[0])))
        found = np.asarray(table, dtype=np.float32) @ weights
        sums = found.sum(axis=1, keepdims=True)
        return np.where(sums > 0, found / np.where(sums > 0, sums, 1), 1 / len(weights[0]))
