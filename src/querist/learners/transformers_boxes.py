"""A detector of the transformers library fine-tuned on the project's own boxes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import TooFewLabelsError, UnknownNameError
from querist.learners import arrays, torch_device
from querist.learners.base import Item
from querist.learners.checking import check_media, check_values, unfitted
from querist.learners.image_decoding import undecodable
from querist.learners.torch_training import held_out
from querist.learners.transformers_models import (
    Tuning,
    fine_tune,
    read_pretrained,
    write_pretrained,
)
from querist.learners.value_base import Guesses, Inputs
from querist.schema import Box, BoxesValue, LabeledBox, Media, TaskKind, Value

_KIND = "AutoModelForObjectDetection"
# What is less likely than this is not told, and no more boxes of one picture than this.
LEAST_CONFIDENCE, MOST_BOXES = 0.05, 100
_PREDICT_BATCH = 8


class TransformersBoxes:
    """A pre-trained detector whose classes are made anew, all of it fine-tuned.

    Carion et al. (2020), "End-to-end object detection with transformers", and its kin: whatever
    transformers opens as a model for object detection together with its image processor.

    The doubt of a picture sums up, over the boxes that are told, how far each is from being sure:
    2 × the smaller of its confidence and the rest.

    Args:
        model: A local folder with config, image processor and safetensors weights, or a name of a
            model hub.
        epochs: Passes over the labelled pictures at most.
        learning_rate: Highest step of AdamW, over 0.
        batch_size: Pictures a step.
        device: ``cpu``, ``cuda`` …; ``None`` takes a GPU where there is one.
    """

    name: ClassVar[str] = "transformers-boxes"
    summary: ClassVar[str] = "A detector of your own or a hub, fine-tuned on boxes; extra [text]"
    paper: ClassVar[str] = "Carion et al. 2020"
    tasks: ClassVar[frozenset[TaskKind]] = frozenset({TaskKind.BOXES})

    def __init__(
        self,
        model: str,
        epochs: int = 20,
        learning_rate: float = 5e-5,
        batch_size: int = 4,
        device: str | None = None,
    ) -> None:
        self._tuning = Tuning(epochs=epochs, learning_rate=learning_rate, batch_size=batch_size)
        self._source, self._asked_device = model, device
        self._device = torch_device.choose(device, feature=self.name, extra="text")
        self._network: Any = None
        self._processor: Any = None
        self._classes: tuple[str, ...] = ()

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What rebuilds it."""
        return {
            "model": self._source,
            **asdict(self._tuning),
            "device": self._asked_device,
        }

    def fit(
        self,
        inputs: Inputs,
        values: Sequence[Value],
        *,
        classes: Sequence[str],
        rng: np.random.Generator,
    ) -> None:
        """Fine-tune the pre-trained detector anew on n pictures and their boxes.

        Raises:
            InvalidInputError: no pictures, lengths that disagree, labels of another kind, no box
                at all, or a loss that is no number.
            UnknownNameError: a box names a class that is not among ``classes``.
            StorageError: the pre-trained model cannot be read.
        """
        known = check_values(len(inputs), values, BoxesValue)
        if not any(value.boxes for value in known):
            raise TooFewLabelsError(
                f"None of the {len(known)} labels has a box.",
                remedy="Label pictures that show objects, then train.",
            )
        goals = [_goal(value, classes) for value in known]
        held = held_out(np.zeros(len(known), np.int64), rng)
        with torch_device.seeded(int(rng.integers(2**31)), self._device):
            network, processor = read_pretrained(
                _KIND, self._source, self._device, feature=self.name, num_labels=len(classes)
            )

            def loss_of(rows: NDArray[np.int64]) -> Any:
                pictures = self._pictures(inputs.items(rows.tolist()))
                batch = processor(
                    images=pictures,
                    annotations=[goals[i] | {"image_id": i} for i in rows.tolist()],
                    return_tensors="pt",
                ).to(self._device)
                return network(**batch).loss

            fine_tune(network, loss_of, held, self._tuning, self._device)
        self._network, self._processor, self._classes = network, processor, tuple(classes)

    def predict(self, inputs: Inputs) -> Guesses:
        """The boxes of n pictures, each with its confidence, the surest first.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: an asset is no picture that can be decoded.
        """
        if self._network is None:
            raise unfitted(self.name)
        values = [value for part in self._told(inputs) for value in part]
        sure = [np.array([box.confidence for box in value.boxes], dtype=float) for value in values]
        doubts = [2 * np.minimum(one, 1 - one).sum() for one in sure]
        return Guesses(values=values, uncertainty=np.array(doubts, dtype=np.float32))

    def save(self, folder: Path) -> None:
        """Write weights as safetensors, all else as JSON.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
        """
        if self._network is None:
            raise unfitted(self.name)
        write_pretrained(self._network, self._processor, folder / "network")
        arrays.write(folder, {}, {"name": self.name, "classes": list(self._classes)})

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder does not hold a model of this kind.
        """
        _, facts = arrays.read(folder, self.name)
        self._network, self._processor = read_pretrained(
            _KIND, folder / "network", self._device, feature=self.name
        )
        self._classes = tuple(facts["classes"])

    def _told(self, inputs: Inputs) -> Iterator[list[BoxesValue]]:
        import torch

        for start in range(0, len(inputs), _PREDICT_BATCH):
            items = inputs.items(range(start, min(start + _PREDICT_BATCH, len(inputs))))
            pictures = self._pictures(items)
            batch = self._processor(images=pictures, return_tensors="pt").to(self._device)
            with torch.inference_mode():
                said = self._network(**batch)
            found = self._processor.post_process_object_detection(
                said,
                threshold=LEAST_CONFIDENCE,
                target_sizes=[(picture.height, picture.width) for picture in pictures],
            )
            yield [
                _boxes(one, picture.width, picture.height, self._classes)
                for one, picture in zip(found, pictures, strict=True)
            ]

    def _pictures(self, items: Sequence[Item]) -> list[Any]:
        check_media(items, Media.IMAGE, self.name)
        return [_opened(item) for item in items]


def _opened(item: Item) -> Any:
    """The picture as RGB, turned as it is shown."""
    from PIL import Image, ImageOps

    assert item.data is not None
    try:
        with Image.open(io.BytesIO(item.data)) as opened:
            return ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError) as error:
        raise undecodable(f"The picture {item.asset_id!r}", error) from error


def _goal(value: BoxesValue, classes: Sequence[str]) -> dict[str, Any]:
    """Boxes as COCO writes them."""
    for item in value.boxes:
        if item.name not in classes:
            raise UnknownNameError.of("class", item.name, classes)
    return {
        "annotations": [
            {
                "bbox": [it.box.x, it.box.y, it.box.width, it.box.height],
                "category_id": list(classes).index(it.name),
                "area": it.box.width * it.box.height,
                "iscrowd": 0,
            }
            for it in value.boxes
        ]
    }


def _boxes(found: Mapping[str, Any], width: int, height: int, classes: Sequence[str]) -> BoxesValue:
    """What lies within the picture of the likeliest boxes."""
    sure, codes = found["scores"].cpu().numpy(), found["labels"].cpu().numpy()
    sides = found["boxes"].cpu().numpy().astype(float)
    sides = np.clip(sides, 0, [width, height, width, height])
    wide = (sides[:, 2] - sides[:, 0] > 0) & (sides[:, 3] - sides[:, 1] > 0)
    order = np.argsort(-sure, kind="stable")
    order = order[wide[order] & (codes[order] < len(classes))][:MOST_BOXES]
    return BoxesValue(
        boxes=tuple(
            LabeledBox(
                name=classes[codes[i]],
                box=Box(x=left, y=top, width=right - left, height=bottom - top),
                confidence=float(min(sure[i], 1.0)),
            )
            for i in order.tolist()
            for left, top, right, bottom in [sides[i].tolist()]
        )
    )
