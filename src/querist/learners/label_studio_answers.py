"""What Label Studio's ML backends are shown of an asset, and how their answers are read."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, MissingDependencyError
from querist.learners.base import Item
from querist.learners.image_decoding import undecodable
from querist.outside import label_studio_values as form
from querist.schema import (
    Asset,
    Bounds,
    BoxesValue,
    ClassesValue,
    ClassValue,
    Media,
    Ontology,
    SpansValue,
    TaskKind,
    Value,
    check_value,
    cut_to,
)

# What a backend says without a score is taken as neither sure nor wrong.
_NO_SCORE = 0.5
_REMEDY = "Correct it in the backend."


def as_asset(asset_id: str, item: Item) -> Asset:
    """The asset that an item shows, with the size of its picture."""
    if item.data is None:
        return Asset(id=asset_id, media=item.media, text=item.text, features=item.features)
    _, width, height = _picture(item.data)
    return Asset(id=asset_id, media=item.media, width=width, height=height)


def shown(item: Item) -> Any:
    """A text, a row, or a picture as a data address."""
    if item.media is not Media.IMAGE or item.data is None:
        return item.text if item.text is not None else dict(item.features or {})
    coded = base64.b64encode(item.data).decode("ascii")
    return f"data:{_picture(item.data)[0]};base64,{coded}"


def read_answer(one: Any, asset: Asset, ontology: Ontology) -> tuple[Value | None, float]:
    """A label and how sure it is; no label where the backend says nothing of one class."""
    if isinstance(one, list):  # several answers: the first is the one to show
        one = one[0] if one else {"result": []}
    if not isinstance(one, dict) or not isinstance(one.get("result"), list):
        raise InvalidInputError("it has no list of regions", remedy=_REMEDY)
    regions = one["result"]
    score = _score(one.get("score"), _NO_SCORE)
    single = ontology.task in (TaskKind.CLASSIFICATION, TaskKind.REGRESSION)
    if single and not regions:
        if ontology.task is TaskKind.REGRESSION:
            raise InvalidInputError("it names no number", remedy=_REMEDY)
        return None, 0.0
    if single:
        score = _score(regions[0].get("score") if isinstance(regions[0], dict) else None, score)
    value = form.decode(regions, asset, ontology)
    check_value(value, ontology)
    bounds = Bounds(width=asset.width, height=asset.height)
    return cut_to(_with_scores(value, regions, score), bounds), score


def nothing(ontology: Ontology) -> Value:
    """What stands for no answer: the first class, of which nobody is surer than of others."""
    return ClassValue(name=ontology.names[0])


def chances(
    ontology: Ontology, values: Sequence[Value | None], sure: NDArray[np.float32]
) -> NDArray[np.float32] | None:
    """The chance of each class (n, C) that the scores leave; ``None`` where there is none."""
    count = len(ontology.names)
    if ontology.task is TaskKind.MULTI_LABEL:
        each = np.broadcast_to(1 - sure[:, None], (len(values), count)).astype(np.float32)
        for row, value in enumerate(values):
            assert isinstance(value, ClassesValue)
            each[row, [ontology.index(name) for name in value.names]] = sure[row]
        return each
    if ontology.task is not TaskKind.CLASSIFICATION:
        return None
    found = np.full((len(values), count), 1 / count, dtype=np.float32)
    for row, value in enumerate(values):
        if isinstance(value, ClassValue) and count > 1:
            top = max(float(sure[row]), 1.01 / count)
            found[row] = (1 - top) / (count - 1)
            found[row, ontology.index(value.name)] = top
    return found


def _score(said: Any, default: float) -> float:
    if said is None:
        return default
    try:
        found = math.nan if isinstance(said, bool) else float(said)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not 0 <= found <= 1:
        raise InvalidInputError(f"the score {said!r:.40} is not between 0 and 1", remedy=_REMEDY)
    return found


def _with_scores(value: Value, regions: Sequence[Any], score: float) -> Value:
    sure = [_score(region.get("score"), score) for region in regions]
    if isinstance(value, BoxesValue):
        boxes = zip(value.boxes, sure, strict=True)
        return BoxesValue(boxes=tuple(replace(box, confidence=s) for box, s in boxes))
    if isinstance(value, SpansValue):
        spans = zip(value.spans, sure, strict=True)
        return SpansValue(spans=tuple(replace(span, confidence=s) for span, s in spans))
    return value


def _picture(data: bytes) -> tuple[str, int, int]:
    """Media type, width and height of a picture, turned as it is shown."""
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise MissingDependencyError.of("Reading pictures", "app") from error
    try:
        with Image.open(io.BytesIO(data)) as opened:
            kind = Image.MIME.get(opened.format or "", "application/octet-stream")
            width, height = ImageOps.exif_transpose(opened).size
    except (OSError, ValueError) as error:
        raise undecodable("A picture", error) from error
    return kind, width, height
