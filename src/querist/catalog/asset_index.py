"""The asset index: ids in catalog order and where their rows lie, as of one table version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog.tables import Table, scan, stamp_of
from querist.errors import NotFoundError


class AssetIndex:
    """One version of the asset table, with its ids in order of adding.

    Rows move inside a Lance table when it is compacted, so the way from a position to a row is
    derived from the ``position`` column and belongs to one version only.
    """

    def __init__(self, dataset: Any) -> None:
        self.stamp = stamp_of(dataset)
        self._dataset = dataset
        positions, ids = _columns(dataset)
        self._offsets = np.empty(len(ids), dtype=np.int64)
        self._offsets[positions] = np.arange(len(ids))
        in_order = bool((positions[1:] > positions[:-1]).all())
        self.ids: list[str] = ids if in_order else [ids[i] for i in self._offsets.tolist()]
        self._by_id = dict(zip(self.ids, range(len(ids)), strict=True))

    @classmethod
    def of(cls, table: Table, held: AssetIndex | None) -> AssetIndex:
        """The index of the newest version; ``held`` itself while that is the newest."""
        dataset = table.dataset()
        if held is not None and (held._dataset is dataset or held.stamp == stamp_of(dataset)):
            return held
        return cls(dataset)

    def position(self, asset_id: str) -> int | None:
        """Position of one id, or ``None`` if the catalog does not have it."""
        return self._by_id.get(asset_id)

    def known(self, ids: Iterable[str]) -> NDArray[np.int64]:
        """Positions (n,) of ``ids``, -1 where the catalog does not have one."""
        return np.fromiter((self._by_id.get(it, -1) for it in ids), dtype=np.int64)

    def mask(self, ids: Iterable[str]) -> NDArray[np.bool_]:
        """Which assets (N,) are among ``ids``; those that the catalog does not have do no harm."""
        places = self.known(ids)
        found = np.zeros(len(self.ids), dtype=bool)
        found[places[places >= 0]] = True
        return found

    def positions(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """Positions of ``ids``; raises NotFoundError that names the unknown ones."""
        try:
            return np.array([self._by_id[asset_id] for asset_id in ids], dtype=np.int64)
        except KeyError:
            unknown = [str(asset_id) for asset_id in ids if asset_id not in self._by_id]
            named = ", ".join(repr(asset_id) for asset_id in unknown[:5])
            more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
            raise NotFoundError(
                f"The catalog has no asset {named}{more}.",
                remedy="Check the ids, or add these assets first.",
                ids=unknown[:100],
            ) from None

    def rows(self, positions: NDArray[np.int64], columns: Sequence[str]) -> list[dict[str, Any]]:
        """Rows by catalog position, in the order asked; a position may come twice."""
        if not len(positions):
            return []
        distinct, back = np.unique(self._offsets[positions], return_inverse=True)
        table = self._dataset.take(distinct.tolist(), columns=list(columns))
        rows: list[dict[str, Any]] = table.to_pylist()
        return [rows[i] for i in back.tolist()]

    def column(self, name: str) -> list[Any]:
        """All values of a column in catalog order."""
        values: list[Any] = [None] * len(self.ids)
        for batch in scan(self._dataset, ["position", name]):
            places = batch.column("position").to_pylist()
            for place, value in zip(places, batch.column(name).to_pylist(), strict=True):
                values[place] = value
        return values


def _columns(dataset: Any) -> tuple[NDArray[np.int64], list[str]]:
    """Position and id of each row in the order ``take`` counts rows: fragment by fragment."""
    table = dataset.to_table(columns=["position", "id"], batch_size=8_192, scan_in_order=True)
    return table.column("position").to_numpy(), table.column("id").to_pylist()
