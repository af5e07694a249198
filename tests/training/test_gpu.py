"""Captured steps on a real GPU."""

import json

import pytest
import torch

from augury.augment import build_augmentation
from augury.rng import Draws
from augury.study import StudyFolder, read_plan
from augury.training import CheckpointFolder, Network, Normalize, Recipe, Speed, Training
from augury.training.captured import Alike, forget_graphs
from augury.training.feed import Feed
from helpers import command_line
from helpers.datasets import CLASSES, make_split
from helpers.networks import Tiny

pytestmark = pytest.mark.gpu

SGD = Recipe(epochs=3, batch_size=16, lr=0.02, label_smoothing=0.1)
ADAMW = Recipe(epochs=3, batch_size=16, lr=0.005, optimizer="adamw", schedule="cosine")
ARMS = ["none", "normal+random-erasing", "trivialaugment", "cutmix", "normal+mixup"]


@pytest.fixture(autouse=True)
def deterministic(monkeypatch):
    """As in a worker process."""
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    yield
    torch.use_deterministic_algorithms(before)
    forget_graphs()


def make_training(arm, recipe=SGD, seed=0, speed=None, **options):
    network = Network(
        Tiny(3, CLASSES), Normalize((0.4,) * 3, (0.3,) * 3), speed or Speed(), torch.device("cuda")
    )
    train, held_out = make_split(3, 70, 6, seed), make_split(3, 20, 6, seed + 100)
    augmentation = build_augmentation(arm)
    return Training(network, augmentation, train, held_out, CLASSES, recipe, seed, **options)


def trained(*args, **kwargs):
    training = make_training(*args, **kwargs)
    list(training.epochs())
    return training


def same_bits(first, second):
    one, two = (each.network.model.state_dict() for each in (first, second))
    losses = [[e.loss for e in each.history] for each in (first, second)]
    return losses[0] == losses[1] and all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("recipe", [SGD, ADAMW], ids=["sgd", "adamw"])
@pytest.mark.parametrize("arm", ARMS)
def test_captured_training_is_eager_training(arm, recipe):
    """But for the rounding of the learning rate, which lies in a float32 tensor."""
    captured, eager = trained(arm, recipe), trained(arm, recipe, capture=None)
    assert captured.way.steps == "captured", captured.way.why
    assert eager.way.steps == "eager"
    for ours, theirs in zip(captured.history, eager.history, strict=True):
        assert ours.loss == pytest.approx(theirs.loss, rel=1e-3)
        assert ours.validation_loss == pytest.approx(theirs.validation_loss, rel=1e-3)


@pytest.mark.parametrize(
    "speed", [Speed(), Speed("channels_last", "bfloat16")], ids=["float32", "bfloat16"]
)
@pytest.mark.parametrize("recipe", [SGD, ADAMW], ids=["sgd", "adamw"])
def test_a_resumed_run_has_the_same_bits(recipe, speed, tmp_path):
    """With dropout, whose masks come from the GPU's generator."""
    arm = "normal+random-erasing"
    straight = trained(arm, recipe, speed=speed)
    first = make_training(arm, recipe, speed=speed)
    list(first.epochs(until=1))
    first.save(CheckpointFolder(tmp_path))
    torch.cuda.manual_seed(99)
    second = make_training(arm, recipe, speed=speed)
    second.restore(CheckpointFolder(tmp_path).load())
    list(second.epochs())
    assert straight.way.steps == second.way.steps == "captured"
    assert same_bits(second, straight)


def test_the_next_runs_use_the_same_graphs():
    arms = [("normal+random-erasing", 0), ("cutmix", 0), ("normal+random-erasing", 1)]
    alone = [trained(arm, seed=seed) for arm, seed in arms]
    for (arm, seed), expected in zip(arms, alone, strict=True):
        assert same_bits(trained(arm, seed=seed, alike=Alike("tiny", arm)), expected)


def test_the_global_generator_is_left_as_it_was():
    before = torch.cuda.get_rng_state()
    trained("cutmix")
    assert torch.equal(torch.cuda.get_rng_state(), before)


def test_batches_on_the_gpu_are_those_of_the_host():
    split = make_split(3, 20, 6)
    for resident in (True, False):
        feed = Feed(split, CLASSES, 3, torch.device("cuda"), resident)
        feed.begin(7)
        for rows in feed.rows(torch.arange(20).flip(0).numpy(), 8):
            batch = feed.batch(rows)
            where = torch.as_tensor(rows).cpu().numpy()
            assert torch.equal(batch.images.cpu(), torch.from_numpy(split.images[where]))
            assert batch.targets.argmax(1).tolist() == split.labels[where].tolist()
            assert batch.ids.tolist() == split.ids[where].tolist()
            drawn = feed.draws(batch, rows).uniform("op", 3).cpu()
            assert torch.equal(drawn, Draws(3, 7, batch.ids.cpu()).uniform("op", 3))


def test_one_worker_and_several_give_the_same_bits(tmp_path):
    arms = ["--augment", "none,normal+random-erasing,cutmix", "--seeds", "2", "--epochs", "3"]
    found = []
    for workers in ("1", "3"):
        folder = tmp_path / workers
        done = command_line.run(folder, *arms, "--workers", workers)
        assert done.returncode == 0, done.stderr
        found.append(command_line.results(folder))
        study = StudyFolder(folder)
        for cell in read_plan(study.plan_file).cells:
            speed = json.loads(study.run(cell).result.read_text())["speed"]
            assert speed["steps"] == "captured", speed
    assert found[0] == found[1]
