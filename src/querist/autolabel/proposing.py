"""A proposal: what may be accepted under a promise, computed once and kept until it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from querist.autolabel.certificate import Certificate, certify
from querist.autolabel.evidence import Positions, gather
from querist.autolabel.judging import (
    KEPT,
    Judgement,
    folder_of,
    is_unrated,
    judge,
    read_kept,
    taken,
)
from querist.catalog import Catalog
from querist.errors import ConflictError, NotFoundError
from querist.learners import arrays
from querist.metrics import upper_bound
from querist.schema import Value, from_json, new_id, percent, to_json

# Error rates for which the curve tells what could be accepted.
RATES = (0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2)
# Checks are asked where up to so many times the promised rate is expected: a little further than
# the promise should reach, since the expectation may be too gloomy.
WIDER = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """For one promised error rate, how much could be accepted without a person.

    ``coverage`` is a share of all assets without a decision, ``count`` how many these are.
    """

    max_error: float
    coverage: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassShare:
    """One class of what would be accepted.

    Attributes:
        name: The class.
        count: Assets that would get this label, or one that names this class.
        left: Assets the labeler takes for this class that would not.
        checked: Checks behind it.
        wrong: How many of those were wrong; of sets and shapes the whole label counts.
        upper: Upper bound of its own error rate; the promise is for all classes together.
    """

    name: str
    count: int
    left: int
    checked: int
    wrong: int
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What may be accepted, and how sure that is.

    Attributes:
        id: Names the set once it is accepted.
        certificate: The promise and what it rests on.
        count: Assets that would be labelled.
        coverage: Their share of all assets without a decision, 0 to 1.
        curve: The same for other promises.
        classes: The same by class.
        labels: Labels of people that trained the labeler.
        label_seq: Last entry of the label log that was seen.
        region: The proposal whose checks count, ``None`` where only the random arms do.
        sentence: All this in plain words.
        created_at: UTC.
        free: All assets without a decision then; 0 in proposals of old.
    """

    id: str
    certificate: Certificate
    count: int
    coverage: float
    curve: Sequence[CurvePoint]
    classes: Sequence[ClassShare]
    labels: int
    label_seq: int
    region: str | None
    sentence: str
    created_at: datetime
    free: int = 0


def propose(catalog: Catalog, max_error: float, confidence: float) -> Proposal:
    """What may be accepted now; kept in the project's folder under its id."""
    found = judge(catalog)
    certificate = found.certify(max_error, confidence)
    chosen = found.accepted(certificate)
    free = max(int(found.evidence.free.sum()), 1)
    curve = _curve(found, confidence, free)
    sentence = _sentence(found, certificate, len(chosen), free)
    proposal = Proposal(
        id=new_id("auto"),
        certificate=certificate,
        count=len(chosen),
        coverage=len(chosen) / free,
        curve=curve,
        classes=_by_class(found, certificate, chosen),
        labels=len(found.evidence.labeled),
        label_seq=found.evidence.label_seq,
        region=found.region_id,
        sentence=sentence + stricter_promise(certificate, curve),
        created_at=datetime.now(UTC),
        free=free,
    )
    _keep(catalog, found, proposal)
    return proposal


def open_region(catalog: Catalog, max_error: float) -> tuple[str, Positions]:
    """A new region to draw checks from, kept under its id, and what may be drawn of it.

    What a standing set took, or would have taken, is left out: no check of it would count. While
    nothing tells how often the model is wrong, all the rest is the region.
    """
    if is_unrated(catalog):
        evidence = gather(catalog)
        region = ~taken(catalog, len(evidence.ids))
    else:
        found = judge(catalog)
        evidence, region = found.evidence, _likely_kept(found, WIDER * max_error)
    made = new_id("region")
    arrays.write(folder_of(catalog, made), {"region": region}, {"name": KEPT})
    return made, np.flatnonzero(region & evidence.free)


def _likely_kept(found: Judgement, max_error: float) -> NDArray[np.bool_]:
    """The most assets (N,), bool, of which together no larger share is expected to be wrong."""
    left = np.flatnonzero(found.left)
    order = left[np.argsort(found.errors[left], kind="stable")]
    expected = np.cumsum(found.errors[order]) / np.arange(1, len(order) + 1)
    size = max(int((expected <= max_error).sum()), 1)
    region = np.zeros(len(found.errors), dtype=bool)
    region[order[:size]] = True
    return region


def stored(catalog: Catalog, proposal_id: str) -> tuple[Proposal, Mapping[str, Value]]:
    """A kept proposal with the labels that it lets in, by asset id.

    Raises:
        NotFoundError: there is none.
    """
    folder = folder_of(catalog, proposal_id)
    if not proposal_id.startswith("auto-") or not folder.is_dir():
        raise NotFoundError(
            f"There is no proposal {proposal_id!r}.", remedy="Make one: querist autolabel --dry-run"
        )
    answers, state, facts = read_kept(folder)
    proposal = from_json(Proposal, facts["proposal"])
    if proposal.certificate.threshold is None:
        return proposal, {}
    sure = state["region"] & (state["errors"] <= np.float32(proposal.certificate.threshold))
    free = gather(catalog).free[: len(sure)]
    return proposal, answers.labels(catalog, np.flatnonzero(sure[: len(free)] & free))


def check_again(catalog: Catalog, proposal: Proposal) -> None:
    """Refuse a kept proposal that what was answered since, or other classes, no longer bear out.

    Raises:
        ConflictError: the checks as they stand now do not promise as much, other checks were asked
            since, or the classes have changed.
    """
    evidence = gather(catalog)
    answers, state, facts = read_kept(folder_of(catalog, proposal.id))
    if proposal.region != evidence.newest_region:
        raise _outdated("Other checks were asked since this was proposed.")
    if facts["ontology_version"] != evidence.ontology_version:
        raise _outdated("The classes have changed since this was proposed.")
    errors, region = state["errors"], state["region"]
    checks = evidence.checks_in(region)
    certificate = certify(
        errors[checks],
        answers.wrong(catalog, evidence, checks),
        max_error=proposal.certificate.max_error,
        confidence=proposal.certificate.confidence,
        others=errors[evidence.free[: len(region)] & region],
    )
    promised, holds = proposal.certificate.threshold, certificate.threshold
    if promised is not None and (holds is None or holds < promised):
        raise _outdated("Checks that were answered since do not bear out what was proposed.")


def _outdated(message: str) -> ConflictError:
    return ConflictError(message, remedy="Propose again, then accept that.")


def _curve(found: Judgement, confidence: float, free: int) -> tuple[CurvePoint, ...]:
    points = []
    for rate in RATES:
        count = len(found.accepted(found.certify(rate, confidence)))
        points.append(CurvePoint(max_error=rate, coverage=count / free, count=count))
    return tuple(points)


def _by_class(
    found: Judgement, certificate: Certificate, chosen: Positions
) -> tuple[ClassShare, ...]:
    # Where nothing can be promised, all checks tell why.
    threshold = np.inf if certificate.threshold is None else certificate.threshold
    inside = found.errors[found.checks] <= threshold
    counts = found.answers.naming(chosen)
    all_free = found.answers.naming(np.flatnonzero(found.evidence.free))
    checked = found.answers.naming(found.checks[inside])
    wrong = found.answers.naming(found.checks[inside & found.wrong])
    return tuple(
        ClassShare(
            name=name,
            count=int(counts[code]),
            left=int(all_free[code] - counts[code]),
            checked=int(checked[code]),
            wrong=int(wrong[code]),
            upper=upper_bound(int(wrong[code]), int(checked[code]), certificate.confidence),
        )
        for code, name in enumerate(found.evidence.classes)
    )


def _sentence(found: Judgement, certificate: Certificate, count: int, free: int) -> str:
    rate, sure = percent(certificate.max_error), percent(certificate.confidence, 0)
    if certificate.threshold is not None:
        return (
            f"{count:,} of {free:,} assets can be labelled without a person: at most {rate} of "
            f"them wrong, {sure} sure. {certificate.wrong} of {certificate.checked} checks were."
        )
    waiting = found.evidence.waiting(found.checks)
    if waiting:
        return (
            f"Nothing can be promised yet: of {certificate.available} checks {waiting} are not "
            "answered, and each counts as wrong until it is."
        )
    missing = certificate.needed - certificate.available
    if missing >= free:
        return (
            f"Nothing can be promised: {missing:,} more checks would be needed at least, and "
            f"{free:,} {'asset is' if free == 1 else 'assets are'} open. Label these by hand."
        )
    if missing > 0:
        why = ""
        if found.evidence.broken and found.region_id is None:
            why = ", since the audit broke what the checks before had promised"
        return f"Nothing can be promised yet: {missing} more checks are needed at least{why}."
    return (
        f"Nothing can be promised: too many of the surest {certificate.needed} checks are wrong "
        f"for {rate}."
    )


def stricter_promise(certificate: Certificate, curve: Sequence[CurvePoint]) -> str:
    """The stricter promise that labels most, where this one labels nothing.

    Each promise tests sizes of its own, from the first that it hopes for on. So a looser one may
    fail at once, since it begins with more, where a stricter one holds.
    """
    below = [point for point in curve if point.max_error < certificate.max_error and point.count]
    if certificate.threshold is not None or not below:
        return ""
    best = max(below, key=lambda point: point.count)
    return f" A stricter promise of {percent(best.max_error)} would let in {best.count:,}."


def _keep(catalog: Catalog, found: Judgement, proposal: Proposal) -> None:
    state, facts = found.answers.kept()
    state |= {"errors": found.errors, "region": found.region}
    facts |= {"name": KEPT, "ontology_version": found.evidence.ontology_version}
    arrays.write(folder_of(catalog, proposal.id), state, {**facts, "proposal": to_json(proposal)})
