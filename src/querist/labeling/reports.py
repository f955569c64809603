"""Reports about people: how much, how fast, how right, and where they lean."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.catalog.records import Work
from querist.labeling.spending import hourly_cost
from querist.metrics import Shares, class_bias, medians_by_annotator, shares_by_annotator
from querist.schema import Annotator, ClassValue, Estimate, Role

MOST_CONFUSIONS = 10
MOST_ASSETS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """A class that was given where another one holds in the end: how often, and where first."""

    given: str
    final: str
    count: int
    asset_ids: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What somebody did in one week, named by its Monday."""

    monday: str
    labels: int
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkReport:
    """What is known about the work of one person or model.

    Attributes:
        name: Who.
        role: As what.
        active: Whether they may come in.
        labels: Labels they gave, opinions and corrections included, and those undone since.
        seconds: Median working time of a label; ``None`` if not measured.
        worked: Working time of all their labels, in seconds, where it was measured.
        cost: What that time costs at the person's rate of now, or the project's; ``None`` where
            neither is known.
        accuracy: Of their labels that were reviewed, the share that was accepted.
        agreement: Of their last labels of assets that others labelled or reviewed too, the share
            that holds in the end.
        bias: By class, how much more often they gave it than it holds; above zero is too often.
        confusions: What they give instead of what, most often first.
        weeks: Week by week, oldest first.
    """

    name: str
    role: Role
    active: bool
    labels: int
    seconds: float | None
    worked: float
    cost: float | None
    accuracy: Estimate | None
    agreement: Estimate | None
    bias: dict[str, float]
    confusions: list[Confusion]
    weeks: list[Week]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """Last labels beside what holds in the end, as codes: who, given, final, and of what (n,)."""

    asset_ids: Sequence[str]
    who: NDArray[np.int64]
    given: NDArray[np.int64]
    final: NDArray[np.int64]


def work_reports(catalog: Catalog) -> list[WorkReport]:
    """A report on everybody who has labelled, by name; classes are those of now."""
    people = {person.name: person for person in catalog.records.annotators.list()}
    work = catalog.records.work.labels()
    names = sorted({*work.annotators} & people.keys())
    code = {name: i for i, name in enumerate(names)}
    who = np.array([code.get(name, -1) for name in work.annotators], dtype=np.int64)
    seconds = np.array([np.nan if s is None else s for s in work.seconds], dtype=np.float64)
    verdicts = [v for v in catalog.records.work.verdicts() if v[0] in code]
    accuracy = shares_by_annotator(
        [code[author] for author, *_ in verdicts], [v[-1] for v in verdicts], len(names)
    )
    reviewed = {asset_id for _, asset_id, _, _ in verdicts}
    compared = _compare(catalog, work, code, reviewed)
    agreement = shares_by_annotator(compared.who, compared.given == compared.final, len(names))
    counts = np.bincount(who[who >= 0], minlength=len(names))
    medians = medians_by_annotator(who[who >= 0], seconds[who >= 0], len(names))
    timed = np.flatnonzero((who >= 0) & ~np.isnan(seconds))
    worked = np.bincount(who[timed], weights=seconds[timed], minlength=len(names))
    weeks = _weeks(work, code)
    return [
        _report(
            people[name],
            labels=int(counts[i]),
            seconds=_number(medians[i]),
            worked=float(worked[i]),
            rate=hourly_cost(catalog, people[name]),
            accuracy=_estimate(accuracy, i),
            agreement=_estimate(agreement, i),
            leaning=_leaning(catalog, compared, i),
            weeks=weeks[name],
        )
        for name, i in code.items()
    ]


def _report(
    person: Annotator,
    *,
    labels: int,
    seconds: float | None,
    worked: float,
    rate: float | None,
    accuracy: Estimate | None,
    agreement: Estimate | None,
    leaning: tuple[dict[str, float], list[Confusion]],
    weeks: list[Week],
) -> WorkReport:
    return WorkReport(
        name=person.name,
        role=person.role,
        active=person.active,
        labels=labels,
        seconds=seconds,
        worked=worked,
        cost=None if rate is None else worked / 3600 * rate,
        accuracy=accuracy,
        agreement=agreement,
        bias=leaning[0],
        confusions=leaning[1],
        weeks=weeks,
    )


def _compare(catalog: Catalog, work: Work, code: dict[str, int], reviewed: set[str]) -> _Compared:
    reading = catalog.records.ontologies.reading()
    class_code = {name: i for i, name in enumerate(reading.ontology.names)}

    def read(name: str | None, made_under: int) -> int:
        now = None if name is None else reading.name(name, made_under)
        return -1 if now is None else class_code.get(now, -1)

    last: dict[tuple[str, str], int] = {}
    people: defaultdict[str, set[str]] = defaultdict(set)
    for i, asset_id in enumerate(work.asset_ids):
        person = work.annotators[i]
        people[asset_id].add(person)
        if person in code:
            last[person, asset_id] = read(work.classes[i], work.ontology_versions[i])
    final = {
        entry.asset_id: read(entry.value.name, entry.ontology_version)
        for entry in catalog.records.labels.currents()
        if isinstance(entry.value, ClassValue)
    }
    rows = [
        (asset_id, code[person], given, final.get(asset_id, -1))
        for (person, asset_id), given in last.items()
        if given >= 0 and (len(people[asset_id]) > 1 or asset_id in reviewed)
    ]
    known = [row for row in rows if row[-1] >= 0]
    table = np.array([row[1:] for row in known], dtype=np.int64).reshape(-1, 3)
    ids = [row[0] for row in known]
    return _Compared(asset_ids=ids, who=table[:, 0], given=table[:, 1], final=table[:, 2])


def _leaning(
    catalog: Catalog, compared: _Compared, person: int
) -> tuple[dict[str, float], list[Confusion]]:
    names = catalog.records.ontologies.current().names
    own = compared.who == person
    given, final = compared.given[own], compared.final[own]
    bias = class_bias(given, final, len(names))
    pairs: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for at in np.flatnonzero(own & (compared.given != compared.final)).tolist():
        pairs[int(compared.given[at]), int(compared.final[at])].append(compared.asset_ids[at])
    often = sorted(pairs.items(), key=lambda pair: -len(pair[1]))[:MOST_CONFUSIONS]
    leans = {name: float(bias[i]) for i, name in enumerate(names) if bias[i]}
    return leans, [
        Confusion(
            given=names[g], final=names[f], count=len(ids), asset_ids=sorted(ids)[:MOST_ASSETS]
        )
        for (g, f), ids in often
    ]


def _weeks(work: Work, code: dict[str, int]) -> dict[str, list[Week]]:
    spent: dict[tuple[str, str], list[float]] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for i, moment in enumerate(work.created_at):
        monday = moment.date() - timedelta(days=moment.weekday())
        key = work.annotators[i], monday.isoformat()
        counts[key] += 1
        seconds = work.seconds[i]
        if seconds is not None:
            spent.setdefault(key, []).append(seconds)
    found: dict[str, list[Week]] = {name: [] for name in code}
    for (name, week), count in sorted(counts.items()):
        if name in found:
            known = spent.get((name, week))
            median = float(np.median(known)) if known else None
            found[name].append(Week(monday=week, labels=count, seconds=median))
    return found


def _estimate(shares: Shares, i: int) -> Estimate | None:
    if not shares.counts[i]:
        return None
    return Estimate(
        value=float(shares.values[i]),
        low=float(shares.low[i]),
        high=float(shares.high[i]),
        count=int(shares.counts[i]),
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
