"""Try a model on a data set for a moment: how long the pieces of a run take, how large they are."""

import statistics
import tempfile
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from augury.batch import Batch, to_float
from augury.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from augury.data import Dataset, Split, batches, cache_folder, epoch_order
from augury.data.cache import writing
from augury.models import build_model
from augury.names import lookup
from augury.records.cell import Cell, NetworkOptions
from augury.records.plan import Plan
from augury.study.planning.networks import model_spec
from augury.study.planning.probe import training_speed
from augury.training import Network, Normalize, evaluate
from augury.training.checkpoint import Checkpoint, write_safetensors
from augury.training.cut import Cut, find_cut
from augury.training.device import augmenting_device
from augury.training.normalizations import unit_statistics
from augury.training.optimizers import OPTIMIZERS, build_optimizer
from augury.training.stopwatch import Stopwatch

_BATCHES = 5
_TRIES = 3
_CORRUPTED = 16
_MIDDLE = 3  # of the severities 1..5


class Bench:
    """The untrained network of `cell` on real images, with the layout and precision of `plan`.

    Pretrained weights do not change the speed, so none are fetched. Each figure is measured when
    it is first asked for.
    """

    def __init__(self, plan: Plan, cell: Cell, dataset: Dataset) -> None:
        self.dataset, self.recipe, self.device = dataset, cell.recipe, torch.device(plan.device)
        options = NetworkOptions(cell.network.head, cell.network.stem)
        model = build_model(model_spec(cell.model, options, dataset), 0)
        normalize = Normalize(*unit_statistics(dataset.channels))
        self.network = Network(model, normalize, training_speed(plan, cell), self.device)
        if self.recipe.freeze == "body":
            self.network.freeze_body()

    def seconds(self, call: Callable[[], object], tries: int = _TRIES) -> float:
        """Median seconds of `tries` calls, after one that is not counted."""
        call()
        times = []
        for _ in range(tries):
            watch = Stopwatch(self.device)
            with watch.running():
                call()
            times.append(watch.seconds())
        return statistics.median(times)

    @cached_property
    def feed(self) -> list[Batch]:
        """A handful of batches as training makes them, where they are augmented."""
        return [batch.to(augmenting_device(self.device)) for batch in self._batches(_BATCHES)]

    @cached_property
    def pictures(self) -> list[Batch]:
        """The same of whole pictures, where the data set has them."""
        on = augmenting_device(self.device)
        return [batch.to(on) for batch in self._batches(_BATCHES, self.dataset.pictures)]

    def _batches(self, count: int, train: Split | None = None) -> list[Batch]:
        train, size = train or self.dataset.train, self.recipe.batch_size
        order = epoch_order(len(train), 0, 0)[: count * size]
        return list(batches(train, self.dataset.num_classes, size, order))

    @cached_property
    def load(self) -> float:
        """Seconds for making one batch."""
        return self.seconds(lambda: self._batches(1)[0].to(self.device))

    @cached_property
    def load_pictures(self) -> float:
        """Seconds for making one batch of whole pictures."""
        return self.seconds(lambda: self._batches(1, self.dataset.pictures)[0].to(self.device))

    @cached_property
    def cut(self) -> Cut | None:
        """Where the network is cut to compute features once; None where it cannot or is not to."""
        if not self.network.frozen or self.recipe.features != "once":
            return None
        return find_cut(self.network, self._normalized)[0]

    @property
    def _normalized(self) -> Tensor:
        """The first batch, as the network sees it."""
        side = self.dataset.image_size
        images = self.feed[0].images[:, :, :side, :side].to(self.device)
        normalized: Tensor = self.network.normalize(to_float(images))
        return normalized

    def head_step(self, cut: Cut) -> float:
        """Seconds for a training step of the head, on a batch of features."""
        features = cut.features(self._normalized)
        optimizer = build_optimizer(self.network, self.recipe)
        targets = self.feed[0].targets.to(self.device)
        self.network.train()

        def step() -> None:
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(cut.logits(features), targets).backward()  # type: ignore[no-untyped-call]
            optimizer.step()

        return self.seconds(step)

    @cached_property
    def predict(self) -> float:
        """Seconds for one image in evaluation."""
        size = 2 * self.recipe.batch_size
        images = self.dataset.train.take(slice(0, size)).centers(self.dataset.image_size)
        classes = self.dataset.num_classes
        return self.seconds(lambda: evaluate(self.network, images, classes, size)) / len(images)

    @cached_property
    def corrupt(self) -> float:
        """Seconds for making all corruptions of one image, measured at the middle severity."""
        chosen = self.dataset.test.take(slice(0, _CORRUPTED)).centers(self.dataset.image_size)
        images, ids = torch.tensor(chosen.images), torch.tensor(chosen.ids)
        once = self.seconds(lambda: [corrupt(images, ids, name, _MIDDLE) for name in CORRUPTIONS])
        return len(SEVERITIES) * once / len(images)

    @cached_property
    def save(self) -> float:
        """Seconds for writing one checkpoint, measured in the cache folder."""
        tensors = {"all": torch.zeros(self.checkpoint_bytes, dtype=torch.uint8)}
        with writing(cache_folder()):
            cache_folder().mkdir(parents=True, exist_ok=True)
            return self._save_in_cache(tensors)

    def _save_in_cache(self, tensors: dict[str, Tensor]) -> float:
        with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
            path = Path(folder) / "trial.safetensors"
            return self.seconds(lambda: write_safetensors(path, Checkpoint(tensors, {})))

    @cached_property
    def weight_bytes(self) -> int:
        """Bytes of the network as it is stored."""
        return _bytes(self.network.model.state_dict().values())

    @cached_property
    def parameter_bytes(self) -> int:
        """Bytes of the trained parameters."""
        return _bytes(self._trained)

    @property
    def _trained(self) -> list[nn.Parameter]:
        return [each for each in self.network.model.parameters() if each.requires_grad]

    @property
    def state_bytes(self) -> int:
        """Bytes of what the optimizer keeps."""
        named = lookup(OPTIMIZERS, self.recipe.optimizer, "optimizer")
        return named.state_bytes(self._trained)

    @property
    def checkpoint_bytes(self) -> int:
        """Bytes of a checkpoint in training; with the best weights where they are chosen, and their
        average where it is tested.
        """
        best = self.weight_bytes if self.recipe.select == "validation" else 0
        average = self.parameter_bytes if self.recipe.ema else 0
        return self.weight_bytes + self.state_bytes + best + average

    @cached_property
    def activation_bytes(self) -> int:
        """Bytes that a training step keeps for the backward pass, scaled up from two images."""
        own = {p.untyped_storage().data_ptr() for p in self.network.parameters()}
        kept: dict[int, int] = {}

        def keep(tensor: Tensor) -> Tensor:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in own:
                kept[storage.data_ptr()] = storage.nbytes()
            return tensor

        side, batch = self.dataset.image_size, min(self.recipe.batch_size, len(self.dataset.train))
        images = self.feed[0].images[:2, :, :side, :side].to(self.device)
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            logits = self.network.train().predict(images)
        del logits
        return sum(kept.values()) * batch // len(images)


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
