"""The state of a training run: all that it needs to go on with the same bits."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from augury.errors import InputError
from augury.records.epochs import Epoch
from augury.training.checkpoint import (
    Checkpoint,
    optimizer_tensors,
    prefixed,
    restore_optimizer,
    without_prefix,
)

if TYPE_CHECKING:
    from augury.training.loop import Training


def checkpoint_of(training: "Training", about: Mapping[str, Any]) -> Checkpoint:
    """The state after the epochs that are done; about: more JSON values."""
    average, sources = training.average, training.sources
    tensors = prefixed("model", training.network.model.state_dict())
    tensors |= prefixed("optimizer", optimizer_tensors(training.optimizer))
    tensors |= prefixed("average", average.state() if average else {})
    tensors |= prefixed("best", training.best)
    tensors |= prefixed("sources", sources.state() if sources else {})
    state = {
        "history": [asdict(epoch) for epoch in training.history],
        "plateau": training.schedule.state(),  # called after the first schedule that had a state
        "about": dict(about),
    }
    return Checkpoint(tensors, state)


def go_back(training: "Training", checkpoint: Checkpoint) -> None:
    """Give `training` the state of `checkpoint`.

    Raises InputError, and changes nothing, if the network's shapes are different.
    """
    model = without_prefix("model", checkpoint.tensors)
    own = training.network.model.state_dict()
    if {n: t.shape for n, t in model.items()} != {n: t.shape for n, t in own.items()}:
        raise InputError("the checkpoint is of a network of other shapes")
    try:
        history = [Epoch(**epoch) for epoch in checkpoint.state["history"]]
        schedule = checkpoint.state["plateau"]
    except (KeyError, TypeError) as error:
        raise InputError("the checkpoint lacks what training goes on from") from error
    training.network.model.load_state_dict(model)
    restore_optimizer(training.optimizer, without_prefix("optimizer", checkpoint.tensors))
    if training.average:
        training.average.restore(without_prefix("average", checkpoint.tensors))
    training.best = without_prefix("best", checkpoint.tensors)
    if training.sources:
        training.sources.restore(without_prefix("sources", checkpoint.tensors))
    training.history = history
    training.schedule.restore(schedule)
