"""The random numbers of one operation, drawn when they are asked for."""

from dataclasses import dataclass

import torch
from torch import Tensor

from augury.kernels import on_gpu
from augury.kernels.constants import constant
from augury.kernels.philox import philox
from augury.kernels.processor import ready

_MASK = 0xFFFFFFFF


@dataclass(frozen=True)
class Stream:
    """The random numbers of one operation for a batch, not yet drawn.

    key: two 32-bit words; epoch: 0 to 2^32 - 1; streams: (B,) int64, see `Draws.streams`. Key and
    epoch may also be tensors on the device of `streams`, (2,) and () int64, so that a captured
    graph reads them when it is replayed.
    Block k of four words is Philox of the counter (k, low word of the stream, high word of the
    stream, epoch); byte i is bits 8 (i mod 4) to 8 (i mod 4) + 7 of word i // 4.
    """

    key: tuple[int, int] | Tensor
    epoch: int | Tensor
    streams: Tensor

    def bits(self, n: int) -> Tensor:
        """(B, n) int64: the first n 32-bit words of each sample."""
        found = on_gpu.draw(self, n, "bits") if self.streams.is_cuda else self._by_loop(n)
        if found is not None:
            return found
        blocks = -(-n // 4)
        streams = self.streams[:, None].expand(-1, blocks)
        block = torch.arange(blocks, device=streams.device).expand_as(streams)
        counter = torch.stack(
            (block, streams & _MASK, (streams >> 32) & _MASK, self._epochs(streams))
        )
        words = philox(counter, self.key)
        return words.permute(1, 2, 0).reshape(len(self.streams), 4 * blocks)[:, :n]

    def _by_loop(self, n: int) -> Tensor | None:
        if torch.compiler.is_compiling() or type(self.streams) is not Tensor or not n:
            return None
        if isinstance(self.key, Tensor) or isinstance(self.epoch, Tensor):
            return None
        if self.streams.device.type != "cpu" or not ready.usable():
            return None
        found: Tensor | None = ready.call("draws", "bits", self.key, self.epoch, self.streams, n)
        return found

    def uniform(self, n: int) -> Tensor:
        """(B, n) float32: the upper 24 bits of the words of `bits`, as numbers in [0, 1)."""
        found = on_gpu.draw(self, n, "uniform") if self.streams.is_cuda else None
        if found is not None:
            return found
        return (self.bits(n) >> 8).float() * 2.0**-24

    def bytes(self, n: int) -> Tensor:
        """(B, n) uint8: the first n bytes of each sample."""
        found = on_gpu.draw(self, n, "bytes") if self.streams.is_cuda else None
        if found is not None:
            return found
        words = self.bits(-(-n // 4))
        shifts = constant((0, 8, 16, 24), torch.int64, words.device)
        return ((words[..., None] >> shifts) & 0xFF).to(torch.uint8).flatten(1)[:, :n]

    def _epochs(self, streams: Tensor) -> Tensor:
        # Filling with a tensor would read its value on the host.
        if isinstance(self.epoch, Tensor):
            return self.epoch.expand_as(streams)
        return torch.full_like(streams, self.epoch)
