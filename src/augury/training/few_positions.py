"""A faster gradient of convolutions over few positions, in bfloat16 on a processor.

Deep in a network for small images the maps have 4×4 positions or fewer. There oneDNN's gradient for
the weights takes longer than all else of the layer, and the same sums as one matrix product do not.
Measured on a Xeon with AMX, one thread, 100 images, milliseconds:

    channels, maps      oneDNN   matrix product
    128 to 256, 4×4        5.3              2.0
    256 to 256, 2×2        9.3              0.8
    512 to 512, 1×1       20.6              1.4
    256 to 256, 8×8       18.0             18.7

In float32 both are about as fast, and oneDNN's stays. Of the results only the rounding of that
gradient changes.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from augury.kernels import enabled

_MOST_POSITIONS = 16


class FewPositions(nn.Conv2d):
    """A convolution whose weights' gradient is a matrix product where its output is small.

    Of one group, without dilation, padded with zeros by numbers. It is PyTorch's own but under
    autocast to bfloat16 on a processor.
    """

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if not _is_in_bfloat16(input, weight) or input.ndim != 4 or not self._is_small(input):
            plain: Tensor = super()._conv_forward(input, weight, bias)
            return plain
        if bias is not None:
            bias = bias.bfloat16()
        convolved: Tensor = _Convolution.apply(
            input.bfloat16(), weight.bfloat16(), bias, self.stride, self.padding
        )
        return convolved

    def _is_small(self, images: Tensor) -> bool:
        pads = [int(pad) for pad in self.padding]  # not the texts that PyTorch also takes
        positions = 1
        for side, pad, kernel, stride in zip(
            images.shape[2:], pads, self.kernel_size, self.stride, strict=True
        ):
            positions *= (side + 2 * pad - kernel) // stride + 1
        return positions <= _MOST_POSITIONS


def _is_in_bfloat16(input: Tensor, weight: Tensor) -> bool:
    return (
        enabled()
        and weight.requires_grad
        and input.device.type == "cpu"
        and torch.is_autocast_enabled("cpu")
        and torch.get_autocast_dtype("cpu") == torch.bfloat16
        and torch.is_grad_enabled()
        and not torch.compiler.is_compiling()
    )


class _Convolution(torch.autograd.Function):
    """PyTorch's convolution with another gradient for the weights."""

    @staticmethod
    def forward(
        ctx: Any,
        images: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        stride: tuple[int, int],
        padding: tuple[int, int],
    ) -> Tensor:
        ctx.save_for_backward(images, weight)
        ctx.stride, ctx.padding = stride, padding
        return F.conv2d(images, weight, bias, stride, padding)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        images, weight = ctx.saved_tensors
        of_images = of_weight = of_bias = None
        if ctx.needs_input_grad[0]:
            of_images, _, _ = torch.ops.aten.convolution_backward(
                gradient,
                images,
                weight,
                None,
                ctx.stride,
                ctx.padding,
                (1, 1),
                False,
                (0, 0),
                1,
                (True, False, False),
            )
        if ctx.needs_input_grad[1]:
            of_weight = _weight_gradient(images, gradient, weight, ctx.stride, ctx.padding)
        if ctx.needs_input_grad[2]:
            of_bias = gradient.sum((0, 2, 3))
        return of_images, of_weight, of_bias, None, None


def _weight_gradient(
    images: Tensor,
    gradient: Tensor,
    weight: Tensor,
    stride: tuple[int, int],
    padding: tuple[int, int],
) -> Tensor:
    """(O, C, kh, kw): the sum over images and positions of gradient times what the kernel saw."""
    outputs, channels, *kernel = weight.shape
    high, wide = padding
    rows = F.pad(images, (wide, wide, high, high)).permute(0, 2, 3, 1).contiguous()
    seen = rows.unfold(1, kernel[0], stride[0]).unfold(2, kernel[1], stride[1])
    # Channels last, so that each row of the matrix is copied in whole pieces.
    matrix = seen.permute(0, 1, 2, 4, 5, 3).reshape(-1, kernel[0] * kernel[1] * channels)
    found = gradient.permute(0, 2, 3, 1).reshape(-1, outputs).t() @ matrix
    return found.view(outputs, *kernel, channels).permute(0, 3, 1, 2)
