"""Thumbnails: verify an image's bytes, find its size as seen, and make a small web-safe picture."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

LONG_EDGE = 256
# A small original is its own thumbnail: nothing is lost and nothing is encoded twice.
KEEP_BYTES = 64 * 1024
# About 13,400 × 13,400; a picture that claims more is refused before it is decoded.
MAX_PIXELS = 178_956_970
_WEB_SAFE = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
_ORIENTATION = 0x0112
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)


class UnreadableImageError(ValueError):
    """The bytes are no image that can be decoded; the text says why. Stays inside the catalog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What was found in an image's bytes.

    Attributes:
        width: Pixels, as seen (after the EXIF orientation).
        height: Pixels, as seen.
        thumbnail: An encoded picture whose long edge is at most 256 pixels.
        media_type: Of the thumbnail.
    """

    width: int
    height: int
    thumbnail: bytes
    media_type: str


def inspect(data: bytes) -> Inspected:
    """Decode ``data`` fully, so that a broken file is found now and not while somebody labels.

    Raises:
        UnreadableImageError: it is SVG, no image, damaged, cut short, or far too large.
    """
    from PIL import Image, UnidentifiedImageError

    if _looks_like_svg(data):
        raise UnreadableImageError("SVG can hold scripts and is not taken; convert it to PNG")
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return _inspected(picture, data)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadableImageError(f"it claims more than {MAX_PIXELS:,} pixels") from None
    except UnidentifiedImageError:
        raise UnreadableImageError("it is no image of a known kind") from None
    except UnreadableImageError:
        raise
    except Exception as error:
        # Decoders raise OSError, SyntaxError, ValueError, struct.error, … on damaged files.
        raise UnreadableImageError(f"it cannot be decoded ({error})") from error


def encode_png(array: NDArray[np.uint8]) -> bytes:
    """PNG bytes of pixels (height, width) or (height, width, 3 or 4), uint8.

    Raises:
        UnreadableImageError: the array has another shape or type.
    """
    from PIL import Image

    shaped = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if array.dtype != np.uint8 or not shaped or 0 in array.shape:
        raise UnreadableImageError(
            f"the array has shape {array.shape} and type {array.dtype}; (height, width), or with "
            "3 or 4 channels, of uint8 is wanted"
        )
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(array)).save(buffer, format="PNG", compress_level=4)
    return buffer.getvalue()


def sniff(head: bytes) -> str:
    """The media type of a file by its first bytes; ``application/octet-stream`` if unknown."""
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    return "application/octet-stream"


def _inspected(picture: Any, data: bytes) -> Inspected:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise UnreadableImageError(f"it claims {width:,} × {height:,} pixels")
    kind = picture.format
    turned = picture.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
    upright = picture.getexif().get(_ORIENTATION, 1) == 1
    seen = (height, width) if turned else (width, height)
    small = max(width, height) <= LONG_EDGE and len(data) <= KEEP_BYTES
    if not small:
        picture.draft(None, (2 * LONG_EDGE, 2 * LONG_EDGE))  # JPEG: decode at reduced scale
    picture.load()
    if small and upright and kind in _WEB_SAFE:
        thumbnail, media_type = data, _WEB_SAFE[kind]
    else:
        thumbnail, media_type = _shrink(picture)
    return Inspected(width=seen[0], height=seen[1], thumbnail=thumbnail, media_type=media_type)


def _shrink(picture: Picture) -> tuple[bytes, str]:
    from PIL import Image, ImageOps

    shown = ImageOps.exif_transpose(picture)
    shown = _eight_bit(shown)
    shown.thumbnail((LONG_EDGE, LONG_EDGE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    buffer = io.BytesIO()
    if shown.mode == "RGBA":
        shown.save(buffer, format="PNG", compress_level=4)
        return buffer.getvalue(), "image/png"
    shown.save(buffer, format="JPEG", quality=85)
    return buffer.getvalue(), "image/jpeg"


def _eight_bit(picture: Picture) -> Picture:
    """``picture`` in mode L, RGB or RGBA; deep grey pictures are stretched, not cut off."""
    from PIL import Image

    if picture.mode in ("L", "RGB", "RGBA"):
        return picture
    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture, dtype=np.float64)
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        low, high = float(values.min()), float(values.max())
        scaled = (values - low) * (255.0 / (high - low) if high > low else 0.0)
        return Image.fromarray(scaled.astype(np.uint8))
    if picture.mode in ("LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "Palette images with Transparency …": we do so
            return picture.convert("RGBA")
    return picture.convert("RGB")


def _looks_like_svg(data: bytes) -> bool:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<svg", b"<?xml", b"<!doctype svg")) or b"<svg" in head[:512]
