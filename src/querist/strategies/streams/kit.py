"""Conformance kit of the stream seam: what every stream strategy must do, as functions for tests.

    from querist.strategies.streams import kit

    @pytest.mark.parametrize("check", kit.CHECKS)
    def test_my_stream_strategy(check):
        check("my-strategy")

Each check takes the registered name and raises ``AssertionError`` with what is wrong.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, MissingSignalError
from querist.strategies.base import Signal
from querist.strategies.streams.base import Arrival, create
from querist.strategies.streams.checking import check_arrival
from querist.strategies.streams.limits import RecentShare, caps, share_limits
from querist.strategies.streams.stream import Decision, Stream

CLASSES = 3
WIDTH = 4
BUDGET = 0.15


def check_seeded(name: str) -> None:
    """The same seed gives the same decisions."""
    one, two = (_run(_stream(name), _mixed(400)) for _ in range(2))
    _require(one == two, "the same seed gave other decisions")


def check_some_are_asked(name: str) -> None:
    """On a stream of all kinds of arrivals it asks a fair part of its budget, not nothing."""
    asked = sum(d.ask for d in _run(_stream(name), _mixed(3_000)))
    _require(asked >= 0.2 * BUDGET * 3_000, f"only {asked} of 3,000 were asked")


def check_budget(name: str) -> None:
    """After n arrivals at most ⌈budget · n⌉ were asked, also when all are as hard as can be."""
    for arrivals in (_mixed(1_000), _hardest(1_000), _calm_then_hard(1_000), _without(500)):
        asked = 0
        for seen, decision in enumerate(_run(_stream(name), arrivals), start=1):
            asked += decision.ask
            limit = math.ceil(BUDGET * seen - 1e-9)
            _require(asked <= limit, f"{asked} of {seen} were asked, {limit} are allowed")


def check_recent_budget(name: str) -> None:
    """Under the estimate of the recent share alone, its own bound holds."""
    window = 50
    for arrivals in (_mixed(1_000), _hardest(1_000), _calm_then_hard(1_000)):
        stream = _stream(name, limits=[RecentShare(share=BUDGET, window=window)])
        decisions = _run(stream, arrivals)
        asked = np.cumsum([decision.ask for decision in decisions])
        seen = np.arange(1, len(asked) + 1)
        bound = (BUDGET + 1 / window) * seen + BUDGET * window + 1
        _require((asked <= bound).all(), "more were asked than the estimate allows")


def check_caps(name: str) -> None:
    """In no minute, hour or day more are asked than its cap, bursts and a faulty clock included."""
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.exponential(4.0, size=1_500) * rng.choice([0.01, 10], size=1_500))
    times[700] -= 500
    limits = [*share_limits(1.0), *caps(per_minute=3, per_hour=40, per_day=90)]
    stream = _stream(name, budget=1.0, limits=limits)
    arrivals = [
        check_arrival(probabilities=a.probabilities, embedding=a.embedding, time=float(time))
        for a, time in zip(_hardest(len(times)), times, strict=True)
    ]
    asked = np.array([decision.ask for decision in _run(stream, arrivals)])
    when = np.maximum.accumulate(times)[asked]
    for count, seconds in ((3, 60), (40, 3_600), (90, 86_400)):
        spans = [int(((when > end - seconds) & (when <= end)).sum()) for end in when]
        _require(max(spans) <= count, f"{max(spans)} were asked in {seconds} s, not {count}")


def check_state(name: str) -> None:
    """A stream that goes on from its state, through JSON, decides as one that never stopped."""
    arrivals = _mixed(900)
    whole = _run(_stream(name), arrivals)
    for cut in (0, 1, 57, 450):
        first = _stream(name)
        parts = _run(first, arrivals[:cut])
        kept = json.dumps(first.state(), allow_nan=False)
        second = _stream(name)
        second.restore(json.loads(kept))
        _require(parts + _run(second, arrivals[cut:]) == whole, f"a break after {cut} changed it")
        _require(json.dumps(first.state()) == kept, "going on changed a state that was taken")


def check_chunks(name: str) -> None:
    """A chunk is decided as its arrivals would be, one by one."""
    arrivals = _mixed(300)
    tables = np.stack([a.probabilities for a in arrivals if a.probabilities is not None])
    vectors = np.stack([a.embedding for a in arrivals if a.embedding is not None])
    single = [d.ask for d in _run(_stream(name), arrivals)]
    for sizes in ([300], [1, 99, 200], [150, 0, 150]):
        stream = _stream(name)
        ends = np.cumsum(sizes)[:-1]
        parts = zip(np.split(tables, ends), np.split(vectors, ends), strict=True)
        found = np.concatenate([stream.decide(p, embeddings=e) for p, e in parts])
        _require(found.dtype == np.bool_, "decide gave something else than booleans")
        _require(found.tolist() == single, f"chunks of {sizes} were decided otherwise")


def check_empty_predictions(name: str) -> None:
    """Arrivals without a prediction are asked as far as the budget goes."""
    if Signal.PROBABILITIES not in create(name).needs:
        return
    for empty in (None, [], [1.0]):
        stream = _stream(name)
        arrivals = [check_arrival(probabilities=empty, embedding=np.ones(WIDTH))] * 200
        asked = sum(d.ask for d in _run(stream, arrivals))
        _require(asked == math.ceil(BUDGET * 200), f"{asked} of 200 without prediction were asked")


def check_sure_predictions(name: str) -> None:
    """Certain predictions, with zeros, and vectors of length zero give finite scores."""
    table = np.eye(CLASSES)
    arrivals = [
        check_arrival(probabilities=table[i % CLASSES], embedding=np.zeros(WIDTH))
        for i in range(300)
    ]
    _run(_stream(name), arrivals)


def check_refused(name: str) -> None:
    """NaN and probabilities that do not sum to one are refused, and change nothing."""
    stream = _stream(name)
    _run(stream, _mixed(50))
    before = json.dumps(stream.state())
    for table, vector in (
        ([np.nan, 0.5, 0.5], np.ones(WIDTH)),
        ([0.5, 0.9, 0.6], np.ones(WIDTH)),
        ([-0.5, 0.9, 0.6], np.ones(WIDTH)),
        ([0.5, 0.3, 0.2], np.full(WIDTH, np.inf)),
        ([0.5, 0.3, 0.2], np.ones(WIDTH + 1)),
    ):
        try:
            stream.consider(check_arrival(probabilities=table, embedding=vector))
        except InvalidInputError:
            _require(json.dumps(stream.state()) == before, "a refused arrival left a trace")
        else:
            raise AssertionError(f"{table} and {vector} were accepted")


def check_needs(name: str) -> None:
    """Without the embedding it decides, or says that it needs it."""
    needs = Signal.EMBEDDINGS in create(name).needs
    try:
        _stream(name).consider(check_arrival(probabilities=[0.5, 0.3, 0.2]))
    except MissingSignalError as error:
        _require(needs and "embedding" in error.message, "the missing signal is not named")
    else:
        _require(not needs, "it needs embeddings but went on without")


def check_memory(name: str) -> None:
    """What it remembers after a long stream is no larger than after a short one."""
    stream = _stream(name)
    _run(stream, _mixed(500))
    short = len(json.dumps(stream.state()))
    _run(stream, _mixed(6_000, seed=2))
    longer = len(json.dumps(stream.state()))
    _require(longer <= 1.1 * short + 100, f"its state grew from {short} to {longer} characters")


def check_reset(name: str) -> None:
    """After a drift it goes on within the budget."""
    stream = _stream(name)
    decisions = _run(stream, _mixed(500))
    stream.strategy.reset()
    decisions += _run(stream, _hardest(500))
    _require(sum(d.ask for d in decisions) <= math.ceil(BUDGET * 1_000), "the budget was passed")
    _require(any(d.ask for d in decisions[500:]), "nothing was asked any more")


def check_described(name: str) -> None:
    """It has a one-line summary, a paper, and names what it needs."""
    strategy = create(name)
    _require(strategy.name == name, f"it calls itself {strategy.name!r}")
    _require(bool(strategy.summary) and "\n" not in strategy.summary, "no one-line summary")
    _require(bool(strategy.paper), "no paper")
    _require(strategy.needs <= {Signal.PROBABILITIES, Signal.EMBEDDINGS}, "it needs too much")


CHECKS: tuple[Callable[[str], None], ...] = (
    check_seeded,
    check_some_are_asked,
    check_budget,
    check_recent_budget,
    check_caps,
    check_state,
    check_chunks,
    check_empty_predictions,
    check_sure_predictions,
    check_refused,
    check_needs,
    check_memory,
    check_reset,
    check_described,
)


def _stream(name: str, **settings: Any) -> Stream:
    given: dict[str, Any] = {"budget": BUDGET, "random_share": 0.0, "seed": 7, **settings}
    return Stream(create(name), **given)


def _run(stream: Stream, arrivals: list[Arrival]) -> list[Decision]:
    decisions = [stream.consider(arrival) for arrival in arrivals]
    for decision in decisions:
        _require(math.isfinite(decision.score), "a score is not finite")
        limit = decision.threshold
        _require(limit is None or math.isfinite(limit), "a threshold is not finite")
        _require(bool(decision.reason), "a decision without a reason")
    return decisions


def _arrivals(tables: NDArray[Any], seed: int) -> list[Arrival]:
    vectors = np.random.default_rng(seed + 50).normal(size=(len(tables), WIDTH))
    pairs = zip(tables, vectors, strict=True)
    return [check_arrival(probabilities=table, embedding=vector) for table, vector in pairs]


def _mixed(count: int, seed: int = 1) -> list[Arrival]:
    """Sure and unsure predictions in turn, alike from start to end."""
    rng = np.random.default_rng(seed)
    return _arrivals(rng.dirichlet(np.full(CLASSES, 0.7), size=count), seed)


def _hardest(count: int) -> list[Arrival]:
    """Every prediction says that all classes are as likely."""
    return _arrivals(np.full((count, CLASSES), 1 / CLASSES), 4)


def _calm_then_hard(count: int) -> list[Arrival]:
    """A long calm in which a budget could be saved, then a burst."""
    calm = np.tile([0.999, 0.0005, 0.0005], (count // 2, 1))
    return [*_arrivals(calm, 5), *_hardest(count - count // 2)]


def _without(count: int) -> list[Arrival]:
    """No predictions at all."""
    return [check_arrival(embedding=np.ones(WIDTH))] * count


def _require(holds: bool | np.bool_, problem: str) -> None:
    if not holds:
        raise AssertionError(problem)
