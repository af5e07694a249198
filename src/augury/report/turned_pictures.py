"""Small pictures of test images, from the data set as this machine's cache has it."""

import base64
import io
from collections.abc import Iterable, Mapping

import numpy as np
from PIL import Image

from augury.data.cache import decoded_before
from augury.records.plan import PlannedDataset
from augury.report.pictures import data_address, pixels

_SIDE = 80  # pixels, about as large as the page shows them
_QUALITY = 80


def turned_pictures(dataset: PlannedDataset, ids: Iterable[int]) -> Mapping[int, str]:
    """The test images `ids` as networks see them, as addresses "data:image/…", by id.

    Empty where the data set was not decoded on this machine, or its cache was emptied since.
    """
    wanted = set(ids)
    found = decoded_before(dataset.fingerprint) if wanted else None
    if found is None:
        return {}
    test = found.test.centers(dataset.image_size)
    return {
        id: _address(pixels(test.images[row]))
        for row, id in enumerate(test.ids.tolist())
        if id in wanted
    }


def _address(image: np.ndarray) -> str:
    """Small images to the pixel, as PNG; photographs shrunk, as JPEG, a fifth of the size."""
    if max(image.shape[:2]) <= _SIDE:
        return data_address(image)
    picture = Image.fromarray(np.ascontiguousarray(image))
    picture.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
