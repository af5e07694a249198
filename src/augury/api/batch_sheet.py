"""`show_batch`: what training sees, for a notebook."""

import os
from typing import TYPE_CHECKING

from augury.api.given import Arm, study_folder
from augury.api.study import Study
from augury.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

_ARM = "normal"  # where none is asked for


def show_batch(
    source: object = "digits",
    augment: Arm | None = None,
    *,
    sheet: str = "8x8",
    epoch: int = 0,
    seed: int = 0,
    image_size: int | None = None,
    batch_size: int | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    quiet: bool = False,
) -> "Image":
    """A contact sheet of the first batch of an epoch, exactly as training sees it.

    source: a data set as `Study` takes it, or a study or its folder, whose recipe is shown
    augment: the augmentation; without it, a study's first arm beside the baseline, else "normal"
    sheet: "ROWSxCOLUMNS"; epoch, seed: from 0
    image_size, batch_size, data_dir: as for `Study`; a study has its own
    Returns a PIL image, which a notebook shows. Raises InputError for what is not there.
    """
    if folder := study_folder(source):
        source = Study.open(folder, data_dir=data_dir)
    if isinstance(source, Study):
        if image_size is not None or batch_size is not None:
            raise InputError("image_size, batch_size: are those of the study")
        return source.show_batch(augment, sheet=sheet, epoch=epoch, seed=seed, quiet=quiet)
    arm = _ARM if augment is None else augment
    study = Study(
        dataset=source,
        augment=arm,
        image_size=image_size,
        batch_size=batch_size,
        data_dir=data_dir,
    )
    return study.show_batch(arm, sheet=sheet, epoch=epoch, seed=seed, quiet=quiet)
