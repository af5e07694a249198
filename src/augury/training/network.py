"""A model with its normalization, in the memory layout and precision that a study has fixed."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from augury.batch import to_float
from augury.models.body import freeze_body, head_of
from augury.records.numbers import Layout, Precision
from augury.training.small_maps import with_small_maps

LAYOUTS: dict[Layout, torch.memory_format] = {
    "contiguous": torch.contiguous_format,
    "channels_last": torch.channels_last,
}
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")


@dataclass(frozen=True)
class Speed:
    """How a network computes.

    layout: of memory, "contiguous" or "channels_last"; precision: "float32" or "bfloat16", which
    is autocast
    """

    layout: Layout = "contiguous"
    precision: Precision = "float32"

    def __str__(self) -> str:
        return f"{self.layout} {self.precision}"


ALL_SPEEDS = tuple(Speed(layout, precision) for layout in LAYOUTS for precision in PRECISIONS)


class Normalize(nn.Module):
    """(images - mean) / std per channel; images (B, C, H, W) float in [0, 1]."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(-1, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return (images - self.mean) / self.std


class Network(nn.Module):
    """Normalized images (B, C, H, W) to logits (B, K) float32; `predict` normalizes them first."""

    def __init__(
        self, model: nn.Module, normalize: Normalize, speed: Speed, device: torch.device
    ) -> None:
        super().__init__()
        self.layout = LAYOUTS[speed.layout]
        self.use_bfloat16 = speed.precision == "bfloat16"
        self.device = device
        self.model = model.to(device).to(memory_format=self.layout)
        self.normalize = normalize.to(device)
        self.frozen = False
        if speed.layout == "channels_last" and device.type == "cpu":
            with_small_maps(self.model)

    def freeze_body(self) -> None:
        """From here on only the head is trained, and the body computes as in evaluation."""
        freeze_body(self.model)
        self.frozen = True

    def train(self, mode: bool = True) -> "Network":
        super().train(mode)
        if mode and self.frozen:
            self.model.eval()
            for part in head_of(self.model):
                part.train()
        return self

    def forward(self, normalized: Tensor) -> Tensor:
        return self.through(self.model, normalized)

    def through(self, part: nn.Module, values: Tensor) -> Tensor:
        """What `part`, the model or a piece of it, makes of `values` (B, ...); float32."""
        if values.dim() == 4:
            values = values.contiguous(memory_format=self.layout)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.use_bfloat16):
            found: Tensor = part(values)
        return found.float()

    def predict(self, images: Tensor) -> Tensor:
        """Images (B, C, H, W), uint8 or float in [0, 1], to logits (B, K)."""
        logits: Tensor = self(self.normalize(to_float(images)))
        return logits
