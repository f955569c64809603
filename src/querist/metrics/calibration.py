"""Calibration: probabilities that mean what they say, and how far they are from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import finite, same_length
from querist.metrics.classification import with_probabilities
from querist.metrics.shares import Z95, trials_of_assets
from querist.schema.measure import Measure

Values = NDArray[np.float64]

# Below so many rows nothing is learned: any gain would be noise.
FEWEST = 30
FOLDS = 5
# More bins would be too few answers in each to be told apart.
BINS, FEWEST_IN_BIN = 10, 5
# How many rows the belief that the model is calibrated already counts for.
PRIOR_ROWS = 10.0
_TINY = 1e-6
_LOGIT_LIMIT = 30.0
_MOST_AWAY = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Rows of about the same sureness: what was claimed, what was found, and how many they are.

    ``trials`` are as many even draws as tell as much: ``count``, or fewer where rows share assets.
    """

    claimed: float
    right: float
    count: int
    trials: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrator:
    """Turns class probabilities into the probability that the most probable class is right.

    Attributes:
        method: ``none``, ``temperature``, ``beta`` or ``isotonic``.
        log_losses: Out-of-fold log loss of each method, in nats; lower is better.
    """

    method: str
    log_losses: Mapping[str, float] = field(default_factory=dict)
    _apply: Callable[[Values], Values] = field(repr=False, compare=False)

    def sureness(self, probabilities: ArrayLike) -> Values:
        """Probability (n,) that the class with the highest of the probabilities (n, C) is right."""
        table = np.asarray(probabilities, dtype=np.float64)
        return np.clip(self._apply(table), _TINY, 1 - _TINY)


def fit_calibrator(
    truth: ArrayLike, probabilities: ArrayLike, rng: np.random.Generator
) -> Calibrator:
    """The calibrator with the least log loss out of fold, fitted on all rows.

    Temperature (Guo et al., 2017, "On calibration of modern neural networks"), beta (Kull, Silva
    Filho and Flach, 2017) and isotonic regression (Zadrozny and Elkan, 2002) are compared with the
    probabilities as they are. Each is drawn towards the identity as if ``PRIOR_ROWS`` rows had
    confirmed it, and below ``FEWEST`` rows nothing is learned.

    Args:
        truth: True classes (n,), columns of ``probabilities``.
        probabilities: (n, C) of a model that has not learned from these rows.
        rng: Deals the rows to the folds.

    Raises:
        InvalidInputError: shapes disagree, or a value is not finite.
    """
    codes, table = with_probabilities(truth, probabilities)
    right = (table.argmax(axis=1) == codes).astype(np.float64)
    if len(codes) < FEWEST:
        return Calibrator(method="none", _apply=_claimed)
    fold = rng.permutation(len(codes)) % FOLDS
    losses = {
        method: _out_of_fold_loss(fit, codes, table, right, fold) for method, fit in FITS.items()
    }
    best = min(losses, key=lambda method: losses[method])
    return Calibrator(method=best, log_losses=losses, _apply=FITS[best](codes, table, right))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sureness:
    """Turns how sure a model claims to be of an answer into the probability that it is right.

    Attributes:
        shares: Weight of each method in the mean: ``none``, ``beta``, ``isotonic``, ``doubt``.
    """

    shares: Mapping[str, float]
    _apply: Callable[[Values], Values] = field(repr=False, compare=False)

    def of(self, claimed: ArrayLike, doubt: ArrayLike | None = None) -> Values:
        """Probability (n,) that each answer is right; arguments as those it was fitted on."""
        return np.clip(self._apply(_claims(claimed, doubt)), _TINY, 1 - _TINY)


def fit_sureness(
    right: ArrayLike,
    claimed: ArrayLike,
    fold: ArrayLike,
    *,
    doubt: ArrayLike | None = None,
) -> Sureness:
    """The mean of several calibrations of the claims, each fitted on all rows.

    Each counts by how likely it makes, out of fold, what was found (Geisser and Eddy, 1979, "A
    predictive approach to model selection"): of few rows the best one is a noisy choice. They are
    the claims as they are, beta and isotonic calibration as in ``fit_calibrator``, and with
    ``doubt`` also beta calibration with the logarithm of the doubt beside the claim, which lowers
    the odds or leaves them; then the best one counts alone, as the doubt orders answers otherwise
    and a mean of two orders is neither. Below ``FEWEST`` rows nothing is learned.

    Args:
        right: Whether each answer was right (n,), of a model that has not learned it.
        claimed: How probable the model says that is (n,).
        fold: The fold of each row (n,): rows that hang together share one.
        doubt: Another number (n,), 0 or more, that grows with how unsure the model is.

    Raises:
        InvalidInputError: shapes disagree, or a value is not finite.
    """
    hits, groups = same_length(right=right, fold=fold)
    hits, table = hits.astype(np.float64), _claims(claimed, doubt)
    same_length(right=hits, claimed=table)
    finite("The claims", table)
    fits = dict(_OF_CLAIMS) if doubt is None else {**_OF_CLAIMS, "doubt": _with_doubt}
    if len(hits) < FEWEST or len(np.unique(groups)) < 2:
        return Sureness(shares={"none": 1.0}, _apply=_first)
    said = np.empty((len(fits), len(hits)))
    for held in np.unique(groups):
        out = groups == held
        for row, fit in enumerate(fits.values()):
            said[row, out] = fit(table[~out], hits[~out])(table[out])
    shares = _pool_shares(np.clip(said, _TINY, 1 - _TINY), hits)
    if doubt is not None:
        shares = np.eye(len(shares))[shares.argmax()]
    fitted = [fit(table, hits) for fit in fits.values()]

    def mean(rows: Values) -> Values:
        return np.asarray(shares @ np.stack([apply(rows) for apply in fitted]))

    return Sureness(shares=dict(zip(fits, shares.tolist(), strict=True)), _apply=mean)


def calibration_error(
    right: ArrayLike, sureness: ArrayLike, bins: int = BINS, *, owners: ArrayLike | None = None
) -> Measure:
    """Root mean square gap of the bins of ``reliability``; 0 to 1, lower is better.

    A calibrated model has gaps too, on few rows. So from the mean square goes the variance of the
    shares, which leaves 0 on average (Kumar, Liang and Ma, 2019, "Verified uncertainty
    calibration"), and the interval is that of this difference by its variance.

    Args:
        right: Whether each answer was right (n,).
        sureness: Claimed probability of that (n,).
        bins: At most how many.
        owners: The asset of each (n,), where one may have several answers.
    """
    found = reliability(right, sureness, bins, owners=owners)
    claimed, shares, counts, trials = np.array(
        [(it.claimed, it.right, it.count, it.trials) for it in found]
    ).T
    weight = counts / counts.sum()
    gap = (claimed - shares) ** 2
    square = float(weight @ (gap - shares * (1 - shares) / np.maximum(trials - 1, 1)))
    # Of a bin that is all right nobody knows that its share varies by nothing.
    smooth = (shares * trials + 1) / (trials + 2)
    noise = smooth * (1 - smooth) / trials
    away = Z95 * float(np.sqrt(weight**2 @ (4 * gap * noise + 2 * noise**2)))
    low, value, high = np.sqrt(np.clip([square - away, square, square + away], 0, 1)).tolist()
    return Measure(value=value, low=low, high=high, count=int(counts.sum()), better="lower")


def reliability(
    right: ArrayLike,
    sureness: ArrayLike,
    bins: int = BINS,
    *,
    owners: ArrayLike | None = None,
) -> tuple[ReliabilityBin, ...]:
    """The reliability diagram in bins of about equally many rows, five or more, least sure first.

    Rows that claim the same share a bin: split, each part would be right by the luck of the order.
    Rows with the same of ``owners`` (n,) are answers of one asset, and hang together.

    Raises:
        InvalidInputError: shapes disagree, no rows, or fewer than one bin.
    """
    hits, claims = same_length(right=right, sureness=sureness)
    hits, claims = hits.astype(np.float64), finite("The sureness", claims)
    _, assets = same_length(right=hits, owners=np.arange(len(hits)) if owners is None else owners)
    if bins < 1:
        raise InvalidInputError(f"{bins} bins were asked for.", remedy="Ask for at least one.")
    order = np.argsort(claims, kind="stable")
    bins = max(min(bins, len(order) // FEWEST_IN_BIN), 1)
    sizes = [len(part) for part in np.array_split(order, bins)]
    ends = np.searchsorted(claims[order], claims[order][np.cumsum(sizes) - 1], side="right")
    return tuple(
        ReliabilityBin(
            claimed=float(claims[rows].mean()),
            right=float(hits[rows].mean()),
            count=len(rows),
            trials=trials_of_assets(hits[rows], assets[rows]),
        )
        for rows in np.split(order, np.unique(ends)[:-1])
    )


def binary_log_loss(right: ArrayLike, sureness: ArrayLike) -> float:
    """Mean of -log of the probability given to what happened, in nats; lower is better."""
    hits, claims = same_length(right=right, sureness=sureness)
    said = np.where(hits.astype(bool), claims, 1 - claims)
    return float(-np.log(np.maximum(said, _TINY)).mean())


def binary_brier(right: ArrayLike, sureness: ArrayLike) -> float:
    """Mean squared distance of the sureness to what happened; 0 to 1, lower is better."""
    hits, claims = same_length(right=right, sureness=sureness)
    return float(((claims - hits.astype(np.float64)) ** 2).mean())


Fit = Callable[[NDArray[np.int64], Values, Values], Callable[[Values], Values]]


def _out_of_fold_loss(
    fit: Fit,
    codes: NDArray[np.int64],
    table: Values,
    right: Values,
    fold: NDArray[np.int64],
) -> float:
    said = np.empty(len(codes))
    for held in range(FOLDS):
        out = fold == held
        said[out] = fit(codes[~out], table[~out], right[~out])(table[out])
    return binary_log_loss(right, np.clip(said, _TINY, 1 - _TINY))


def _claimed(table: Values) -> Values:
    return np.asarray(table.max(axis=1), dtype=np.float64)


def _as_they_are(
    _codes: NDArray[np.int64], _table: Values, _right: Values
) -> Callable[[Values], Values]:
    return _claimed


def _temperature(
    codes: NDArray[np.int64], table: Values, _right: Values
) -> Callable[[Values], Values]:
    """Logits over one temperature, found on the log loss of all classes."""
    from scipy.optimize import minimize_scalar

    logs = _logs(table)
    places = np.arange(len(codes))

    def loss(log_heat: float) -> float:
        logits = logs / np.exp(log_heat)
        most = logits.max(axis=1)
        total = most + np.log(np.exp(logits - most[:, None]).sum(axis=1))
        return float((total - logits[places, codes]).sum() + PRIOR_ROWS * log_heat**2 / 2)

    heat = float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x))

    def apply(rows: Values) -> Values:
        logits = _logs(rows) / heat
        return np.asarray(
            1 / np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1), np.float64
        )

    return apply


def _beta(_codes: NDArray[np.int64], table: Values, right: Values) -> Callable[[Values], Values]:
    """Log odds of being right are a log(c) - b log(1 - c) + d with a and b of 0 or more."""
    weights = _odds_weights(_beta_features(_claimed(table)), right, np.array([1.0, 1.0, 0.0]))
    return lambda rows: _chance(_beta_features(_claimed(rows)) @ weights)


def _odds_weights(features: Values, right: Values, start: Values) -> Values:
    """Weights (k,) of the log odds, drawn towards ``start``; all but the last are 0 or more."""
    from scipy.optimize import minimize

    def loss(weights: Values) -> tuple[float, Values]:
        odds = features @ weights
        away = weights - start
        value = np.logaddexp(0, odds).sum() - right @ odds + PRIOR_ROWS * away @ away / 2
        slope = features.T @ (_chance(odds) - right) + PRIOR_ROWS * away
        return float(value), slope

    bounds = [(0, None)] * (len(start) - 1) + [(None, None)]
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x)


def _chance(odds: Values) -> Values:
    # The same as 1 / (1 + e^-x), and never too large for a float.
    return np.asarray(0.5 * (1 + np.tanh(0.5 * odds)), dtype=np.float64)


def _isotonic(
    _codes: NDArray[np.int64], table: Values, right: Values
) -> Callable[[Values], Values]:
    """The best rising steps; each step also counts ``PRIOR_ROWS`` rows at what was claimed."""
    from scipy.optimize import isotonic_regression

    claimed = _claimed(table)
    order = np.argsort(claimed, kind="stable")
    fitted = isotonic_regression(right[order]).x
    _, step, sizes = np.unique(fitted, return_inverse=True, return_counts=True)
    centers = np.bincount(step, weights=claimed[order]) / sizes
    hits = np.bincount(step, weights=right[order])
    levels = (hits + PRIOR_ROWS * centers) / (sizes + PRIOR_ROWS)
    levels = np.maximum.accumulate(levels)

    def apply(rows: Values) -> Values:
        return np.asarray(np.interp(_claimed(rows), centers, levels), np.float64)

    return apply


def _with_doubt(table: Values, right: Values) -> Callable[[Values], Values]:
    """Beta calibration of the claim, and the log of the doubt in units of how far it spreads."""
    logs = np.log(np.maximum(table[:, 1], _TINY))
    middle, spread = logs.mean(), max(float(logs.std()), _TINY)

    def features(rows: Values) -> Values:
        away = (np.log(np.maximum(rows[:, 1], _TINY)) - middle) / spread
        own = _beta_features(rows[:, 0])
        return np.column_stack([own[:, :2], -np.clip(away, -_MOST_AWAY, _MOST_AWAY), own[:, 2]])

    weights = _odds_weights(features(table), right, np.array([1.0, 1.0, 0.0, 0.0]))
    return lambda rows: _chance(features(rows) @ weights)


def _pool_shares(said: Values, right: Values) -> Values:
    """Weights (K,) of chances (K, n), each by how likely it makes what was found (n,)."""
    likely = np.log(np.where(right > 0, said, 1 - said)).sum(axis=1)
    shares = np.exp(likely - likely.max())
    return np.asarray(shares / shares.sum())


def _of_claims(fit: Fit) -> Callable[[Values, Values], Callable[[Values], Values]]:
    """A method of ``FITS`` that reads nothing but the claim."""
    nothing = np.zeros(0, np.int64)

    def made(table: Values, right: Values) -> Callable[[Values], Values]:
        applied = fit(nothing, table[:, :1], right)
        return lambda rows: applied(rows[:, :1])

    return made


def _claims(claimed: ArrayLike, doubt: ArrayLike | None) -> Values:
    columns = [claimed] if doubt is None else [claimed, doubt]
    return np.column_stack([np.asarray(it, dtype=np.float64) for it in columns])


def _first(table: Values) -> Values:
    return table[:, 0]


FITS: dict[str, Fit] = {
    "none": _as_they_are,
    "temperature": _temperature,
    "beta": _beta,
    "isotonic": _isotonic,
}
_OF_CLAIMS = {method: _of_claims(FITS[method]) for method in ("none", "beta", "isotonic")}


def _logs(table: Values) -> Values:
    return np.log(np.maximum(table, np.exp(-_LOGIT_LIMIT)))


def _beta_features(claimed: Values) -> Values:
    sure = np.clip(claimed, _TINY, 1 - _TINY)
    return np.column_stack([np.log(sure), -np.log1p(-sure), np.ones(len(sure))])
