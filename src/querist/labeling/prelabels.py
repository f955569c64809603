"""Pre-labels: which tasks are served without one, and how far showing them sways people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from querist.catalog import Catalog
from querist.errors import NotFoundError
from querist.metrics import difference_of_shares, wilson
from querist.schema import Annotation, ClassValue, Estimate, Origin, RoundPlan, Task

# One stream of random numbers for each purpose; the loop has those from 10 on.
_BLIND_STREAM = 54


@dataclass(frozen=True, slots=True, kw_only=True)
class Sway:
    """How often first answers equal the model's suggestion, when it is shown and when it is not.

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
    first answer about an asset counts; skips and gold questions do not.
    """
    blind = {
        it.number for it in catalog.records.rounds.list() if it.plan and it.plan.blind_share > 0
    }
    shown, withheld = list[bool](), list[bool]()
    known = _Suggestions(catalog)
    for entry in _first_answers(catalog, blind):
        if entry.model_id is None or not isinstance(entry.value, ClassValue):
            continue
        given = known.reading.name(entry.value.name, entry.ontology_version)
        if isinstance(entry.prelabel, ClassValue):
            named = known.reading.name(entry.prelabel.name, entry.ontology_version)
            shown.append(given == named)
        elif entry.prelabel is None and (name := known.of(entry.model_id, entry.asset_id)):
            withheld.append(given == name)
    return Sway(
        shown=_share(shown), withheld=_share(withheld), difference=_difference(shown, withheld)
    )


class _Suggestions:
    """What models say of assets, in the classes of now; tables are opened once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.reading = catalog.records.ontologies.reading()
        self._tables: dict[str, tuple[list[str | None], np.ndarray]] = {}

    def of(self, model_id: str, asset_id: str) -> str | None:
        """``None`` where the model has said nothing, or its class is no more."""
        if model_id not in self._tables:
            self._tables[model_id] = self._read(model_id)
        names, top = self._tables[model_id]
        at = int(self._catalog.assets.positions([asset_id])[0])
        return names[int(top[at])] if at < len(top) else None

    def _read(self, model_id: str) -> tuple[list[str | None], np.ndarray]:
        try:
            summary = self._catalog.predictions.summary(model_id)
            made_under = self.reading.made_under(self._catalog.records.models.get(model_id))
        except NotFoundError:
            return [], np.zeros(0, dtype=np.int64)
        return [self.reading.name(it, made_under) for it in summary.classes], summary.top


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
