"""Saved slices: queries of the catalog that people keep, measured under the model of each round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from querist.catalog import AssetQuery, Catalog, Condition, matching
from querist.diagnostics.chances import discovery_rate
from querist.errors import InvalidInputError, QueristError
from querist.loop import snapshot, training
from querist.loop.columns import MOST_LIKE, query_of
from querist.loop.headline import measure_of_assets
from querist.loop.remedies import finding_named
from querist.loop.rightness import Rightness
from querist.loop.slice_points import Sides, SlicePoint
from querist.schema import Round, SavedSlice, from_json, to_json

LONGEST_NAME = 200
# Assets of a slice that a batch looks for more of.
MOST_EXAMPLES = 200
PERSON = "querist"


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceReport:
    """A saved slice as it stands.

    Attributes:
        slice: The slice.
        rule: Its query in words.
        assets: Assets that belong to it now, under the newest model.
        measure: How right a model is of an asset: ``accuracy`` (right or wrong), ``f1`` of sets,
            boxes and spans, ``closeness`` of numbers (1 less the error in units of their spread).
        course: The rounds with a model, oldest first.
        problem: Why it cannot be measured; ``None`` where it can.
    """

    slice: SavedSlice
    rule: str
    assets: int
    measure: str
    course: tuple[SlicePoint, ...]
    problem: str | None = None


class Slices:
    """The saved slices of a project: living queries, measured on audit labels alone.

    Nothing is stored but the query: who belongs to a slice, and who is right, is asked of the
    catalog as it is now, so that a slice saved today has its course from the first round on.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._records = catalog.records

    def save(self, name: str, query: AssetQuery, *, created_by: str = PERSON) -> SavedSlice:
        """Keep a query as a slice; its order and page are left out.

        Raises:
            InvalidInputError: the name cannot be used, or the query narrows nothing, asks for what
                the model gets wrong, or for a range of confidence that ends before it begins.
            UnknownNameError: there is no such class or column; the nearest names are offered.
            ConflictError: another query has that name.
            NotFoundError: an asset that it names is not in the catalog.
        """
        kept = _checked(query)
        ontology = self._records.ontologies.current()
        for one in _classes(kept):
            ontology.index(one)
        matching(self._catalog, kept, self._newest())
        return self._records.slices.add(
            _name(name), to_json(kept), finding=None, created_by=created_by
        )

    def save_found(
        self, finding: str, *, name: str | None = None, created_by: str = PERSON
    ) -> SavedSlice:
        """Keep a slice that a diagnosis found, by the name of its finding, such as ``3.2``.

        Args:
            finding: The finding.
            name: What to call it; its rule by default.
            created_by: Who saves it.

        Raises:
            NotFoundError: there is no such finding.
            InvalidInputError: it is no slice, or the name cannot be used.
            ConflictError: another query has that name.
        """
        found = finding_named(self._records.rounds.list(), finding)
        if found.kind != "slice" or "where" not in found.evidence:
            raise InvalidInputError(
                f"The finding {finding} is no slice that can be saved.",
                remedy="Save one of kind slice, found by a round of this version.",
                finding=finding,
            )
        rule = str(found.evidence["rule"])
        called = name if name is not None else rule[:LONGEST_NAME]
        query = to_json(query_of(found.evidence))
        return self._records.slices.add(
            _name(called), query, finding=finding, created_by=created_by
        )

    def remove(self, name: str) -> None:
        """Forget a slice; its assets and labels stay. Raises NotFoundError."""
        self._records.slices.remove(name)

    def query(self, name: str) -> AssetQuery:
        """The query of a slice, in the words of the ontology now.

        Raises:
            NotFoundError: there is no such slice.
            InvalidInputError: none of the classes that it asks for is there any more.
        """
        return _read(self._catalog, self._records.slices.get(name))

    def examples(self, name: str) -> list[str]:
        """Up to 200 assets of a slice that measure nothing, for a batch of more like them.

        Raises:
            NotFoundError: there is no such slice.
            InvalidInputError: no asset belongs to it, or its classes are not there any more.
        """
        inside = matching(self._catalog, self.query(name), self._newest())
        seen = snapshot.take(self._catalog)
        rows = np.flatnonzero(inside & ~seen.audit)
        if not len(rows):
            raise InvalidInputError(
                f"No asset outside the audit set belongs to the slice {name!r}.",
                remedy="Look at its query: querist slices list",
                slice=name,
            )
        step = -(-len(rows) // MOST_EXAMPLES)
        return [seen.ids[i] for i in rows[::step].tolist()]

    def members(self) -> dict[str, NDArray[np.bool_]]:
        """Who belongs to each saved slice now (n,), by name, under the newest model.

        Slices that cannot be told, as their model or vectors are gone, are left out.
        """
        newest = self._newest()
        found = {
            one.name: _Measured(self._catalog, one).mask(newest)
            for one in self._records.slices.list()
        }
        return {name: inside for name, inside in found.items() if inside is not None}

    def reports(self) -> list[SliceReport]:
        """Every saved slice under the model of each round, oldest slice first."""
        saved = self._records.slices.list()
        if not saved:
            return []
        rounds = [one for one in self._records.rounds.list() if one.model_id is not None]
        made = [_Measured(self._catalog, one) for one in saved]
        audited = Rightness.on_audit(self._catalog)
        for round_ in rounds if len(audited.rows) else ():
            self._measure(made, round_, audited)
        newest = self._newest()
        measure = measure_of_assets(self._catalog.settings.task)
        return [one.report(newest, measure) for one in made]

    def _measure(self, made: Sequence[_Measured], round_: Round, audited: Rightness) -> None:
        """Add the point of a round to each slice; the test is corrected for all of them.

        Those that were searched for on this model had to look bad: they are corrected for by
        themselves, as beside them the others would count for more than they are worth.
        """
        assert round_.model_id is not None
        model = self._records.models.get(round_.model_id)
        quality = audited.of(model)
        for searched in (False, True):
            mine = [one for one in made if (round_.number <= one.saved.found_in) is searched]
            sides = [one.sides(model.id, audited.rows, quality) for one in mine]
            told = [(one, it) for one, it in zip(mine, sides, strict=True) if it is not None]
            enough = [it for _, it in told if it.enough]
            adjusted = iter(discovery_rate([it.p_value for it in enough]).tolist())
            for one, it in told:
                p_value = next(adjusted) if it.enough else None
                one.course.append(it.point(round_.number, p_value, searched))

    def _newest(self) -> str | None:
        """The newest model of a round that filters can go by; of values one that is rated."""
        found = [one.model_id for one in self._records.rounds.list() if one.model_id is not None]
        if not found:
            return None
        filters = training.classifies(self._catalog) or self._catalog.value_ratings.get(found[-1])
        return found[-1] if filters else None


class _Measured:
    """A slice while it is measured: its query is asked once where no model plays a part in it."""

    def __init__(self, catalog: Catalog, saved: SavedSlice) -> None:
        self.saved = saved
        self.course: list[SlicePoint] = []
        self._catalog = catalog
        self._inside: dict[str | None, NDArray[np.bool_]] = {}
        self._problem: str | None = None
        self._query: AssetQuery | None = None
        self._rule = ""
        try:
            stored = _stored(saved)
            self._rule = in_words(stored)
            self._query = _read(catalog, saved)
            self._rule = in_words(self._query) + _saved_as(stored, self._query)
        except QueristError as problem:  # its classes are gone, or its range held nothing
            self._problem = str(problem)

    def sides(
        self, model_id: str, rows: NDArray[np.int64], quality: NDArray[np.float64]
    ) -> Sides | None:
        inside = self.mask(model_id)
        if inside is None:
            return None
        mine = inside[rows]
        return Sides(inside=quality[mine], rest=quality[~mine])

    def report(self, model_id: str | None, measure: str) -> SliceReport:
        inside = self.mask(model_id)
        return SliceReport(
            slice=self.saved,
            rule=self._rule,
            assets=0 if inside is None else int(inside.sum()),
            measure=measure,
            course=tuple(self.course),
            # One old model that says nothing of it is a gap in its course, no more.
            problem=None if self.course and inside is not None else self._problem,
        )

    def mask(self, model_id: str | None) -> NDArray[np.bool_] | None:
        if self._query is None:
            return None
        key = model_id if _asks_model(self._query) else None
        try:
            if key not in self._inside:
                self._inside[key] = matching(self._catalog, self._query, key)
        except QueristError as problem:  # its vectors or its model are gone: the others are told
            self._problem = str(problem)
            return None
        return self._inside[key]


def in_words(query: AssetQuery) -> str:
    """What a query asks for, in words."""
    low, high = query.confidence or (0.0, 1.0)
    parts = [
        *(_condition_words(one) for one in query.where),
        f"{MOST_LIKE} is {query.like.example}" if query.like else "",
        f"label is {' or '.join(query.label)}" if query.label else "",
        f"predicted is {' or '.join(query.predicted)}" if query.predicted else "",
        f"confidence is {low:g} to {high:g}" if query.confidence else "",
        f"difficulty is {' or '.join(query.difficulty)}" if query.difficulty else "",
        f"state is {query.state}" if query.state != "any" else "",
        f"drawn for {query.arm}" if query.arm else "",
        f"selected by round {query.round}" if query.round is not None else "",
        f"holds “{query.text}”" if query.text.strip() else "",
        in_words(query.within) if query.within is not None else "",
    ]
    return " and ".join(part for part in parts if part)


def _condition_words(one: Condition) -> str:
    if one.words is not None:
        return f"{one.column} is {one.words or 'empty'}"
    if one.low is None:
        return f"{one.column} is below {one.high:.3g}"
    if one.high is None:
        return f"{one.column} is {one.low:.3g} or more"
    return f"{one.column} is {one.low:.3g} to {one.high:.3g}"


def _asks_model(query: AssetQuery) -> bool:
    own = bool(query.predicted or query.confidence or query.difficulty)
    return own or (query.within is not None and _asks_model(query.within))


def _asks_errors(query: AssetQuery) -> bool:
    return query.disagree or (query.within is not None and _asks_errors(query.within))


def _checked(query: AssetQuery) -> AssetQuery:
    kept = replace(query, sort="order", offset=0, limit=AssetQuery().limit)
    if kept == AssetQuery():
        raise InvalidInputError(
            "The query narrows nothing: all assets are no slice.",
            remedy="Give a filter, such as where=light=dark.",
        )
    if _asks_errors(kept):
        raise InvalidInputError(
            "The query asks for what the model gets wrong, so the model is wrong on all of it.",
            remedy="Save it without the filter on disagreement.",
        )
    low, high = kept.confidence or (0.0, 1.0)
    if low > high:
        raise InvalidInputError(
            f"The confidence is {low:g} to {high:g}, which ends before it begins.",
            remedy=f"Give the lower number first: {high:g} to {low:g}.",
        )
    return kept


def _name(name: str) -> str:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInputError(
            f"The slice name {name[:60]!r} cannot be used.",
            remedy=f"Use 1 to {LONGEST_NAME} printable characters.",
        )
    return name.strip()


def _stored(saved: SavedSlice) -> AssetQuery:
    return from_json(AssetQuery, saved.query)


def _read(catalog: Catalog, saved: SavedSlice) -> AssetQuery:
    """The query of a slice with what became of the classes that it was saved with.

    Of a class that was split every part counts: the slice was of them all.
    """
    return _of_now(catalog, _stored(saved), saved)


def _of_now(catalog: Catalog, query: AssetQuery, saved: SavedSlice) -> AssetQuery:
    def names(asked: tuple[str, ...]) -> tuple[str, ...]:
        since = (catalog.records.ontologies.since(name, saved.created_at) for name in asked)
        found = tuple(dict.fromkeys(name for parts in since for name in parts))
        if asked and not found:  # without any name the filter would let everything through
            raise InvalidInputError(
                f"{' and '.join(map(repr, asked))}, of which the slice {saved.name!r} is, "
                f"{'is no class' if len(asked) == 1 else 'are no classes'} any more.",
                remedy="Remove the slice, or go back to the classes of before: "
                "querist ontology show",
                slice=saved.name,
            )
        return found

    within = None if query.within is None else _of_now(catalog, query.within, saved)
    return replace(query, label=names(query.label), predicted=names(query.predicted), within=within)


def _saved_as(stored: AssetQuery, now: AssetQuery) -> str:
    """What the classes of a query were called, in words, where that is something else now."""
    was = _classes(stored)
    return f" (saved as {' or '.join(was)})" if was != _classes(now) else ""


def _classes(query: AssetQuery) -> tuple[str, ...]:
    within = () if query.within is None else _classes(query.within)
    return tuple(dict.fromkeys((*query.label, *query.predicted, *within)))
