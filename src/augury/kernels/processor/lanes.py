"""Four float32 numbers at once: a pixel with all its channels, in one register.

Images lie in memory channel after channel, so that the four neighbors of a point would be read
anew for each channel. With the channels of a pixel side by side a point takes four loads: 1.2 µs
for 32×32 pixels of three channels, where loops over single numbers took 5.3 µs.

These are Numba intrinsics in LLVM's own instructions, which every processor has in some form.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from augury.kernels.processor.fused import FUSED

_INT32, _INT64 = ir.IntType(32), ir.IntType(64)
_FOUR = ir.VectorType(ir.FloatType(), 4)
_LEVELS = ir.VectorType(ir.IntType(8), 4)


@intrinsic  # type: ignore[untyped-decorator]
def blend_pixels(
    context: Any, pixels: Any, places: Any, below: Any, shares: Any, width: Any, at: Any, line: Any
) -> tuple[Any, Callable[..., Any]]:
    """Four points of a row, from `at` on: each the sum of four pixels, times their shares.

    pixels: float32, four channels of each pixel side by side. places: (W,) int32, where the upper
    left pixel of a point begins; below: int32, from a pixel to the one below. shares: (4·W,)
    float32, of the pixels upper left, upper right, lower left, lower right. width, at: int64.
    line: (3·W,) float32, written to, channel after channel.
    """
    signature = types.void(pixels, places, types.int32, shares, types.int64, types.int64, line)

    def generate(context: Any, builder: Any, signature: Any, given: Sequence[Any]) -> Any:
        kinds = signature.args
        start, marks = (_data(context, builder, kinds[k], given[k]) for k in (0, 1))
        parts, target = (_data(context, builder, kinds[k], given[k]) for k in (3, 6))
        below, width, at = builder.sext(given[2], _INT64), given[4], given[5]
        points = []
        for n in range(4):
            point = builder.add(at, ir.Constant(_INT64, n))
            upper = builder.sext(builder.load(builder.gep(marks, [point])), _INT64)
            lower = builder.add(upper, below)
            total = None
            for place, beside in ((upper, 0), (upper, 4), (lower, 0), (lower, 4)):
                place = builder.add(place, ir.Constant(_INT64, beside))
                pixel = _load(builder, builder.gep(start, [place]), _FOUR)
                share = _repeat(builder, builder.load(builder.gep(parts, [point])))
                total = _add_product(builder, pixel, share, total)
                point = builder.add(point, width)
            points.append(total)
        for channel in _transposed(builder, points)[:3]:
            _store(builder, channel, target, at)
            at = builder.add(at, width)
        return context.get_dummy_value()

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def join_channels(
    context: Any, planes: Any, at: Any, plane: Any, out: Any, to: Any
) -> tuple[Any, Callable[..., Any]]:
    """out[to:to + 16] = four neighboring pixels in [0, 1], each with three channels and a 0.

    planes: uint8 levels, or float32 in [0, 1]; at: int64, the place of the first pixel's first
    channel; plane: int64, from one channel to the next, 0 for gray images; to: int64.
    """
    signature = types.void(planes, types.int64, types.int64, out, types.int64)

    def generate(context: Any, builder: Any, signature: Any, given: Sequence[Any]) -> Any:
        source, at, plane, out, to = given
        start = _data(context, builder, signature.args[0], source)
        rows = []
        for _ in range(3):
            place = builder.gep(start, [at])
            if signature.args[0].dtype == types.uint8:
                levels = builder.uitofp(_load(builder, place, _LEVELS), _FOUR)
                rows.append(_over_255(builder, levels))
            else:
                rows.append(_load(builder, place, _FOUR))
            at = builder.add(at, plane)
        target = _data(context, builder, signature.args[3], out)
        for n, pixel in enumerate(_transposed(builder, [*rows, _constant(0)])):
            _store(builder, pixel, target, builder.add(to, ir.Constant(_INT64, 4 * n)))
        return context.get_dummy_value()

    return signature, generate


def _data(context: Any, builder: Any, array_type: Any, array: Any) -> Any:
    return cgutils.create_struct_proxy(array_type)(context, builder, array).data


def _load(builder: Any, place: Any, kind: Any) -> Any:
    loaded = builder.load(builder.bitcast(place, kind.as_pointer()))
    loaded.align = 1 if kind is _LEVELS else 4
    return loaded


def _store(builder: Any, value: Any, start: Any, to: Any) -> None:
    place = builder.bitcast(builder.gep(start, [to]), _FOUR.as_pointer())
    builder.store(value, place).align = 4


def _constant(value: float) -> Any:
    return ir.Constant(_FOUR, [float(value)] * 4)


def _repeat(builder: Any, value: Any) -> Any:
    nothing = ir.Constant(_FOUR, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(_INT32, 0))
    return _shuffled(builder, first, nothing, [0] * 4)


def _shuffled(builder: Any, first: Any, second: Any, places: Sequence[int]) -> Any:
    kind = ir.VectorType(_INT32, len(places))
    return builder.shuffle_vector(first, second, ir.Constant(kind, list(places)))


def _transposed(builder: Any, rows: Sequence[Any]) -> list[Any]:
    low = [_shuffled(builder, a, b, (0, 4, 1, 5)) for a, b in (rows[:2], rows[2:])]
    high = [_shuffled(builder, a, b, (2, 6, 3, 7)) for a, b in (rows[:2], rows[2:])]
    return [
        _shuffled(builder, first, second, places)
        for first, second in (low, high)
        for places in ((0, 1, 4, 5), (2, 3, 6, 7))
    ]


def _add_product(builder: Any, value: Any, share: Any, total: Any) -> Any:
    """value · share + total, rounded once where PyTorch rounds once."""
    if total is None:
        return builder.fmul(value, share)
    if FUSED:
        return _fused(builder, value, share, total)
    return builder.fadd(total, builder.fmul(value, share))


def _fused(builder: Any, a: Any, b: Any, c: Any) -> Any:
    kind = ir.FunctionType(_FOUR, [_FOUR] * 3)
    fma = cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.v4f32")
    return builder.call(fma, [a, b, c])


def _over_255(builder: Any, levels: Any) -> Any:
    """levels / 255, exactly rounded as a division is, which takes four times as long."""
    if not FUSED:
        return builder.fdiv(levels, _constant(255))
    inverse = _constant(float(np.float32(1) / np.float32(255)))
    found = builder.fmul(levels, inverse)
    rest = _fused(builder, builder.fneg(found), _constant(255), levels)
    return _fused(builder, rest, inverse, found)
