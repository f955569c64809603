"""Remedies: from a finding to the batch that mends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from querist.catalog import Catalog
from querist.errors import InvalidInputError, NotFoundError
from querist.loop import training
from querist.schema import Batch, Finding, Round


def finding_named(rounds: Sequence[Round], name: str) -> Finding:
    """The finding called ``3.2``: the second of round 3; raises NotFoundError."""
    return _named(rounds, name)[1]


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


def standing_findings(catalog: Catalog, said: Round) -> tuple[Finding, ...]:
    """A round's findings as they can be acted on now.

    One whose class was split or retired since loses its batch, and says so as its remedy.
    """

    def standing(place: int, finding: Finding) -> Finding:
        if finding.batch is None or finding.batch.wanted is None:
            return finding
        try:
            _wanted(catalog, said, finding.batch.wanted, f"{said.number}.{place}")
        except InvalidInputError as problem:
            return replace(finding, batch=None, remedy=f"{problem.message} {problem.remedy}")
        return finding

    return tuple(standing(place, it) for place, it in enumerate(said.findings, start=1))


def classes_now(catalog: Catalog, said: Round, name: str) -> tuple[str, ...]:
    """The classes that may be now what a finding of a round calls ``name``; empty for none."""
    return catalog.records.ontologies.since(name, said.finished_at)


def strategy_for(catalog: Catalog, name: str) -> tuple[str, Mapping[str, Any]]:
    """The strategy and parameters that draw the batch of a finding.

    Examples and classes become positions: assets are only ever added at the end of a catalog, and
    a plan keeps the ontology it was made under. A class that was renamed or merged since is looked
    for as what it became.

    Raises:
        NotFoundError: there is no such finding.
        InvalidInputError: it proposes no batch, or its class was split or retired.
    """
    rounds = catalog.records.rounds.list()
    batch = finding_of(rounds, name).batch
    assert batch is not None
    if batch.wanted is not None:
        wanted = _wanted(catalog, _named(rounds, name)[0], batch.wanted, name)
        batch = replace(batch, wanted=wanted)
    return _mixture(catalog, batch)


def strategy_like(catalog: Catalog, examples: Sequence[str]) -> tuple[str, Mapping[str, Any]]:
    """The strategy and parameters that draw more like some assets, and what the model wavers on.

    Raises:
        NotFoundError: an example is not in the catalog.
    """
    doubt = "margin" if training.classifies(catalog) else "uncertainty"
    parts = {"similar": 0.5, doubt: 0.5} if training.trains(catalog) else {"similar": 1.0}
    batch = Batch(parts=parts, examples=tuple(examples))
    return _mixture(catalog, batch)


def _named(rounds: Sequence[Round], name: str) -> tuple[Round, Finding]:
    number, _, place = name.partition(".")
    said = next((it for it in rounds if str(it.number) == number), None)
    if said is None or not (place.isdecimal() and 1 <= int(place) <= len(said.findings)):
        raise NotFoundError(
            f"There is no finding {name!r}.", remedy="List them: querist diagnose", finding=name
        )
    return said, said.findings[int(place) - 1]


def _wanted(catalog: Catalog, said: Round, wanted: str, name: str) -> str:
    """The one class that the class a finding asks for is now."""
    now = classes_now(catalog, said, wanted)
    if len(now) == 1:
        return now[0]
    became = f"may be {' or '.join(now)} now" if now else "is not there any more"
    raise InvalidInputError(
        f"The class {wanted!r} of the finding {name} {became}.",
        remedy="Take the next batch without it.",
        finding=name,
    )


def _mixture(catalog: Catalog, batch: Batch) -> tuple[str, Mapping[str, Any]]:
    own: dict[str, dict[str, Any]] = {}
    if "similar" in batch.parts:
        own["similar"] = {"examples": catalog.assets.positions(list(batch.examples)).tolist()}
    if "certainty" in batch.parts and batch.wanted is not None:
        own["certainty"] = {"wanted": catalog.records.ontologies.current().index(batch.wanted)}
    return "mixture", {"parts": dict(batch.parts), "parameters": own}
