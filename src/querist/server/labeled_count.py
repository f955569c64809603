"""How many assets hold a label, kept up to date from the tail of the log."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from querist.catalog.records import LabelLog

_CHUNK = 1000


class LabeledCount:
    """Reads the whole log's state once, then only what is new: cheap at any number of labels."""

    def __init__(self, log: LabelLog) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._seq = -1
        self._labeled: set[str] = set()

    def read(self) -> tuple[int, int]:
        """The number of assets that hold a label, and the last entry of the log it counts."""
        with self._lock:
            if self._seq < 0:
                self._seq = self._log.last_seq()
                states = self._log.states(upto=self._seq)
                pairs = zip(states.asset_ids, states.labeled, strict=True)
                self._labeled = {asset_id for asset_id, labeled in pairs if labeled}
            while entries := self._log.since(self._seq, _CHUNK):
                for entry in entries:
                    change = self._labeled.discard if entry.value is None else self._labeled.add
                    change(entry.asset_id)
                self._seq = entries[-1].seq
            return len(self._labeled), self._seq
