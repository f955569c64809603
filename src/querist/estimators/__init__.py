"""scikit-learn estimators over the query strategies."""
