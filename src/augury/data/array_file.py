"""Files for decoded images: a .npy file that is filled row by row, and its rows in order."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

_FILL_BYTES = 4_000_000


def allocate(file: Path, shape: tuple[int, int, int, int]) -> None:
    """Make an array of zeros, uint8, with all bytes allocated on disk.

    A sparse file would be faster, but if the disk fills up while it is memory-mapped, the writing
    process is killed without an error.
    """
    with file.open("wb") as out:
        _write_header(out, shape)
        left = int(np.prod(shape, dtype=np.int64))
        while left:
            left -= out.write(bytes(min(left, _FILL_BYTES)))


def in_order(decoded: Path, rows: npt.NDArray[np.int64], ordered: Path) -> npt.NDArray[np.uint8]:
    """The given rows of `decoded` as an array on disk, copied to `ordered` if necessary."""
    images: npt.NDArray[np.uint8] = np.load(decoded, mmap_mode="r")
    if np.array_equal(rows, np.arange(len(images))):
        return images
    step = max(1, _FILL_BYTES // images[0].size)
    with ordered.open("wb") as out:
        _write_header(out, (len(rows), *images.shape[1:]))
        for start in range(0, len(rows), step):
            out.write(images[rows[start : start + step]].tobytes())
    decoded.unlink()
    result: npt.NDArray[np.uint8] = np.load(ordered, mmap_mode="r")
    return result


def _write_header(out: BinaryIO, shape: tuple[int, ...]) -> None:
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(out, header)
