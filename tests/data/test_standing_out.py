import numpy as np
import pytest

from augury.data.leakage.standing_out import (
    NEIGHBORS,
    dimension,
    neighbor_distances,
    standout_ratio,
)


def unit(points: np.ndarray) -> np.ndarray:
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def test_distances_are_those_of_a_loop(generator):
    points, others = unit(generator.normal(size=(70, 9))), unit(generator.normal(size=(90, 9)))
    others[4] = 0  # an image without detail
    distances = neighbor_distances(points, others)
    lengths = (points.astype(float)[:, None] - others[None]) ** 2
    apart = np.sqrt(lengths.sum(axis=2))
    apart[:, 4] = np.sqrt(2)
    np.testing.assert_allclose(distances, np.sort(apart, axis=1)[:, :NEIGHBORS], atol=1e-3)


def spread_evenly(generator, dimensions: int, points: int = 4000) -> np.ndarray:
    """(points, 32) ascending distances: the nearest of 32 even in a ball, as U^(1/D) is there."""
    return np.sort(generator.random((points, NEIGHBORS)) ** (1 / dimensions), axis=1)


@pytest.mark.parametrize("dimensions", [1, 3, 10, 40])
def test_the_dimension_of_evenly_spread_points(generator, dimensions):
    found = dimension(spread_evenly(generator, dimensions))
    # Of r = 16 uncensored exponentials 1/D has mean 1/dimensions and a deviation of a quarter of
    # it; over 4,000 points five standard errors are 2 %.
    assert np.mean(1 / found) * dimensions == pytest.approx(1, abs=0.02)


def test_copies_do_not_change_the_dimension(generator):
    distances = spread_evenly(generator, 8)
    copied = distances.copy()
    copied[:, :15] = 0
    np.testing.assert_allclose(dimension(copied), dimension(distances))


def test_the_ratio_by_hand():
    # The K-th at 1, all others at 1/2: 16 uncensored and 15 censored logarithms of 2, so that
    # D = 16 / (31 ln 2); x = (2 · 100 · 31)^(-1/D).
    distances = np.full((3, 32), 0.5)
    distances[:, -1] = 1
    expected = 6200 ** (-31 * np.log(2) / 16)
    assert standout_ratio(distances, 100, 0.05) == pytest.approx(expected)


@pytest.mark.parametrize("dimensions", [2, 10])
def test_chance_alone_stands_out_once_in_the_whole_test_part(generator, dimensions):
    tests, repeats = 50, 200
    # With the true dimension: the K-th is further than 31 points even in the ball it bounds.
    ratio = (2 * tests * 31) ** (-1 / dimensions)
    inside = generator.random((repeats, 2 * tests, 31)) ** (1 / dimensions)
    expected = (inside.min(axis=2) <= ratio).sum(axis=1).mean()
    assert expected == pytest.approx(1, abs=5 / np.sqrt(repeats))
    # With the dimension estimated, at a low quantile, fewer.
    estimated = standout_ratio(spread_evenly(generator, dimensions), tests, 0.05)
    assert estimated < ratio
