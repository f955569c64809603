"""Fetch the arrays a diagnosis needs and hand them over."""

from __future__ import annotations

import numpy as np

from querist.catalog import Catalog
from querist.diagnostics import diagnose
from querist.learners import create_learner, out_of_fold
from querist.loop import snapshot, training
from querist.schema import Arm, Finding, Round


def diagnose_round(catalog: Catalog, round_: Round) -> tuple[Finding, ...]:
    """What the round's active model gets wrong on the audit set, and what to do about it."""
    assert round_.model_id is not None
    model = catalog.records.models.get(round_.model_id)
    seen = snapshot.take(catalog)
    rows = seen.audited()
    if not len(rows):
        return ()
    trained = seen.training(Arm.ACTIVE)
    codes = seen.codes[trained]
    counts = np.bincount(codes, minlength=len(model.classes))
    return diagnose(
        truth=seen.codes[rows],
        probabilities=training.predict(catalog, model, rows),
        classes=model.classes,
        asset_ids=[seen.ids[i] for i in rows],
        train_counts=counts,
        train_truth=codes,
        train_out_of_fold=out_of_fold(
            lambda: create_learner(model.learner, **model.parameters),
            catalog.embeddings.matrix(model.encoder)[trained],
            codes,
            class_count=len(model.classes),
            rng=np.random.default_rng([model.seed, round_.number, 50]),
        ),
        train_ids=[seen.ids[i] for i in trained],
    )
