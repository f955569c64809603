"""Remedies: from a finding to the batch that mends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from querist.catalog import Catalog
from querist.errors import InvalidInputError, NotFoundError
from querist.loop import training
from querist.schema import Batch, Finding, Round


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
