"""Asset queries: filter, search, sort and page the catalog, and count what a filter would show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from querist.catalog.catalog import Catalog
from querist.catalog.conditions import Condition, MostLike
from querist.catalog.views import LABELED, NO_CLASS, SKIPPED, UNLABELED, View
from querist.errors import InvalidInputError, UnknownNameError
from querist.schema import Arm, Difficulty, Media

State = Literal["any", "labeled", "unlabeled", "skipped"]
Sort = Literal["order", "confidence", "-confidence", "margin", "hardest", "newest_label"]
_WORDS = tuple(Difficulty)
BINS = 20
_TEXT_SHOWN = 200
_CODES = {"unlabeled": UNLABELED, "labeled": LABELED, "skipped": SKIPPED}
_STATES = {code: word for word, code in _CODES.items()}
_Mask = NDArray[np.bool_]
_Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetQuery:
    """Which assets, in which order; every filter narrows.

    Attributes:
        state: Whether an asset has a label; ``skipped`` includes "cannot tell".
        label: Current label is, or names, one of these; empty for any.
        predicted: Predicted class is one of these; empty for any.
        confidence: Probability of the predicted class from low to high, both included.
        difficulty: How hard it is for the model is one of these; empty for any.
        disagree: Only assets whose label is not the predicted class.
        arm: Drawn for this arm.
        round: Selected by this round.
        text: The id or the text holds this, capitals aside.
        where: Conditions on metadata that all hold.
        like: Most like one of some examples.
        within: Another query, such as that of a saved slice, that narrows as well.
        sort: ``order`` of adding; least ``confidence`` first, or most (``-confidence``); least
            ``margin`` first; ``hardest`` first; ``newest_label`` first. What has no value comes
            last.
        offset: How many to leave out.
        limit: How many to give at most.
    """

    state: State = "any"
    label: tuple[str, ...] = ()
    predicted: tuple[str, ...] = ()
    confidence: tuple[float, float] | None = None
    difficulty: tuple[Difficulty, ...] = ()
    disagree: bool = False
    arm: Arm | None = None
    round: int | None = None
    text: str = ""
    where: tuple[Condition, ...] = ()
    like: MostLike | None = None
    within: AssetQuery | None = None
    sort: Sort = "order"
    offset: int = 0
    limit: int = 100

    def __post_init__(self) -> None:
        for field, value, words in (
            ("state", self.state, get_args(State)),
            ("sort", self.sort, get_args(Sort)),
        ):
            if value not in words:
                raise UnknownNameError.of(field, value, words)
        if self.offset < 0 or self.limit < 0:
            raise InvalidInputError(
                f"The page is offset {self.offset}, limit {self.limit}.",
                remedy="Give numbers of 0 or more.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetCard:
    """What a grid shows of an asset.

    Attributes:
        id: The asset.
        media: What it is made of.
        text: The first 200 characters of a text, or of the cells of a table row.
        label: The class that holds, if any.
        classes: Every class that the label names: that one, those of a set, or those of its boxes,
            polygons or spans.
        state: ``labeled``, ``unlabeled`` or ``skipped``.
        predicted: The predicted class, if there is a model.
        confidence: Its probability, 0 to 1.
        difficulty: How hard it is for the model, where that is told.
        arms: The arms it was drawn for.
        round: The last round that selected it.
        seq: Position in the label log of the last entry about it, 0 where there is none.
    """

    id: str
    media: Media
    text: str | None
    label: str | None
    classes: tuple[str, ...]
    state: str
    predicted: str | None
    confidence: float | None
    difficulty: Difficulty | None
    arms: tuple[Arm, ...]
    round: int | None
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetPage:
    """One page of a query: how many match in all, and this page's assets in order."""

    total: int
    ids: list[str]
    cards: list[AssetCard]


def run(catalog: Catalog, query: AssetQuery, model_id: str | None = None) -> AssetPage:
    """Answer ``query``.

    Args:
        catalog: The catalog.
        query: What is asked.
        model_id: The model whose predictions count; ``None`` for none.

    Raises:
        NotFoundError: the model has predicted nothing.
    """
    view = catalog.views.view(model_id)
    matches = np.flatnonzero(_matching(catalog, view, query))
    ordered = _sorted(view, matches, query.sort)
    page = ordered[query.offset : query.offset + query.limit]
    ids = [view.index.ids[i] for i in page.tolist()]
    return AssetPage(total=len(matches), ids=ids, cards=_cards(view, page))


def matching(catalog: Catalog, query: AssetQuery, model_id: str | None = None) -> _Mask:
    """Whether each asset (N,) fits ``query``, in catalog order; as ``run``."""
    return _matching(catalog, catalog.views.view(model_id), query)


def cards(catalog: Catalog, ids: list[str], model_id: str | None = None) -> list[AssetCard]:
    """The cards of some assets, in their order; raises NotFoundError that names unknown ids."""
    view = catalog.views.view(model_id)
    return _cards(view, view.index.positions(ids))


def facets(catalog: Catalog, query: AssetQuery, model_id: str | None = None) -> dict[str, Any]:
    """Count what each choice of a filter would show, given all the other filters.

    Returns:
        ``state``, ``label``, ``predicted`` and ``difficulty``: counts by word, without words that
        match nothing (but all states); ``confidence``: 20 counts, of 0–0.05, 0.05–0.1, … 0.95–1.
    """
    view = catalog.views.view(model_id)
    states = view.state[_matching(catalog, view, replace(query, state="any"))]
    any_label = _matching(catalog, view, replace(query, label=()))
    held = view.held.counts(any_label, len(view.names))
    predicted = view.predicted[_matching(catalog, view, replace(query, predicted=()))]
    sure = view.confidence[_matching(catalog, view, replace(query, confidence=None))]
    words = view.difficulty[_matching(catalog, view, replace(query, difficulty=()))]
    histogram, _ = np.histogram(sure[np.isfinite(sure)], bins=BINS, range=(0.0, 1.0))
    counts = np.bincount(states, minlength=3)
    return {
        "state": {word: int(counts[code]) for word, code in _CODES.items()},
        "label": _count_names(view.label[any_label], view.names, held),
        "predicted": _count_names(predicted, view.names),
        "difficulty": _count_names(words, _WORDS),
        "confidence": [int(n) for n in histogram],
    }


def _count_names(
    codes: NDArray[np.signedinteger[Any]], names: tuple[str, ...], others: _Counts | int = 0
) -> dict[str, int]:
    counts = np.bincount(codes[codes >= 0], minlength=len(names)) + others
    return {name: int(n) for name, n in zip(names, counts, strict=True) if n}


def _matching(catalog: Catalog, view: View, query: AssetQuery) -> _Mask:
    mask = np.ones(len(view.index.ids), dtype=bool)
    if query.state != "any":
        mask &= view.state == _CODES[query.state]
    if query.label:
        mask &= _labeled_as(view, query.label)
    if query.predicted:
        mask &= np.isin(view.predicted, _codes(query.predicted, view.names))
    if query.confidence is not None:
        low, high = query.confidence
        mask &= (view.confidence >= low) & (view.confidence <= high)
    if query.difficulty:
        mask &= np.isin(view.difficulty, [_WORDS.index(Difficulty(it)) for it in query.difficulty])
    if query.disagree:
        both = (view.label != NO_CLASS) & (view.predicted != NO_CLASS)
        mask &= both & (view.label != view.predicted)
    mask &= _drawn(view, query)
    mask &= _described(catalog, view, query)
    if query.within is not None:
        mask &= _matching(catalog, view, query.within)
    return mask


def _described(catalog: Catalog, view: View, query: AssetQuery) -> _Mask:
    """By what an asset itself is, whatever people or models say of it."""
    mask = np.ones(len(view.index.ids), dtype=bool)
    if query.text.strip():
        mask &= catalog.views.containing(view.index, query.text.strip())
    for condition in query.where:
        mask &= catalog.conditions.holds(condition)
    if query.like is not None:
        mask &= catalog.conditions.most_like(query.like)
    return mask


def _drawn(view: View, query: AssetQuery) -> _Mask:
    mask = np.ones(len(view.index.ids), dtype=bool)
    if query.arm is not None:
        mask &= view.arms[Arm(query.arm)]
    if query.round is not None:
        inside = np.zeros_like(mask)
        inside[view.rounds.get(query.round, np.empty(0, np.int64))] = True
        mask &= inside
    return mask


def _labeled_as(view: View, names: tuple[str, ...]) -> _Mask:
    """Whether the label is one of the classes, or a set or shapes with one of them."""
    wanted = _codes(names, view.names)
    return np.isin(view.label, wanted) | view.held.among(wanted, len(view.label))


def _codes(wanted: tuple[str, ...], names: tuple[str, ...]) -> NDArray[np.int32]:
    return np.array([i for i, name in enumerate(names) if name in wanted], dtype=np.int32)


def _sorted(view: View, matches: NDArray[np.int64], sort: Sort) -> NDArray[np.int64]:
    """``matches`` in the order asked; ties keep catalog order, and numpy sorts NaN last."""
    if sort == "order":
        return matches
    if sort == "newest_label":
        keys: NDArray[Any] = -view.label_seq[matches]
    elif sort == "margin":
        keys = view.margin[matches]
    elif sort == "hardest":
        keys = -view.error[matches]
    else:
        keys = view.confidence[matches] * (-1 if sort == "-confidence" else 1)
    return matches[np.argsort(keys, kind="stable")]


def _cards(view: View, positions: NDArray[np.int64]) -> list[AssetCard]:
    rows = view.index.rows(positions, ["id", "media", "text", "features"])
    held = view.held.of(positions)
    return [
        _card(view, int(i), row, held.get(int(i), ()))
        for i, row in zip(positions.tolist(), rows, strict=True)
    ]


def _card(view: View, position: int, row: dict[str, Any], held: Sequence[int]) -> AssetCard:
    selected = view.selected.get(position, [])
    drawn = {item.arm for item in selected}
    code, guess = int(view.label[position]), int(view.predicted[position])
    return AssetCard(
        id=row["id"],
        media=Media(row["media"]),
        text=_shown(row),
        label=view.names[code] if code != NO_CLASS else None,
        classes=tuple(view.names[it] for it in (held if code == NO_CLASS else (code,))),
        state=_STATES[int(view.state[position])],
        predicted=view.names[guess] if guess != NO_CLASS else None,
        confidence=float(view.confidence[position]) if guess != NO_CLASS else None,
        difficulty=_WORDS[view.difficulty[position]] if view.difficulty[position] >= 0 else None,
        arms=tuple(arm for arm in Arm if arm in drawn),
        round=max((item.round for item in selected), default=None),
        seq=int(view.label_seq[position]),
    )


def _shown(row: dict[str, Any]) -> str | None:
    """The beginning of what a grid can show in words: a text, or the cells of a table row."""
    if row["text"] is not None:
        return str(row["text"][:_TEXT_SHOWN])
    if row["features"] is None:
        return None
    cells = json.loads(row["features"]).items()
    said = (
        f"{name} {cell:.6g}" if isinstance(cell, float) else f"{name} {cell}"
        for name, cell in cells
        if cell is not None
    )
    return " · ".join(said)[:_TEXT_SHOWN]
