"""Pre-labels: which tasks are served without one, and how far showing them sways people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from querist.catalog import Catalog
from querist.errors import NotFoundError
from querist.labeling.shapes import likeness
from querist.metrics import Shapes, difference_of_shares, wilson
from querist.schema import (
    Annotation,
    BoxesValue,
    ClassValue,
    Estimate,
    NumberValue,
    Origin,
    RoundPlan,
    Task,
    TaskKind,
    Value,
    class_names,
)

# One stream of random numbers for each purpose; the loop has those from 10 on.
_BLIND_STREAM = 54
# From this confidence on the page shows the box of a suggestion before anybody asks for more.
_CLEAR = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Sway:
    """How often first answers equal the model's suggestion, when it is shown and when it is not.

    Boxes, polygons and spans equal it where each fits one of the same class (half in common).

    Attributes:
        shown: Share of the answers that equal the suggestion that was shown; ``None`` without any.
        withheld: The same of tasks that the seed drew to be served without it.
        difference: Shown minus withheld, with Newcombe's 95 % interval: above 0 people follow the
            model. Its count is that of the smaller side.
    """

    shown: Estimate | None
    withheld: Estimate | None
    difference: Estimate | None


def is_withheld(plan: RoundPlan | None, task: Task) -> bool:
    """Whether a task is served without the suggestion: the round's seed draws its share."""
    if plan is None or not plan.blind_share:
        return False
    rng = np.random.default_rng([plan.seed, _BLIND_STREAM, task.id])
    return bool(rng.random() < plan.blind_share)


def sway(catalog: Catalog) -> Sway:
    """Compare the answers of rounds that withhold some suggestions, by what the logs say was shown.

    An answer that names a model but no suggestion was given without seeing it. Each person's
    first answer about an asset counts; skips and gold questions do not. Neither do numbers, which
    nobody hits by chance, nor suggestions that mark nothing: nobody can see that they are shown.
    """
    blind = {
        it.number for it in catalog.records.rounds.list() if it.plan and it.plan.blind_share > 0
    }
    reading = catalog.records.ontologies.reading()
    shown, unseen = list[bool](), defaultdict[str, list[tuple[str, Value | None]]](list)
    for entry in _first_answers(catalog, blind):
        if entry.model_id is None or entry.value is None:
            continue
        given = reading.value(entry.value, entry.ontology_version)
        if entry.prelabel is None:
            unseen[entry.model_id].append((entry.asset_id, given))
        else:
            shown += _follows(given, reading.value(entry.prelabel, entry.ontology_version))
    withheld = list[bool]()
    for model_id, answers in unseen.items():
        said = _said(catalog, model_id, [asset_id for asset_id, _ in answers])
        for (_, given), suggested in zip(answers, said, strict=True):
            withheld += _follows(given, suggested)
    return Sway(
        shown=_share(shown), withheld=_share(withheld), difference=_difference(shown, withheld)
    )


def _follows(given: Value | None, suggested: Value | None) -> tuple[bool, ...]:
    """Whether an answer equals a suggestion; nothing where that says nothing."""
    if isinstance(suggested, BoxesValue):
        # The page shows these first; fainter ones only to who asks for them.
        clear = (it for it in suggested.boxes if it.confidence is None or it.confidence >= _CLEAR)
        suggested = BoxesValue(boxes=tuple(clear))
    if suggested is None or isinstance(suggested, NumberValue):
        return ()
    if isinstance(suggested, Shapes) and not class_names(suggested):
        return ()
    return (likeness(given, suggested) == 1,)


def _said(catalog: Catalog, model_id: str, asset_ids: Sequence[str]) -> list[Value | None]:
    """What a model says of assets, in the classes of now; ``None`` where that is nothing."""
    reading = catalog.records.ontologies.reading()
    positions = catalog.assets.positions(asset_ids).tolist()
    said: list[Value | None]
    try:
        made_under = reading.made_under(catalog.records.models.get(model_id))
        if catalog.settings.task is TaskKind.CLASSIFICATION:
            found = catalog.predictions.summary(model_id)
            names = [found.classes[at] for at in found.top.tolist()]
            said = [ClassValue(name=names[at]) if at < len(names) else None for at in positions]
        else:
            said = catalog.value_predictions.values(model_id, positions)
    except NotFoundError:
        return [None] * len(asset_ids)
    return [it and reading.value(it, made_under) for it in said]


def _first_answers(catalog: Catalog, rounds: set[int]) -> Iterator[Annotation]:
    seen = set()
    labels = [it for it in _all_labels(catalog) if it.origin is Origin.PERSON]
    opinions = [it.as_annotation() for it in catalog.records.opinions.list() if not it.gold]
    for entry in sorted(labels + opinions, key=lambda it: it.created_at):
        key = entry.annotator, entry.asset_id
        if entry.round in rounds and key not in seen:
            seen.add(key)
            yield entry


def _all_labels(catalog: Catalog) -> Iterable[Annotation]:
    seq = 0
    while part := catalog.records.labels.since(seq, limit=10_000):
        yield from part
        seq = part[-1].seq


def _share(right: list[bool]) -> Estimate | None:
    if not right:
        return None
    low, high = wilson(sum(right), len(right))
    return Estimate(value=sum(right) / len(right), low=low, high=high, count=len(right))


def _difference(shown: list[bool], withheld: list[bool]) -> Estimate | None:
    if not shown or not withheld:
        return None
    low, high = difference_of_shares((sum(shown), len(shown)), (sum(withheld), len(withheld)))
    value = sum(shown) / len(shown) - sum(withheld) / len(withheld)
    return Estimate(value=value, low=low, high=high, count=min(len(shown), len(withheld)))
