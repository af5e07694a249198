"""`Listener`: callbacks for the progress of a running cell."""

from collections.abc import Callable
from dataclasses import dataclass

from augury.records.epochs import Epoch


@dataclass(frozen=True)
class Listener:
    """Called while a cell runs.

    on_step(epoch, step, steps): after each training step, counted from 0, of `steps` an epoch;
    on_epoch: after each epoch, when its checkpoint is written; on_note: with a line that the user
    should read.
    """

    on_step: Callable[[int, int, int], None] = lambda epoch, step, steps: None
    on_epoch: Callable[[Epoch], None] = lambda epoch: None
    on_note: Callable[[str], None] = lambda line: None
