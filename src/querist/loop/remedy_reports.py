"""Whether the batch of a finding mended it, by labels that had no part in the finding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from querist.catalog import AssetQuery, Catalog, matching
from querist.errors import QueristError
from querist.loop import snapshot
from querist.loop.columns import query_of
from querist.loop.headline import measure_of_assets
from querist.loop.remedies import classes_now, finding_of
from querist.loop.rightness import Rightness
from querist.loop.snapshot import Positions, Snapshot
from querist.metrics.shares import Z95, share_of_effective, trials_of
from querist.schema import Finding, Round
from querist.schema.measure import Measure

Qualities = NDArray[np.float64]

LEVEL = 0.05
# Of fewer labels a sign test is not sure even where all have turned.
FEWEST = 6
# Of more labels so many are drawn: these tell all that can be told.
MOST = 2_000
_STREAM = 62
# The worst of 500 groups, at 5 %, two-sided.
_Z_PICKED = 3.89
_MEANS = {"f1": "mean F1", "closeness": "mean closeness"}
# Kinds of findings about all assets of some classes, and where their evidence names these.
_CLASSES = {
    "class_frequency": ("class",),
    "weak_class": ("class",),
    "confused_classes": ("truth", "predicted"),
}


def remedy_report(catalog: Catalog, round_: Round) -> list[Finding]:
    """Whether the batch of the round before mended its finding; a finding of kind ``remedy``.

    The model that the finding spoke of is compared with the newest on assets that belong to the
    slice, or the class, and were drawn at random and labelled since: how many got better and how
    many worse, by the exact test of McNemar (1947), which is a sign test where an asset is more or
    less right. Where there are too few, the assets that made the finding have to do, without the
    examples of the batch. They were picked since the old model erred on them, in part by chance, so
    that any other model looks better there: ``beyond_picking`` asks for more than that.
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
    models = [catalog.records.models.get(it) for it in (first.model_id, round_.model_id)]
    seen = snapshot.take(catalog)
    early = snapshot.take(catalog, label_seq=models[0].label_seq).labeled
    rows, picked = _since(catalog, seen, first, finding, early), False
    if len(rows) < FEWEST:
        rows, picked = _picked(catalog, seen, finding), True
    judged = _judged(catalog, seen, _some(catalog, rows, round_))
    if not len(judged.rows):
        return []
    then, now = (judged.of(model) for model in models)
    worst = np.argsort(now, kind="stable")
    wrong = [seen.ids[i] for i in judged.rows[worst[now[worst] < 1]].tolist()]
    measure = measure_of_assets(catalog.settings.task)
    return [_told(name, finding, wrong, then, now, measure, picked)]


def beyond_picking(then: Qualities, now: Qualities) -> bool:
    """Whether a model is surely better on assets that were picked for the errors of another.

    Its interval must lie above that of the other one, which is as wide as for the worst of 500
    groups (Bonferroni): so far may picking have led. The new model's share is no better for it,
    as what is hard for one is rather hard for the other too.

    Args:
        then: How right the model was by whose errors they were picked (n,), 0 to 1.
        now: How right the other is (n,).
    """
    return _share(now, Z95).low > _share(then, _Z_PICKED).high


def _share(quality: Qualities, z: float) -> Measure:
    count, value = len(quality), float(quality.mean())
    variance = float(quality.var(ddof=1)) / count if count > 1 else 0.0
    return share_of_effective(value, trials_of(value, variance, float(count), np.inf), count, z)


def _alike(catalog: Catalog, said: Round, finding: Finding) -> NDArray[np.bool_] | None:
    """The assets (N,) that a finding speaks of, sampled or not; ``None`` where that is not told."""
    if "where" in finding.evidence:
        query = query_of(finding.evidence)
    else:
        keys = _CLASSES.get(finding.kind, ())
        names = (classes_now(catalog, said, str(finding.evidence[key])) for key in keys)
        query = AssetQuery(label=tuple(name for parts in names for name in parts))
        if not query.label:  # it speaks of no class, or of none that is still there
            return None
    try:
        return matching(catalog, query)
    except QueristError:  # its vectors are gone
        return None


def _since(
    catalog: Catalog, seen: Snapshot, said: Round, finding: Finding, early: NDArray[np.bool_]
) -> Positions:
    """Assets like those of a finding that chance drew and people labelled since (n,)."""
    inside = _alike(catalog, said, finding)
    if inside is None:
        return np.empty(0, dtype=np.int64)
    index = catalog.assets.index()
    examples = finding.batch.examples if finding.batch else ()
    known = index.mask([*finding.members, *examples]) | early
    drawn = seen.labeled & (seen.audit | (seen.control & ~seen.active)) & ~seen.checks
    return np.flatnonzero(drawn & inside & ~known)


def _picked(catalog: Catalog, seen: Snapshot, finding: Finding) -> Positions:
    """The assets that made a finding, and were no examples for its batch (n,)."""
    index = catalog.assets.index()
    examples = finding.batch.examples if finding.batch else ()
    return np.flatnonzero(seen.labeled & index.mask(finding.members) & ~index.mask(examples))


def _some(catalog: Catalog, rows: Positions, round_: Round) -> Positions:
    if len(rows) <= MOST:
        return rows
    rng = np.random.default_rng([catalog.settings.policy.seed, round_.number, _STREAM])
    return np.sort(rng.choice(rows, size=MOST, replace=False))


def _judged(catalog: Catalog, seen: Snapshot, rows: Positions) -> Rightness:
    # The audit set besides: by its labels numbers have a spread, as everywhere.
    return Rightness.at(catalog, seen, np.union1d(rows, seen.audited())).among(rows)


def _told(
    name: str,
    finding: Finding,
    wrong: Sequence[str],
    then: Qualities,
    now: Qualities,
    measure: str,
    picked: bool,
) -> Finding:
    from scipy.stats import binomtest

    better, worse = int((now > then).sum()), int((then > now).sum())
    p_value = float(binomtest(better, better + worse).pvalue) if better + worse else 1.0
    if p_value <= LEVEL and better < worse:
        verdict = "made it worse"
    elif p_value <= LEVEL and (not picked or beyond_picking(then, now)):
        verdict = "helped"
    else:
        verdict = "made no sure difference"
    whose = "that made it" if picked else "like these that were labelled since"
    if measure == "accuracy":
        course = f"{int(then.sum())} were right before, {int(now.sum())} are now"
    else:
        course = (
            f"{better} are more right than before and {worse} less "
            f"({_MEANS[measure]} {then.mean():.2f} before, {now.mean():.2f} now)"
        )
    doubt = ", which may be since they were picked for their errors"
    return Finding(
        kind="remedy",
        title=f"The batch for finding {name} {verdict}: of {len(now)} assets {whose} {course}"
        f"{doubt if picked and verdict.startswith('made no') and better > worse else ''}.",
        evidence={
            "finding": name,
            "kind": finding.kind,
            "measure": measure,
            "before": float(then.mean()),
            "after": float(now.mean()),
            "count": len(now),
            # By chance alone: of those that were picked nothing so simple is known.
            "p_value": None if picked else p_value,
            "picked": picked,
        },
        remedy="Nothing more to do here." if verdict == "helped" else finding.remedy,
        asset_ids=tuple(wrong),
    )
