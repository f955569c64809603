"""The labeler's word on every asset, with the checks that certify it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from querist.autolabel.certificate import Certificate, certify
from querist.autolabel.evidence import Evidence, Positions, gather
from querist.autolabel.labeler import suggest
from querist.autolabel.risk import FEWEST
from querist.catalog import Catalog
from querist.catalog.records.auto_labels import ACCEPTED, ROLLED_BACK
from querist.catalog.value_ratings import ValueRatings
from querist.errors import EmptyPoolError, InvalidInputError
from querist.learners import arrays
from querist.metrics import believed, is_right
from querist.schema import Arm, ClassValue, ModelVersion, TaskKind, Value

KEPT = "auto-label"
_STREAM = 60

State = dict[str, NDArray[Any]]


class Answers(Protocol):
    """The label that each asset of the pool would get."""

    def naming(self, positions: Positions) -> Positions:
        """How many of the answers at ``positions`` name each class (C,)."""
        ...

    def labels(self, catalog: Catalog, positions: Positions) -> Mapping[str, Value]:
        """The answers at ``positions`` by asset id, in the classes of now where they are known."""
        ...

    def wrong(self, catalog: Catalog, evidence: Evidence, checks: Positions) -> NDArray[np.bool_]:
        """Whether the answer to each check is wrong (m,); also where no person gave a label."""
        ...

    def kept(self) -> tuple[State, dict[str, Any]]:
        """Arrays and facts that ``read_kept`` makes the answers of."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What would be answered of every asset, how likely that is wrong, and what checks it.

    Attributes:
        evidence: What it rests on.
        answers: The label that each asset would get.
        errors: Calibrated probability (N,) that it is wrong; checks are judged unseen.
        left: What is answered and no standing set took, or would have taken (N,), bool.
        region: What may be accepted at all (N,), bool.
        checks: Positions of the checks within the region (m,).
        wrong: Whether the answer to each check was wrong (m,), bool; it is as long as a person
            has given it no label.
        region_id: Whose region it is.
    """

    evidence: Evidence
    answers: Answers
    errors: NDArray[np.float32]
    left: NDArray[np.bool_]
    region: NDArray[np.bool_]
    checks: Positions
    wrong: NDArray[np.bool_]
    region_id: str | None

    def certify(self, max_error: float, confidence: float) -> Certificate:
        """The certificate of one promise."""
        return certify(
            self.errors[self.checks],
            self.wrong,
            max_error=max_error,
            confidence=confidence,
            others=self.errors[self.evidence.free & self.region],
        )

    def accepted(self, certificate: Certificate) -> Positions:
        """Positions of the assets that the certificate lets in."""
        if certificate.threshold is None:
            return np.empty(0, dtype=np.int64)
        sure = self.errors <= certificate.threshold
        return np.flatnonzero(self.evidence.free & self.region & sure)


def judge(catalog: Catalog) -> Judgement:
    """Answer for the pool by all labels of people at hand.

    A single class is answered by the labeler, which leaves out each label exactly; sets and shapes
    by the newest model, whose checks have not trained it. The checks of the newest region count
    together with the random arms inside it. What a standing set took or would have taken is out of
    the region: its checks are no draw from what is left, and nothing of it is accepted again.

    Raises:
        InvalidInputError: there is no model, too few labels to tell its errors by, or another task.
        EmptyPoolError: nothing was embedded yet.
    """
    evidence = gather(catalog)
    model = catalog.records.models.latest(Arm.ACTIVE)
    if model is None:
        raise InvalidInputError(
            "There is no model yet, so nothing is known about sureness.",
            remedy="Label a round, then: querist train",
        )
    classifies = catalog.settings.task is TaskKind.CLASSIFICATION
    answers, told = (_by_labeler if classifies else _by_model)(catalog, model, evidence)
    errors = np.ones(len(evidence.ids), dtype=np.float32)
    errors[: len(told)] = told
    region_id = evidence.newest_region
    left = (np.arange(len(evidence.ids)) < len(told)) & ~taken(catalog, len(evidence.ids))
    region = left
    if region_id is not None:
        region = left & _region(catalog, region_id, len(evidence.ids))
    checks = evidence.checks_in(region)
    return Judgement(
        evidence=evidence,
        answers=answers,
        errors=errors,
        left=left,
        region=region,
        checks=checks,
        wrong=answers.wrong(catalog, evidence, checks),
        region_id=region_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Classes:
    """One class for each asset: its code (N,)."""

    codes: Positions
    names: tuple[str, ...]

    def naming(self, positions: Positions) -> Positions:
        return np.bincount(self.codes[positions], minlength=len(self.names))

    def labels(self, catalog: Catalog, positions: Positions) -> Mapping[str, Value]:
        ids = catalog.assets.ids()
        found = zip(positions.tolist(), self.codes[positions].tolist(), strict=True)
        return {ids[at]: ClassValue(name=self.names[code]) for at, code in found}

    def wrong(self, _: Catalog, evidence: Evidence, checks: Positions) -> NDArray[np.bool_]:
        return np.asarray(self.codes[checks] != evidence.codes[checks], dtype=bool)

    def kept(self) -> tuple[State, dict[str, Any]]:
        return {"codes": self.codes}, {"classes": list(self.names)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Values:
    """What a model says of each asset, without the objects that are more likely wrong than right.

    ``named_counts`` (n,) and ``named`` (M,) tell which classes each answer names, as codes in
    ``names``; -1 of classes that are no more.
    """

    model_id: str
    names: tuple[str, ...]
    named_counts: Positions
    named: Positions

    def naming(self, positions: Positions) -> Positions:
        chosen = np.zeros(len(self.named_counts), dtype=bool)
        chosen[positions[positions < len(chosen)]] = True
        named = self.named[np.repeat(chosen, self.named_counts)]
        return np.bincount(named[named >= 0], minlength=len(self.names))

    def labels(self, catalog: Catalog, positions: Positions) -> Mapping[str, Value]:
        ids = catalog.assets.ids()
        found = zip(positions.tolist(), self._now(catalog, positions), strict=True)
        return {ids[at]: value for at, value in found if value is not None}

    def wrong(self, catalog: Catalog, evidence: Evidence, checks: Positions) -> NDArray[np.bool_]:
        reading = catalog.records.ontologies.reading()
        found = np.ones(len(checks), dtype=bool)
        for at, (row, answer) in enumerate(
            zip(checks.tolist(), self._now(catalog, checks), strict=True)
        ):
            if answer is None or not evidence.known[row]:
                continue
            entry = catalog.records.labels.current(evidence.ids[row])
            if entry is not None and entry.value is not None:
                truth = reading.value(entry.value, entry.ontology_version)
                found[at] = truth is None or not is_right(answer, truth)
        return found

    def kept(self) -> tuple[State, dict[str, Any]]:
        state = {"named_counts": self.named_counts, "named": self.named}
        return state, {"classes": list(self.names), "model": self.model_id}

    def _now(self, catalog: Catalog, positions: Positions) -> list[Value | None]:
        """The answers in the classes of now; ``None`` where those cannot be told."""
        ratings = catalog.value_ratings.get(self.model_id)
        if ratings is None:
            raise _unrated(gather(catalog))
        places = positions.tolist()
        reading = catalog.records.ontologies.reading()
        made_under = reading.made_under(catalog.records.models.get(self.model_id))
        said = catalog.value_predictions.values(self.model_id, places)
        objects = ratings.objects_of(places)
        return [
            value and reading.value(believed(value, ratings.object_error[mine]), made_under)
            for value, mine in zip(said, objects, strict=True)
        ]


def read_kept(folder: Path) -> tuple[Answers, State, Mapping[str, Any]]:
    """Answers, arrays and facts that were kept in a folder under ``KEPT``."""
    state, facts = arrays.read(folder, KEPT, ("errors", "region"))
    names = tuple(facts["classes"])
    if "model" not in facts:
        return _Classes(codes=state["codes"], names=names), state, facts
    answers = _Values(
        model_id=facts["model"],
        names=names,
        named_counts=state["named_counts"],
        named=state["named"],
    )
    return answers, state, facts


def folder_of(catalog: Catalog, name: str) -> Path:
    """Where a proposal or region is kept."""
    return catalog.folder / "models" / name


_Told = tuple[_Classes | _Values, NDArray[np.float32]]


def _by_labeler(catalog: Catalog, model: ModelVersion, evidence: Evidence) -> _Told:
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
    codes = np.zeros(len(evidence.ids), dtype=np.int64)
    codes[:count] = told.codes
    return _Classes(codes=codes, names=evidence.classes), told.errors


def _by_model(catalog: Catalog, model: ModelVersion, evidence: Evidence) -> _Told:
    ratings = catalog.value_ratings.get(model.id)
    if ratings is None:
        raise _unrated(evidence)
    reading = catalog.records.ontologies.reading()
    made_under = reading.made_under(model)
    code_of = {name: code for code, name in enumerate(evidence.classes)}
    now = [code_of.get(reading.name(name, made_under) or "", -1) for name in model.classes]
    answers = _Values(
        model_id=model.id,
        names=evidence.classes,
        named_counts=ratings.named_counts,
        named=np.array(now, dtype=np.int64)[ratings.named],
    )
    return answers, _of_now(ratings, len(evidence.ids))


def _of_now(ratings: ValueRatings, count: int) -> NDArray[np.float32]:
    """Probability of error of each asset (n,); 1 where it is not told."""
    return np.nan_to_num(ratings.error[:count], nan=1.0)


def taken(catalog: Catalog, count: int) -> NDArray[np.bool_]:
    """What standing sets took, or would have taken had it been free (N,), bool."""
    events = catalog.records.auto_labels.events()
    gone = {it.set_id for it in events if it.event == ROLLED_BACK}
    found = np.zeros(count, dtype=bool)
    for event in events:
        if event.event == ACCEPTED and event.set_id not in gone:
            state, _ = arrays.read(folder_of(catalog, event.set_id), KEPT, ("errors", "region"))
            sure = state["region"] & (state["errors"] <= np.float32(event.facts["threshold"]))
            found[: len(sure)] |= sure[:count]
    return found


def _region(catalog: Catalog, region_id: str, count: int) -> NDArray[np.bool_]:
    state, _ = arrays.read(folder_of(catalog, region_id), KEPT, ("region",))
    region = np.zeros(count, dtype=bool)
    region[: len(state["region"])] = state["region"][:count]
    return region


def is_unrated(catalog: Catalog) -> bool:
    """Whether there is a model of sets or shapes, and nothing tells yet how often it is wrong."""
    model = catalog.records.models.latest(Arm.ACTIVE)
    if model is None or catalog.settings.task is TaskKind.CLASSIFICATION:
        return False
    return catalog.value_ratings.get(model.id) is None


def _unrated(evidence: Evidence) -> InvalidInputError:
    known = len(evidence.at_random)
    if known >= FEWEST:
        return InvalidInputError(
            "How often the newest model is wrong is not known: it was trained before there were "
            f"{FEWEST} labels to tell it by, or does not say how sure it is.",
            remedy="Train again: querist train. A model of your own has to say how sure it is.",
        )
    return InvalidInputError(
        f"How often the model is wrong is not known: that takes {FEWEST} labels that it has not "
        f"learned, and there are {known}.",
        remedy="Ask for checks, answer them and the audit set, then: querist train",
    )
