"""What models say: from elsewhere, before any training, and how unsure they are of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from querist.catalog import Catalog
from querist.engine.base import Progress, silent
from querist.loop.chat_model import ChatGuesses, ask_chat
from querist.loop.doubting import Doubt, DoubtState, doubt_state, doubts, prepare_doubt
from querist.loop.model_files import (
    ImportedPredictions,
    ImportedVectors,
    import_embeddings,
    import_predictions,
)
from querist.loop.zero_shot import ZeroShot, zero_shot
from querist.outside import ChatEndpoint


class Models:
    """What suggests without being trained here, and why the newest model is unsure.

    Example:
        >>> models.zero_shot(examples={"boot": ["img-7"], "shirt": ["img-3"]})   # doctest: +SKIP
        >>> models.import_predictions("said.parquet", name="resnet-7")           # doctest: +SKIP
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def import_predictions(self, source: Any, **options: Any) -> ImportedPredictions:
        """Make a model version of what a model elsewhere says, from a file of ids and shares.

        ``options`` are those of ``querist.loop.import_predictions``; so for the others.
        """
        return import_predictions(self._catalog, source, **options)

    def import_embeddings(self, source: Any, *, name: str, **options: Any) -> ImportedVectors:
        """Store vectors that an encoder elsewhere made, from a file of ids and numbers."""
        return import_embeddings(self._catalog, source, name=name, **options)

    def zero_shot(self, **told: Any) -> ZeroShot:
        """Guess classes by their names or by examples, as suggestions until the first training."""
        return zero_shot(self._catalog, **told)

    def ask_chat(
        self, url: str, model: str, *, token: str | None = None, **options: Any
    ) -> ChatGuesses:
        """Let a model behind an OpenAI-compatible endpoint suggest; it gives no label."""
        endpoint = ChatEndpoint(url=url, model=model, token=token)
        return ask_chat(self._catalog, endpoint, **options)

    def doubts(self, asset_ids: Sequence[str], **options: Any) -> list[Doubt]:
        """Split the newest model's doubt of assets into the data's part and the model's.

        ``options`` are those of ``querist.loop.doubting.doubts``.
        """
        return doubts(self._catalog, asset_ids, **options)

    def doubt_state(self) -> DoubtState:
        """Whether the newest model's doubt by models can be told, and at once."""
        return doubt_state(self._catalog)

    def prepare_doubt(self, *, progress: Progress = silent) -> str:
        """Train what tells the newest model's doubt, once a model; returns the model's id."""
        return prepare_doubt(self._catalog, progress=progress)
