"""A network with a frozen body, cut before its head: images to features, features to logits."""

from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor, nn

from augury.models.body import head_of
from augury.saliency.gradient import evaluating
from augury.training.feed import room_for
from augury.training.network import Network

# By how much an image's features may differ with the batch that it is in, relative to their length.
_ROUNDING = {False: 1e-3, True: 5e-2}  # in float32, in bfloat16
# A run holds no more bytes of features: those of 200,000 images with 1,280 float32 numbers.
_MOST = 2**30


class Cut:
    """The two parts of `network`; see `find_cut`. image_bytes: of the features of one image."""

    def __init__(self, network: Network, head: nn.Module, image_bytes: int = 0) -> None:
        self.network, self.head, self.image_bytes = network, head, image_bytes

    def fits(self, images: int) -> bool:
        """Whether there is room for the features of so many images."""
        device, size = self.network.device, images * self.image_bytes
        return size <= _MOST and (device.type != "cuda" or room_for(size, device))

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """(B, ...) what the head is given of normalized images (B, C, H, W)."""
        return _Pass(self.network, self.head, images).features

    def logits(self, features: Tensor) -> Tensor:
        """(B, K) float32 from features (B, ...); the head computes in its present mode."""
        return self.network.through(self.head, features.clone())  # layers may work in place


def find_cut(network: Network, images: Tensor) -> tuple[Cut | None, str]:
    """Where a network with a frozen body can be cut; or None, and why it cannot.

    images: (B, C, H, W) normalized, B >= 2, on the network's device, with which it is tried. The
    logits must be what the head makes of one tensor, and that tensor must be the same each time,
    depend on no weight that is trained and, but for rounding, on no other image of the batch.
    """
    heads = head_of(network.model)
    if len(heads) > 1:
        return None, "the network's head has several modules"
    cut = Cut(network, heads[0])
    with torch.enable_grad():
        tried = _Pass(network, cut.head, images)
    if not tried.is_clean:
        return None, "the network's logits are not what its head makes of one tensor"
    if tried.features.requires_grad:
        return None, "weights of the head are also used in the body"
    if not torch.equal(cut.features(images), tried.features):
        return None, "the body gives other features each time"
    half = len(images) // 2
    alone, within = (each[:half].double() for each in (cut.features(images[:half]), tried.features))
    if not (alone - within).norm() <= _ROUNDING[network.use_bfloat16] * within.norm():
        return None, "an image's features depend on the other images of its batch"
    return Cut(network, cut.head, tried.features[0].nbytes), ""


class _Pass:
    """One pass of `images` in evaluation mode: what the head is given, and what it returns."""

    def __init__(self, network: Network, head: nn.Module, images: Tensor) -> None:
        self.given: list[Any] = []
        self.results: list[tuple[Any, Any]] = []
        self.logits: Any = None
        self.images = images
        with evaluating(network), ExitStack() as stack:
            for hook in (
                head.register_forward_pre_hook(self._before, with_kwargs=True),
                head.register_forward_hook(self._after),
                network.model.register_forward_hook(self._end),
            ):
                stack.callback(hook.remove)
            network(images)

    # What is kept are copies, for the same reason.
    def _before(self, module: nn.Module, given: Any, named: Any) -> None:
        single = len(given) == 1 and not named and isinstance(given[0], Tensor)
        self.given.append(given[0].clone() if single else None)

    def _after(self, module: nn.Module, given: Any, result: Any) -> None:
        self.results.append((result, result.clone() if isinstance(result, Tensor) else None))

    def _end(self, module: nn.Module, given: Any, result: Any) -> None:
        self.logits = result

    @property
    def features(self) -> Tensor:
        """(B, ...), where the pass `is_clean`."""
        found: Tensor = self.given[0]
        return found

    @property
    def is_clean(self) -> bool:
        """Whether the head was called once, with one tensor, and its result are the logits."""
        if len(self.results) != 1 or self.given[0] is None:
            return False
        result, as_returned = self.results[0]
        untouched = result is self.logits and torch.equal(result, as_returned)
        return untouched and len(self.features) == len(self.images)
