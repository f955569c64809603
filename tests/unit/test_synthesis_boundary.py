"""Boundary bisection against boundaries that are known, and snapping against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from querist.errors import ConflictError, InvalidInputError, UnknownNameError
from querist.strategies.synthesis import BoundaryBisection, create

NORMAL = np.array([0.6, -0.8, 0.0])


def plane(points):
    """Class 1 above a plane that has the distance .3 from the origin."""
    return (np.atleast_2d(points) @ NORMAL > 0.3).astype(int)


def ball(points):
    """Class 1 within the unit ball."""
    return (np.linalg.norm(np.atleast_2d(points), axis=1) < 1).astype(int)


def inputs(proposals):
    """The proposed vectors (n, d)."""
    return np.array([proposal.input for proposal in proposals])


def test_one_chain_reaches_the_plane_in_the_promised_number_of_questions():
    """⌈log2(1/ε)⌉ questions bring the middle within ε times the first distance of the boundary."""
    ends = np.array([[-2.0, 1.0, 0.5], [3.0, -1.0, 2.0]])
    for precision in (1 / 64, 1 / 1000):
        search = BoundaryBisection(ends, [0, 1], plane(ends), snap=False, precision=precision)
        promised = int(np.ceil(np.log2(1 / precision)))
        for asked in range(promised):
            assert len(search.boundary) == 0, f"arrived after {asked} questions"
            (proposal,) = search.propose(1, np.random.default_rng(0))
            search.teach(plane(proposal.input))
        distance = abs(search.boundary[0] @ NORMAL - 0.3)
        assert distance <= precision * np.linalg.norm(ends[1] - ends[0])


def test_the_first_question_is_halfway_between_the_nearest_pair():
    """The first chain joins the two rows of different classes that are nearest to each other."""
    rng = np.random.default_rng(5)
    points = rng.normal(size=(40, 3)).astype(np.float32)
    classes = ball(points)
    search = BoundaryBisection(points, np.arange(40), classes, snap=False)
    (proposal,) = search.propose(1, rng)
    pairs = [(i, j) for i in range(40) for j in range(i) if classes[i] != classes[j]]
    best = min(pairs, key=lambda pair: np.linalg.norm(points[pair[0]] - points[pair[1]]))
    np.testing.assert_allclose(proposal.input, points[list(best)].mean(axis=0), atol=1e-6)


def test_steps_aside_find_other_places_of_the_boundary():
    """From one pair of rows, steps aside find many places of a ball's surface, far apart."""
    ends = np.array([[0.0, 0.0, 0.1], [3.0, 0.2, 0.0]])
    search = BoundaryBisection(ends, [0, 1], ball(ends), snap=False, precision=1 / 256)
    rng = np.random.default_rng(1)
    for _ in range(40):
        search.teach(ball(inputs(search.propose(4, rng))))
    found = search.boundary
    assert len(found) > 5
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 3 * 2 / 256
    spread = found / np.linalg.norm(found, axis=1, keepdims=True)
    assert (spread @ spread.T).min() < 0.5


def test_snapped_proposals_are_free_rows_and_never_repeat():
    """Every proposal is a row of the pool that is not labelled, none twice, until all are used."""
    rng = np.random.default_rng(2)
    pool = rng.normal(size=(60, 3)).astype(np.float32)
    classes = ball(pool)
    labeled = np.r_[np.flatnonzero(classes == 0)[:3], np.flatnonzero(classes == 1)[:3]]
    search = BoundaryBisection(pool, labeled, classes[labeled])
    rows = []
    while found := search.propose(7, rng):
        rows += [proposal.origin for proposal in found]
        np.testing.assert_array_equal(inputs(found), pool[[p.origin for p in found]])
        search.teach(classes[[proposal.origin for proposal in found]])
    assert sorted(rows) == sorted(set(range(60)) - set(labeled.tolist()))


def test_snapping_takes_the_nearest_free_row():
    """The first proposal is the free row nearest to the middle of the nearest pair."""
    rng = np.random.default_rng(3)
    pool = rng.normal(size=(5_000, 2)).astype(np.float32)
    classes = plane(np.c_[pool, np.zeros(5_000)])
    labeled = np.array([int(np.argmax(classes == 0)), int(np.argmax(classes == 1))])
    (proposal,) = BoundaryBisection(pool, labeled, classes[labeled]).propose(1, rng)
    away = np.linalg.norm(pool - pool[labeled].mean(axis=0), axis=1)
    away[labeled] = np.inf
    assert proposal.origin == away.argmin()


def test_snapped_bisection_comes_nearer_to_the_boundary_than_random_rows():
    """The rows it asks for lie much nearer to the boundary than rows in general."""
    rng = np.random.default_rng(4)
    pool = rng.normal(size=(3_000, 3)).astype(np.float32)
    classes = plane(pool)
    labeled = np.r_[np.flatnonzero(classes == 0)[:5], np.flatnonzero(classes == 1)[:5]]
    search = BoundaryBisection(pool, labeled, classes[labeled])
    rows = []
    for _ in range(8):
        found = [proposal.origin for proposal in search.propose(5, rng)]
        search.teach(classes[found])
        rows += found
    away = np.abs(pool @ NORMAL - 0.3)
    assert np.median(away[rows]) < 0.5 * np.median(away)


def test_a_third_class_and_unknown_answers_are_taken():
    """A middle of a third class becomes an end; one that nobody can tell ends a synthetic chain."""
    ends = np.array([[0.0, 0.0], [4.0, 0.0]])
    search = BoundaryBisection(ends, [0, 1], [0, 1], snap=False)
    search.propose(1, np.random.default_rng(0))
    search.teach([2])
    (proposal,) = search.propose(1, np.random.default_rng(0))
    np.testing.assert_allclose(proposal.input, [1, 0])
    search.teach([-1])
    (proposal,) = search.propose(1, np.random.default_rng(0))
    assert proposal.condition == "aside"
    assert len(search.boundary) == 0


def test_one_dimension_has_nothing_aside():
    """In one dimension a chain that has arrived leaves nothing to ask, and no error."""
    search = BoundaryBisection([[0.0], [1.0]], [0, 1], [0, 1], snap=False, precision=0.3)
    for _ in range(2):
        (proposal,) = search.propose(5, np.random.default_rng(0))
        search.teach([int(proposal.input[0] > 0.4)])
    assert search.propose(5, np.random.default_rng(0)) == ()
    assert search.boundary[0, 0] == pytest.approx(0.4, abs=0.15)


def test_wrong_use_is_refused():
    """One class, labels of another number, and proposing twice are refused with what to do."""
    with pytest.raises(InvalidInputError, match="fewer than two classes"):
        BoundaryBisection(np.eye(3), [0, 1], [1, 1])
    with pytest.raises(InvalidInputError, match="precision"):
        BoundaryBisection(np.eye(3), [0, 1], [1, 0], precision=0)
    search = BoundaryBisection(np.eye(3), [0, 1], [1, 0], snap=False)
    search.propose(2, np.random.default_rng(0))
    with pytest.raises(ConflictError, match="wait for their labels"):
        search.propose(2, np.random.default_rng(0))
    with pytest.raises(InvalidInputError, match="2 proposals"):
        search.teach([1])
    with pytest.raises(UnknownNameError, match="boundary"):
        create("boundary")


def test_made_by_name():
    """The registry makes it with its parameters."""
    made = create("boundary-bisection", pool=np.eye(3), labeled=[0, 1], labels=[1, 0])
    assert made.propose(1, np.random.default_rng(0))[0].origin == 2
