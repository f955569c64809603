"""Saved slices: queries of the catalog that people keep, measured under the model of each round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from querist.catalog import AssetQuery, Catalog, Condition, MostLike, matching
from querist.diagnostics.chances import chance, discovery_rate
from querist.errors import InvalidInputError, QueristError
from querist.loop import snapshot, training
from querist.loop.diagnosing import MOST_LIKE
from querist.loop.remedies import finding_named
from querist.loop.snapshot import Snapshot
from querist.metrics import difference_of_shares, wilson
from querist.schema import Estimate, Round, SavedSlice, from_json, to_json

Verdict = Literal["worse", "better", "no sure difference", "too few"]
# With fewer audit labels on a side nothing is compared.
FEWEST = 10
LEVEL = 0.05
LONGEST_NAME = 200
# Assets of a slice that a batch looks for more of.
MOST_EXAMPLES = 200
PERSON = "querist"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicePoint:
    """A slice under the model of one round, on the audit labels of now.

    Attributes:
        round: The round.
        accuracy: Of the slice, with its interval and audit labels; ``None`` without any.
        rest: Of all other audit labels; ``None`` without any.
        difference: The slice less the rest, with its interval; ``None`` where one is missing.
        p_value: Chance of a difference as great if there were none, two-sided, adjusted for all
            slices of the round; ``None`` where too few are compared.
        verdict: What that says at 5 %: ``worse``, ``better``, ``no sure difference``, ``too few``.
        searched: Whether the slice was found by looking at this very model's errors, or at those
            of one before: then it had to look bad, and is no evidence.
    """

    round: int
    accuracy: Estimate | None
    rest: Estimate | None
    difference: Estimate | None
    p_value: float | None
    verdict: Verdict
    searched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceReport:
    """A saved slice as it stands.

    Attributes:
        slice: The slice.
        rule: Its query in words.
        assets: Assets that belong to it now, under the newest model.
        course: The rounds with a model, oldest first.
        problem: Why it cannot be measured; ``None`` where it can.
    """

    slice: SavedSlice
    rule: str
    assets: int
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
            InvalidInputError: the name cannot be used, or the query narrows nothing, or asks for
                what the model gets wrong.
            ConflictError: another query has that name.
            NotFoundError: an asset that it names is not in the catalog.
        """
        kept = _checked(query)
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
        query = to_json(_query_of(found.evidence))
        return self._records.slices.add(
            _name(called), query, finding=finding, created_by=created_by
        )

    def remove(self, name: str) -> None:
        """Forget a slice; its assets and labels stay. Raises NotFoundError."""
        self._records.slices.remove(name)

    def query(self, name: str) -> AssetQuery:
        """The query of a slice; raises NotFoundError."""
        return _read(self._records.slices.get(name))

    def examples(self, name: str) -> list[str]:
        """Up to 200 assets of a slice that measure nothing, for a batch of more like them.

        Raises:
            NotFoundError: there is no such slice.
            InvalidInputError: no asset belongs to it.
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
        seen = snapshot.take(self._catalog)
        rounds = [one for one in self._records.rounds.list() if one.model_id is not None]
        one_class = training.classifies(self._catalog)
        made = [_Measured(self._catalog, one) for one in saved]
        for round_ in rounds if one_class else ():
            self._measure(made, round_, seen)
        problem = None if one_class else "How right a model is by slice is told of single classes."
        newest = self._newest()
        return [one.report(newest, problem) for one in made]

    def _measure(self, made: Sequence[_Measured], round_: Round, seen: Snapshot) -> None:
        """Add the point of a round to each slice; the test is corrected for all of them."""
        assert round_.model_id is not None
        rows = seen.audited()
        model = self._records.models.get(round_.model_id)
        said = training.predict(self._catalog, model, rows).argmax(axis=1)
        right = said == seen.codes[rows]
        counted = [(one, one.tally(model.id, rows, right)) for one in made]
        tested = [pair for pair in counted if pair[1] is not None and pair[1].enough]
        adjusted = discovery_rate([tally.p_value for _, tally in tested if tally is not None])
        p_values = {id(one): float(p) for (one, _), p in zip(tested, adjusted, strict=True)}
        for one, tally in counted:
            if tally is not None:
                searched = round_.number <= one.saved.found_in
                one.course.append(tally.point(round_.number, p_values.get(id(one)), searched))

    def _newest(self) -> str | None:
        """The newest classifier of a round: what its predictions say is what filters go by."""
        if not training.classifies(self._catalog):
            return None
        found = [one.model_id for one in self._records.rounds.list() if one.model_id is not None]
        return found[-1] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tally:
    hits: int
    count: int
    other_hits: int
    others: int

    @property
    def enough(self) -> bool:
        return min(self.count, self.others) >= FEWEST

    @property
    def p_value(self) -> float:
        """Two-sided: twice the smaller of Fisher's two tails."""
        misses, other_misses = self.count - self.hits, self.others - self.other_hits
        worse = chance(misses, self.count, other_misses, self.others)
        better = chance(self.hits, self.count, self.other_hits, self.others)
        return min(1.0, 2 * float(np.minimum(worse, better)))

    def point(self, number: int, p_value: float | None, searched: bool) -> SlicePoint:
        inside, rest = _share(self.hits, self.count), _share(self.other_hits, self.others)
        difference = None
        if inside is not None and rest is not None:
            low, high = difference_of_shares(
                (self.hits, self.count), (self.other_hits, self.others)
            )
            difference = Estimate(
                value=inside.value - rest.value, low=low, high=high, count=self.count
            )
        verdict: Verdict = "too few" if p_value is None else "no sure difference"
        if p_value is not None and p_value <= LEVEL and difference is not None:
            verdict = "worse" if difference.value < 0 else "better"
        return SlicePoint(
            round=number,
            accuracy=inside,
            rest=rest,
            difference=difference,
            p_value=p_value,
            verdict=verdict,
            searched=searched,
        )


class _Measured:
    """A slice while it is measured: its query is asked once where no model plays a part in it."""

    def __init__(self, catalog: Catalog, saved: SavedSlice) -> None:
        self.saved = saved
        self.course: list[SlicePoint] = []
        self._catalog = catalog
        self._query = _read(saved)
        self._inside: dict[str | None, NDArray[np.bool_]] = {}
        self._problem: str | None = None

    def tally(
        self, model_id: str, rows: NDArray[np.int64], right: NDArray[np.bool_]
    ) -> _Tally | None:
        inside = self.mask(model_id)
        if inside is None:
            return None
        mine = inside[rows]
        return _Tally(
            hits=int(right[mine].sum()),
            count=int(mine.sum()),
            other_hits=int(right[~mine].sum()),
            others=int((~mine).sum()),
        )

    def report(self, model_id: str | None, problem: str | None) -> SliceReport:
        inside = self.mask(model_id)
        return SliceReport(
            slice=self.saved,
            rule=in_words(self._query),
            assets=0 if inside is None else int(inside.sum()),
            course=tuple(self.course),
            problem=self._problem or problem,
        )

    def mask(self, model_id: str | None) -> NDArray[np.bool_] | None:
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


def _share(hits: int, count: int) -> Estimate | None:
    if not count:
        return None
    low, high = wilson(hits, count)
    return Estimate(value=hits / count, low=low, high=high, count=count)


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
    return kept


def _name(name: str) -> str:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInputError(
            f"The slice name {name[:60]!r} cannot be used.",
            remedy=f"Use 1 to {LONGEST_NAME} printable characters.",
        )
    return name.strip()


def _query_of(evidence: Mapping[str, Any]) -> AssetQuery:
    where = [one for one in evidence["where"] if one["column"] != MOST_LIKE]
    example = next((one["words"] for one in evidence["where"] if one not in where), None)
    like = None
    if example is not None:
        others = tuple(one for one in evidence["examples"] if one != example)
        like = MostLike(example=example, others=others, encoder=evidence["encoder"])
    return AssetQuery(where=tuple(Condition(**one) for one in where), like=like)


def _read(saved: SavedSlice) -> AssetQuery:
    return from_json(AssetQuery, saved.query)
