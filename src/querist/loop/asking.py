"""From what was selected to tasks: how many are asked about each asset, and who may answer."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from querist.catalog import Catalog
from querist.catalog.records import NewTask
from querist.loop import training
from querist.schema import RoundPlan

# One stream of random numbers for each purpose, as in ``selecting``.
_OVERLAP_STREAM = 14
_SPREAD_STREAM = 15
_CLASS_STREAM = 17


def asked(
    catalog: Catalog,
    tasks: Sequence[NewTask],
    number: int,
    fixed: RoundPlan,
    *,
    labeled: Collection[str],
) -> list[NewTask]:
    """The tasks of round ``number`` with what the plan wants of each.

    Assets that are ``labeled`` already get another opinion; of the others the plan's share, or
    that of their class, gets several. By class means by what the plan's model says.
    """
    fresh = [replace(task, again=task.asset_id in labeled) for task in tasks]
    if not fixed.class_overlap and not fixed.class_skills:
        drawn = overlap(fresh, number, fixed)
        return [replace(task, skill=fixed.skill) for task in drawn]
    said = _predicted(catalog, fixed, [task.asset_id for task in fresh])
    found = []
    for task in overlap(fresh, number, fixed):
        name = said.get(task.asset_id, "")
        rule = fixed.class_overlap.get(name)
        made = task if rule is None or task.again else _of_class(task, number, fixed, rule)
        found.append(replace(made, skill=fixed.class_skills.get(name, fixed.skill)))
    return found


def overlap(tasks: Sequence[NewTask], number: int, fixed: RoundPlan) -> list[NewTask]:
    """The tasks of round ``number``, of which the plan's share wants several opinions."""
    if fixed.overlap < 2:
        return list(tasks)
    rng = np.random.default_rng([fixed.seed, number, _OVERLAP_STREAM])
    new = [i for i, task in enumerate(tasks) if not task.again]
    size = round(fixed.overlap_share * len(new))
    drawn = {new[i] for i in rng.choice(len(new), size=size, replace=False).tolist()}
    return [
        replace(task, opinions=fixed.overlap) if i in drawn else task
        for i, task in enumerate(tasks)
    ]


def spread(number: int, fixed: RoundPlan, gold_share: float) -> np.random.Generator | None:
    """What draws the gaps between the ids of the tasks, where gold questions may join them."""
    if not gold_share:
        return None
    return np.random.default_rng([fixed.seed, number, _SPREAD_STREAM])


def _of_class(task: NewTask, number: int, fixed: RoundPlan, rule: Mapping[str, float]) -> NewTask:
    """The task as the rule of its class wants it; each asset is drawn by itself."""
    key = [fixed.seed, number, _CLASS_STREAM, zlib.crc32(task.asset_id.encode())]
    drawn = np.random.default_rng(key).random() < rule.get("share", 1.0)
    return replace(task, opinions=int(rule["opinions"]) if drawn else 1)


def _predicted(catalog: Catalog, fixed: RoundPlan, asset_ids: Sequence[str]) -> Mapping[str, str]:
    """The class that the plan's model says of each asset.

    Empty before the first model, and where a label is no single class.
    """
    if fixed.model_id is None or not training.classifies(catalog):
        return {}
    names = catalog.records.ontologies.reading(fixed.ontology_version).ontology.names
    table = training.probabilities(
        catalog,
        fixed.model_id,
        at_least=fixed.asset_count,
        ontology_version=fixed.ontology_version,
    )
    rows = catalog.assets.positions(list(asset_ids))
    top = np.asarray(table[rows]).argmax(axis=1)
    return {it: names[code] for it, code in zip(asset_ids, top.tolist(), strict=True)}
