"""AugMix on a GPU: all chains of all images in one launch, their blend in another."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from augury.kernels.gpu.launch import EXACT, by_reciprocal, on_device_of
from augury.kernels.gpu.move import scale_arguments
from augury.kernels.gpu.policy import launch_layers
from augury.kernels.gpu.resample import normalized, unit
from augury.kernels.steps import Mixture, Scale

_LANES = 512


@triton.jit(do_not_specialize=["area"])
def mix(
    images, versions, out, weights, m, area, mean, std,
    CHANNELS: tl.constexpr, VERSIONS: tl.constexpr, RECIPROCAL: tl.constexpr, LANES: tl.constexpr,
):  # fmt: skip
    """(1 - m) · image + m · weighted sum of its versions, of one block of pixels."""
    image = tl.program_id(0).to(tl.int64)
    pixel = tl.program_id(1) * LANES + tl.arange(0, LANES)
    keep = pixel < area
    share = tl.load(m + image)
    for channel in tl.static_range(CHANNELS):
        at = channel * area + pixel
        total = tl.zeros([LANES], tl.float32)
        for k in tl.static_range(VERSIONS):
            version = versions + (image * VERSIONS + k) * CHANNELS * area
            level = unit(tl.load(version + at, keep, other=0), RECIPROCAL)
            part = tl.load(weights + image * VERSIONS + k) * level
            total = part if k == 0 else total + part
        own = unit(tl.load(images + image * CHANNELS * area + at, keep, other=0), RECIPROCAL)
        found = (1 - share) * own + share * total
        found = tl.minimum(tl.maximum(found, 0.0), 1.0)
        found = normalized(found, mean, std, channel)
        tl.store(out + image * CHANNELS * area + at, found, keep)


def run_mixture(images: Tensor, mixture: Mixture, scale: Scale | None) -> Tensor:
    """Each image blended with its chains, float32, and, if given, `scale`."""
    out = torch.empty_like(images, dtype=torch.float32, memory_format=torch.contiguous_format)
    if not images.numel():
        return out
    count, channels, height, width = images.shape
    area, chains = height * width, len(mixture.chains)
    operation = torch.stack([chain.operation for chain in mixture.chains], 1).flatten(0, 1)
    magnitude = torch.stack([chain.magnitude for chain in mixture.chains], 1).flatten(0, 1)
    versions = torch.empty(
        (count * chains, channels, height, width), dtype=torch.uint8, device=images.device
    )
    launch_layers(images, versions, operation, magnitude, chains)
    with on_device_of(images):
        mix[(count, triton.cdiv(area, _LANES))](
            images.contiguous(), versions, out, mixture.weights.contiguous(),
            mixture.m.contiguous(), area, *scale_arguments(scale),
            CHANNELS=channels, VERSIONS=chains, RECIPROCAL=by_reciprocal(images), LANES=_LANES,
            num_warps=4, **EXACT,
        )  # fmt: skip
    return out
