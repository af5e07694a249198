"""How large the pictures of a folder or archive are, before they are decoded."""

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from augury.data.dataset import Progress
from augury.data.folders.asked import Asked
from augury.data.folders.canvas import Reach
from augury.data.folders.decode import decoding_processes, read_headers
from augury.data.folders.files import list_files, source_state
from augury.data.folders.form import choose_form
from augury.data.folders.picture import Header
from augury.files import UNREADABLE, cache_folder, write_atomically
from augury.schema import read_as
from augury.seal import SEAL, read_sealed, sealed_json

_VERSION = 2  # raise it when the fields or their meaning change


@dataclass(frozen=True)
class PictureSizes:
    """usual: side in pixels at which the pictures are stored where none is asked for

    shorter: the median of their shorter sides, pixels; cut_off: the mean share of a picture's area
    that lies outside its center square; beyond: the mean share of it that lies outside the canvas
    where whole pictures are kept
    """

    usual: int
    shorter: int
    cut_off: float
    beyond: float


def picture_sizes(path: Path, asked: Asked, progress: Progress | None = None) -> PictureSizes:
    """The sizes of the pictures in a directory, or a zip or tar archive; only headers are read.

    They are remembered in the cache folder until a file changes. Raises DataError as
    `image_folder.load` does.
    """
    path = path.expanduser().resolve()
    about = [_VERSION, str(path), repr(asked), source_state(path)]
    name = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:32]
    file = cache_folder() / "sizes" / f"{name}.json"
    found = _read(file)
    if found is None:
        found = _sizes_of(_headers(path, asked, progress))
        # Without a cache to write to they are read anew each time.
        with contextlib.suppress(OSError):
            write_atomically(file, sealed_json(asdict(found)))
    return found


def _read(file: Path) -> PictureSizes | None:
    try:
        values = read_sealed(file.read_bytes())
        known: PictureSizes = read_as(
            PictureSizes, {k: v for k, v in values.items() if k != SEAL}, f"{file}"
        )
    except UNREADABLE:
        return None
    return known


def _headers(path: Path, asked: Asked, progress: Progress | None) -> list[Header]:
    with tempfile.TemporaryDirectory() as scratch:
        listing = list_files(path, Path(scratch) / "members.bin", progress)
        files = [record.file for record in asked.arrange(path, listing).records]
        with decoding_processes(files) as pool:
            outcomes = read_headers(files, pool, progress)
    return [outcome for outcome in outcomes if isinstance(outcome, Header)]


def _sizes_of(headers: Sequence[Header]) -> PictureSizes:
    sides = np.array([header.shown for header in headers] or [(1, 1)])
    reach = Reach.of(sides.tolist())
    shorter = sides.min(axis=1)
    return PictureSizes(
        usual=choose_form(headers or [Header(0, 0, True, "")], None)[-1],
        shorter=int(np.median(shorter)),
        cut_off=float((1 - shorter**2 / sides.prod(axis=1)).mean()),
        beyond=float(np.mean([reach.cut_off(*side) for side in sides.tolist()])),
    )
