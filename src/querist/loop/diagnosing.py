"""Fetch the arrays a diagnosis needs and hand them over."""

from __future__ import annotations

import numpy as np

from querist.catalog import Catalog
from querist.diagnostics import diagnose
from querist.loop import snapshot, training
from querist.schema import Arm, Finding, Round


def diagnose_round(catalog: Catalog, round_: Round) -> tuple[Finding, ...]:
    """What the round's active model gets wrong on the audit set, and what to do about it.

    Label errors are not looked for among the training labels here: these were chosen because the
    model doubted them, and confident learning takes such doubt for errors (a tenth of the true
    labels of Fashion-MNIST).
    """
    assert round_.model_id is not None
    model = catalog.records.models.get(round_.model_id)
    seen = snapshot.take(catalog)
    rows = seen.audited()
    if not len(rows):
        return ()
    names = catalog.records.ontologies.current().names
    trained = seen.codes[seen.training(Arm.ACTIVE)]
    return diagnose(
        truth=seen.codes[rows],
        probabilities=training.predict(catalog, model, rows),
        classes=names,
        asset_ids=[seen.ids[i] for i in rows],
        train_counts=np.bincount(trained, minlength=len(names)),
    )
