"""What a frozen EfficientNet-Lite0 sees of pictures, place by place, kept by their content."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.learners import efficientnet
from querist.learners.base import Item
from querist.learners.checking import check_media
from querist.learners.image_decoding import decode_squares, upright_size
from querist.learners.torch_device import Pixels, each_few_pictures
from querist.schema import Media

# The last block before the network halves its map, with its stride and channels.
# The finest one is averaged to the stride of the next: that of the grid on which boxes are found.
TAPS = (4, 10, 15)
STRIDES = (16, 16, 32)
CHANNELS = (40, 112, 320)
# About 9,000 pictures at 256 pixels; the next process starts from nothing.
MOST_KEPT = 2**30

Level = NDArray[np.float16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maps:
    """What the network sees of n pictures, and how they lie in its square input.

    Attributes:
        levels: The maps of each stride (n, c, s, s), float16.
        frames: Scale, left and top of each picture in the square, and its own width and height
            in pixels (n, 5).
    """

    levels: tuple[Level, ...]
    frames: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Kept:
    """Maps by content for this process; when full, one that chance picks makes way.

    Rounds read the whole pool in the same order: what was used least lately would always be what
    is needed next.
    """

    maps: dict[bytes, tuple[Level, ...]] = field(default_factory=dict)
    keys: list[bytes] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    chance: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - no secret

    def find(self, key: bytes) -> tuple[Level, ...] | None:
        with self.lock:
            return self.maps.get(key)

    def keep(self, key: bytes, levels: tuple[Level, ...]) -> None:
        most = MOST_KEPT // sum(level.nbytes for level in levels)
        with self.lock:
            if key in self.maps or most < 1:
                return
            if len(self.keys) < most:
                self.keys.append(key)
            else:
                place = self.chance.randrange(len(self.keys))
                del self.maps[self.keys[place]]
                self.keys[place] = key
            self.maps[key] = levels


_KEPT = _Kept()


def write_kept(file: Path) -> None:
    """Write the maps that this process keeps, for ``read_kept`` in another of the same machine."""
    from safetensors.numpy import save_file

    keys = np.array([np.frombuffer(key, np.uint8) for key in _KEPT.maps])
    levels = zip(*_KEPT.maps.values(), strict=True)
    save_file({"keys": keys} | {f"level{at}": np.stack(of) for at, of in enumerate(levels)}, file)


def read_kept(file: Path) -> None:
    """Keep the maps that ``write_kept`` wrote: their pictures need no network any more."""
    from safetensors.numpy import load_file

    state = load_file(file)
    levels = [state[f"level{at}"] for at in range(len(TAPS))]
    for row, key in enumerate(state["keys"]):
        _KEPT.keep(key.tobytes(), tuple(level[row] for level in levels))


class FrozenMaps:
    """Sees pictures at one size, on one device; each content once in a process.

    Args:
        size: Side in pixels of the square that pictures are brought to, a multiple of 32.
        device: Where the network runs.
    """

    def __init__(self, size: int, device: str) -> None:
        self._size, self._device = size, device
        self._network: Any = None

    def of(self, items: Sequence[Item], *, mirrored: bool = False) -> Maps:
        """The maps of n pictures; mirrored ones lie left for right, and so must their boxes.

        Raises:
            InvalidInputError: an item is no picture, or cannot be decoded.
            MissingDependencyError: the extra ``vision`` is not installed.
        """
        check_media(items, Media.IMAGE, "detector")
        frames = np.array([self._frame(item) for item in items]).reshape(-1, 5)
        keys = [self._key(item, mirrored) for item in items]
        found = {key: _KEPT.find(key) for key in keys}
        missing = [at for at, key in enumerate(keys) if found[key] is None]
        network = self._loaded() if missing else None
        fresh: dict[bytes, tuple[Level, ...]] = {}

        def read(part: slice) -> Pixels:
            squares = decode_squares([items[at] for at in missing[part]], self._size)
            return squares[:, :, ::-1].copy() if mirrored else squares

        def see(part: slice, squares: Pixels) -> None:
            places = missing[part]
            new = self._seen(network, squares)
            for row, at in enumerate(places):
                fresh[keys[at]] = tuple(level[row].copy() for level in new)

        each_few_pictures(read, see, len(missing), size=self._size, device=self._device)
        for key in dict.fromkeys(keys[at] for at in missing):
            found[key] = fresh[key]
            _KEPT.keep(key, fresh[key])
        seen = [levels for key in keys if (levels := found[key]) is not None]
        stacked = [np.stack(of_one_stride) for of_one_stride in zip(*seen, strict=True)]
        return Maps(levels=tuple(stacked) or self._none(), frames=frames)

    def _none(self) -> tuple[Level, ...]:
        shapes = [
            (0, c, self._size // s, self._size // s) for c, s in zip(CHANNELS, STRIDES, strict=True)
        ]
        return tuple(np.zeros(shape, np.float16) for shape in shapes)

    def _frame(self, item: Item) -> tuple[float, ...]:
        assert item.data is not None
        width, height = upright_size(item.data)
        scale = self._size / max(width, height)
        left, top = ((self._size - max(1, round(side * scale))) // 2 for side in (width, height))
        return scale, left, top, width, height

    def _key(self, item: Item, mirrored: bool) -> bytes:
        assert item.data is not None
        settings = f"{self._size} {self._device} {mirrored} ".encode()
        return hashlib.sha256(settings + item.data).digest()

    def _loaded(self) -> Any:
        if self._network is None:
            self._network = efficientnet.pretrained(self._device, feature="The learner 'detector'")
        return self._network

    def _seen(self, network: Any, squares: Pixels) -> list[Level]:
        import torch
        from torch.nn import functional

        levels = []
        with torch.inference_mode():
            batch = efficientnet.scaled(torch.from_numpy(squares).to(self._device))
            values = network._swish(network._bn0(network._conv_stem(batch)))
            for place, block in enumerate(network._blocks):
                values = block(values)
                if place == TAPS[0]:
                    levels.append(functional.avg_pool2d(values, 2).cpu().numpy().astype(np.float16))
                elif place in TAPS:
                    levels.append(values.cpu().numpy().astype(np.float16))
        return levels
