"""Assets, embeddings, predictions (Lance) and records (SQL): one folder, one Catalog."""

from querist.catalog.assets import Assets
from querist.catalog.catalog import Catalog
from querist.catalog.chance_draws import (
    disputed,
    drawn_by_chance,
    in_random_order,
    out_of_turn,
    unlabelled_draws,
)
from querist.catalog.classifiers import (
    Classifiers,
    check_created,
    classifiers,
    inputs_of,
    reads_assets,
    value_learner,
)
from querist.catalog.conditions import Condition, MostLike
from querist.catalog.embeddings import Embeddings
from querist.catalog.encoders import encoder_name, newest_vectors
from querist.catalog.lance_columns import lance_column
from querist.catalog.predictions import Predictions, PredictionSummary
from querist.catalog.query import AssetCard, AssetPage, AssetQuery, cards, facets, matching, run
from querist.catalog.settings import LearnerSettings, PolicySettings, Settings

__all__ = [
    "AssetCard",
    "AssetPage",
    "AssetQuery",
    "Assets",
    "Catalog",
    "Classifiers",
    "Condition",
    "Embeddings",
    "LearnerSettings",
    "MostLike",
    "PolicySettings",
    "PredictionSummary",
    "Predictions",
    "Settings",
    "cards",
    "check_created",
    "classifiers",
    "disputed",
    "drawn_by_chance",
    "encoder_name",
    "facets",
    "in_random_order",
    "inputs_of",
    "lance_column",
    "matching",
    "newest_vectors",
    "out_of_turn",
    "reads_assets",
    "run",
    "unlabelled_draws",
    "value_learner",
]
