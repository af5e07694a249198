"""Convolutions of small maps on a processor.

At 32×32 pixels most layers of the usual networks see maps of 4×4 pixels or less. oneDNN's
convolutions are made for larger ones: on 100 maps of one pixel it takes 3.8 ms for 160 channels to
960 and back (0.8 as a matrix product), and 4.5 ms for the gradients of 960 depthwise filters (0.14
as a loop over channels).
"""

from importlib.util import find_spec
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from augury.kernels import enabled

# Above this many pixels oneDNN is as fast, or faster.
_SMALL = 16
_COMPILER = find_spec("numba") is not None


def with_small_maps(model: nn.Module) -> nn.Module:
    """`model`, whose convolutions compute small maps on a processor by faster ways.

    They take these where maps lie channels last and compiled loops are allowed; results differ in
    the last digits of float32. Names, parameters and whatever else a layer has stay as they are.
    """
    for layer in model.modules():
        if type(layer) is nn.Conv2d and (kind := _kind_of(layer)):
            layer.__class__ = kind
    return model


def _kind_of(layer: nn.Conv2d) -> type[nn.Conv2d] | None:
    """The faster kind of a layer; None if there is none."""
    sizes = {*layer.kernel_size}, {*layer.stride}, {*layer.dilation}
    if any(len(size) > 1 for size in sizes) or layer.dilation[0] != 1:
        return None
    if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
        return None
    if layer.padding[0] != layer.padding[1] or layer.padding[0] >= layer.kernel_size[0]:
        return None
    if layer.groups == 1:
        return _MatrixConv
    if layer.groups == layer.in_channels == layer.out_channels and _COMPILER:
        return _DepthwiseConv
    return None


def _may(maps: Tensor) -> bool:
    """Whether the maps are small, lie channels last on a processor, and loops are allowed."""
    return (
        maps.device.type == "cpu"
        and maps.dim() == 4
        and 0 < maps.shape[2] * maps.shape[3] <= 4 * _SMALL
        and maps.is_contiguous(memory_format=torch.channels_last)
        and not torch.compiler.is_compiling()
        and enabled()
    )


class _MatrixConv(nn.Conv2d):
    """A convolution as one matrix product, where each pixel or each image is a row of it."""

    def forward(self, input: Tensor) -> Tensor:
        if not _may(input):
            return super().forward(input)
        size, stride, pad = self.kernel_size[0], self.stride[0], int(self.padding[0])
        height, width = input.shape[2:]
        if size == stride == 1 and height * width <= _SMALL:
            return self._product(input.permute(0, 2, 3, 1), self.weight.flatten(1))
        to_one = _length(height, size, stride, pad) == _length(width, size, stride, pad) == 1
        if to_one and max(height, width) <= size - pad:
            seen = self.weight[:, :, pad : pad + height, pad : pad + width]
            whole = input.permute(0, 2, 3, 1).flatten(1)[:, None, None]
            return self._product(whole, seen.permute(0, 2, 3, 1).flatten(1))
        return super().forward(input)

    def _product(self, rows: Tensor, weights: Tensor) -> Tensor:
        """rows: (N, H, W, n); weights: (C, n); returns (N, C, H, W), channels last."""
        return F.linear(rows, weights, self.bias).permute(0, 3, 1, 2)


class _DepthwiseConv(nn.Conv2d):
    """A depthwise convolution whose gradients are computed by a loop over channels."""

    def forward(self, input: Tensor) -> Tensor:
        stride, pad = self.stride[0], int(self.padding[0])
        # The loop is for float32, which autocast may turn into something else.
        plain = torch.is_autocast_enabled("cpu") or input.dtype != torch.float32
        height, width = (_length(n, self.kernel_size[0], stride, pad) for n in input.shape[2:])
        if plain or not _may(input) or height * width > _SMALL:
            return super().forward(input)
        maps: Tensor = _Depthwise.apply(input, self.weight, stride, pad)
        return maps if self.bias is None else maps + self.bias.view(1, -1, 1, 1)


class _Depthwise(torch.autograd.Function):
    """The same result as PyTorch's to the bit, and gradients to the last digits."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, weight: Tensor, stride: int, pad: int) -> Tensor:
        ctx.save_for_backward(maps, weight)
        ctx.stride, ctx.pad = stride, pad
        return F.conv2d(maps, weight, None, stride, pad, 1, len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        # Late, as importing Numba takes half a second of every command.
        from augury.kernels.processor.depthwise import depthwise_back

        maps, weight = ctx.saved_tensors
        filters = weight[:, 0].permute(1, 2, 0).contiguous()
        to_filters = torch.empty_like(filters)
        to_maps = torch.empty_like(maps, memory_format=torch.channels_last)
        depthwise_back(
            _channels_last(maps),
            filters.numpy(),
            ctx.stride,
            ctx.pad,
            _channels_last(grads),
            to_maps.permute(0, 2, 3, 1).numpy(),
            to_filters.numpy(),
        )
        return to_maps, to_filters.permute(2, 0, 1)[:, None], None, None


def _channels_last(maps: Tensor) -> Any:
    """The maps as an array (N, H, W, C), in one piece."""
    return maps.permute(0, 2, 3, 1).contiguous().numpy()


def _length(side: int, size: int, stride: int, pad: int) -> int:
    """Pixels of a side after a convolution."""
    return (side + 2 * pad - size) // stride + 1
