"""The default learner of boxes: a one-stage detector on what a frozen network sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, TooFewLabelsError, UnknownNameError
from querist.learners import arrays, detector_boxes, detector_head, detector_training, torch_device
from querist.learners.checking import check_values, unfitted, unreadable
from querist.learners.detector_maps import FrozenMaps, Maps
from querist.learners.value_base import Guesses, Inputs
from querist.schema import Box, BoxesValue, LabeledBox, TaskKind, Value

# Pictures that are read and looked at together.
READ = 64
BATCH = 16
WIDTH = 64
STRIDE = 16
DROPOUT = 0.2
LEARNING_RATE = 1e-2
WEIGHT_DECAY = 0.05
# Steps for each labelled box, within bounds on the work.
STEPS_A_BOX = 0.5
LEAST_STEPS, MOST_STEPS = 250, 1_500


class DetectorLearner:
    """Boxes by a small anchor-free head on the frozen maps of EfficientNet-Lite0.

    The maps at strides 8 (averaged to 16), 16 and 32 are computed once for each picture; only the
    head is trained, some seconds for a hundred pictures on one core, on each picture and its mirror
    image. An object is one box. The doubt of a picture comes from ``samples`` dropout passes over
    the head's last layer: class or nothing, and where, of every candidate, the weak ones too.

    Args:
        size: Side in pixels that pictures are brought to, a multiple of 32; objects of less than
            about a tenth of the picture need more.
        steps: Steps of training; ``None`` is half the number of labelled boxes, 250 to 1,500.
        samples: Dropout passes for the doubt; 0 takes the entropy of one prediction.
        aggregate: How a picture's doubt is made of its boxes': ``sum``, ``max``, ``mean``, or
            ``balanced``, a sum in which boxes of classes with few labels weigh more.
        mirror: Whether mirror images train, too; switch it off where left and right matter.
        device: ``cpu``, ``cuda`` …; ``None`` takes a GPU where there is one.
    """

    name: ClassVar[str] = "detector"
    summary: ClassVar[str] = "Boxes: a one-stage detector on frozen features; extra [vision]"
    paper: ClassVar[str] = "Tian et al. 2019"
    tasks: ClassVar[frozenset[TaskKind]] = frozenset({TaskKind.BOXES})

    def __init__(
        self,
        size: int = 256,
        steps: int | None = None,
        samples: int = 20,
        aggregate: str = "balanced",
        mirror: bool = True,
        device: str | None = None,
    ) -> None:
        _check("size", size, 64 <= size <= 1_024 and size % 32 == 0, "a multiple of 32, 64 to 1024")
        _check("steps", steps, steps is None or steps >= 1, "1 or more")
        _check("samples", samples, samples >= 0, "0 or more")
        if aggregate not in detector_boxes.AGGREGATES:
            raise UnknownNameError.of("aggregate", aggregate, detector_boxes.AGGREGATES)
        self._parameters: dict[str, Any] = {
            "size": size,
            "steps": steps,
            "samples": samples,
            "aggregate": aggregate,
            "mirror": mirror,
            "device": device,
        }
        self._device = torch_device.choose(
            device, feature=f"The learner {self.name!r}", extra="vision"
        )
        self._maps = FrozenMaps(size, self._device)
        self._grid = size // STRIDE
        self._head: Any = None
        self._classes: tuple[str, ...] = ()
        self._weights: NDArray[np.float64] = np.zeros(0)  # (C,)
        self._seed = 0

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What rebuilds it by name."""
        return dict(self._parameters)

    def fit(
        self,
        inputs: Inputs,
        values: Sequence[Value],
        *,
        classes: Sequence[str],
        rng: np.random.Generator,
    ) -> None:
        """Train on the boxes of n pictures; ``rng`` seeds the weights, the order, and the dropout.

        Raises:
            InvalidInputError: no pictures, lengths that disagree, labels of another kind, no box
                in any of them, a class that is none of ``classes``, or a picture that cannot be
                decoded.
            MissingDependencyError: the extra ``vision`` is not installed.
        """
        import torch

        labels = check_values(len(inputs), values, BoxesValue)
        pictures, codes, boxes = _columns(labels, classes)
        seed = int(rng.integers(2**62))
        seen, frames = self._training_maps(inputs)
        sides = _in_the_square(boxes, frames[pictures])
        if self._parameters["mirror"]:
            turned = sides[:, [2, 1, 0, 3]] * [-1, 1, -1, 1] + np.array([1, 0, 1, 0]) * self._size
            pictures = np.concatenate([pictures, pictures + len(inputs)])
            codes, sides = np.tile(codes, 2), np.concatenate([sides, turned])
        targets = detector_training.assign(
            pictures,
            codes,
            sides.astype(np.float32),
            count=len(seen[0]),
            grid=self._grid,
            stride=STRIDE,
        )
        with torch_device.seeded(seed, self._device), torch_device.steady(self._device):
            head = detector_head.build(len(classes), width=WIDTH, dropout=DROPOUT)
            detector_head.standardise(head, tuple(seen))
            head = head.to(self._device)
            detector_training.train(
                head,
                tuple(torch.from_numpy(level) for level in seen),
                targets,
                grid=self._grid,
                stride=STRIDE,
                steps=self._steps(len(boxes)),
                batch=min(BATCH, len(seen[0])),
                learning_rate=LEARNING_RATE,
                weight_decay=WEIGHT_DECAY,
                device=self._device,
            )
        self._head, self._classes, self._seed = head, tuple(classes), seed
        counts = np.bincount(codes, minlength=len(classes)) + 1
        self._weights = counts.mean() / counts

    def predict(self, inputs: Inputs) -> Guesses:
        """The boxes of n pictures, how sure of each, and the doubt of each picture.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: a picture cannot be decoded.
        """
        if self._head is None:
            raise unfitted(self.name)
        values: list[Value] = []
        doubt = np.zeros(len(inputs), np.float32)
        for part, maps in self._read(inputs):
            found = self._found(maps)
            values += self._values(found, maps.frames)
            doubt[part] = detector_boxes.asset_doubt(
                found, len(maps.frames), self._parameters["aggregate"], self._weights
            )
        return Guesses(values=values, uncertainty=doubt)

    def save(self, folder: Path) -> None:
        """Write the head as safetensors; the frozen network belongs to its package."""
        if self._head is None:
            raise unfitted(self.name)
        state = {name: tensor.cpu().numpy() for name, tensor in self._head.state_dict().items()}
        facts = {"name": self.name, "classes": list(self._classes), "seed": self._seed}
        arrays.write(folder, {**state, "class_weights": self._weights}, facts)

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder holds no model of this kind.
        """
        import torch

        state, facts = arrays.read(folder, self.name, ("class_weights",))
        weights = state.pop("class_weights")
        with torch_device.seeded(0, self._device):  # its first weights are drawn, then replaced
            head = detector_head.build(len(facts["classes"]), width=WIDTH, dropout=DROPOUT)
        try:
            head.load_state_dict({name: torch.from_numpy(v) for name, v in state.items()})
        except RuntimeError as error:  # torch: the names or shapes are others
            raise unreadable(self.name, folder, error) from error
        self._head, self._weights = head.to(self._device).eval(), weights
        self._classes, self._seed = tuple(facts["classes"]), int(facts["seed"])

    @property
    def _size(self) -> int:
        return int(self._parameters["size"])

    def _steps(self, boxes: int) -> int:
        asked = self._parameters["steps"]
        if asked is not None:
            return int(asked)
        return min(max(round(STEPS_A_BOX * boxes), LEAST_STEPS), MOST_STEPS)

    def _read(self, inputs: Inputs, *, mirrored: bool = False) -> Iterator[tuple[slice, Maps]]:
        for start in range(0, len(inputs), READ):
            part = slice(start, min(start + READ, len(inputs)))
            items = inputs.items(range(part.start, part.stop))
            yield part, self._maps.of(items, mirrored=mirrored)

    def _training_maps(
        self, inputs: Inputs
    ) -> tuple[list[NDArray[np.float16]], NDArray[np.float64]]:
        """The maps of the pictures, then of their mirror images; and their frames."""
        kinds = (False, True) if self._parameters["mirror"] else (False,)
        read = [maps for mirrored in kinds for _, maps in self._read(inputs, mirrored=mirrored)]
        levels = [np.concatenate(of_one) for of_one in zip(*(m.levels for m in read), strict=True)]
        return levels, np.concatenate([maps.frames for maps in read])

    def _found(self, maps: Maps) -> detector_boxes.Found:
        import torch

        with torch.inference_mode(), torch_device.steady(self._device):
            seen = tuple(torch.from_numpy(level).to(self._device).float() for level in maps.levels)
            return detector_boxes.find(
                self._head,
                detector_head.reached(self._head, seen, self._grid),
                grid=self._grid,
                stride=STRIDE,
                samples=self._parameters["samples"],
                seed=self._seed,
            )

    def _values(self, found: detector_boxes.Found, frames: NDArray[np.float64]) -> list[Value]:
        """A label for each picture, in its own pixels; what lies wholly beyond it is left out."""
        scale, left, top, width, height = frames[found.pictures].T
        low = (found.sides[:, :2] - np.stack([left, top], axis=1)) / scale[:, None]
        high = (found.sides[:, 2:] - np.stack([left, top], axis=1)) / scale[:, None]
        ends = np.stack([width, height], axis=1)
        low, high = np.clip(low, 0, ends), np.clip(high, 0, ends)
        boxes: list[list[LabeledBox]] = [[] for _ in frames]
        for row in np.flatnonzero(((high - low) > 0).all(axis=1)).tolist():
            (x, y), (across, down) = low[row].tolist(), (high[row] - low[row]).tolist()
            one = LabeledBox(
                name=self._classes[found.classes[row]],
                box=Box(x=x, y=y, width=across, height=down),
                confidence=float(found.confidence[row]),
            )
            boxes[found.pictures[row]].append(one)
        return [BoxesValue(boxes=tuple(of_one)) for of_one in boxes]


def _columns(
    labels: Sequence[BoxesValue], classes: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Picture (B,), class (B,), and left, top, width and height (B, 4) of every box."""
    code_of = {name: code for code, name in enumerate(classes)}
    rows = [(at, one) for at, label in enumerate(labels) for one in label.boxes]
    if not rows:
        raise TooFewLabelsError(
            f"None of the {len(labels)} labels holds a box.",
            remedy="Label some pictures with objects in them, then train.",
        )
    strange = sorted({one.name for _, one in rows} - set(code_of))
    if strange:
        raise InvalidInputError(
            f"A label has the class {strange[0]!r}, which is none of the {len(classes)} classes.",
            remedy="Add it to the classes, or correct the label.",
        )
    return (
        np.array([at for at, _ in rows], np.int64),
        np.array([code_of[one.name] for _, one in rows], np.int64),
        np.array([(b.x, b.y, b.width, b.height) for b in (one.box for _, one in rows)]),
    )


def _in_the_square(boxes: NDArray[np.float64], frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """Left, top, right and bottom (B, 4) in the network's square, of boxes in pictures' pixels."""
    low = boxes[:, :2] * frames[:, :1] + frames[:, 1:3]
    return np.concatenate([low, low + boxes[:, 2:] * frames[:, :1]], axis=1)


def _check(name: str, value: object, right: bool, wanted: str) -> None:
    if not right:
        raise InvalidInputError(f"{name} is {value}.", remedy=f"Give {wanted}.")
