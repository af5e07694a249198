"""Finds test images that have a near-duplicate among the training images.

A network may have memorized a test image that it saw in training. Candidates are found by
perceptual hash, also mirrored, and confirmed by their pixels; docs/explanation/leakage.md has the
measurements behind the numbers here.

Images are compared by their *detail*: the gray image of at most 32×32, minus its 5×5 local mean,
without the outer eighth on each side (equal frames do not make equal pictures), scaled to length 1.
The difference of two images is the distance of their details, 0..2: sqrt(2 - 2r), r their cosine.

No fixed difference fits all data: two pairs of trousers are closer than two copies of a photograph.
So a duplicate must also stand out from the other training images; see standing_out.py.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from augury.data.dataset import Progress, Split
from augury.data.leakage.perceptual_hash import close_pairs, gray_images, hash_signs
from augury.data.leakage.standing_out import NEIGHBORS, neighbor_distances, standout_ratio

_LOCAL = 5
_LEAST_DETAIL = 1.0  # gray levels, root mean square; smaller details are rounding errors
_SAMPLE = 512
_CHUNK = 1024
_DECIMALS = 5  # of a cosine in float32; later ones depend on the place in a matrix product

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Distances = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Duplicate:
    """A test image and the training image closest to it.

    difference: of the details, 0..2; mirrored: whether the training image is the mirror image;
    exact: whether all pixels are equal
    """

    test_id: int
    train_id: int
    test_label: int
    train_label: int
    difference: float
    mirrored: bool
    exact: bool

    @property
    def labels_differ(self) -> bool:
        return self.test_label != self.train_label


@dataclass(frozen=True)
class Thresholds:
    """Limits for duplicates; docs/explanation/leakage.md says how the defaults were chosen.

    hash_radius: number of bits, of 63, in which candidates may differ
    widest: pairs with a larger difference are never duplicates
    tightest: candidates with at most this difference are always duplicates
    plainest: the quantile, over test images, of the data's dimension, in (0, 1)
    """

    hash_radius: int = 16
    widest: float = 0.9
    tightest: float = 0.1
    plainest: float = 0.05


DEFAULTS = Thresholds()


@dataclass(frozen=True)
class Prints:
    """The features of images that are compared: (N, 63) signs of the hash, (N, F) details."""

    signs: Floats
    details: Floats

    def take(self, rows: Rows) -> "Prints":
        """Those in the given rows."""
        return Prints(self.signs[rows], self.details[rows])


@dataclass(frozen=True)
class Looked:
    """What is compared of N images, in the order of their ids.

    ids, labels, digests: (N,); mirrored: the features of the mirror images.
    """

    ids: Rows
    labels: Rows
    digests: tuple[bytes, ...]
    prints: Prints
    mirrored: Prints

    def take(self, rows: Rows) -> "Looked":
        """Those in the given rows, ascending."""
        return Looked(
            self.ids[rows],
            self.labels[rows],
            tuple(self.digests[row] for row in rows.tolist()),
            self.prints.take(rows),
            self.mirrored.take(rows),
        )


@dataclass(frozen=True)
class _Matches:
    """For each test image its closest training image and their difference, infinite if none."""

    rows: Rows
    differences: Distances
    mirrored: npt.NDArray[np.bool_]


def find_duplicates(
    train: Split,
    test: Split,
    progress: Progress | None = None,
    thresholds: Thresholds = DEFAULTS,
) -> tuple[Duplicate, ...]:
    """The test images that have a duplicate in `train`, in the order of their ids.

    train, test: images of one size, at least 8×8; either part may be empty
    progress: called with (done, total, what)
    The order of the images does not matter. Among several copies, an exact one is reported, then
    the closest, then one that is not mirrored, then the one with the lowest id. Images without
    detail (plain areas) are duplicates only if all pixels are equal. With fewer than 32 training
    images it is unknown how alike different images are: then the difference may be at most 0.1.
    """
    if not len(train) or not len(test):
        return ()
    return compared(look_at(train, mirrored=False), look_at(test), progress, thresholds)


def look_at(part: Split, mirrored: bool = True) -> Looked:
    """The features of all images; mirrored: also of their mirror images."""
    part = _by_id(part)
    prints = prints_of(part.images)
    return Looked(
        part.ids,
        part.labels,
        tuple(map(_digest, part.images)),
        prints,
        prints_of(part.images[..., ::-1]) if mirrored else prints,
    )


def compared(
    train: Looked,
    test: Looked,
    progress: Progress | None = None,
    thresholds: Thresholds = DEFAULTS,
) -> tuple[Duplicate, ...]:
    """`find_duplicates` of what was looked at already; neither is empty."""
    known, seen = train.prints, test.prints
    matches = _closer(
        _search(seen, known, thresholds, progress),
        _search(test.mirrored, known, thresholds, progress, mirrored=True),
    )
    near = matches.differences <= _limits(seen, known, matches.differences, thresholds)
    equal = _equal_rows(train.digests, test.digests)
    return tuple(
        _duplicate(train, test, row, int(equal[row]), matches)
        for row in np.flatnonzero(near | (equal >= 0)).tolist()
    )


def _by_id(part: Split) -> Split:
    # Most are sorted already, and taking rows would copy a memory-mapped array of any size.
    return part if np.all(np.diff(part.ids) > 0) else part.take(np.argsort(part.ids))


def _duplicate(train: Looked, test: Looked, row: int, equal: int, matches: _Matches) -> Duplicate:
    exact = equal >= 0
    match = equal if exact else int(matches.rows[row])
    return Duplicate(
        test_id=int(test.ids[row]),
        train_id=int(train.ids[match]),
        test_label=int(test.labels[row]),
        train_label=int(train.labels[match]),
        difference=0.0 if exact else float(matches.differences[row]),
        mirrored=not exact and bool(matches.mirrored[row]),
        exact=exact,
    )


def prints_of(images: npt.NDArray[np.uint8]) -> Prints:
    parts = [_chunk_prints(images[i : i + _CHUNK]) for i in range(0, len(images), _CHUNK)]
    signs, details = zip(*parts, strict=True)
    return Prints(np.concatenate(signs), np.concatenate(details))


def _chunk_prints(images: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
    gray = gray_images(images)
    local = scipy.ndimage.uniform_filter(gray, size=(1, _LOCAL, _LOCAL), mode="nearest")
    edge = gray.shape[1] // 8
    detail = (gray - local)[:, edge:-edge, edge:-edge].reshape(len(gray), -1)
    length = np.linalg.norm(detail, axis=1, keepdims=True)
    plain = length < _LEAST_DETAIL * np.sqrt(detail.shape[1])
    # Plain images get zeros, which match nothing, so they are in no pair.
    signs = np.where(plain, np.float32(0), hash_signs(gray))
    return signs, np.where(plain, np.float32(0), detail / np.where(plain, 1, length))


def _search(
    seen: Prints,
    known: Prints,
    thresholds: Thresholds,
    progress: Progress | None,
    mirrored: bool = False,
) -> _Matches:
    """The closest training image with a close hash, if its difference is at most `widest`.

    In a block of pairs, the details of all rows and columns with a close hash are multiplied, also
    of pairs that are not close: not slower if few pairs are close, and much faster if most are.
    """
    cosines = np.full(len(seen.details), 1 - thresholds.widest**2 / 2, dtype=np.float32)
    rows = np.full(len(cosines), -1)
    what = "looking for mirrored duplicates" if mirrored else "looking for duplicates"
    for tests, trains in close_pairs(seen.signs, known.signs, thresholds.hash_radius):
        test_rows, test_places = np.unique(tests, return_inverse=True)
        train_rows, train_places = np.unique(trains, return_inverse=True)
        products = seen.details[test_rows] @ known.details[train_rows].T
        wanted = np.full_like(products, -1)
        pairs = test_places, train_places
        wanted[pairs] = products[pairs].round(_DECIMALS)
        nearest = wanted.argmax(axis=1)
        highest = wanted[np.arange(len(test_rows)), nearest]
        closer = highest > cosines[test_rows]  # among equal ones the lowest id stays
        rows[test_rows[closer]] = train_rows[nearest[closer]]
        cosines[test_rows[closer]] = highest[closer]
        if progress:
            progress(int(tests[0]), len(cosines), what)
    if progress:
        progress(len(cosines), len(cosines), what)
    apart = np.linalg.norm(seen.details - known.details[rows], axis=1).astype(np.float64)
    return _Matches(rows, np.where(rows < 0, np.inf, apart), np.full(len(rows), mirrored))


def _closer(plain: _Matches, mirrored: _Matches) -> _Matches:
    choice = mirrored.differences < plain.differences
    return _Matches(
        np.where(choice, mirrored.rows, plain.rows),
        np.where(choice, mirrored.differences, plain.differences),
        choice,
    )


def background_ratio(seen: Prints, known: Prints, plainest: float) -> float:
    """The largest distance of a match, as a share of the distance to the K-th neighbor.

    0 if it is unknown: fewer than K training images, or no test image with any detail.
    """
    sample = np.flatnonzero(seen.details.any(axis=1))
    if len(known.details) < NEIGHBORS or not len(sample):
        return 0.0
    sample = sample[:: max(1, len(sample) // _SAMPLE)]
    distances = neighbor_distances(seen.details[sample], known.details)
    return standout_ratio(distances, len(seen.details), plainest)


def _limits(
    seen: Prints, known: Prints, differences: Distances, thresholds: Thresholds
) -> Distances:
    """(N,): the largest difference of a match for each test image."""
    limits = np.full(len(differences), thresholds.tightest)
    ratio = background_ratio(seen, known, thresholds.plainest)
    if not ratio:
        return limits
    # The K-th neighbor is hardly ever farther than sqrt(2), so few need to be searched for.
    rows = np.flatnonzero(differences <= ratio * np.sqrt(2))
    if len(rows):
        background = neighbor_distances(seen.details[rows], known.details)[:, -1]
        limits[rows] = np.clip(ratio * background, thresholds.tightest, thresholds.widest)
    return limits


def _equal_rows(train: Sequence[bytes], test: Sequence[bytes]) -> Rows:
    """(N,): for each test image the first identical training image, else -1; by their digests."""
    first: dict[bytes, int] = {}
    for row, digest in enumerate(train):
        first.setdefault(digest, row)
    return np.array([first.get(digest, -1) for digest in test])


def _digest(image: npt.NDArray[np.uint8]) -> bytes:
    return hashlib.blake2b(image.tobytes(), digest_size=16).digest()
