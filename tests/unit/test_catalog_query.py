"""Asset queries: every filter against a brute-force answer, and counts that follow changes."""

from __future__ import annotations

import dataclasses
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from querist.catalog import AssetQuery, Catalog, Condition, Settings, cards, facets, run
from querist.catalog.records import NewTask
from querist.errors import InvalidInputError, NotFoundError, UnknownNameError
from querist.schema import (
    Action,
    Arm,
    Box,
    BoxesValue,
    Candidate,
    ClassesValue,
    ClassValue,
    LabeledBox,
    LabeledSpan,
    Round,
    Selected,
    Span,
    SpansValue,
    Step,
    Value,
)

CLASSES = ("shirt", "boot", "bag")
COUNT = 60
MODEL = "model-1"


def label(catalog: Catalog, asset_id: str, name: str | None, action: Action = Action.LABEL) -> None:
    """Append one entry to the label log."""
    catalog.records.labels.append(
        asset_id=asset_id,
        action=action,
        value=None if name is None else ClassValue(name=name),
        annotator="ana",
        ontology_version=1,
        submission_id=uuid.uuid4().hex,
    )


def draw(catalog: Catalog, number: int, arm: Arm, ids: list[str]) -> None:
    """Store a round that selected assets for an arm."""
    started = Round(number=number, step=Step.SELECT, plan=None, started_at=datetime.now(UTC))
    catalog.records.rounds.add(started)
    selected = [
        Selected(
            round=number, arm=arm, asset_id=key, rank=i, score=None, propensity=None, reason="test"
        )
        for i, key in enumerate(ids)
    ]
    tasks = [NewTask(asset_id=key, arms=(arm,), priority=0.0) for key in ids]
    catalog.records.rounds.select(
        dataclasses.replace(started, step=Step.COLLECT),
        expected_step=Step.SELECT,
        selected=selected,
        tasks=tasks,
    )


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """Sixty texts: some labelled, some skipped, fifty predicted, two rounds."""
    made = Catalog.create(tmp_path, Settings.of(name="p", media="text", classes=list(CLASSES)))
    made.records.annotators.ensure("ana")
    made.assets.ingest(
        Candidate(
            id=f"item-{i:02d}", text=f"Number {i} is {'ODD' if i % 2 else 'Even'} {'x' * 300}"
        )
        for i in range(COUNT)
    )
    for i in (3, 8, 21, 40, 55):
        label(made, f"item-{i:02d}", CLASSES[i % 3])
    label(made, "item-30", None, Action.SKIP)
    label(made, "item-31", None, Action.CANNOT_TELL)
    table = np.random.default_rng(3).dirichlet([0.5, 0.5, 0.5], size=50)
    made.predictions.put(MODEL, CLASSES, table)
    draw(made, 1, Arm.ACTIVE, ["item-03", "item-08", "item-09"])
    draw(made, 2, Arm.CONTROL, ["item-08", "item-50"])
    yield made
    made.close()


def everything(catalog: Catalog) -> list[dict[str, object]]:
    """What each asset is, computed one by one from the records and the probabilities."""
    table = catalog.predictions.probabilities(MODEL)
    rows = []
    for position, asset in enumerate(catalog.assets.get_many(catalog.assets.ids())):
        entry = catalog.records.labels.current(asset.id)
        value = entry.value if entry else None
        passed = entry is not None and value is None and entry.action is not Action.UNDO
        known = position < len(table)
        best = int(table[position].argmax()) if known else 0
        rows.append(
            {
                "id": asset.id,
                "state": "labeled" if value else "skipped" if passed else "unlabeled",
                "label": value.name if isinstance(value, ClassValue) else None,
                "predicted": CLASSES[best] if known else None,
                "confidence": float(table[position][best]) if known else None,
                "seq": entry.seq if entry else 0,
                "text": asset.text,
            }
        )
    return rows


FILTERS = [
    (AssetQuery(), lambda r: True),
    (AssetQuery(state="labeled"), lambda r: r["state"] == "labeled"),
    (AssetQuery(state="unlabeled"), lambda r: r["state"] == "unlabeled"),
    (AssetQuery(state="skipped"), lambda r: r["state"] == "skipped"),
    (AssetQuery(label=("boot", "bag")), lambda r: r["label"] in ("boot", "bag")),
    (AssetQuery(label=("nothing",)), lambda r: False),
    (AssetQuery(predicted=("boot",)), lambda r: r["predicted"] == "boot"),
    (
        AssetQuery(confidence=(0.5, 0.8)),
        lambda r: r["confidence"] is not None and 0.5 <= r["confidence"] <= 0.8,
    ),
    (
        AssetQuery(disagree=True),
        lambda r: r["label"] and r["predicted"] and r["label"] != r["predicted"],
    ),
    (AssetQuery(arm=Arm.CONTROL), lambda r: r["id"] in ("item-08", "item-50")),
    (AssetQuery(round=1), lambda r: r["id"] in ("item-03", "item-08", "item-09")),
    (AssetQuery(round=9), lambda r: False),
    (AssetQuery(text="odd"), lambda r: "ODD" in r["text"]),
    (AssetQuery(text=" ITEM-1"), lambda r: "item-1" in r["id"]),
    (
        AssetQuery(text="odd", state="unlabeled", predicted=("bag",)),
        lambda r: "ODD" in r["text"] and r["state"] == "unlabeled" and r["predicted"] == "bag",
    ),
]


@pytest.mark.parametrize(("query", "keep"), FILTERS)
def test_filters_agree_with_looking_at_each_asset(catalog: Catalog, query, keep) -> None:
    """Each filter gives exactly the assets that fit, in catalog order, with right cards."""
    expected = [row for row in everything(catalog) if keep(row)]
    page = run(catalog, query, MODEL)
    assert page.ids == [row["id"] for row in expected]
    assert page.total == len(expected)
    for card, row in zip(page.cards, expected, strict=True):
        assert (card.id, card.state, card.label, card.predicted, card.confidence) == (
            row["id"],
            row["state"],
            row["label"],
            row["predicted"],
            row["confidence"],
        )
        assert card.text == row["text"][:200]


def test_a_card_of_a_row_shows_its_cells(tmp_path: Path) -> None:
    """A grid of table rows reads in words, gaps left out and long numbers cut."""
    made = Catalog.create(tmp_path, Settings.of(name="p", media="table", classes=list(CLASSES)))
    row = {"city": "Rome", "gap": None, "price": 32.9612345678, "stock": 7}
    made.assets.ingest([Candidate(id="r1", features=row)])
    (card,) = run(made, AssetQuery()).cards
    made.close()
    assert card.text == "city Rome · price 32.9612 · stock 7"


def test_cards_tell_arms_and_the_last_round(catalog: Catalog) -> None:
    """A card lists every arm an asset was drawn for and the newest round."""
    found = cards(catalog, ["item-08", "item-03", "item-00"])
    assert [(card.arms, card.round) for card in found] == [
        ((Arm.ACTIVE, Arm.CONTROL), 2),
        ((Arm.ACTIVE,), 1),
        ((), None),
    ]
    with pytest.raises(NotFoundError, match="'nope'"):
        cards(catalog, ["nope"])


def test_sorts_put_what_has_no_value_last(catalog: Catalog) -> None:
    """Every order is right, stable, and ends with assets that lack the value."""
    rows = everything(catalog)
    predicted = [row for row in rows if row["confidence"] is not None]
    blank = [row["id"] for row in rows if row["confidence"] is None]
    up = [row["id"] for row in sorted(predicted, key=lambda row: row["confidence"])]
    down = [row["id"] for row in sorted(predicted, key=lambda row: -row["confidence"])]
    assert run(catalog, AssetQuery(sort="confidence"), MODEL).ids == up + blank
    assert run(catalog, AssetQuery(sort="-confidence"), MODEL).ids == down + blank
    newest = run(catalog, AssetQuery(sort="newest_label"), MODEL).ids
    assert newest[:7] == [f"item-{i}" for i in ("31", "30", "55", "40", "21", "08", "03")]
    assert newest[7:] == [row["id"] for row in rows if not row["seq"]]
    table = catalog.predictions.probabilities(MODEL)
    margins = np.sort(table, axis=1)[:, -1] - np.sort(table, axis=1)[:, -2]
    least = run(catalog, AssetQuery(sort="margin", limit=1), MODEL).ids
    assert least == [f"item-{int(margins.argmin()):02d}"]


def test_pages_cover_all_without_overlap(catalog: Catalog) -> None:
    """Pages put together are the whole answer; a page behind the end is empty."""
    whole = run(catalog, AssetQuery(sort="confidence"), MODEL).ids
    parts = [
        run(catalog, AssetQuery(sort="confidence", offset=i, limit=25), MODEL).ids
        for i in range(0, 75, 25)
    ]
    assert [key for part in parts for key in part] == whole
    assert run(catalog, AssetQuery(offset=99)).ids == []


def test_facets_count_each_choice_under_the_other_filters(catalog: Catalog) -> None:
    """A facet ignores its own filter and obeys the rest."""
    rows = everything(catalog)
    query = AssetQuery(state="labeled", predicted=("boot",))
    counts = facets(catalog, query, MODEL)
    boots = Counter(row["state"] for row in rows if row["predicted"] == "boot")
    assert counts["state"] == {word: boots[word] for word in ("unlabeled", "labeled", "skipped")}
    labeled = Counter(row["predicted"] for row in rows if row["state"] == "labeled")
    del labeled[None]
    assert counts["predicted"] == dict(labeled)
    assert len(counts["confidence"]) == 20
    everywhere = facets(catalog, AssetQuery(), MODEL)
    assert sum(everywhere["confidence"]) == 50
    for word, number in everywhere["predicted"].items():
        assert run(catalog, AssetQuery(predicted=(word,)), MODEL).total == number


def test_answers_follow_new_labels_undo_assets_and_rounds(catalog: Catalog) -> None:
    """Nothing that is kept in memory is ever stale."""
    assert run(catalog, AssetQuery(label=("bag",)), MODEL).total == 1
    label(catalog, "item-12", "bag")
    label(catalog, "item-08", "shirt")
    assert run(catalog, AssetQuery(label=("bag",)), MODEL).ids == ["item-12"]
    catalog.records.labels.undo(asset_id="item-12", annotator="ana", submission_id="u-1")
    assert run(catalog, AssetQuery(label=("bag",)), MODEL).total == 0
    assert run(catalog, AssetQuery(text="item-12"), MODEL).cards[0].state == "unlabeled"
    catalog.assets.ingest([Candidate(id="item-new", text="fresh")])
    page = run(catalog, AssetQuery(text="fresh"), MODEL)
    assert [(c.id, c.state, c.predicted) for c in page.cards] == [("item-new", "unlabeled", None)]
    draw(catalog, 3, Arm.AUDIT, ["item-new"])
    assert run(catalog, AssetQuery(arm=Arm.AUDIT), MODEL).ids == ["item-new"]
    catalog.predictions.put(MODEL, CLASSES, np.eye(3)[[2] * 61])
    assert run(catalog, AssetQuery(predicted=("bag",)), MODEL).total == 61


def test_without_a_model_nothing_is_predicted(catalog: Catalog) -> None:
    """Without a model the prediction filters match nothing, and an unknown model is said so."""
    page = run(catalog, AssetQuery(limit=3))
    assert [card.predicted for card in page.cards] == [None] * 3
    assert run(catalog, AssetQuery(confidence=(0, 1))).total == 0
    assert facets(catalog, AssetQuery())["predicted"] == {}
    with pytest.raises(NotFoundError, match="no-model"):
        run(catalog, AssetQuery(), "no-model")


def test_queries_that_make_no_sense_are_refused() -> None:
    """Unknown words, negative pages and ranges of nothing are refused by name."""
    with pytest.raises(UnknownNameError, match=r"labelled.*labeled"):
        AssetQuery(state="labelled")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="confidence"):
        AssetQuery(sort="confidense")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="-1"):
        AssetQuery(offset=-1)
    with pytest.raises(InvalidInputError, match=r"site=10\.\.2 ends before it begins"):
        Condition.read("site=10..2")
    with pytest.raises(InvalidInputError, match=r"day=20260101\.\.20260102"):
        Condition.read("day=20260102..20260101")
    with pytest.raises(InvalidInputError, match=r"holds no number.*site=3$"):
        Condition.read("site=3..3")


def test_a_range_with_an_end_that_is_no_number_is_refused(tmp_path: Path) -> None:
    """It would hold nothing; of a column of words it may be a value."""
    settings = Settings.of(name="shop", media="text", classes=["boot"])
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest(
        Candidate(id=f"t{i}", text=f"x {i}", metadata={"temp": i, "note": "wait.."})
        for i in range(3)
    )
    for text in ("temp=abc..", "temp=1..b"):
        with pytest.raises(InvalidInputError, match="an end that is no number"):
            run(made, AssetQuery(where=(Condition.read(text),)))
    assert run(made, AssetQuery(where=(Condition.read("note=wait.."),))).total == 3
    made.close()


@pytest.fixture
def sets(tmp_path: Path) -> Iterator[Catalog]:
    """Six texts whose labels are sets of classes, and no predictions."""
    made = Catalog.create(
        tmp_path / "sets",
        Settings.of(name="s", media="text", task="multi_label", classes=list(CLASSES)),
    )
    made.records.annotators.ensure("ana")
    made.assets.ingest(Candidate(id=f"t{i}", text=f"Text {i}") for i in range(6))
    for key, names in (("t0", ("boot",)), ("t1", ("bag", "boot")), ("t2", ()), ("t3", ("bag",))):
        mark(made, key, ClassesValue(names=names))
    yield made
    made.close()


def mark(catalog: Catalog, asset_id: str, value: Value) -> None:
    """Append a label of any kind."""
    catalog.records.labels.append(
        asset_id=asset_id,
        action=Action.LABEL,
        value=value,
        annotator="ana",
        ontology_version=1,
        submission_id=uuid.uuid4().hex,
    )


def test_a_set_is_found_by_any_of_its_classes(sets: Catalog) -> None:
    """Filter, facets and cards know the classes of a set, and follow what is labelled since."""
    with_boot = AssetQuery(label=("boot",))
    assert run(sets, with_boot).ids == ["t0", "t1"]
    assert run(sets, AssetQuery(label=("boot", "bag"))).ids == ["t0", "t1", "t3"]
    assert facets(sets, AssetQuery())["label"] == {"boot": 2, "bag": 2}
    assert facets(sets, AssetQuery(text="t1"))["label"] == {"boot": 1, "bag": 1}
    found = cards(sets, ["t1", "t2", "t5"])
    assert [(it.label, it.classes, it.state) for it in found] == [
        (None, ("bag", "boot"), "labeled"),
        (None, (), "labeled"),
        (None, (), "unlabeled"),
    ]
    mark(sets, "t0", ClassesValue(names=("shirt",)))
    mark(sets, "t4", ClassesValue(names=("boot", "shirt")))
    assert run(sets, with_boot).ids == ["t1", "t4"]
    label(sets, "t1", None, Action.SKIP)
    assert run(sets, with_boot).ids == ["t4"]
    assert facets(sets, AssetQuery())["label"] == {"shirt": 2, "boot": 1, "bag": 1}
    sets.views.close()
    assert facets(sets, AssetQuery())["label"] == {"shirt": 2, "boot": 1, "bag": 1}


@pytest.mark.parametrize(
    ("task", "value"),
    [
        ("boxes", BoxesValue(boxes=(
            LabeledBox(name="boot", box=Box(x=0, y=0, width=2, height=2)),
            LabeledBox(name="bag", box=Box(x=3, y=0, width=2, height=2)),
            LabeledBox(name="boot", box=Box(x=6, y=0, width=2, height=2)),
        ))),
        ("spans", SpansValue(spans=(
            LabeledSpan(name="boot", span=Span(start=0, end=2)),
            LabeledSpan(name="bag", span=Span(start=3, end=4)),
        ))),
    ],
    ids=["boxes", "spans"],
)  # fmt: skip
def test_shapes_are_found_by_their_classes(tmp_path: Path, task: str, value: Value) -> None:
    """An asset with two boots and a bag is one asset with a boot, read anew or as it is given."""
    settings = Settings.of(name="s", media="text", task=task, classes=list(CLASSES))
    made = Catalog.create(tmp_path, settings)
    made.records.annotators.ensure("ana")
    made.assets.ingest(Candidate(id=f"t{i}", text=f"abcdef {i}") for i in range(2))
    assert run(made, AssetQuery(label=("boot",))).ids == []
    mark(made, "t1", value)
    for _ in range(2):
        assert run(made, AssetQuery(label=("boot",))).ids == ["t1"]
        assert facets(made, AssetQuery())["label"] == {"boot": 1, "bag": 1}
        made.views.close()
    made.close()
