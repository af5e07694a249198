"""What a long study would take with a frozen body, or with smaller images."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from augury.data import Dataset
from augury.errors import AuguryError
from augury.kernels.threads import limited_threads
from augury.models import build_model
from augury.records.cell import Cell
from augury.records.recipe import Recipe
from augury.study.doctor.costs import ArmCost, Proposal, study_seconds
from augury.study.doctor.opening import Opened
from augury.study.judging.pairs import arm_of
from augury.study.planning.networks import check_body, model_spec
from augury.study.planning.parts import count_steps
from augury.study.planning.plan import one_of_each_arm
from augury.study.planning.probe import training_speed
from augury.training.device import current_device
from augury.training.probe import measure_speeds

LONG = 2 * 3600.0
"""Seconds of a study that a person hardly waits for: shorter ones get no proposals."""

_SMALLEST = 48  # below, photographs lose what tells them apart
_SHARES = (3 / 4, 1 / 2)
_SECONDS = 1.0  # of measuring each step


def proposals(opened: Opened, arms: Sequence[ArmCost], workers: int) -> tuple[Proposal, ...]:
    """What makes a study of more than `LONG` shorter; empty for a shorter one.

    A frozen body is proposed for pretrained networks, smaller images where the networks see more
    than 48 pixels; not for a study of several data sets. A training step of every network is timed
    in each way, without augmentation: a frozen body saves what it saves of the steps, and smaller
    images as large a share of all the rest.
    """
    whole = study_seconds(arms, workers)
    if whole <= LONG or len(opened.datasets) != 1:
        return ()
    dataset = next(iter(opened.datasets.values()))
    cells = {cell.model: cell for cell in one_of_each_arm(opened.plan.cells)}
    found = []
    for option, side, recipe in _changes(opened, dataset):
        try:
            steps = {
                model: _step_seconds(opened, dataset, cell, side, recipe)
                for model, cell in cells.items()
            }
        except AuguryError:  # a network that cannot be so
            continue
        same_size = side == dataset.image_size
        changed = [
            replace(arm, seconds=_seconds(arm, steps[arm.model], same_size, opened)) for arm in arms
        ]
        found.append(Proposal(option, study_seconds(changed, workers)))
    return tuple(proposal for proposal in found if proposal.seconds < whole)


def _changes(opened: Opened, dataset: Dataset) -> Iterator[tuple[str, int, Recipe]]:
    """Each proposed option, with the images' side in pixels and the recipe that follow from it."""
    recipe, side = opened.recipe, dataset.image_size
    network = opened.plan.cells[0].network
    if (network.pretrained or network.weights) and recipe.freeze == "none":
        yield "--freeze body", side, replace(recipe, freeze="body", body_lr=1.0, drop_path=0.0)
    for share in _SHARES:
        smaller = 16 * round(share * side / 16)
        if _SMALLEST <= smaller < side:
            yield f"--image-size {smaller}", smaller, recipe


def _seconds(arm: ArmCost, step: float, same_size: bool, opened: Opened) -> float:
    """Of a run of `arm` whose training step takes `step` seconds."""
    share = min(1.0, step / arm.step)
    if not same_size:
        return arm.seconds * share
    cell = next(each for each in opened.plan.cells if arm_of(each) == arm.arm)
    return arm.seconds - count_steps(opened.plan, cell) * (1 - share) * arm.step


def _step_seconds(opened: Opened, dataset: Dataset, cell: Cell, side: int, recipe: Recipe) -> float:
    """Seconds of a training step with `recipe` on images of `side` pixels."""
    spec = replace(model_spec(cell.model, cell.network, dataset), image_size=side)
    check_body(spec, recipe)
    # Weights make no difference to speed.
    plain = replace(spec, pretrained=False, weights=None)
    plan, device = opened.plan, torch.device(opened.plan.device)
    size = (recipe.batch_size, dataset.channels, side, side)
    with limited_threads(plan.threads), current_device(device):
        milliseconds = measure_speeds(
            lambda: build_model(plain, 0),
            size,
            dataset.num_classes,
            recipe,
            device,
            (training_speed(plan, cell),),
            _SECONDS,
        )
    return min(milliseconds.values()) / 1000
