"""How right a model is of labelled assets, one by one, whatever the task: what slices go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.loop import snapshot, training, value_training
from querist.loop.snapshot import Positions, Snapshot
from querist.loop.value_comparing import quality_of, spread_of
from querist.schema import ModelVersion, Value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rightness:
    """Labelled assets, ready to tell how right a model is of each.

    Attributes:
        catalog: The catalog.
        rows: Their positions (n,), ascending.
        codes: The class of each (n,); what counts where a label is a single class.
        truth: The label of each otherwise.
        spread: Standard deviation of labels that are numbers.
    """

    catalog: Catalog
    rows: Positions
    codes: Positions
    truth: Sequence[Value]
    spread: float

    @classmethod
    def at(cls, catalog: Catalog, seen: Snapshot, rows: Positions) -> Rightness:
        """Of the assets at ``rows`` whose label says something now."""
        truth: Sequence[Value] = ()
        if training.classifies(catalog):
            rows = rows[seen.codes[rows] >= 0]
        else:
            rows, truth = value_training.labels_of(catalog, seen, rows)
        return cls(
            catalog=catalog,
            rows=rows,
            codes=seen.codes[rows],
            truth=truth,
            spread=spread_of(truth),
        )

    @classmethod
    def on_audit(cls, catalog: Catalog) -> Rightness:
        """Of the audit set as it is labelled now."""
        seen = snapshot.take(catalog)
        return cls.at(catalog, seen, seen.audited())

    def of(self, model: ModelVersion) -> NDArray[np.float64]:
        """How right a model is of each (n,): 1 or 0 of single classes, else 0 to 1."""
        if training.classifies(self.catalog):
            said = training.predict(self.catalog, model, self.rows).argmax(axis=1)
            return np.asarray(said == self.codes, dtype=np.float64)
        ontology = self.catalog.records.ontologies.current()
        values = value_training.predict(self.catalog, model, self.rows)
        return quality_of(ontology, self.truth, values, spread=self.spread)

    def among(self, rows: Positions) -> Rightness:
        """Of some of them only; the spread stays that of all."""
        kept = np.flatnonzero(np.isin(self.rows, rows))
        return replace(
            self,
            rows=self.rows[kept],
            codes=self.codes[kept],
            truth=[self.truth[i] for i in kept.tolist()] if self.truth else (),
        )
