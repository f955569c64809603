"""Whether assets exist; an unknown id is answered with the nearest ones."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Sequence
from functools import partial

from querist.catalog import Catalog
from querist.errors import NotFoundError
from querist.schema import check_asset_id

# Looking for near ids compares with all: beyond this many the answer would take seconds.
_MOST_COMPARED = 200_000


def check_known(catalog: Catalog, asset_id: str) -> str:
    """Return ``asset_id`` if there is such an asset.

    Raises:
        InvalidInputError: it cannot be an id.
        NotFoundError: there is none; the nearest ids are offered.
    """
    check_asset_id(asset_id)
    try:
        catalog.assets.positions([asset_id])
    except NotFoundError:
        error = NotFoundError(
            f"There is no asset {asset_id!r}.",
            remedy="Add it first: querist add",
            asset_id=asset_id,
            near=[],
        )
        # The search takes long, and others may share our transaction.
        catalog.records.later(partial(_offer_near, error, catalog))
        raise error from None
    return asset_id


def nearest_ids(asset_id: str, ids: Sequence[str]) -> list[str]:
    """At most three ids like ``asset_id``, nearest first."""
    wanted = asset_id.casefold()
    turned = wanted[::-1]

    def shared(known: str) -> int:
        folded = known.casefold()
        return _alike(wanted, folded) + _alike(turned, folded[::-1])

    close = heapq.nlargest(60, ids[:_MOST_COMPARED], key=shared)
    return difflib.get_close_matches(asset_id, close, n=3, cutoff=0.6)


def _offer_near(error: NotFoundError, catalog: Catalog) -> None:
    near = nearest_ids(error.details["asset_id"], catalog.assets.ids())
    if near:
        error.remedy = f"Did you mean {', '.join(near)}?"
        error.details = {**error.details, "near": near}


def _alike(a: str, b: str) -> int:
    """How many characters both begin with."""
    for i, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return i
    return min(len(a), len(b))
