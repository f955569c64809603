"""scikit-learn estimators over the query strategies."""

from querist.estimators.classifier import ActiveLearningClassifier
from querist.estimators.regressor import ActiveLearningRegressor

__all__ = ["ActiveLearningClassifier", "ActiveLearningRegressor"]
