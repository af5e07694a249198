import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from augury.augment import build_augmentation
from augury.data import Split
from augury.errors import InputError, TrainingError
from augury.training import CheckpointFolder, Network, Normalize, Recipe, Speed, Training, evaluate
from augury.training.network import ALL_SPEEDS

CPU = torch.device("cpu")


def make_split(n=70, first_id=0, seed=0):
    """Two classes that a line separates: bright above or bright below."""
    generator = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    images = generator.integers(0, 120, (n, 1, 8, 8), dtype=np.uint8)
    images[labels == 1, :, :4] += 100
    images[labels == 0, :, 4:] += 100
    return Split(images, labels.astype(np.int64), np.arange(first_id, first_id + n))


def make_model(dropout=0.3):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(24, 2),
    )


def make_training(recipe, speed=None, augment="normal", seed=0, **options):
    network = Network(make_model(), Normalize((0.4,), (0.3,)), speed or Speed(), CPU)
    held_out = make_split(30, first_id=1000, seed=1)
    arm = build_augmentation(augment)
    return Training(network, arm, make_split(), held_out, 2, recipe, seed, **options)


def metrics(history):
    names = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate")
    return [[getattr(epoch, name) for name in names] for epoch in history]


RECIPE = Recipe(epochs=6, batch_size=20, lr=0.05)


def test_it_learns():
    training = make_training(RECIPE)
    history = list(training.epochs())
    assert [epoch.epoch for epoch in history] == list(range(6))
    assert history[-1].loss < history[0].loss
    assert history[-1].validation_accuracy == 1.0
    assert history[-1].learning_rate < 0.01
    assert all(e.augment_seconds < e.step_seconds < e.seconds for e in history)


@pytest.mark.parametrize("speed", ALL_SPEEDS, ids=str)
@pytest.mark.parametrize(
    "recipe",
    [
        RECIPE,
        Recipe(epochs=6, batch_size=20, lr=0.01, optimizer="adamw", schedule="cosine"),
        Recipe(epochs=6, batch_size=20, lr=0.05, schedule="plateau", select="validation"),
        Recipe(epochs=6, batch_size=20, lr=0.05, sampling="balanced"),
    ],
    ids=["sgd onecycle", "adamw cosine", "plateau best", "balanced"],
)
def test_resuming_gives_the_same_bits(recipe, speed, tmp_path):
    """Also with dropout, whose draws come from the global generator."""
    straight = make_training(recipe, speed)
    list(straight.epochs())
    first = make_training(recipe, speed)
    list(first.epochs(until=3))
    first.save(CheckpointFolder(tmp_path))
    torch.manual_seed(99)  # another process has another state
    second = make_training(recipe, speed)
    second.restore(CheckpointFolder(tmp_path).load())
    list(second.epochs())
    assert metrics(second.history) == metrics(straight.history)
    assert second.choose() == straight.choose()
    ours, theirs = second.network.model.state_dict(), straight.network.model.state_dict()
    for name, value in theirs.items():
        assert torch.equal(ours[name], value), name


def test_no_epochs_are_trained_where_none_are_asked_for():
    assert list(make_training(RECIPE).epochs(until=0)) == []


def test_the_global_generator_is_left_as_it_was():
    training = make_training(RECIPE)
    before = torch.get_rng_state()
    list(training.epochs(until=1))
    assert torch.equal(torch.get_rng_state(), before)


def test_arms_of_a_seed_see_the_same_order():
    def ids_seen(augment, seed):
        training = make_training(RECIPE, augment=augment, seed=seed)
        seen = []
        run = training.augmentation.run
        training.augmentation.run = lambda batch, *others: (
            seen.append(batch.ids.clone()) or run(batch, *others)
        )
        list(training.epochs(until=2))
        return torch.cat(seen)

    assert torch.equal(ids_seen("none", 0), ids_seen("random-erasing", 0))
    assert not torch.equal(ids_seen("none", 0), ids_seen("none", 1))
    assert sorted(ids_seen("none", 0)[:70].tolist()) == list(range(70))


def test_one_step_by_hand():
    """SGD without momentum's history: w - lr · gradient · (1 + 0.9), of the smoothed loss."""
    recipe = Recipe(
        epochs=1, batch_size=70, lr=0.5, schedule="constant", weight_decay=0.0, label_smoothing=0.2
    )
    training = make_training(recipe, augment="none")
    training.network.model[5].p = 0.0
    reference = make_model(dropout=0.0).train()
    split = make_split()
    order = np.concatenate([b.ids for b in _order_of(training)])
    x = (torch.from_numpy(split.images[order]) / 255 - 0.4) / 0.3
    smoothed = torch.full((70, 2), 0.1)
    smoothed[torch.arange(70), torch.from_numpy(split.labels[order])] = 0.9
    loss = -(smoothed * F.log_softmax(reference(x), 1)).sum(1).mean()
    loss.backward()
    (epoch,) = training.epochs()
    assert epoch.loss == pytest.approx(loss.item(), abs=1e-6)
    for mine, theirs in zip(
        training.network.model.parameters(), reference.parameters(), strict=True
    ):
        torch.testing.assert_close(mine, theirs - 0.5 * 1.9 * theirs.grad, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("augment", ["mixup", "cutmix"])
def test_one_step_on_soft_targets_by_hand(augment):
    """Cross-entropy -Σ target · log p, smoothed towards 1/K; accuracy by shares of the targets."""
    recipe = Recipe(
        epochs=1, batch_size=70, lr=0.5, schedule="constant", weight_decay=0.0, label_smoothing=0.2
    )
    training = make_training(recipe, augment=augment)
    training.network.model[5].p = 0.0
    seen = []
    training.on_batch = lambda epoch, before, after: seen.append(after)
    (epoch,) = training.epochs()
    (batch,) = seen
    assert ((batch.targets > 0.05) & (batch.targets < 0.95)).any(1).float().mean() > 0.3
    images = batch.images / 255 if batch.images.dtype == torch.uint8 else batch.images
    reference = make_model(dropout=0.0).train()
    logits = reference((images - 0.4) / 0.3)
    probability = logits.exp() / logits.exp().sum(1, keepdim=True)
    loss, right = 0.0, 0.0
    for i in range(70):
        for k in range(2):
            target = batch.targets[i, k].item()
            loss = loss - (0.8 * target + 0.2 / 2) * probability[i, k].log() / 70
            right += target * (logits[i, k] == logits[i].max()).item()
    loss.backward()
    assert epoch.loss == pytest.approx(loss.item(), abs=1e-6)
    assert epoch.accuracy == pytest.approx(right / 70, abs=1e-6)
    for mine, theirs in zip(
        training.network.model.parameters(), reference.parameters(), strict=True
    ):
        torch.testing.assert_close(mine, theirs - 0.5 * 1.9 * theirs.grad, atol=1e-5, rtol=1e-4)


def _order_of(training):
    from augury.data import batches, epoch_order

    return batches(training.train, 2, 70, epoch_order(70, training.seed, 0))


@pytest.mark.parametrize("bad_step", [0, 2, 59])
def test_a_loss_that_is_not_finite_is_reported_with_its_step(bad_step):
    training = make_training(Recipe(epochs=2, batch_size=2, lr=0.01, schedule="constant"))
    training.train = make_split(140)
    steps = []

    def poison(epoch, step, steps_an_epoch):
        steps.append(step)
        if epoch == 0 and step == bad_step - 1:
            with torch.no_grad():
                training.network.model[-1].weight.fill_(math.nan)

    training.on_step = poison
    if bad_step == 0:
        training.network.model[-1].weight.data.fill_(math.inf)
    with pytest.raises(TrainingError, match=rf"the loss is nan at epoch 0, step {bad_step}$"):
        list(training.epochs())


def test_the_best_epoch_is_chosen_on_validation():
    recipe = Recipe(epochs=5, batch_size=20, lr=0.05, select="validation")
    training = make_training(recipe)
    list(training.epochs())
    chosen = training.choose()
    accuracies = [epoch.validation_accuracy for epoch in training.history]
    assert chosen == accuracies.index(max(accuracies))
    outcome = evaluate(training.network, training.validation, 2, 40)
    assert outcome.accuracy == max(accuracies)


def test_validation_is_looked_at_every_so_many_epochs_and_in_the_last(tmp_path):
    often, seldom = (
        make_training(Recipe(epochs=8, batch_size=20, lr=0.05, validate_every=every))
        for every in (1, 3)
    )
    list(often.epochs())
    list(seldom.epochs(until=4))
    seldom.save(CheckpointFolder(tmp_path))
    resumed = make_training(seldom.recipe)
    resumed.restore(CheckpointFolder(tmp_path).load())
    list(resumed.epochs())
    looks = (2, 5, 7)
    for epoch, (found, expected) in enumerate(
        zip(metrics(resumed.history), metrics(often.history), strict=True)
    ):
        shown = expected if epoch in looks else [*expected[:3], None, None, expected[5]]
        assert found == shown
    for found, expected in zip(
        resumed.network.model.parameters(), often.network.model.parameters(), strict=True
    ):
        assert torch.equal(found, expected)


@pytest.mark.parametrize("follows", [{"select": "validation"}, {"schedule": "plateau"}])
def test_what_follows_validation_looks_at_it_in_each_epoch(follows):
    message = "validate_every: must be 1 for select=validation or schedule=plateau"
    with pytest.raises(InputError, match=f"^{message}$"):
        Recipe(validate_every=2, **follows)


class Recorded:
    """Sources that write down when they are asked for what."""

    def __init__(self, calls):
        self.calls = calls

    def refresh(self, step):
        self.calls.append(step)

    def state(self):
        return {"weight": torch.tensor([1.5])}

    def restore(self, state):
        self.calls.append(state)


def test_sources_are_refreshed_before_each_step_and_each_batch_is_shown():
    calls = []
    training = make_training(RECIPE, sources=Recorded(calls))
    training.on_batch = lambda epoch, before, after: calls.append((epoch, len(before), len(after)))
    list(training.epochs(until=2))
    sizes = [(epoch, n, n) for epoch in (0, 1) for n in (20, 20, 20, 10)]
    assert calls == [call for pair in enumerate(sizes) for call in pair]


def test_what_sources_need_is_kept_with_the_run(tmp_path):
    calls = []
    training = make_training(RECIPE, sources=Recorded(calls))
    training.save(CheckpointFolder(tmp_path))
    training.restore(CheckpointFolder(tmp_path).load())
    assert calls == [{"weight": torch.tensor([1.5])}]


def test_evaluation_by_hand():
    network = Network(nn.Flatten(), Normalize((0.0,), (1.0,)), Speed(), CPU)
    images = np.array([[255, 0, 0], [0, 255, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
    split = Split(images.reshape(4, 1, 1, 3), np.array([0, 1, 0, 1]), np.arange(4))
    outcome = evaluate(network, split, 3, 3)
    assert outcome.accuracy == 0.5
    assert outcome.confusion().tolist() == [[1, 1, 0], [0, 1, 1], [0, 0, 0]]
    assert outcome.per_class() == [0.5, 0.5, None]
    e = math.e
    assert outcome.loss == pytest.approx(math.log(e + 2) - 0.5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs": 0}, "epochs: must be at least 1, got 0"),
        ({"batch_size": 1}, "batch_size: must be at least 2, got 1"),
        ({"lr": 0.0}, "lr: must be over 0, got 0.0"),
        ({"optimizer": "adam"}, "unknown optimizer 'adam'. Did you mean 'adamw'"),
        ({"schedule": "cosin"}, "unknown schedule 'cosin'. Did you mean 'cosine'"),
        ({"validation": 1.0}, "validation: must be under 1, got 1.0"),
        ({"validation": 0.0, "schedule": "plateau"}, "validation: must be over 0"),
        ({"label_smoothing": -1}, "label_smoothing: must be at least 0, got -1"),
        ({"train_limit": 0}, "train_limit: must be at least 2, got 0"),
    ],
)
def test_a_bad_recipe_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        Recipe(**arguments)
