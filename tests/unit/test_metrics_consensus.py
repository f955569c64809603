"""Consensus and annotator quality against known annotators and against the formulas written out."""

from __future__ import annotations

import numpy as np
import pytest

from querist.errors import InvalidInputError
from querist.metrics import (
    Answers,
    consensus,
    crowdlab,
    dawid_skene,
    glad,
    lean_crowd,
    majority_vote,
)
from querist.metrics.crowdlab import softened, weighed, weights_of
from querist.metrics.lean_crowd import temperature

SKILL = np.array([0.95, 0.9, 0.8, 0.7, 0.6, 0.45])


def _simulated(items=3_000, classes=4, each=4, seed=0, biased=False):
    """Answers of annotators with known confusion tables, and the true classes."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(classes, size=items, p=np.array([0.4, 0.3, 0.2, 0.1]))
    tables = np.empty((len(SKILL), classes, classes))
    for k, skill in enumerate(SKILL):
        wrong = rng.dirichlet(np.ones(classes) * 0.5, size=classes) if biased else 1.0
        off = wrong * np.ones((classes, classes)) * (1 - np.eye(classes))
        tables[k] = skill * np.eye(classes)
        tables[k] += (1 - skill) * off / off.sum(axis=1, keepdims=True)
    who = np.argsort(rng.random((items, len(SKILL))), axis=1)[:, :each]
    rows = np.repeat(np.arange(items), each)
    chances = tables[who.ravel(), truth[rows]].cumsum(axis=1)
    said = (rng.random(len(rows))[:, None] > chances).sum(axis=1).clip(max=classes - 1)
    return Answers.of(rows, who.ravel(), said), truth, tables


@pytest.mark.parametrize("biased", [False, True])
def test_dawid_skene_finds_the_annotators_accuracies(biased):
    """Each annotator's accuracy is found within two points, whatever mistakes they make."""
    answers, truth, tables = _simulated(biased=biased)
    found = dawid_skene(answers)
    real = answers.by_annotator((answers.classes == truth[answers.items]).astype(float))
    assert found.converged
    assert np.abs(found.annotator_accuracy - SKILL).max() < 0.02
    assert np.abs(found.annotator_accuracy - real).max() < 0.02
    assert np.abs(found.annotator_confusion - tables).mean() < 0.02


def test_dawid_skene_beats_the_majority():
    """Knowing who is good gives more right labels than counting heads."""
    answers, truth, _ = _simulated(biased=True)
    assert (dawid_skene(answers).classes == truth).mean() > (
        (majority_vote(answers).classes == truth).mean() + 0.01
    )


def test_dawid_skene_posterior_is_bayes_rule():
    """The posterior is prior times the chance of each answer, multiplied out."""
    answers, _, _ = _simulated(items=12, seed=3)
    found = dawid_skene(answers, tolerance=1e-12, most=5_000)
    prior = found.posterior.sum(axis=0) + 0.25
    prior /= prior.sum()
    for item in range(12):
        chance = prior.copy()
        for at in np.flatnonzero(answers.items == item):
            table = found.annotator_confusion[answers.annotators[at]]
            chance *= table[:, answers.classes[at]]
        np.testing.assert_allclose(found.posterior[item], chance / chance.sum(), atol=1e-6)


def test_dawid_skene_climbs():
    """Another iteration never lowers the penalised likelihood of the answers."""
    answers, _, _ = _simulated(items=60, seed=5)

    def likelihood(found):
        prior = found.posterior.sum(axis=0) + 0.25
        shares, tables = consensus._tables(answers, found.posterior, 1.0)
        chance = np.tile(np.log(shares), (answers.item_count, 1))
        np.add.at(chance, answers.items, np.log(tables[answers.annotators, :, answers.classes]))
        assert prior.shape == (4,)
        smooth = (np.log(shares).sum() + np.log(tables).sum()) / 4
        return np.logaddexp.reduce(chance, axis=1).sum() + smooth

    steps = [likelihood(dawid_skene(answers, most=k)) for k in range(1, 15)]
    assert (np.diff(steps) >= -1e-9).all()


def test_majority_takes_the_most_frequent_class_of_equals():
    """Counts decide; of equal counts the class that is answered more often elsewhere."""
    answers = Answers.of([0, 0, 0, 1, 1, 2], [0, 1, 2, 0, 1, 0], [1, 1, 0, 0, 1, 1], class_count=3)
    found = majority_vote(answers)
    assert found.classes.tolist() == [1, 1, 1]
    np.testing.assert_allclose(found.posterior[0], [1 / 3, 2 / 3, 0])
    np.testing.assert_allclose(found.annotator_accuracy, [2 / 3, 1, 0])


def test_an_item_without_answers_gets_the_shares():
    """What nobody answered is as likely as the classes are overall."""
    answers = Answers.of([0, 0, 2], [0, 1, 0], [1, 1, 0], item_count=4)
    for method in (majority_vote, dawid_skene, glad):
        posterior = method(answers).posterior
        np.testing.assert_allclose(posterior.sum(axis=1), 1)
        np.testing.assert_allclose(posterior[1], posterior[3])
    assert majority_vote(answers).posterior[1].tolist() == pytest.approx([1 / 3, 2 / 3])


def test_glad_orders_the_annotators_and_beats_the_majority():
    """Abilities come in the order of the skills, and the labels are better than the majority's."""
    answers, truth, _ = _simulated(items=1_500)
    found = glad(answers)
    assert found.converged
    assert np.argsort(-found.annotator_accuracy).tolist() == list(range(6))
    assert np.abs(found.annotator_accuracy - SKILL).max() < 0.1
    right = (found.classes == truth).mean()
    assert right > (majority_vote(answers).classes == truth).mean() + 0.01


def test_glad_learns_which_items_are_hard():
    """Where annotators guess on hard items, an agreement there counts less than elsewhere."""
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, size=400)
    hard = np.arange(400) < 200
    rows, who = np.repeat(np.arange(400), 5), np.tile(np.arange(5), 400)
    skill = np.where(hard[rows], 0.6, 0.95)
    said = np.where(rng.random(len(rows)) < skill, truth[rows], 1 - truth[rows])
    found = glad(Answers.of(rows, who, said))
    sure = found.posterior.max(axis=1)
    assert sure[~hard].mean() > sure[hard].mean() + 0.05


def _crowdlab_by_hand(answers, p):
    """The formulas of the paper, item by item and annotator by annotator."""
    items, who, said = (x.tolist() for x in (answers.items, answers.annotators, answers.classes))
    n, m, c = answers.item_count, answers.annotator_count, answers.class_count
    of = {i: {w: s for x, w, s in zip(items, who, said, strict=True) if x == i} for i in range(n)}
    majority = majority_vote(answers).classes
    shared = [i for i in range(n) if len(of[i]) > 1]
    agreement = np.mean([np.mean([s == majority[i] for s in of[i].values()]) for i in shared])
    worst = 1 - np.bincount(majority[shared]).max() / len(shared)
    weights = []
    for k in range(m):
        same = total = 0
        for i in shared:
            if k in of[i]:
                same += sum(s == of[i][k] for w, s in of[i].items() if w != k)
                total += len(of[i]) - 1
        weights.append(max(1 - (1 - same / total) / worst, 1e-6))
    wrong = np.mean([p[i].argmax() != majority[i] for i in shared])
    model = max(1 - wrong / worst, 1e-6) * np.sqrt(np.mean([len(of[i]) for i in range(n)]))
    posterior = np.empty((n, c))
    for i in range(n):
        total = model * p[i]
        for k, s in of[i].items():
            implied = np.full(c, (1 - agreement) / (c - 1))
            implied[s] = agreement
            total = total + weights[k] * implied
        posterior[i] = total / (model + sum(weights[k] for k in of[i]))
    return np.array(weights), model, posterior


def _some_answers():
    rng = np.random.default_rng(7)
    answers, truth, _ = _simulated(items=80, seed=7)
    keep = (rng.random(len(answers.items)) < 0.6) | (np.arange(len(answers.items)) % 4 == 0)
    some = Answers.of(answers.items[keep], answers.annotators[keep], answers.classes[keep])
    p = 0.3 * rng.dirichlet(np.ones(4), size=80) + 0.7 * np.eye(4)[truth]
    return some, p / p.sum(axis=1, keepdims=True)


def test_crowdlab_follows_the_paper():
    """Weights and posterior equal the formulas written out in loops."""
    answers, p = _some_answers()
    annotators, model, posterior = _crowdlab_by_hand(answers, p)
    found = weights_of(answers, p)
    np.testing.assert_allclose(found.annotators, annotators)
    assert found.model == pytest.approx(model)
    np.testing.assert_allclose(weighed(answers, p, found), posterior)
    np.testing.assert_allclose(crowdlab(answers, p).posterior, posterior)


def test_crowdlab_beats_both_of_its_sources():
    """A model and annotators weighed together are right more often than either alone."""
    answers, truth, _ = _simulated(each=2)
    rng = np.random.default_rng(2)
    guess = np.where(rng.random(len(truth)) < 0.8, truth, rng.integers(0, 4, size=len(truth)))
    p = 0.8 * np.eye(4)[guess] + 0.05
    together = (crowdlab(answers, p).classes == truth).mean()
    assert together > (p.argmax(axis=1) == truth).mean() + 0.005
    assert together > (majority_vote(answers).classes == truth).mean() + 0.02


def test_without_shared_items_the_answers_stand():
    """Where each item has one answer, that is the consensus, surer where the model agrees."""
    truth = np.arange(60) % 3
    said = truth.copy()
    said[40:] = (said[40:] + 1) % 3
    answers = Answers.of(np.arange(60), np.arange(60) // 30, said)
    found = crowdlab(answers, 0.7 * np.eye(3)[truth] + 0.1)
    assert found.classes.tolist() == said.tolist()
    sure = found.posterior.max(axis=1)
    assert sure[:40].min() > sure[40:].max() + 0.1


def test_a_few_shared_items_do_not_decide_whom_to_trust():
    """Two annotators who differ on the two items they share keep their answers on all others."""
    truth = np.arange(60) % 3
    rows, who = np.concatenate([np.arange(60), [0, 1]]), np.repeat([0, 1, 1], [30, 30, 2])
    said = np.concatenate([truth, [1, 2]])
    said[2:20] = (said[2:20] + 1) % 3
    found = crowdlab(Answers.of(rows, who, said), 0.8 * np.eye(3)[truth] + 0.2 / 3)
    assert found.classes[2:].tolist() == said[2:60].tolist()


def test_temperature_makes_probabilities_as_unsure_as_the_answers():
    """Of all temperatures tried, none has a lower cross-entropy with the answers."""
    answers, p = _some_answers()

    def lost(temperature):
        q = p ** (1 / temperature)
        q /= q.sum(axis=1, keepdims=True)
        return -np.log(q[answers.items, answers.classes]).sum()

    best = softened(answers, p)
    assert lost(best) <= min(lost(t) for t in np.geomspace(0.06, 19, 400)) + 1e-9


@pytest.mark.parametrize(
    ("columns", "word"),
    [
        (([0, 1], [0, 0], [0]), "length"),
        (([0, -1], [0, 0], [0, 1]), "items"),
        (([0, 1], ["ana", "bo"], [0, 1]), "annotators"),
        (([0, 0], [1, 1], [0, 1]), "more than once"),
    ],
)
def test_bad_answers_are_refused(columns, word):
    """Lengths, codes and double answers are checked, with what to do."""
    with pytest.raises(InvalidInputError, match=word):
        Answers.of(*columns)


def test_bad_sizes_are_refused():
    """Probabilities of another shape, no smoothing and immense tables are refused."""
    answers, p = _some_answers()
    with pytest.raises(InvalidInputError, match="80 items"):
        crowdlab(answers, p[:9])
    with pytest.raises(InvalidInputError, match="smoothing"):
        dawid_skene(answers, smoothing=0)
    many = Answers.of([0, 1], [0, 10_000], [0, 999])
    with pytest.raises(InvalidInputError, match="crowdlab"):
        dawid_skene(many)


def _seen(truth, classes, rng, right=0.7):
    """Probabilities of a model that is right so often, and about as sure as it should be."""
    guess = np.where(
        rng.random(len(truth)) < right, truth, rng.integers(0, classes, size=len(truth))
    )
    table = np.full((len(truth), classes), (1 - right) / (classes - 1))
    table[np.arange(len(truth)), guess] = right
    return table


@pytest.mark.parametrize("biased", [False, True])
def test_lean_crowd_judges_people_within_two_points(biased):
    """Also with one answer on most items, where votes say nothing about anybody."""
    answers, truth, _ = _simulated(each=2, biased=biased)
    found = lean_crowd(answers, _seen(truth, 4, np.random.default_rng(1)))
    real = answers.by_annotator((answers.classes == truth[answers.items]).astype(float))
    assert found.converged
    assert np.abs(found.annotator_accuracy - real).max() < 0.02


def test_lean_crowd_beats_both_of_its_sources():
    """Its labels are more often right than the majority's and than the model's own."""
    answers, truth, _ = _simulated(each=2)
    table = _seen(truth, 4, np.random.default_rng(1))
    right = (lean_crowd(answers, table).classes == truth).mean()
    assert right > (majority_vote(answers).classes == truth).mean() + 0.03
    assert right > (table.argmax(axis=1) == truth).mean() + 0.03


def test_lean_crowd_posterior_is_bayes_rule():
    """At the temperature found, the prior times each answer's chance, for every item."""
    answers, truth, _ = _simulated(items=200, each=2)
    table = _seen(truth, 4, np.random.default_rng(1))
    found = lean_crowd(answers, table, tolerance=1e-9, most=500)
    # What the last step knew of the annotators, from the answers alone.
    count = np.bincount(answers.annotators)
    chance = (found.annotator_accuracy * count + 0.75 * 4) / (count + 4)
    warm = table ** (1 / temperature(answers, np.log(table), chance))
    expected = warm.copy()
    for item, who, said in zip(answers.items, answers.annotators, answers.classes, strict=True):
        factor = np.full(4, (1 - chance[who]) / 3)
        factor[said] = chance[who]
        expected[item] *= factor
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.posterior, expected, atol=1e-5)


def test_lean_crowd_softens_a_model_that_is_too_sure():
    """A model that is right seven times in ten and says 99 % is not believed over two people."""
    answers, truth, _ = _simulated(each=2)
    table = _seen(truth, 4, np.random.default_rng(1))
    loud = table**6 / (table**6).sum(axis=1, keepdims=True)
    calm, found = lean_crowd(answers, table), lean_crowd(answers, loud)
    assert (found.classes == truth).mean() > (calm.classes == truth).mean() - 0.01


def test_lean_crowd_without_answers_is_the_model():
    """An item that nobody answered has the model's class."""
    answers = Answers.of([0, 1], [0, 0], [1, 1], item_count=3, class_count=2)
    table = np.array([[0.1, 0.9], [0.2, 0.8], [0.9, 0.1]])
    assert lean_crowd(answers, table).classes.tolist() == [1, 1, 0]
