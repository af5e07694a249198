import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score
from sklearn.metrics import confusion_matrix as sklearn_confusion

from augury.stats import (
    METRICS,
    Rule,
    accuracy,
    balanced_accuracy,
    confusion_matrix,
    image_shares,
    macro_f1,
    metric_value,
)

calls = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        *(st.lists(st.integers(0, 5), min_size=n, max_size=n).map(np.array) for _ in range(2))
    )
)


@given(calls)
def test_the_metrics_are_those_of_scikit_learn(found):
    labels, called = (np.append(values, (0, 1)) for values in found)  # of two classes at least
    confusion = confusion_matrix(labels, called)
    k = len(confusion)
    assert (confusion == sklearn_confusion(labels, called, labels=range(k))).all()
    there = np.unique(labels)
    f1 = f1_score(labels, called, labels=there, average="macro")
    # Balanced accuracy, of classes with images alone, is the macro-averaged recall.
    recalls = [np.mean(called[labels == label] == label) for label in there]
    assert accuracy(confusion) == pytest.approx(accuracy_score(labels, called))
    assert balanced_accuracy(confusion) == pytest.approx(np.mean(recalls))
    assert macro_f1(confusion) == pytest.approx(f1)
    if set(called) <= set(there):
        assert balanced_accuracy(confusion) == pytest.approx(
            balanced_accuracy_score(labels, called)
        )


def test_by_hand():
    """Class 0: 8 of 10 right; class 1: 1 of 2; class 2 has no image, and two are called by it."""
    confusion = np.array([[8, 1, 1], [0, 1, 1], [0, 0, 0]])
    assert metric_value("accuracy", confusion) == 9 / 12
    assert metric_value("balanced-accuracy", confusion) == pytest.approx((0.8 + 0.5) / 2)
    # F1 = 2 TP / (2 TP + FP + FN): 16 / (16 + 0 + 2) and 2 / (2 + 1 + 1).
    assert metric_value("macro-f1", confusion) == pytest.approx((16 / 18 + 2 / 4) / 2)


def test_every_metric_of_the_rule_can_be_computed():
    for name in METRICS:
        assert metric_value(Rule(metric=name).metric, np.eye(3, dtype=int)) == 1.0
    with pytest.raises(ValueError, match="accuracy, balanced-accuracy or macro-f1, got 'auc'"):
        Rule(metric="auc")


def test_what_is_no_confusion_is_refused():
    with pytest.raises(ValueError, match="at least one image"):
        metric_value("accuracy", np.zeros((2, 2), int))
    with pytest.raises(ValueError, match="one of each for each image"):
        confusion_matrix(np.arange(3), np.arange(4))
    with pytest.raises(ValueError, match="from 0"):
        confusion_matrix(np.arange(3), np.arange(3) - 1)


@pytest.mark.parametrize("metric", METRICS)
def test_the_share_of_an_image_is_what_more_of_it_would_change(metric):
    """Against weights of which one is larger by a millionth, for each of 40 images."""
    rng = np.random.default_rng(3)
    labels = rng.choice(4, 40, p=[0.6, 0.2, 0.15, 0.05])
    called = np.where(rng.random((2, 40)) < 0.6, labels, rng.integers(0, 5, (2, 40)))

    def weighted(run, weights):
        hits = weights * (labels == called[run])
        recalls, f1 = [], []
        for label in np.unique(labels):
            size, named = (weights[a == label].sum() for a in (labels, called[run]))
            recalls.append(hits[labels == label].sum() / size)
            f1.append(2 * hits[labels == label].sum() / (size + named))
        by_name = {"balanced-accuracy": np.mean(recalls), "macro-f1": np.mean(f1)}
        return by_name.get(metric, hits.sum() / weights.sum())

    shares = image_shares(metric, labels, called)
    step = 1e-6
    for run in range(2):
        slopes = [
            (weighted(run, 1 + step * (np.arange(40) == i)) - weighted(run, np.ones(40))) / step
            for i in range(40)
        ]
        # Weights are compared within a class, whose sum stays the same when images are drawn.
        for label in np.unique(labels):
            here = labels == label
            ours, theirs = shares[run, here], np.array(slopes)[here]
            np.testing.assert_allclose(ours - ours.mean(), theirs - theirs.mean(), atol=1e-6)
    if metric != "macro-f1":
        assert shares.sum(axis=1) == pytest.approx([weighted(run, np.ones(40)) for run in (0, 1)])
