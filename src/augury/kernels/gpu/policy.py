"""AutoAugment's operations on a GPU: one launch for all layers of all images.

One program works on one image, layer after layer, and does only what the image has drawn. It keeps
the levels in two buffers, from which each operation reads and into which it writes in turn; the
programs never wait for each other. For 128 images of 224×224 pixels that leaves the card's memory
idle, but all layers still take less time than a single launch for each operation would.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from augury.kernels.gpu.colors import (
    autocontrast,
    equalize,
    mean_gray,
    posterize,
    saturate,
    sharpen,
    solarize,
    solarize_add,
    toward,
)
from augury.kernels.gpu.launch import EXACT, by_reciprocal, on_device_of
from augury.kernels.gpu.move import scale_arguments
from augury.kernels.gpu.resample import over_255, unit
from augury.kernels.gpu.warp import warp, write_matrix
from augury.kernels.steps import Layers, Scale


@triton.jit
def level_of(value):
    """Stored values as uint8 levels; floats are rounded, halves to the even level."""
    if value.dtype == tl.uint8:
        found = value
    else:
        scaled = value * 255.0
        whole = tl.floor(scaled)
        rest = scaled - whole
        odd = whole.to(tl.int32) % 2 != 0
        rounded = tl.where((rest > 0.5) | ((rest == 0.5) & odd), whole + 1, whole)
        found = tl.minimum(tl.maximum(rounded, 0.0), 255.0).to(tl.int32).to(tl.uint8)
    return found


@triton.jit
def recolor(
    source, target, table, operation, magnitude, height, width,
    CHANNELS: tl.constexpr, LANES: tl.constexpr,
):  # fmt: skip
    """One color operation, by its index in OPERATIONS."""
    area = height * width
    size = CHANNELS * area
    factor = 1 + magnitude
    if operation == 6:
        toward(source, target, size, operation * 0, factor, LANES)
    elif operation == 7:
        saturate(source, target, area, factor, CHANNELS, LANES)
    elif operation == 8:
        toward(source, target, size, mean_gray(source, area, CHANNELS, LANES), factor, LANES)
    elif operation == 9:
        sharpen(source, target, height, width, size, factor, LANES)
    elif operation == 10:
        posterize(source, target, size, magnitude, LANES)
    elif operation == 11:
        solarize(source, target, size, magnitude, LANES)
    elif operation == 12:
        for channel in range(CHANNELS):
            autocontrast(source + channel * area, target + channel * area, area, LANES)
    elif operation == 13:
        for channel in range(CHANNELS):
            equalize(
                source + channel * area, target + channel * area, table + channel * 256, area, LANES
            )
    elif operation == 14:
        solarize(source, target, size, magnitude * 0, LANES)
    else:
        solarize_add(source, target, size, magnitude, LANES)


@triton.jit(do_not_specialize=["height", "width", "layers", "chains"])
def layer(
    images, out, scratch, tables, matrices, operations, magnitudes, height, width, layers, chains,
    chosen, mean, std,
    CHANNELS: tl.constexpr, RECIPROCAL: tl.constexpr, LANES: tl.constexpr,
):  # fmt: skip
    """All layers of one version of one image. Images that are not chosen keep their values."""
    program = tl.program_id(0).to(tl.int64)
    area = height * width
    size = CHANNELS * area
    source = images + program // chains * size
    levels = scratch + program * 2 * size
    matrices = matrices + program * layers * 6
    table = tables + program * CHANNELS * 256
    operations, magnitudes = operations + program * layers, magnitudes + program * layers

    for start in range(0, size, LANES):
        at = start + tl.arange(0, LANES)
        tl.store(levels + at, level_of(tl.load(source + at, at < size, other=0)), at < size)
    for i in range(layers):
        write_matrix(
            matrices + i * 6, tl.load(operations + i), tl.load(magnitudes + i), height, width
        )
    tl.debug_barrier()

    slot = 0
    moving = False
    for i in range(layers):
        operation = tl.load(operations + i).to(tl.int32)
        here, there = levels + slot * size, levels + (1 - slot) * size
        moves = (operation >= 1) & (operation <= 5)
        begins = moves & (not moving)
        colors = operation >= 6
        if begins:
            # Neighbors that move pixels are read at once.
            last = i
            more = True
            for j in range(i + 1, layers):
                following = tl.load(operations + j).to(tl.int32)
                more = more & (following >= 1) & (following <= 5)
                last = tl.where(more, j, last)
            warp(here, there, matrices, i, last, height, width, CHANNELS, LANES)
        if colors:
            magnitude = tl.load(magnitudes + i)
            recolor(here, there, table, operation, magnitude, height, width, CHANNELS, LANES)
        tl.debug_barrier()
        slot = tl.where(begins | colors, 1 - slot, slot)
        moving = moves

    rounds = True
    if chosen is not None:
        rounds = tl.load(chosen + program // chains) != 0
    done = levels + slot * size
    target = out + program * size
    for channel in tl.static_range(CHANNELS):
        for start in range(0, area, LANES):
            pixel = start + tl.arange(0, LANES)
            keep = pixel < area
            at = channel * area + pixel
            found = tl.load(done + at, keep, other=0)
            if out.dtype.element_ty != tl.uint8:
                found = over_255(found.to(tl.float32), RECIPROCAL)
                if chosen is not None:
                    own = unit(tl.load(source + at, keep, other=0), RECIPROCAL)
                    found = tl.where(rounds, found, own)
                if mean is not None:
                    shift, spread = tl.load(mean + channel), tl.load(std + channel)
                    found = tl.div_rn(found - shift, spread + found * 0)
            tl.store(target + at, found, keep)


def run_layers(images: Tensor, layers: Layers, scale: Scale | None) -> Tensor:
    """`images` after all layers and, if given, `scale`; uint8 stays uint8 without it."""
    dtype = torch.float32 if scale else images.dtype
    out = torch.empty_like(images, dtype=dtype, memory_format=torch.contiguous_format)
    if images.numel():
        launch_layers(images, out, layers.operation, layers.magnitude, 1, scale, layers.chosen)
    return out


def launch_layers(
    images: Tensor,
    out: Tensor,
    operation: Tensor,
    magnitude: Tensor,
    versions: int,
    scale: Scale | None = None,
    chosen: Tensor | None = None,
) -> None:
    """Write `versions` of each image to `out`; operation, magnitude: (B · versions, L)."""
    channels, height, width = images.shape[1:]
    programs, layers = operation.shape
    size = channels * height * width
    device = images.device
    scratch = torch.empty((programs, 2, size), dtype=torch.uint8, device=device)
    tables = torch.empty((programs, channels, 256), dtype=torch.uint8, device=device)
    matrices = torch.empty((programs, layers, 6), dtype=torch.float32, device=device)
    small = size <= 2**14
    with on_device_of(images):
        layer[(programs,)](
            images.contiguous(), out, scratch, tables, matrices, operation.contiguous(),
            magnitude.contiguous(), height, width, layers, versions,
            None if chosen is None else chosen.contiguous(), *scale_arguments(scale),
            CHANNELS=channels, RECIPROCAL=by_reciprocal(images), LANES=1024 if small else 4096,
            num_warps=8 if small else 16, **EXACT,
        )  # fmt: skip
