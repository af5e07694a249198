"""No augmentation: the usual baseline of a study."""

from augury.augment.base import Augmentation
from augury.batch import Batch
from augury.kernels.steps import Step
from augury.rng import Draws


class Identity(Augmentation[None]):
    """Every image is returned as it is."""

    def sample(self, batch: Batch, draws: Draws) -> None:
        return None

    def streams(self, scope: str) -> set[tuple[type, str]]:
        return super().streams(scope) - {(Identity, scope)}  # it draws nothing

    def operations(self) -> dict[str, bool]:
        return {}

    def apply(self, batch: Batch, params: None) -> Batch:
        return batch

    def steps(self, params: None, size: tuple[int, int]) -> tuple[Step, ...]:
        return ()
