"""Decoding of image files into uint8 arrays, with one process per core."""

import contextlib
import multiprocessing
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, UnidentifiedImageError

from augury.cores import usable_cores
from augury.data.dataset import Progress
from augury.data.folders.deep import FULL
from augury.data.folders.listing import StoredFile, reason
from augury.data.folders.picture import UNREADABLE, Decoded, Header, decode_into, read_header
from augury.data.folders.tiff import Unsupported
from augury.errors import DataError
from augury.startup import child_environment, environment, without_main_script

S = TypeVar("S")
T = TypeVar("T")

# Processes pay off only above some 20 s of work: each needs 3 s for its imports.
# One core decodes about 100 MB a second, and opening a file takes as long as decoding 10 kB:
# 60,000 JPEGs of 32×32 (55 MB) take 7 s, 400 JPEGs of 2000×1500 (500 MB) 5 s.
_WORTH_PROCESSES = 2_000_000_000
_FILE_COST = 10_000
_CHUNK_FILES, _CHUNK_BYTES = 512, 4_000_000


@contextlib.contextmanager
def decoding_processes(files: Sequence[StoredFile]) -> Iterator[Executor | None]:
    """Processes that decode `files`; None if there are too few files to be worth it."""
    count = usable_cores()
    work = sum(file.size + _FILE_COST for file in files)
    if count == 1 or work < _WORTH_PROCESSES:
        yield None
        return
    context = multiprocessing.get_context("spawn")
    ignore_interrupt = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    with (
        environment(child_environment()),
        ProcessPoolExecutor(count, mp_context=context, initializer=ignore_interrupt) as pool,
    ):
        try:
            yield pool
        except BaseException:
            # Leaving the block waits for the processes, and a stopped one would never end.
            for process in (pool._processes or {}).values():
                process.kill()
            raise


def read_headers(
    files: Sequence[StoredFile], pool: Executor | None, progress: Progress | None
) -> list[Header | str]:
    """The header of each file, or the reason why it cannot be read."""
    chunks = _chunks(files)
    results = _mapped(_read_headers, chunks, pool)
    return _collected(results, len(files), progress, "looking at images")


def decode_images(
    files: Sequence[StoredFile],
    images: Path,
    pool: Executor | None,
    progress: Progress | None,
    bits: int = FULL,
    size: int | None = None,
) -> list[Decoded | str]:
    """Decode each file into its row of an existing .npy file, (N, C, H, W) uint8.

    The center square is cut out and resized to S×S (bilinear, with antialiasing). Where H or W is
    larger it lies in the middle, and what is beyond it in the picture beside it. EXIF orientation
    is applied if it can be read. Transparent images get a white background; palettes and CMYK
    become RGB. 16-bit samples are scaled to 8 bits by the range of `bits` (12 maps 0..4095 to
    0..255); colors with bits = 16 keep their upper 8 bits. Of animations and other files with
    several pictures the first is used. Color profiles are not applied; one other than sRGB is
    noted. With C = 1, colors become luma (ITU-R 601).
    bits: 1..16; see `deep.Range`; size: S, by default H
    Returns for each file what decoding took, or the reason why it failed.
    """
    chunks, starts = _chunks(files), [0]
    for chunk in chunks:
        starts.append(starts[-1] + len(chunk))
    tasks = list(zip(chunks, starts, strict=False))
    results = _mapped(partial(_decode_rows, images, bits, size), tasks, pool)
    return _collected(results, len(files), progress, "decoding images")


def _mapped(
    function: Callable[[S], list[T]], tasks: Sequence[S], pool: Executor | None
) -> Iterator[list[T]]:
    if pool is None:
        yield from map(function, tasks)
        return
    with without_main_script():
        results = pool.map(function, tasks)
    try:
        yield from results
    except BrokenProcessPool as error:
        raise DataError("a process that decodes images died; is there enough memory?") from error


def _collected(
    results: Iterable[list[T]], total: int, progress: Progress | None, what: str
) -> list[T]:
    collected: list[T] = []
    for result in results:
        collected += result
        if progress:
            progress(len(collected), total, what)
    return collected


def _chunks(files: Sequence[StoredFile]) -> list[list[StoredFile]]:
    """`files` in order, in lists that are short enough to show progress."""
    chunks: list[list[StoredFile]] = []
    size = _CHUNK_BYTES
    for file in files:
        if size >= _CHUNK_BYTES or len(chunks[-1]) == _CHUNK_FILES:
            chunks.append([])
            size = 0
        chunks[-1].append(file)
        size += file.size
    return chunks


def _read_headers(files: Sequence[StoredFile]) -> list[Header | str]:
    with _strict_bombs():
        return [_attempt(read_header, file) for file in files]


def _decode_rows(
    images: Path, bits: int, size: int | None, task: tuple[Sequence[StoredFile], int]
) -> list[Decoded | str]:
    files, start = task
    rows = np.load(images, mmap_mode="r+")[start : start + len(files)]
    with _strict_bombs():
        return [
            _attempt(partial(decode_into, row, bits=bits, size=size), file)
            for file, row in zip(files, rows, strict=True)
        ]


def _attempt(function: Callable[[bytes], T], file: StoredFile) -> T | str:
    """The result of `function`, or the reason why the file cannot be read."""
    try:
        content = file.read()
        return function(content) if content else "an empty file"
    except UnidentifiedImageError:
        return "not an image that can be read"
    except Unsupported as error:
        return str(error)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return f"more than {Image.MAX_IMAGE_PIXELS:,} pixels"
    except MemoryError:
        return "more memory is needed than there is"
    except UNREADABLE as error:
        if isinstance(error, OSError) and error.strerror:
            return f"cannot be read ({error.strerror})"
        return f"damaged: {reason(error)}"


@contextlib.contextmanager
def _strict_bombs() -> Iterator[None]:
    """Within the block very large images raise errors; Pillow's other warnings are silenced."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield
