"""A proposal: what may be accepted under a promise, computed once and kept until it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.autolabel.certificate import Certificate, certify
from querist.autolabel.evidence import Evidence, Positions, gather
from querist.autolabel.labeler import Suggestions, suggest
from querist.catalog import Catalog
from querist.errors import EmptyPoolError, InvalidInputError, NotFoundError
from querist.learners import arrays
from querist.metrics import upper_bound
from querist.schema import Arm, from_json, new_id, to_json

# Error rates for which the curve tells what could be accepted.
RATES = (0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2)
# Checks are asked where up to so many times the promised rate is expected: a little further than
# the promise should reach, since the expectation may be too gloomy.
WIDER = 1.25
_NAME = "auto-label"
_STREAM = 60


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
        count: Assets that would get this label.
        left: Assets the labeler takes for this class that would not.
        checked: Checks behind it.
        wrong: How many of those were wrong.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The labeler's word on every asset, with the checks that certify it.

    Attributes:
        evidence: What it rests on.
        said: What the labeler says.
        region: What may be accepted at all (N,), bool.
        checks: Positions of the checks within the region.
        region_id: Whose region it is.
    """

    evidence: Evidence
    said: Suggestions
    region: NDArray[np.bool_]
    checks: Positions
    region_id: str | None

    def certify(self, max_error: float, confidence: float) -> Certificate:
        """The certificate of one promise."""
        wrong = self.said.codes[self.checks] != self.evidence.codes[self.checks]
        errors = self.said.errors[self.checks]
        return certify(errors, wrong, max_error=max_error, confidence=confidence)

    def accepted(self, certificate: Certificate) -> Positions:
        """Positions of the assets that the certificate lets in."""
        if certificate.threshold is None:
            return np.empty(0, dtype=np.int64)
        sure = self.said.errors <= certificate.threshold
        return np.flatnonzero(self.evidence.free & self.region & sure)


def judge(catalog: Catalog) -> Judgement:
    """Label the pool by all labels of people at hand.

    The checks of the newest region count together with the random arms inside it.

    Raises:
        InvalidInputError: labels of fewer than two classes, or another task.
        EmptyPoolError: nothing was embedded yet.
    """
    evidence = gather(catalog)
    model = catalog.records.models.latest(Arm.ACTIVE)
    if model is None:
        raise InvalidInputError(
            "There is no model yet, so nothing is known about sureness.",
            remedy="Label a round, then: querist train",
        )
    vectors = catalog.embeddings.matrix(model.encoder)
    count = min(len(vectors), len(evidence.ids))
    if not count:
        raise EmptyPoolError("No asset has a vector yet.", remedy="Run: querist embed")
    labeled = evidence.labeled[evidence.labeled < count]
    rng = np.random.default_rng([catalog.settings.policy.seed, evidence.label_seq, _STREAM])
    told = suggest(
        vectors[:count],
        labeled,
        evidence.codes[labeled],
        class_count=len(evidence.classes),
        rng=rng,
    )
    said = _padded(told, len(evidence.ids))
    region_id = next(reversed(evidence.checks), None)
    region = np.arange(len(evidence.ids)) < count
    if region_id is not None:
        region &= _region(catalog, region_id, len(evidence.ids))
    checks = evidence.drawn.copy()
    if region_id is not None:
        checks[evidence.checks[region_id]] = True
    return Judgement(
        evidence=evidence,
        said=said,
        region=region,
        checks=np.flatnonzero(checks & region),
        region_id=region_id,
    )


def propose(catalog: Catalog, max_error: float, confidence: float) -> Proposal:
    """What may be accepted now; kept in the project's folder under its id."""
    found = judge(catalog)
    certificate = found.certify(max_error, confidence)
    chosen = found.accepted(certificate)
    free = max(int(found.evidence.free.sum()), 1)
    proposal = Proposal(
        id=new_id("auto"),
        certificate=certificate,
        count=len(chosen),
        coverage=len(chosen) / free,
        curve=_curve(found, confidence, free),
        classes=_by_class(found, certificate, chosen),
        labels=len(found.evidence.labeled),
        label_seq=found.evidence.label_seq,
        region=found.region_id,
        sentence=_sentence(certificate, len(chosen), free),
        created_at=datetime.now(UTC),
    )
    _keep(catalog, proposal.id, found, region=found.region, proposal=proposal)
    return proposal


def open_region(catalog: Catalog, max_error: float) -> tuple[str, Positions]:
    """A new region to draw checks from, kept under its id, and what may be drawn of it."""
    found = judge(catalog)
    order = np.argsort(found.said.errors, kind="stable")
    expected = np.cumsum(found.said.errors[order]) / np.arange(1, len(order) + 1)
    size = max(int((expected <= WIDER * max_error).sum()), 1)
    region = np.zeros(len(order), dtype=bool)
    region[order[:size]] = True
    made = new_id("region")
    _keep(catalog, made, found, region=region, proposal=None)
    return made, np.flatnonzero(region & found.evidence.free)


def stored(catalog: Catalog, proposal_id: str) -> tuple[Proposal, Mapping[str, str]]:
    """A kept proposal with the labels that it lets in, by asset id.

    Raises:
        NotFoundError: there is none.
    """
    folder = _folder(catalog, proposal_id)
    if not proposal_id.startswith("auto-") or not folder.is_dir():
        raise NotFoundError(
            f"There is no proposal {proposal_id!r}.", remedy="Make one: querist autolabel --dry-run"
        )
    state, facts = arrays.read(folder, _NAME, ("codes", "errors", "region"))
    proposal = from_json(Proposal, facts["proposal"])
    if proposal.certificate.threshold is None:
        return proposal, {}
    sure = state["region"] & (state["errors"] <= np.float32(proposal.certificate.threshold))
    free = gather(catalog).free[: len(sure)]
    ids = catalog.assets.ids()
    names = facts["classes"]
    chosen = np.flatnonzero(sure[: len(free)] & free).tolist()
    return proposal, {ids[at]: names[state["codes"][at]] for at in chosen}


def _curve(found: Judgement, confidence: float, free: int) -> tuple[CurvePoint, ...]:
    points = []
    for rate in RATES:
        count = len(found.accepted(found.certify(rate, confidence)))
        points.append(CurvePoint(max_error=rate, coverage=count / free, count=count))
    return tuple(points)


def _by_class(
    found: Judgement, certificate: Certificate, chosen: Positions
) -> tuple[ClassShare, ...]:
    threshold = -1.0 if certificate.threshold is None else certificate.threshold
    checks = found.checks[found.said.errors[found.checks] <= threshold]
    said, truth = found.said.codes[checks], found.evidence.codes[checks]
    size = len(found.evidence.classes)
    counts = np.bincount(found.said.codes[chosen], minlength=size)
    all_free = np.bincount(found.said.codes[found.evidence.free], minlength=size)
    checked = np.bincount(said, minlength=size)
    wrong = np.bincount(said[said != truth], minlength=size)
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


def _sentence(certificate: Certificate, count: int, free: int) -> str:
    rate, sure = f"{certificate.max_error:.1%}", f"{certificate.confidence:.0%}"
    if certificate.threshold is not None:
        return (
            f"{count:,} of {free:,} assets can be labelled without a person: at most {rate} of "
            f"them wrong, {sure} sure. {certificate.wrong} of {certificate.checked} checks were."
        )
    missing = certificate.needed - certificate.available
    if missing > 0:
        return f"Nothing can be promised yet: {missing} more checks are needed at least."
    return (
        f"Nothing can be promised: too many of the surest {certificate.needed} checks are wrong "
        f"for {rate}."
    )


def _padded(said: Suggestions, count: int) -> Suggestions:
    codes, errors = np.zeros(count, dtype=np.int64), np.ones(count, dtype=np.float32)
    codes[: len(said.codes)], errors[: len(said.errors)] = said.codes, said.errors
    return Suggestions(codes=codes, errors=errors)


def _keep(
    catalog: Catalog,
    made: str,
    found: Judgement,
    *,
    region: NDArray[np.bool_],
    proposal: Proposal | None,
) -> None:
    state: dict[str, NDArray[Any]] = {
        "codes": found.said.codes,
        "errors": found.said.errors,
        "region": region,
    }
    facts = {
        "name": _NAME,
        "classes": list(found.evidence.classes),
        "proposal": to_json(proposal),
    }
    arrays.write(_folder(catalog, made), state, facts)


def _region(catalog: Catalog, region_id: str, count: int) -> NDArray[np.bool_]:
    state, _ = arrays.read(_folder(catalog, region_id), _NAME, ("region",))
    region = np.zeros(count, dtype=bool)
    region[: len(state["region"])] = state["region"][:count]
    return region


def _folder(catalog: Catalog, name: str) -> Path:
    return catalog.folder / "models" / name
