"""Philox4x32-10 on a GPU: the random numbers of a `Stream`, one launch for all its samples."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from augury.kernels.gpu.launch import EXACT, on_device_of
from augury.kernels.stream import Stream

_M0 = tl.constexpr(0xD2511F53)
_M1 = tl.constexpr(0xCD9E8D57)
_W0 = tl.constexpr(0x9E3779B9)
_W1 = tl.constexpr(0xBB67AE85)

_LANES = 128


@triton.jit
def philox(c0, c1, c2, c3, k0, k1):
    """Four uint32 words of each counter (c0, c1, c2, c3); k0, k1: the key, uint32."""
    for _ in tl.static_range(10):
        high0, high1 = tl.umulhi(c0, _M0), tl.umulhi(c2, _M1)
        low0, low1 = c0 * _M0, c2 * _M1
        c0, c1 = high1 ^ c1 ^ k0, low1
        c2, c3 = high0 ^ c3 ^ k1, low0
        k0, k1 = k0 + _W0, k1 + _W1
    return c0, c1, c2, c3


@triton.jit
def read_seed(key, k0, k1, epochs, epoch):
    """Key and epoch as uint32: from the tensors `key` and `epochs` where they are given."""
    if key is not None:
        first, second = tl.load(key).to(tl.uint32), tl.load(key + 1).to(tl.uint32)
    else:
        first, second = k0.to(tl.uint32, bitcast=True), k1.to(tl.uint32, bitcast=True)
    if epochs is not None:
        counted = tl.load(epochs).to(tl.uint32)
    else:
        counted = epoch.to(tl.uint32, bitcast=True)
    return first, second, counted


@triton.jit
def block_of(stream, block, k0, k1, epoch):
    """Words 4 `block` to 4 `block` + 3 of each stream number (int64)."""
    low, high = stream.to(tl.uint32), (stream >> 32).to(tl.uint32)
    # Counters of one shape.
    return philox(block.to(tl.uint32), low, high, epoch + low * 0, k0, k1)


@triton.jit(do_not_specialize=["k0", "k1", "epoch", "samples", "n", "blocks"])
def draw(
    streams, out, key, k0, k1, epochs, epoch, samples, n, blocks,
    FORM: tl.constexpr, LANES: tl.constexpr,
):  # fmt: skip
    """Each lane computes one block of a sample and writes its four words, or sixteen bytes."""
    lane = tl.program_id(0).to(tl.int64) * LANES + tl.arange(0, LANES)
    sample, block = lane // blocks, lane % blocks
    inside = sample < samples
    first, second, counted = read_seed(key, k0, k1, epochs, epoch)
    stream = tl.load(streams + sample, mask=inside, other=0)
    words = block_of(stream, block, first, second, counted)
    for i in tl.static_range(4):
        if FORM == "bytes":
            for j in tl.static_range(4):
                at = 16 * block + 4 * i + j
                byte = (words[i] >> (8 * j)).to(tl.uint8)
                tl.store(out + sample * n + at, byte, mask=inside & (at < n))
        else:
            at = 4 * block + i
            if FORM == "uniform":
                word = (words[i] >> 8).to(tl.float32) * (1.0 / 16777216)
            else:
                word = words[i].to(tl.int64)
            tl.store(out + sample * n + at, word, mask=inside & (at < n))


def seed_of(stream: Stream) -> tuple[Tensor | int | None, ...]:
    """The arguments of `read_seed`.

    Words go as signed 32-bit numbers: Triton takes the type from the value, and would compile once
    more for a word over 2^31.
    """
    key, epoch = stream.key, stream.epoch
    words = (key, 0, 0) if isinstance(key, Tensor) else (None, _signed(key[0]), _signed(key[1]))
    return (*words, *((epoch, 0) if isinstance(epoch, Tensor) else (None, _signed(epoch))))


def _signed(word: int) -> int:
    return (word ^ 0x80000000) - 0x80000000


_FORMS = {"bits": torch.int64, "uniform": torch.float32, "bytes": torch.uint8}


def numbers(stream: Stream, n: int, form: str) -> Tensor:
    """(B, n): the first numbers of each sample.

    form: "bits", 32-bit words as int64; "uniform", their upper 24 bits as float32 in [0, 1); or
    "bytes", uint8.
    """
    streams = stream.streams.contiguous()
    out = torch.empty((len(streams), n), dtype=_FORMS[form], device=streams.device)
    blocks = -(-n // (16 if form == "bytes" else 4))
    lanes = len(streams) * blocks
    if lanes:
        with on_device_of(streams):
            draw[(-(-lanes // _LANES),)](
                streams, out, *seed_of(stream), len(streams), n, blocks,
                FORM=form, LANES=_LANES, num_warps=4, **EXACT,
            )  # fmt: skip
    return out
