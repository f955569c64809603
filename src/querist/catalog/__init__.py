"""Assets, embeddings, predictions (Lance) and records (SQL): one folder, one Catalog."""

from querist.catalog.assets import Assets
from querist.catalog.catalog import Catalog
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
    "encoder_name",
    "facets",
    "inputs_of",
    "lance_column",
    "matching",
    "newest_vectors",
    "reads_assets",
    "run",
    "value_learner",
]
