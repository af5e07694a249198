"""The parts of a run, and that what is announced of them is what a run has."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.data import Dataset, Split
from augury.errors import InputError
from augury.records.recipe import Recipe
from augury.study.planning.describe import describe
from augury.study.planning.parts import (
    count_classes,
    count_corrupted,
    count_steps,
    count_trained,
    run_parts,
    steps_of_run,
)
from augury.study.running.prepare import prepare
from helpers.studies import quick_plan, quick_settings


def split_of(sizes, first):
    """`sizes[k]` images of class k, in mixed order; ids from `first`."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    np.random.default_rng(0).shuffle(labels)
    images = np.zeros((len(labels), 1, 8, 8), dtype=np.uint8)
    return Split(images, labels.astype(np.int64), first + np.arange(len(labels)))


def dataset_of(train, validation, test):
    """A data set of so many images by class; validation: None for none of its own."""
    return Dataset(
        name="made",
        classes=tuple(f"class {k}" for k in range(len(train))),
        train=split_of(train, 0),
        validation=None if validation is None else split_of(validation, 10_000),
        test=split_of(test, 20_000),
        fingerprint="0" * 64,
        source="made",
        notes=(),
        set_aside=(),
    )


@st.composite
def cases(draw, fewest):
    """A data set with at least `fewest` training images a class, a recipe and a seed."""
    k = draw(st.integers(2, 8))

    def sizes(least):
        return draw(st.lists(st.integers(least, 40), min_size=k, max_size=k))

    dataset = dataset_of(sizes(fewest), draw(st.none() | st.just(sizes(1))), sizes(1))
    limits = st.none() | st.integers(k, 60)
    recipe = Recipe(
        validation=draw(st.sampled_from([0.0, 0.01, 0.1, 0.3, 0.5, 0.9, 0.99])),
        train_limit=draw(limits),
        test_limit=draw(limits),
        batch_size=draw(st.integers(2, 40)),
        epochs=draw(st.integers(1, 3)),
        normalization="unit",
    )
    return dataset, recipe, draw(st.integers(0, 3))


def by_class(parts, classes):
    return [
        np.bincount(part.labels, minlength=classes).tolist()
        for part in (parts.train, parts.validation, parts.test)
    ]


@given(cases(fewest=1))
@settings(max_examples=200, deadline=None)
def test_the_counts_by_class_are_those_of_every_seed(case):
    dataset, recipe, seed = case
    try:
        parts = run_parts(dataset, recipe, seed)
    except InputError:
        with pytest.raises(InputError, match="at least one per class"):
            count_classes(dataset, recipe)
        return
    counted = count_classes(dataset, recipe)
    found = by_class(parts, dataset.num_classes)
    assert [counted.train.tolist(), counted.validation.tolist(), counted.test.tolist()] == found
    assert counted.totals == tuple(map(sum, found))


@given(cases(fewest=2))
@settings(max_examples=200, deadline=None)
def test_the_plan_announces_what_is_trained_on(case):
    """From numbers alone: the plan keeps no labels."""
    dataset, recipe, seed = case
    planned = describe(dataset, "made")
    announced = count_trained(planned.train, len(planned.classes), planned.own_validation, recipe)
    assert announced == len(run_parts(dataset, recipe, seed).train)


@given(cases(fewest=0))
@settings(max_examples=200, deadline=None)
def test_the_plan_is_off_by_at_most_the_classes_with_fewer_than_two_images(case):
    dataset, recipe, seed = case
    sizes = np.bincount(dataset.train.labels, minlength=dataset.num_classes)
    if not sizes.sum():
        return
    announced = count_trained(
        len(dataset.train), dataset.num_classes, dataset.validation is not None, recipe
    )
    trained = len(run_parts(dataset, replace(recipe, test_limit=None), seed).train)
    assert abs(announced - trained) <= np.count_nonzero(sizes < 2)


@given(cases(fewest=2))
@settings(max_examples=25, deadline=None)
def test_a_run_trains_on_the_parts_and_takes_the_steps_that_are_announced(case):
    dataset, recipe, seed = case
    plan = quick_plan(quick_settings(augmentations=["none"]))
    cell = replace(plan.cells[0], dataset="made", recipe=recipe, seed=seed)
    plan = replace(
        plan,
        cells=(cell,),
        datasets={"made": describe(dataset, "made")},
        speed={"small on made": plan.speed["small on digits"]},
    )
    prepared = prepare(cell, dataset, plan)
    parts = run_parts(dataset, recipe, seed)
    for name in ("train", "validation", "test"):
        np.testing.assert_array_equal(getattr(prepared, name).ids, getattr(parts, name).ids)
    trained = len(prepared.training.train)
    taken = recipe.epochs * -(-trained // recipe.batch_size)
    if trained > recipe.batch_size and trained % recipe.batch_size == 1:
        taken -= recipe.epochs  # a single image joins the batch before it
    assert count_steps(plan, cell) == steps_of_run(trained, recipe) == taken
    assert count_classes(dataset, recipe).totals[0] == trained


def test_parts_by_hand():
    """Of 10 and 30 images 30 % are held out, 3 and 9; limits keep the proportion."""
    dataset = dataset_of([10, 30], None, [8, 8])
    assert by_class(run_parts(dataset, Recipe(), 0), 2) == [[7, 21], [3, 9], [8, 8]]
    limited = Recipe(train_limit=14, test_limit=4)
    # 14 images are to 6 as 70 % to 30 %.
    assert by_class(run_parts(dataset, limited, 0), 2) == [[4, 10], [2, 4], [2, 2]]
    own = dataset_of([10, 30], [5, 6], [8, 8])
    assert by_class(run_parts(own, limited, 0), 2) == [[4, 10], [5, 6], [2, 2]]


def test_corrupted_images_by_hand():
    assert count_corrupted(200, 360, 10) == 200
    assert count_corrupted(200, 50, 10) == 50
    assert count_corrupted(4, 50, 10) == 10  # one of each class
