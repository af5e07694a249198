"""Policies as calls of compiled loops over a few images of a batch; see `passes.py`."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from augury.kernels.processor.policy import layer_levels, layer_values, mix
from augury.kernels.steps import Layers, Mixture

Array = NDArray[Any]


def layers_pass(step: Layers, shape: tuple[int, int, int]) -> Callable[..., Array]:
    """The pass of `step` over images of `shape`, (C, H, W)."""
    given = _arrays(step)
    chosen = np.ones(len(given[0]), bool) if step.chosen is None else _array(step.chosen)

    def run(images: Array, rows: slice, room: Any, out: Array | None, finish: Any) -> Array:
        if out is None or out.dtype != images.dtype or finish.scaled:
            out = np.empty_like(images)
        its = [each[rows] for each in given]
        if images.dtype == np.uint8:
            layer_levels(_planes(images, shape), shape, *its, _planes(out, shape))
        else:
            layer_values(_planes(images, shape), shape, *its, chosen[rows], _planes(out, shape))
        return out

    return run


def mixture_pass(step: Mixture, shape: tuple[int, int, int]) -> Callable[..., Array]:
    """The same of AugMix; its result is float32."""
    chains = [_arrays(chain) for chain in step.chains]
    given = [np.stack(each, 1) for each in zip(*chains, strict=True)]
    given += [_array(step.weights), _array(step.m)]

    def run(images: Array, rows: slice, room: Any, out: Array | None, finish: Any) -> Array:
        if out is None or finish.scaled:
            out = np.empty(images.shape, np.float32)
        if images.dtype == np.uint8:
            images = np.divide(images, np.float32(255), out, dtype=np.float32)
        its = [each[rows] for each in given]
        mix(_planes(images, shape), shape, *its, _planes(out, shape))
        return out

    return run


def _arrays(step: Layers) -> list[Array]:
    if step.matrix is None:
        raise ValueError("matrix: is needed on a processor, whose loops do not compute it")
    return [_array(step.operation), _array(step.magnitude), _array(step.matrix)]


def _array(values: Tensor) -> Array:
    found: Array = values.detach().contiguous().numpy()
    return found


def _planes(images: Array, shape: tuple[int, int, int]) -> Array:
    """(B, C·H·W) -> (B, C, H·W)."""
    return images.reshape(len(images), shape[0], shape[1] * shape[2])
