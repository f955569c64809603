"""Test-time augmentation: what a model says of an asset seen in several slightly other ways."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, MissingDependencyError, MissingSignalError
from querist.learners.base import Encoder, Item, Learner
from querist.learners.image_decoding import undecodable
from querist.schema import Media

VIEWS = 8
# What stays of a picture's sides, and the share of the words of a text that is left out.
_CROP, _DROPPED = 0.85, 0.15


def viewed_proba(
    learner: Learner,
    encoder: Encoder,
    items: Sequence[Item],
    *,
    rng: np.random.Generator,
    views: int = VIEWS,
) -> NDArray[np.float32]:
    """Probabilities (S, n, C) of S views of each of n assets; the first one is the asset as it is.

    Of pictures the others are random crops with 85 % of each side, half of them mirrored; of texts
    each word is left out with a chance of 15 %. They are encoded anew.

    Wang et al. (2019), "Aleatoric uncertainty estimation with test-time augmentation".

    Args:
        learner: The trained model.
        encoder: Gives the vectors that it was trained on.
        items: The assets, with their content.
        rng: Draws the views.
        views: How many, 2 or more.

    Raises:
        InvalidInputError: fewer than two views, or a picture cannot be decoded.
        MissingSignalError: the assets are rows of a table, which have no views.
    """
    if views < 2:
        raise InvalidInputError(f"views is {views}.", remedy="Give 2 or more.")
    seen = [list(items), *([another_view(item, rng) for item in items] for _ in range(views - 1))]
    return np.stack([learner.predict_proba(encoder.encode(one)) for one in seen])


def another_view(item: Item, rng: np.random.Generator) -> Item:
    """The same picture or text, seen a little otherwise.

    Raises:
        InvalidInputError: the picture cannot be decoded.
        MissingSignalError: it is a row of a table.
    """
    if item.media is Media.TEXT:
        words = (item.text or "").split()
        kept = [word for word in words if rng.random() >= _DROPPED]
        return replace(item, text=" ".join(kept or words))
    if item.media is not Media.IMAGE:
        raise MissingSignalError(
            "A row of a table has no other views.",
            remedy="Ask for the doubt by models instead: source='models'.",
        )
    return replace(item, data=_cropped(item, rng))


def _cropped(item: Item, rng: np.random.Generator) -> bytes:
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise MissingDependencyError.of("Views of pictures", "app") from error
    try:
        with Image.open(io.BytesIO(item.data or b"")) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError) as error:
        raise undecodable(f"The picture {item.asset_id!r}", error) from error
    width, height = (max(round(_CROP * side), 1) for side in picture.size)
    left = int(rng.integers(picture.width - width + 1))
    top = int(rng.integers(picture.height - height + 1))
    picture = picture.crop((left, top, left + width, top + height))
    if rng.random() < 0.5:
        picture = ImageOps.mirror(picture)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
