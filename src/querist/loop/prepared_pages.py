"""What the pages that diagnose show of a finished round, made before anybody looks."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from querist.catalog import Catalog
from querist.errors import QueristError
from querist.labeling.expected_errors import FOLDS, unseen_probabilities
from querist.loop import training
from querist.loop.lessons import lessons
from querist.schema import Arm, Round

logger = logging.getLogger(__name__)

# Seconds that the trainings behind suspects may take here; slower ones wait until somebody asks.
PATIENCE = 60.0


def prepare_pages(catalog: Catalog, rounds: Iterable[Round], *, patience: float = PATIENCE) -> None:
    """Make and keep what data taught in ``rounds``, and what the newest model says and doubts.

    What is kept lies in the project's cache, by model, and what data taught by the version of the
    classes besides; what is there already is not made again.

    Args:
        catalog: The catalog.
        rounds: Finished rounds.
        patience: Seconds that the trainings behind the doubted labels may take.
    """
    if not training.classifies(catalog):
        return
    try:
        for round_ in rounds:
            lessons(catalog, round_)
        model = catalog.records.models.latest(Arm.ACTIVE)
        if model is None:
            return
        # Cards and filters want all that the newest model says: its map lies ready from here on.
        catalog.predictions.probabilities(model.id)
        if model.fit_seconds * FOLDS <= patience:
            unseen_probabilities(catalog, model)
    except QueristError:
        # The rounds are finished, and whoever looks meets the same error where it can be told.
        logger.info("A page of the newest round could not be prepared.", exc_info=True)
