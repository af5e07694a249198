"""Where pictures lie in their images."""

import torch

from augury.augment.geometry.antialiasing import Boxes
from augury.batch import Batch


def pictures_in(batch: Batch) -> Boxes:
    """The box of each picture: its extent in the middle of the image, or the whole image."""
    rows, columns = batch.images.shape[-2:]
    if batch.extents is None:
        zero = torch.zeros_like(batch.ids)
        return Boxes(zero, zero, torch.full_like(zero, rows), torch.full_like(zero, columns))
    height, width = batch.extents.unbind(1)
    return Boxes((rows - height) // 2, (columns - width) // 2, height, width)
