"""Batch normalization with statistics over the images of all processes."""

from typing import Any

import torch
import torch.distributed as dist
from timm.layers.norm_act import BatchNormAct2d, convert_sync_batchnorm
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def with_synced_norm(model: nn.Module, device: torch.device) -> nn.Module:
    """`model` with synchronized batch normalization: PyTorch's on a GPU, ours on a CPU.

    Names, parameters and running statistics stay as they are.
    """
    if device.type != "cpu":
        converted: nn.Module = convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        return converted
    for module in model.modules():
        if isinstance(module, BatchNormAct2d):
            module.__class__ = _SyncedNormAct  # type: ignore[assignment]
        elif isinstance(module, _BatchNorm):
            module.__class__ = _SyncedNorm
    return model


class _Total(torch.autograd.Function):
    """The sum over processes; in the backward pass, gradients are summed too."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return _total(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return _total(gradients[0])


def _total(values: Tensor) -> Tensor:
    values = values.contiguous().clone()
    dist.all_reduce(values)
    return values


class _SyncedNorm(_BatchNorm):
    """`nn.SyncBatchNorm` for CPUs, which PyTorch has for GPUs only."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        maps = input.to(torch.promote_types(input.dtype, torch.float32))
        axes = [axis for axis in range(maps.ndim) if axis != 1]
        shape = [1, -1, *[1] * (maps.ndim - 2)]
        count = _total(torch.tensor(maps.numel() / maps.shape[1]))
        mean: Tensor = _Total.apply(maps.sum(axes)) / count
        centered = maps - mean.view(shape)
        variance: Tensor = _Total.apply(centered.square().sum(axes)) / count
        if self.track_running_stats:
            self._follow(mean.detach(), variance.detach() * count / (count - 1))
        scaled = centered * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            scaled = scaled * self.weight.view(shape) + self.bias.view(shape)
        return scaled.to(input.dtype)

    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        self.num_batches_tracked.add_(1)  # type: ignore[union-attr]
        share = self.momentum or 1 / float(self.num_batches_tracked)  # type: ignore[arg-type]
        self.running_mean.lerp_(mean, share)  # type: ignore[union-attr]
        self.running_var.lerp_(variance, share)  # type: ignore[union-attr]

    def _check_input_dim(self, input: Tensor) -> None:
        """Accept any number of dimensions."""


class _SyncedNormAct(_SyncedNorm):
    """timm's batch normalization, followed by its drop and activation layers."""

    drop: nn.Module
    act: nn.Module

    def forward(self, x: Tensor) -> Tensor:
        activated: Tensor = self.act(self.drop(super().forward(x)))
        return activated
