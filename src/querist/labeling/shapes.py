"""Boxes, polygons and spans of several annotators, as the arrays that are compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from querist.catalog import Catalog
from querist.metrics import Marks, ShapeAgreement, Shapes, fit, marks_of, shape_agreement
from querist.schema import Opinion, Value

# One stream of random numbers for each purpose; the loop has those from 10 on.
_PAIRS_STREAM = 55


def shape_answers(
    catalog: Catalog, opinions: Sequence[Opinion]
) -> tuple[list[dict[str, Marks]], ShapeAgreement | None]:
    """What each annotator marked in each asset, and how far they agree.

    Agreement is ``None`` where no asset has two such opinions. Opinions are in the classes of now.
    """
    code = {name: i for i, name in enumerate(catalog.records.ontologies.current().names)}
    found: dict[str, dict[str, Marks]] = defaultdict(dict)
    for it in opinions:
        if isinstance(it.value, Shapes):
            found[it.asset_id][it.annotator] = marks_of(it.value, code)
    answers = [found[asset_id] for asset_id in sorted(found)]
    if not any(len(by) > 1 for by in answers):
        return answers, None
    rng = np.random.default_rng([catalog.settings.policy.seed, _PAIRS_STREAM])
    return answers, shape_agreement(answers, rng)


def likeness(given: Value | None, right: Value | None) -> float:
    """How right a value is, 0 to 1: of shapes F1, 1 for the same answer; of others 1 or 0."""
    if isinstance(given, Shapes) and type(given) is type(right):
        code: dict[str, int] = {}
        return fit(marks_of(given, code), marks_of(right, code)).f1
    return float(given == right)


def nearness(first: Value, second: Value) -> float:
    """How much two answers have in common, 0 to 1: 1 minus the distance that alpha of shapes takes.

    Of others 1 where they are equal, and else 0.
    """
    if isinstance(first, Shapes) and type(first) is type(second):
        code: dict[str, int] = {}
        return fit(marks_of(first, code), marks_of(second, code)).likeness
    return float(first == second)
