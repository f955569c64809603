"""scikit-learn estimators over the query strategies."""

from querist.estimators.classifier import ActiveLearningClassifier

__all__ = ["ActiveLearningClassifier"]
