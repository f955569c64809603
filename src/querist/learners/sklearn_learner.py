"""Any scikit-learn classifier as a learner, and the named ones built on it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, MissingDependencyError
from querist.learners.base import Codes, Matrix
from querist.learners.checking import (
    check_matrix,
    check_training,
    few_labels,
    unfitted,
    unreadable,
)
from querist.learners.probabilities import Calibrated, class_probabilities, with_probabilities

MODEL_FILE = "estimator.skops"
FACTS_FILE = "facts.json"
PREDICT_ROWS = 65_536

# What a saved model may hold beyond the types that skops trusts itself. Nothing here runs code of
# its own when it is built; every other type makes `load` refuse the file.
TRUSTED = frozenset(
    {
        "sklearn._loss._loss.CyHalfBinomialLoss",
        "sklearn._loss._loss.CyHalfMultinomialLoss",
        "sklearn._loss.link.Interval",
        "sklearn._loss.link.LogitLink",
        "sklearn._loss.link.MultinomialLogit",
        "sklearn._loss.loss.HalfBinomialLoss",
        "sklearn._loss.loss.HalfMultinomialLoss",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.model_selection._split.StratifiedKFold",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
    }
)


class SklearnLearner:
    """A scikit-learn classifier behind the learner seam.

    Without ``predict_proba`` it is calibrated by Platt's sigmoid where every class has two labels
    or more, and its scores are turned into shares by a softmax before that.

    Args:
        estimator: A classifier, cloned at each ``fit``; or its place under ``sklearn``, such as
            ``"ensemble.ExtraTreesClassifier"``.
        trusted: Full names of further types that a saved model of yours may hold.
        **parameters: The classifier's parameters, where ``estimator`` is a name.

    Example:
        >>> SklearnLearner("neighbors.KNeighborsClassifier", n_neighbors=1).parameters
        {'estimator': 'neighbors.KNeighborsClassifier', 'n_neighbors': 1}
    """

    name: ClassVar[str] = "sklearn"
    summary: ClassVar[str] = "Any scikit-learn classifier, as sklearn:ensemble.ExtraTreesClassifier"
    paper: ClassVar[str] = "Pedregosa et al. 2011"
    recalibrate: ClassVar[bool] = False

    def __init__(self, estimator: Any, trusted: Sequence[str] = (), **parameters: Any) -> None:
        self._named = isinstance(estimator, str)
        self._parameters: dict[str, Any] = dict(parameters)
        if isinstance(estimator, str):
            self._parameters = {"estimator": estimator, **parameters}
            if trusted:
                self._parameters["trusted"] = list(trusted)
            estimator = _classifier(estimator, parameters)
        elif parameters:
            raise InvalidInputError(
                f"{sorted(parameters)} were given next to a ready estimator.",
                remedy="Set them on the estimator.",
            )
        if not (hasattr(estimator, "fit") and hasattr(estimator, "predict")):
            raise InvalidInputError(
                f"{estimator!r} is no scikit-learn classifier.",
                remedy="Give a classifier with fit and predict.",
            )
        self._estimator = estimator
        self._trusted = TRUSTED | set(trusted)
        self._fitted: Any = None
        self._present: Codes = np.zeros(0, np.int64)
        self._class_count = 0

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What rebuilds it by name.

        Raises:
            InvalidInputError: it was made from a ready estimator, which no name describes.
        """
        if not self._named:
            raise InvalidInputError(
                f"{type(self._estimator).__name__} was given ready-made and has no name.",
                remedy="Name it, such as SklearnLearner('svm.SVC', C=2), to store it in a project.",
            )
        return dict(self._parameters)

    def fit(self, X: Matrix, y: Codes, *, class_count: int, rng: np.random.Generator) -> None:
        """Train a fresh clone on rows (n, d); ``rng`` seeds it where it takes a seed.

        Raises:
            InvalidInputError: no rows, fewer than two classes, shapes that disagree, or NaN.
        """
        from sklearn.base import clone

        rows, codes, present = check_training(X, y, class_count)
        estimator = clone(self._estimator)
        seeds = [key for key in estimator.get_params() if key.endswith("random_state")]
        # One seed for all of them: the generator moves by one step whatever the estimator is.
        seed = int(rng.integers(2**31))
        estimator.set_params(**dict.fromkeys(seeds, seed))
        try:
            with few_labels():
                self._fitted = with_probabilities(
                    estimator, rows, codes, seed, recalibrate=self.recalibrate
                )
        except ValueError as error:  # what scikit-learn's own fit finds
            raise InvalidInputError(
                f"{self.name!r} cannot be trained: {str(error).rstrip('.')}.",
                remedy="Change its parameters, or give it more labels.",
            ) from error
        self._present = present
        self._class_count = class_count

    def predict_proba(self, X: Matrix) -> NDArray[np.float32]:
        """Probabilities (n, C); a class never seen gets 0.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: NaN, or another number of columns than in training.
        """
        if self._fitted is None:
            raise unfitted(self.name)
        rows = check_matrix(X, dimensions=int(self._fitted.estimator.n_features_in_))
        found = np.zeros((len(rows), self._class_count), np.float32)
        for start in range(0, len(rows), PREDICT_ROWS):
            chunk = rows[start : start + PREDICT_ROWS]
            found[start : start + PREDICT_ROWS, self._present] = class_probabilities(
                self._fitted, chunk
            )
        return found

    def save(self, folder: Path) -> None:
        """Write the classifier by skops, and the facts as JSON.

        Raises:
            InvalidInputError: it holds types that ``load`` would refuse; nothing is written.
        """
        if self._fitted is None:
            raise unfitted(self.name)
        skops_io = skops_io_module()
        data = skops_io.dumps(self._fitted.estimator)
        strange = sorted(set(skops_io.get_untrusted_types(data=data)) - self._trusted)
        if strange:
            raise InvalidInputError(
                f"The trained {self.name!r} holds types that are not known to be safe: {strange}.",
                remedy="Give their names as the parameter 'trusted', if you trust them.",
                types=strange,
            )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MODEL_FILE).write_bytes(data)
        facts = {
            "name": self.name,
            "class_count": self._class_count,
            "present": self._present.tolist(),
            "by_score": self._fitted.by_score,
        }
        (folder / FACTS_FILE).write_text(json.dumps(facts), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote; a file that holds any type not known to be safe is refused.

        Raises:
            StorageError: the folder holds no model of this kind, or one with untrusted types.
        """
        skops_io = skops_io_module()
        try:
            facts = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
            untrusted = set(skops_io.get_untrusted_types(file=folder / MODEL_FILE)) - self._trusted
            if untrusted or facts["name"] != self.name:
                raise ValueError(f"it is {facts['name']!r} and holds {sorted(untrusted)}")
            estimator = skops_io.load(folder / MODEL_FILE, trusted=sorted(self._trusted))
            fitted = Calibrated(estimator=estimator, by_score=bool(facts["by_score"]))
            present, class_count = np.array(facts["present"], np.int64), int(facts["class_count"])
        except Exception as error:  # skops raises whatever a broken archive leads to
            raise unreadable(self.name, folder, error) from error
        self._fitted, self._present, self._class_count = fitted, present, class_count


class RandomForestLearner(SklearnLearner):
    """A random forest (Breiman, 2001).

    Args:
        n_estimators: Trees.
        min_samples_leaf: Labels in a leaf at least.
    """

    name: ClassVar[str] = "random-forest"
    summary: ClassVar[str] = "Random forest; for tables and short vectors"
    paper: ClassVar[str] = "Breiman 2001"

    def __init__(self, n_estimators: int = 200, min_samples_leaf: int = 1) -> None:
        given = {"n_estimators": n_estimators, "min_samples_leaf": min_samples_leaf}
        super().__init__(built(sklearn_class("ensemble.RandomForestClassifier"), given))
        self._named, self._parameters = True, given


class SupportVectorLearner(SklearnLearner):
    """A support vector machine with a Gaussian kernel on standardised features, calibrated.

    Args:
        C: Inverse strength of the regularisation, over 0.
        gamma: Width of the kernel: ``"scale"``, ``"auto"``, or a number over 0.
    """

    name: ClassVar[str] = "svm-rbf"
    summary: ClassVar[str] = "Support vector machine with a Gaussian kernel, calibrated"
    paper: ClassVar[str] = "Cortes and Vapnik 1995"

    def __init__(self, C: float = 3.0, gamma: str | float = "scale") -> None:
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        given = {"C": C, "gamma": gamma}
        super().__init__(make_pipeline(StandardScaler(), built(sklearn_class("svm.SVC"), given)))
        self._named, self._parameters = True, given


class HistGradientBoostingLearner(SklearnLearner):
    """Gradient boosting on binned features (Friedman, 2001; Ke et al., 2017).

    Args:
        learning_rate: Share of each tree, over 0.
        max_iter: Rounds of boosting.
        max_leaf_nodes: Leaves of a tree at most.
    """

    name: ClassVar[str] = "hist-gradient-boosting"
    summary: ClassVar[str] = "Gradient boosting on binned features; for tables"
    paper: ClassVar[str] = "Friedman 2001"

    def __init__(
        self, learning_rate: float = 0.1, max_iter: int = 60, max_leaf_nodes: int = 15
    ) -> None:
        given = {
            "learning_rate": learning_rate,
            "max_iter": max_iter,
            "max_leaf_nodes": max_leaf_nodes,
        }
        # Few labels are the rule here: with the usual 20 in a leaf nothing could be split.
        options = given | {"early_stopping": False, "min_samples_leaf": 5}
        super().__init__(built(sklearn_class("ensemble.HistGradientBoostingClassifier"), options))
        self._named, self._parameters = True, given


class NaiveBayesLearner(SklearnLearner):
    """Gaussian naive Bayes, calibrated; works from one label a class.

    Args:
        var_smoothing: Share of the largest variance that is added to each.
    """

    name: ClassVar[str] = "naive-bayes"
    summary: ClassVar[str] = "Gaussian naive Bayes; instant, works from one label a class"
    paper: ClassVar[str] = "Maron 1961"
    # Features are not independent, so its own probabilities are all but 0 and 1.
    recalibrate: ClassVar[bool] = True

    def __init__(self, var_smoothing: float = 0.01) -> None:
        given = {"var_smoothing": var_smoothing}
        super().__init__(built(sklearn_class("naive_bayes.GaussianNB"), given))
        self._named, self._parameters = True, given


def _classifier(place: str, parameters: Mapping[str, Any]) -> Any:
    from sklearn.base import is_classifier

    found = built(sklearn_class(place), parameters)
    if not (hasattr(found, "fit") and is_classifier(found)):
        raise InvalidInputError(
            f"sklearn's {place!r} is no classifier.",
            remedy="Name a classifier, such as 'ensemble.ExtraTreesClassifier'.",
            estimator=place,
        )
    return found


def sklearn_class(place: str) -> Any:
    """The class at a place under ``sklearn``, such as ``svm.SVC``.

    Raises:
        InvalidInputError: there is none.
    """
    module, _, attribute = place.removeprefix("sklearn.").rpartition(".")
    try:
        found = getattr(importlib.import_module(f"sklearn.{module}"), attribute)
    except (ImportError, AttributeError, ValueError):
        found = None
    if not isinstance(found, type):
        raise InvalidInputError(
            f"sklearn has no class at {place!r}.",
            remedy="Give its module and class, such as 'ensemble.ExtraTreesClassifier'.",
            estimator=place,
        )
    return found


def built(kind: Any, parameters: Mapping[str, Any]) -> Any:
    """An estimator with these parameters.

    Raises:
        InvalidInputError: it does not take them, or not these values.
    """
    try:
        found = kind(**parameters)
        # scikit-learn looks at values when it trains: too late for who has labelled for it.
        if hasattr(found, "_validate_params"):
            found._validate_params()
    except (TypeError, ValueError) as error:
        wrong = isinstance(error, ValueError)
        told = "cannot be made" if wrong else f"does not take {sorted(parameters)}"
        raise InvalidInputError(
            f"{kind.__name__} {told}: {str(error).rstrip('.')}.",
            remedy=f"Its parameters are in scikit-learn's page on {kind.__name__}.",
        ) from None
    return found


def skops_io_module() -> Any:
    """The part of skops that writes and reads estimators without pickle.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        import skops.io
    except ImportError as error:
        raise MissingDependencyError.of("Saving and loading this learner", "app") from error
    return skops.io
