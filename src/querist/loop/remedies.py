"""Remedies: from a finding to the batch that mends it, and later whether it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.errors import InvalidInputError, NotFoundError
from querist.loop import snapshot, training
from querist.loop.headline import measure_of_assets
from querist.loop.rightness import Rightness
from querist.schema import Batch, Finding, Round

LEVEL = 0.05
_MEANS = {"f1": "mean F1", "closeness": "mean closeness"}


def finding_named(rounds: Sequence[Round], name: str) -> Finding:
    """The finding called ``3.2``: the second of round 3; raises NotFoundError."""
    number, _, place = name.partition(".")
    findings = next((r.findings for r in rounds if str(r.number) == number), ())
    if not (place.isdecimal() and 1 <= int(place) <= len(findings)):
        raise NotFoundError(
            f"There is no finding {name!r}.", remedy="List them: querist diagnose", finding=name
        )
    return findings[int(place) - 1]


def finding_of(rounds: Sequence[Round], name: str) -> Finding:
    """The finding of that name, which has a batch.

    Raises:
        NotFoundError: there is none.
        InvalidInputError: it proposes no batch.
    """
    found = finding_named(rounds, name)
    if found.batch is None:
        raise InvalidInputError(
            f"The finding {name} is not mended by further labels: {found.remedy}",
            remedy="Do as it says, then take the next batch without it.",
            finding=name,
        )
    return found


def strategy_for(catalog: Catalog, name: str) -> tuple[str, Mapping[str, Any]]:
    """The strategy and parameters that draw the batch of a finding.

    Examples and classes become positions: assets are only ever added at the end of a catalog, and
    a plan keeps the ontology it was made under.
    """
    batch = finding_of(catalog.records.rounds.list(), name).batch
    assert batch is not None
    return _mixture(catalog, batch, f"the finding {name}")


def strategy_like(catalog: Catalog, examples: Sequence[str]) -> tuple[str, Mapping[str, Any]]:
    """The strategy and parameters that draw more like some assets, and what the model wavers on.

    Raises:
        NotFoundError: an example is not in the catalog.
    """
    doubt = "margin" if training.classifies(catalog) else "uncertainty"
    parts = {"similar": 0.5, doubt: 0.5} if training.trains(catalog) else {"similar": 1.0}
    batch = Batch(parts=parts, examples=tuple(examples))
    return _mixture(catalog, batch, "these examples")


def _mixture(catalog: Catalog, batch: Batch, whose: str) -> tuple[str, Mapping[str, Any]]:
    own: dict[str, dict[str, Any]] = {}
    if "similar" in batch.parts:
        own["similar"] = {"examples": catalog.assets.positions(list(batch.examples)).tolist()}
    if "certainty" in batch.parts and batch.wanted is not None:
        names = catalog.records.ontologies.current().names
        if batch.wanted not in names:
            raise InvalidInputError(
                f"The class {batch.wanted!r} of {whose} is not there any more.",
                remedy="Take the next batch without it.",
            )
        own["certainty"] = {"wanted": names.index(batch.wanted)}
    return "mixture", {"parts": dict(batch.parts), "parameters": own}


def remedy_report(catalog: Catalog, round_: Round) -> list[Finding]:
    """Whether the batch of the round before mended its finding; a finding of kind ``remedy``.

    The model that the finding spoke of is compared with the newest on the assets of the slice
    that were no examples for the batch: how many got better and how many worse, by the exact test
    of McNemar (1947), which is a sign test where an asset is more or less right.
    """
    rounds = catalog.records.rounds.list()
    before = next((r for r in rounds if r.number == round_.number - 1), None)
    if before is None or before.plan is None or before.plan.remedy is None:
        return []
    name = before.plan.remedy
    finding = finding_of(rounds, name)
    first = next(r for r in rounds if str(r.number) == name.partition(".")[0])
    if first.model_id is None or round_.model_id is None:
        return []
    examples = set(finding.batch.examples) if finding.batch else set()
    members = [asset_id for asset_id in finding.members if asset_id not in examples]
    rows = np.asarray(catalog.assets.positions(members), dtype=np.int64)
    seen = snapshot.take(catalog)
    labeled = Rightness.at(catalog, seen, np.flatnonzero(seen.labeled))
    judged = labeled.among(rows)
    if not len(judged.rows):
        return []
    then, now = (
        judged.of(catalog.records.models.get(model_id))
        for model_id in (first.model_id, round_.model_id)
    )
    worst = np.argsort(now, kind="stable")
    wrong = [seen.ids[i] for i in judged.rows[worst[now[worst] < 1]].tolist()]
    measure = measure_of_assets(catalog.settings.task)
    return [_told(name, finding, wrong, then, now, measure)]


def _told(
    name: str,
    finding: Finding,
    wrong: Sequence[str],
    then: NDArray[np.float64],
    now: NDArray[np.float64],
    measure: str,
) -> Finding:
    from scipy.stats import binomtest

    better, worse = int((now > then).sum()), int((then > now).sum())
    p_value = float(binomtest(better, better + worse).pvalue) if better + worse else 1.0
    if p_value > LEVEL:
        verdict = "made no sure difference"
    else:
        verdict = "helped" if better > worse else "made it worse"
    if measure == "accuracy":
        course = f"{int(then.sum())} were right before, {int(now.sum())} are now"
    else:
        course = (
            f"{better} are more right than before and {worse} less "
            f"({_MEANS[measure]} {then.mean():.2f} before, {now.mean():.2f} now)"
        )
    return Finding(
        kind="remedy",
        title=f"The batch for finding {name} {verdict}: of {len(now)} assets like these {course}.",
        evidence={
            "finding": name,
            "kind": finding.kind,
            "measure": measure,
            "before": float(then.mean()),
            "after": float(now.mean()),
            "count": len(now),
            "p_value": p_value,
        },
        remedy="Nothing more to do here." if verdict == "helped" else finding.remedy,
        asset_ids=tuple(wrong),
    )
