"""Decode pictures of any kind to small square RGB arrays."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, MissingDependencyError
from querist.learners.base import Item

if TYPE_CHECKING:
    from PIL import Image

# The field of EXIF that says how a camera was held, and the values of one on its side.
_ORIENTATION = 0x0112
_ON_THEIR_SIDE = (5, 6, 7, 8)
# Without one of these a PNG says nothing of it; with one it is decoded, as it may come last.
_PNG_MARKS = (b"eXIf", b"Raw profile type exif", b"XML:com.adobe.xmp")


def decode_squares(items: Sequence[Item], size: int) -> NDArray[np.uint8]:
    """The pictures as RGB (n, size, size, 3), upright, padded with their own edge to a square.

    Transparent parts are laid on white; of an animation the first frame is taken; 16-bit and
    float pictures are stretched to their own range.

    Raises:
        InvalidInputError: a picture cannot be decoded; the message names its position.
        MissingDependencyError: Pillow is not installed.
    """
    squares = np.empty((len(items), size, size, 3), np.uint8)
    for position, item in enumerate(items):
        assert item.data is not None
        try:
            squares[position] = _square(item.data, size)
        except MissingDependencyError:
            raise
        except Exception as error:  # Pillow's decoders raise whatever their format raises
            raise undecodable(
                f"Picture {position} of the batch", error, position=position
            ) from error
    return squares


def upright_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of a picture as people see it, by its head alone.

    Only a PNG that tells how the camera was held is decoded.

    Raises:
        InvalidInputError: it is no picture.
        MissingDependencyError: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingDependencyError.of("Reading pictures", "app") from error
    try:
        with Image.open(io.BytesIO(data)) as opened:
            width, height = opened.size
            silent = opened.format == "PNG" and not any(mark in data for mark in _PNG_MARKS)
            turned = not silent and opened.getexif().get(_ORIENTATION, 1) in _ON_THEIR_SIDE
    except Exception as error:  # Pillow's decoders raise whatever their format raises
        raise undecodable("A picture", error) from error
    return (height, width) if turned else (width, height)


def undecodable(which: str, problem: Exception, **details: Any) -> InvalidInputError:
    """The error that tells of a picture that Pillow cannot decode."""
    from PIL import UnidentifiedImageError

    # Its words name the file, which is no name but an address in the memory here.
    unknown = isinstance(problem, UnidentifiedImageError)
    why = "it is no picture of a known kind" if unknown else str(problem)
    return InvalidInputError(
        f"{which} cannot be decoded: {why}.",
        remedy="Remove it, or save it again as PNG or JPEG.",
        **details,
    )


def _square(data: bytes, size: int) -> NDArray[np.uint8]:
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise MissingDependencyError.of("Reading pictures", "app") from error
    with Image.open(io.BytesIO(data)) as opened:
        # A JPEG may skip most of its work when only a small version is wanted.
        opened.draft("RGB", (2 * size, 2 * size))
        image = _flat(ImageOps.exif_transpose(opened))
    scale = size / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3.0)
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        pixels = np.broadcast_to(pixels[:, :, None], (height, width, 3))
    if (height, width) == (size, size):
        return pixels
    top, left = (size - height) // 2, (size - width) // 2
    sides = ((top, size - height - top), (left, size - width - left), (0, 0))
    return np.pad(pixels, sides, mode="edge")


def _flat(image: Image.Image) -> Image.Image:
    from PIL import Image

    if image.mode in {"L", "RGB"} and "transparency" not in image.info:
        return image
    if image.mode == "F" or image.mode.startswith("I"):
        values = np.asarray(image, dtype=np.float64)
        low, high = float(values.min()), float(values.max())
        stretched = (values - low) * (255 / (high - low) if high > low else 0)
        return Image.fromarray(stretched.astype(np.uint8))
    if image.mode in {"1", "CMYK", "YCbCr", "LAB", "HSV"}:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
