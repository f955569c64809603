"""Detectors of the transformers library: they learn boxes, keep them, and refuse what is wrong."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from querist.errors import InvalidInputError, NotFittedError, StorageError, UnknownNameError
from querist.learners import Item
from querist.learners.transformers_boxes import TransformersBoxes
from querist.learners.value_base import Inputs
from querist.schema import Box, BoxesValue, LabeledBox, Media, NumberValue, Value

CLASSES = ("red", "blue")
NOTHING = BoxesValue(boxes=())


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a detector with a few thousand random weights."""
    import torch
    from transformers import YolosConfig, YolosForObjectDetection, YolosImageProcessor

    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    configuration = YolosConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=[64, 64],
        patch_size=16,
        num_detection_tokens=5,
        num_labels=7,
    )
    YolosForObjectDetection(configuration).save_pretrained(folder)
    size = {"height": 64, "width": 64}
    YolosImageProcessor(size=size, do_pad=False).save_pretrained(folder)
    return str(folder)


def pictures(given: Sequence[BoxesValue]) -> Inputs:
    """Pictures of 120 by 60 pixels that show the boxes they are labeled with."""
    raw = []
    for value in given:
        picture = Image.new("RGB", (120, 60), "white")
        for item in value.boxes:
            box = item.box
            ends = (box.x, box.y, box.x + box.width - 1, box.y + box.height - 1)
            ImageDraw.Draw(picture).rectangle(ends, fill=item.name)
        stored = io.BytesIO()
        picture.save(stored, "PNG")
        raw.append(stored.getvalue())

    def items(rows: Sequence[int]) -> list[Item]:
        return [Item(media=Media.IMAGE, asset_id=str(i), data=raw[i]) for i in rows]

    ids = [str(i) for i in range(len(given))]
    return Inputs(asset_ids=ids, vectors=np.zeros((len(given), 1), np.float32), items=items)


def labels() -> list[BoxesValue]:
    """A red box on the left."""
    red = LabeledBox(name="red", box=Box(x=10, y=15, width=40, height=40))
    return [BoxesValue(boxes=(red,))]


def test_it_learns_boxes_and_keeps_them(tiny: str, tmp_path: Path) -> None:
    """The surest box of a picture is the one that was taught; the stored model is the same."""
    learner = TransformersBoxes(tiny, epochs=60, learning_rate=3e-3, batch_size=2, device="cpu")
    truth = labels()
    known: list[Value] = [*truth]
    learner.fit(pictures(truth), known, classes=CLASSES, rng=np.random.default_rng(0))
    found = learner.predict(pictures(truth))
    for said, true in zip(found.values, truth, strict=True):
        assert isinstance(said, BoxesValue)
        assert said.boxes[0].name == true.boxes[0].name
        assert said.boxes[0].box.iou(true.boxes[0].box) > 0.7
        sure = [box.confidence or 0 for box in said.boxes]
        assert sure == sorted(sure, reverse=True)
        assert all(b.box.x >= 0 and b.box.x + b.box.width <= 120.001 for b in said.boxes)
    assert (found.uncertainty >= 0).all()
    learner.save(tmp_path)
    again = TransformersBoxes(tiny, device="cpu")
    again.load(tmp_path)
    np.testing.assert_allclose(
        again.predict(pictures(truth)).uncertainty, found.uncertainty, atol=1e-5
    )


def test_bad_input_is_told(tiny: str, tmp_path: Path) -> None:
    """Other labels, no box, unknown classes, no folder, and questions before the training."""
    rng = np.random.default_rng(0)
    learner = TransformersBoxes(tiny, device="cpu")
    one = pictures([NOTHING])
    with pytest.raises(NotFittedError):
        learner.predict(one)
    with pytest.raises(InvalidInputError, match="number"):
        learner.fit(one, [NumberValue(number=1)], classes=CLASSES, rng=rng)
    with pytest.raises(InvalidInputError, match="has a box"):
        learner.fit(one, [NOTHING], classes=CLASSES, rng=rng)
    with pytest.raises(UnknownNameError, match="red"):
        learner.fit(one, labels(), classes=["blue"], rng=rng)
    nowhere = TransformersBoxes(str(tmp_path), device="cpu")
    with pytest.raises(StorageError, match="cannot be read"):
        nowhere.fit(one, labels(), classes=CLASSES, rng=rng)
