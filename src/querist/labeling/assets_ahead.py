"""Assets of the queue, read before anybody asks for them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from querist.catalog import Catalog
from querist.schema import Asset

# A hundred rows take the asset table little longer than one.
_AHEAD = 100
_KEPT = 2_000


class AssetsAhead:
    """Reads an asset together with those that the queue will hand out next."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._guard = threading.Lock()
        self._held: dict[str, Asset] = {}
        self._as_of: tuple[str, int] | None = None

    def get_many(self, ids: Sequence[str]) -> list[Asset]:
        """Assets in the order of ``ids``; raises NotFoundError that names the unknown ones."""
        with self._guard:
            index = self._catalog.assets.index()
            if index.stamp != self._as_of:
                self._held, self._as_of = {}, index.stamp
            if any(it not in self._held for it in ids):
                coming = self._catalog.records.tasks.upcoming(_AHEAD)
                self._read([*ids, *(it for it in coming if index.position(it) is not None)])
            found = [self._held[it] for it in ids]
            while len(self._held) > _KEPT:
                del self._held[next(iter(self._held))]
            return found

    def _read(self, ids: Sequence[str]) -> None:
        wanted = [it for it in dict.fromkeys(ids) if it not in self._held]
        self._held.update(zip(wanted, self._catalog.assets.get_many(wanted), strict=True))
