"""What people said of an asset after it was settled, by a consensus or a review."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from querist.catalog import Catalog
from querist.schema import ClassValue, Origin, Review, ReviewAction, Value


def later_voices(catalog: Catalog, names: Sequence[str]) -> tuple[list[str], list[int]]:
    """Assets that were settled and spoken of again: what was settled, and what was said since.

    Opinions settle an asset when they make its label, a reviewer by accepting or correcting it.
    Later opinions speak of it again, and so do later reviews.

    Args:
        catalog: The catalog.
        names: The classes of now (C,).

    Returns:
        The asset and the class of each voice (k,), that of the settlement among them.
    """
    reading = catalog.records.ontologies.reading()
    code_of = {name: code for code, name in enumerate(names)}

    def code(value: Value | None, ontology_version: int) -> int | None:
        said = value.name if isinstance(value, ClassValue) else None
        name = None if said is None else reading.name(said, ontology_version)
        return None if name is None else code_of.get(name)

    # When, whether it settles, whether it is a voice, and its class.
    told: dict[str, list[tuple[datetime, bool, bool, int]]] = defaultdict(list)
    settled = {entry.seq: entry for entry in catalog.records.labels.settled()}
    for entry in settled.values():
        found = code(entry.value, entry.ontology_version)
        if entry.origin is Origin.CONSENSUS and found is not None:
            told[entry.asset_id].append((entry.created_at, True, False, found))
    for review in _standing(catalog.records.reviews.list()) if settled else ():
        held = settled.get(review.holds_seq)
        found = None if held is None else code(held.value, held.ontology_version)
        if found is not None:
            told[review.asset_id].append((review.created_at, True, True, found))
    for one in catalog.records.opinions.standing() if told else ():
        found = code(one.value, one.ontology_version)
        if found is not None and one.asset_id in told:
            told[one.asset_id].append((one.created_at, False, True, found))
    assets: list[str] = []
    codes: list[int] = []
    for asset_id, entries in told.items():
        after = _after(sorted(entries, key=lambda entry: entry[0]))
        assets += [asset_id] * len(after)
        codes += after
    return assets, codes


def _standing(reviews: Iterable[Review]) -> Iterator[Review]:
    """Those that accept or correct a label and were not taken back."""
    stacks: dict[str, list[Review]] = defaultdict(list)
    for review in reviews:
        if review.action is not ReviewAction.UNDO:
            stacks[review.asset_id].append(review)
        elif stacks[review.asset_id]:
            stacks[review.asset_id].pop()
    for stack in stacks.values():
        yield from (it for it in stack if it.action in (ReviewAction.ACCEPT, ReviewAction.FIX))


def _after(entries: Sequence[tuple[datetime, bool, bool, int]]) -> list[int]:
    """What had been settled before each voice, and the voice; nothing without either."""
    found: list[int] = []
    settled: list[tuple[datetime, int]] = []
    for when, settles, speaks, code in entries:
        # What made a settlement has its time, and does not speak of it again.
        before = [held for then, held in settled if then < when]
        if speaks and before:
            found += [before[-1], code]
        if settles:
            settled.append((when, code))
    return found
