"""scikit-learn's handwritten digits: 1,797 gray images of 8×8 (the test part of UCI's)."""

from importlib.metadata import version
from pathlib import Path

import numpy as np

from augury.data.cache import cached
from augury.data.dataset import Dataset, Progress, Split
from augury.data.resize import resize_images
from augury.data.split import stratified_rows
from augury.seeds import numpy_generator

DEFAULT_SIZE = 16
TEST_FRACTION = 0.3


def load(data_dir: Path | None, image_size: int | None, progress: Progress | None) -> Dataset:
    """The digits, resized to `image_size` pixels a side, 16 by default; needs no files."""
    size = DEFAULT_SIZE if image_size is None else image_size
    origin = {"source": "scikit-learn", "image_size": size}
    state = {"scikit-learn": version("scikit-learn")}
    return cached("digits", origin, state, lambda _: _decode(size))


def _decode(size: int) -> Dataset:
    # Imported here, because it takes a second, which a filled cache saves.
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
    labels = bunch.target.astype(np.int64)
    everything = Split(resize_images(pixels[:, None], size), labels, np.arange(len(labels)))
    train, test = stratified_rows(labels, TEST_FRACTION, numpy_generator("test part", 0))
    notes = [
        "gray values 0..16 scaled to 0..255",
        f"no test part: {TEST_FRACTION:.0%} held out, stratified, with seed 0",
    ]
    if size != 8:
        notes.insert(1, f"8×8 resized bilinearly to {size}×{size}")
    return Dataset(
        name="digits",
        classes=tuple(str(name) for name in bunch.target_names),
        train=everything.take(train),
        validation=None,
        test=everything.take(test),
        fingerprint="",
        source="handwritten digits (scikit-learn)",
        notes=tuple(notes),
        set_aside=(),
    )
