import math

import pytest

from augury.training.schedule import Plateau, learning_rate


@pytest.mark.parametrize(
    ("schedule", "progress", "expected"),
    [
        ("onecycle", 0.0, 0.0),
        ("onecycle", 0.125, 0.2),
        ("onecycle", 0.25, 0.4),
        ("onecycle", 0.625, 0.2),
        ("onecycle", 1.0, 0.0),
        ("cosine", 0.0, 0.4),
        ("cosine", 1 / 3, 0.3),
        ("cosine", 0.5, 0.2),
        ("cosine", 1.0, 0.0),
        ("constant", 0.7, 0.4),
    ],
)
def test_learning_rate_by_hand(schedule, progress, expected):
    assert learning_rate(schedule, 0.4, progress) == pytest.approx(expected, abs=1e-12)


def test_plateau_waits_then_reduces():
    plateau = Plateau(1.0, factor=0.1, patience=3)
    for loss in (2.0, 1.0, 1.0, 0.99995):  # better by less than 1e-4 is not better
        plateau.update(loss)
    assert plateau.lr == 1.0
    plateau.update(1.5)
    assert plateau.lr == pytest.approx(0.1)
    for loss in (0.5, 0.6, 0.6):
        plateau.update(loss)
    assert plateau.lr == pytest.approx(0.1)
    plateau.update(math.nan)
    assert plateau.lr == pytest.approx(0.01)
