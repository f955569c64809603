"""Numbers that the rooms of a project are given: what is none is refused, with what to give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from querist.errors import InvalidInputError, NotFoundError
from querist.project import Project
from querist.schema import Annotator, Role, is_number, is_whole

CLASSES = ["amber", "blue"]
OWNER = Annotator(name="olga", role=Role.OWNER)
NAN = float("nan")
WHOLE = ["x", NAN, -1, 1.5, True, [1], 2**63]
FROM_ONE = [*WHOLE, 0]
REAL = ["x", NAN, -1, True, [1], float("inf")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Forty rows, a model, and a round that collects."""
    rng = np.random.default_rng(0)
    with Project.create(
        tmp_path_factory.mktemp("numbers") / "p",
        media="table",
        classes=CLASSES,
        oracle_column="known",
        policy={"batch_size": 6, "audit_size": 8, "control_share": 0.0},
    ) as made:
        rows = [
            {"id": f"r{i}", "x": float(rng.normal(i % 2 * 3)), "known": CLASSES[i % 2]}
            for i in range(40)
        ]
        made.add(rows, metadata_columns=["known"])
        made.oracle(1)
        made.next_round()
        yield made


Call = Callable[[Project, Any], object]
CALLS: dict[str, tuple[Call, list[Any]]] = {
    "propose max_error": (lambda p, v: p.autolabel.propose(max_error=v), [*REAL, None, 0, 1]),
    "propose confidence": (lambda p, v: p.autolabel.propose(confidence=v), [*REAL, None, 0, 1]),
    "accept max_error": (lambda p, v: p.autolabel.accept(max_error=v), [*REAL, None, 10**9]),
    "ask count": (lambda p, v: p.autolabel.ask(v), [*FROM_ONE, None]),
    "ask max_error": (lambda p, v: p.autolabel.ask(3, max_error=v), [*REAL, None]),
    "audit count": (lambda p, v: p.autolabel.audit(v), [*WHOLE, None]),
    "lease count": (lambda p, v: p.queue.next("ana", v), [*FROM_ONE, None, 10**9]),
    "lease time": (lambda p, v: p.queue.next("ana", lease_seconds=v), [*REAL, None, 0, 10**9]),
    "renew time": (lambda p, v: p.queue.renew([1], "ana", v), [*REAL, None, 0, 10**9]),
    "renew ids": (lambda p, v: p.queue.renew([v], "ana"), [[1], 2**63]),
    "release ids": (lambda p, v: p.queue.release([v], "ana"), [[1], 2**63]),
    "seconds of a label": (
        lambda p, v: p.labels.submit("r0", "blue", annotator="ana", seconds=v),
        REAL,
    ),
    "seconds of a skip": (lambda p, v: p.labels.skip("r0", annotator="ana", seconds=v), REAL),
    "task of a label": (
        lambda p, v: p.labels.submit("r0", "blue", annotator="ana", task_id=v),
        [[1], 2**63],
    ),
    "seconds of a review": (
        lambda p, v: p.reviews.accept(_labelled(p), reviewer="rita", seconds=v),
        REAL,
    ),
    "recent": (lambda p, v: p.labels.recent("ana", v), [*WHOLE, None]),
    "opinions limit": (lambda p, v: p.opinions.list(limit=v), WHOLE),
    "opinions offset": (lambda p, v: p.opinions.list(offset=v), [*WHOLE, None]),
    "reviews limit": (lambda p, v: p.reviews.queue(limit=v), [*WHOLE, None]),
    "reviews offset": (lambda p, v: p.reviews.queue(offset=v), [*WHOLE, None]),
    "reviews round": (lambda p, v: p.reviews.queue(round=v), WHOLE),
    "suspects": (lambda p, v: p.suspects.list(v), WHOLE),
    "suspects to send": (lambda p, v: p.suspects.send(v), WHOLE),
    "rounds of the oracle": (lambda p, v: p.oracle(v), [*FROM_ONE, None]),
    "batch size": (lambda p, v: p.next_round(v), FROM_ONE),
    "threshold": (
        lambda p, v: p.rounds.thresholds(1, confidence=v),
        [*REAL, None, 10**9],
    ),
    "round to compare": (lambda p, v: p.rounds.compare(v, 1), [2**63]),
    "round to replay": (lambda p, v: p.replay(v), [[1], 2**63]),
    "seeds": (lambda p, v: p.experiments.run(seeds=v), [*FROM_ONE, None, 10**9]),
    "time of an invitation": (
        lambda p, v: p.team.invite(Role.ANNOTATOR, by=OWNER, seconds=v),
        [*REAL, None, 0, 10**9],
    ),
    "cost of an invitation": (
        lambda p, v: p.team.invite(Role.ANNOTATOR, by=OWNER, hourly_cost=v),
        REAL,
    ),
}
CASES = [(name, value) for name, (_, values) in CALLS.items() for value in values]


def _labelled(project: Project) -> str:
    return next(iter(project.catalog.records.labels.currents())).asset_id


@pytest.mark.parametrize(("name", "value"), CASES, ids=[f"{it}: {v!r}" for it, v in CASES])
def test_what_is_no_number_there_is_refused(project: Project, name: str, value: Any) -> None:
    """The error is of the input, or that nothing has such a number, and says what to do."""
    call, _ = CALLS[name]
    with pytest.raises((InvalidInputError, NotFoundError)) as caught:
        call(project, value)
    assert caught.value.remedy


def test_numbers_of_numpy_are_numbers() -> None:
    """Counts and shares come from arrays too."""
    assert is_whole(np.int64(3))
    assert is_number(np.float32(0.5))
    assert not is_whole(np.float64(3))
    assert not is_number(np.float64("nan"))
