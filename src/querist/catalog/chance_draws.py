"""Which assets chance drew, to measure models or to promise something of them, and which may."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from querist.catalog.catalog import Catalog
from querist.catalog.records.auto_labels import ASKED
from querist.schema import Arm, Step

# Steps until a round's answers are in: it measures after them.
_UNANSWERED = (Step.PLAN, Step.SELECT, Step.COLLECT)


def in_random_order(ids: Iterable[str], seed: int) -> list[str]:
    """The order in which members of the audit set are asked.

    It does not depend on who else is in it: those that join later come among the others, so that
    what is labelled is of the whole pool as soon as can be.
    """
    return sorted(ids, key=lambda it: _place(it, seed))


def out_of_turn(catalog: Catalog, drawn: Mapping[str, int], waits: Iterable[str]) -> list[str]:
    """Members of the audit set that come, in the order of asking, after one that still waits.

    Those before it are a uniform sample of the pool, whoever labelled them. All that is labelled is
    none where labels came otherwise than by asking in turn: they were imported, or somebody chose
    what to label. Opinions that dispute wait for nobody to ask, and those that joined with the
    round that is being answered hold up the others only when it ends.

    Args:
        catalog: The catalog.
        drawn: The audit set: assets, and the round that drew each.
        waits: Those of them, at least, on which nobody has decided so far, nor has an import.
    """
    latest, seed = catalog.records.rounds.stage(), catalog.settings.policy.seed
    joining = latest[0] if latest and latest[0] > 1 and latest[1] in _UNANSWERED else None
    asked = [it for it in waits if drawn[it] != joining]
    said = {*catalog.records.opinions.of_assets(asked), *catalog.records.labels.first_seqs(asked)}
    first = min((_place(it, seed) for it in asked if it not in said), default=None)
    return [] if first is None else [it for it in drawn if _place(it, seed) > first]


def unlabelled_draws(catalog: Catalog, arm: Arm) -> list[str]:
    """The assets of an arm on which nobody had decided when it was drawn, nor had an import.

    They are drawn at random from all that had no label then; the arm itself is of the whole pool.
    """
    records = catalog.records
    drawn, seen = records.rounds.drawn_in(arm), dict[int, int]()
    for number in sorted(set(drawn.values())):
        plan = records.rounds.plan(number)
        seen[number] = plan.label_seq if plan else 0
    first = records.labels.first_seqs([*drawn])
    return [it for it, number in drawn.items() if first.get(it, seen[number] + 1) > seen[number]]


def disputed(catalog: Catalog, asset_ids: Sequence[str]) -> set[str]:
    """Those of some assets without a label on which people have said all that was asked."""
    said = catalog.records.opinions.of_assets(asset_ids)
    return set(said) - catalog.records.opinions.awaited([*said])


def drawn_by_chance(catalog: Catalog, asset_ids: Sequence[str]) -> set[str]:
    """Those of the assets whose labels judge models: of audit set and control, and checks.

    No model may have a voice in such a label, else it is measured by its own word.
    """
    events, wanted = catalog.records.auto_labels.events(), set(asset_ids)
    checks = {it for event in events if event.event == ASKED for it in event.facts["assets"]}
    return catalog.records.rounds.in_arms(asset_ids, Arm.AUDIT, Arm.CONTROL) | wanted & checks


def _place(asset_id: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{asset_id}".encode()).digest()
