"""Fashion-MNIST (Xiao et al. 2017): 70,000 gray images of 28×28, in four IDX files."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from augury.data.cache import cached, file_state
from augury.data.dataset import Dataset, Progress, Split
from augury.data.download import RemoteFile, download
from augury.data.folders.listing import reason
from augury.data.resize import resize_images
from augury.data.search import download_folder, search_roots
from augury.errors import DataError

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
DEFAULT_SIZE = 32
SIDE = 28
LARGEST_IDX = 100_000_000  # bytes, unpacked; the largest of the four has 47,040,016
FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
# Folders below a root: the root itself, our downloads and Debian's package, torchvision's.
_FOLDERS = ("", "fashion-mnist", "fashion_mnist", "FashionMNIST/raw")
_MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
)
# For the files whose MD5 the authors publish in their README. Computed from Debian's copies: they
# have the same compressed data, without file name and time, which were put back.
_CHECKS = {  # bytes and SHA-256
    "train-images-idx3-ubyte": (
        26_421_880,
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    ),
    "train-labels-idx1-ubyte": (
        29_515,
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    ),
    "t10k-images-idx3-ubyte": (
        4_422_102,
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    ),
    "t10k-labels-idx1-ubyte": (
        5_148,
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
}
REMOTE_FILES = tuple(
    RemoteFile(f"{name}.gz", *_CHECKS[name], tuple(f"{mirror}/{name}.gz" for mirror in _MIRRORS))
    for name in FILES
)


def load(data_dir: Path | None, image_size: int | None, progress: Progress | None) -> Dataset:
    """Fashion-MNIST, zero-padded to 32×32, or resized to another `image_size`.

    Raises DataError if a file is damaged, or if it is not found and cannot be downloaded.
    """
    files = _find(search_roots(data_dir))
    if files is None:
        folder = download_folder() / "fashion-mnist"
        download(REMOTE_FILES, folder, progress)
        files = [folder / file.name for file in REMOTE_FILES]
    size = DEFAULT_SIZE if image_size is None else image_size
    paths = [file.resolve() for file in files]
    origin = {"files": [str(path) for path in paths], "image_size": size}
    return cached(
        "fashion-mnist", origin, file_state(paths), lambda _: _decode(paths, size, progress)
    )


def _find(roots: list[Path]) -> list[Path] | None:
    """The four files, in the order of FILES, from the first folder that holds them all."""
    for root in roots:
        for folder in _FOLDERS:
            found = [_either(root / folder / name) for name in FILES]
            files = [file for file in found if file is not None]
            if len(files) == len(FILES):
                return files
    return None


def _either(path: Path) -> Path | None:
    compressed = path.with_name(f"{path.name}.gz")
    return next((file for file in (path, compressed) if file.is_file()), None)


def _decode(files: list[Path], size: int, progress: Progress | None) -> Dataset:
    parts: list[Split] = []
    for index in (0, 2):
        if progress:
            progress(index, len(files), "reading Fashion-MNIST")
        first_id = sum(map(len, parts))
        parts.append(_read_part(files[index], files[index + 1], size, first_id))
    if progress:
        progress(len(files), len(files), "reading Fashion-MNIST")
    done = f"padded with black to {size}×{size}" if size == DEFAULT_SIZE else None
    if done is None and size != SIDE:
        done = f"resized bilinearly to {size}×{size}"
    return Dataset(
        name="fashion-mnist",
        classes=CLASSES,
        train=parts[0],
        validation=None,
        test=parts[1],
        fingerprint="",
        source="Fashion-MNIST (IDX)",
        notes=(f"{SIDE}×{SIDE} {done}",) if done else (),
        set_aside=(),
    )


def _read_part(image_file: Path, label_file: Path, size: int, first_id: int) -> Split:
    images, labels = read_idx(image_file, 3), read_idx(label_file, 1).astype(np.int64)
    if images.shape[1:] != (SIDE, SIDE):
        shape = "×".join(map(str, images.shape[1:]))
        raise DataError(f"{image_file}: images must be {SIDE}×{SIDE}, found {shape}")
    if len(images) != len(labels):
        raise DataError(f"{label_file}: {len(labels)} labels for {len(images)} images")
    if set(np.unique(labels)) != set(range(len(CLASSES))):
        raise DataError(f"{label_file}: labels must be 0..9, each at least once")
    return Split(_fit(images[:, None], size), labels, np.arange(first_id, first_id + len(labels)))


def _fit(images: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    if size != DEFAULT_SIZE:
        return resize_images(images, size)
    border = (DEFAULT_SIZE - SIDE) // 2
    return np.pad(images, ((0, 0), (0, 0), (border, border), (border, border)))


def read_idx(file: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """The array in an IDX file of unsigned bytes, gzipped or not.

    Raises DataError, naming the file, if it is no such file, cut short, or of another shape.
    """
    content = _read_bytes(file)
    if content[:4] != bytes((0, 0, 8, dimensions)):
        raise DataError(f"{file}: not an IDX file of unsigned bytes in {dimensions} dimensions")
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise DataError(f"{file}: cut short inside its header")
    shape = [int(side) for side in np.frombuffer(content, ">u4", dimensions, 4)]
    if len(content) - header != math.prod(shape):
        raise DataError(
            f"{file}: must hold {math.prod(shape):,} bytes of data by its header, "
            f"holds {len(content) - header:,}"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _read_bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            # Decided by content, because some programs unpack such files without renaming them.
            packed = opened.read(2) == b"\x1f\x8b"
        with gzip.open(file) if packed else file.open("rb") as opened:
            content = opened.read(LARGEST_IDX + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{file}: cannot be read ({reason(error)})") from error
    if len(content) > LARGEST_IDX:
        raise DataError(f"{file}: holds more than {LARGEST_IDX:,} bytes")
    return content
