"""Original beside augmented images, as training sees them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from augury.data import Dataset, check_output, data_title
from augury.errors import DiskError
from augury.files import write_atomically
from augury.inside import is_there
from augury.records.cell import Cell
from augury.records.plan import Plan
from augury.report import preview_figure
from augury.report.sheet import SheetSize, sheet_image
from augury.study import StudyFolder, StudySettings, plan_of
from augury.study.preview import Preview, first_batch, preview_new, preview_of_study
from augury.terminal import data_progress, show_with_progress


class PreviewPicture:
    """A picture of original beside augmented images; a notebook shows it.

    shown: the cell, the epoch, and the arrays behind the picture: `arrays["originals"]` and
    `arrays["augmented"]`, (n, C, H, W) uint8; `arrays["targets"]`, (n, K) float; `arrays["ids"]`,
    (n,) int64; and `arrays["maps"]`, (n, H, W) uint8, where saliency is used
    location: name or path of the data set
    """

    def __init__(self, shown: Preview, location: str) -> None:
        self.shown = shown
        self._location = location
        with tempfile.TemporaryDirectory() as folder:
            preview_figure(shown, Path(folder) / "preview.png")
            self._png = (Path(folder) / "preview.png").read_bytes()

    def save(self, file: Path | str) -> Path:
        """Write the picture as a PNG file, and return its path.

        Raises InputError where `file` lies in the data set, DiskError where it cannot be written.
        """
        path = Path(file)
        check_output(path, self._location, f"the figure {path}", path.name)
        try:
            write_atomically(path, self._png)
        except OSError as error:
            raise DiskError(f"{path}: cannot be written: {error.strerror or error}") from error
        return path

    def __repr__(self) -> str:
        cell, ids = self.shown.cell, self.shown.arrays["ids"].tolist()
        where = f"{cell.augmentation} on {cell.dataset}, seed {cell.seed}"
        return f"PreviewPicture({where}, epoch {self.shown.epoch}, images {ids})"

    def _repr_png_(self) -> bytes:
        return self._png


def draw_preview(
    settings: StudySettings,
    path: Path,
    data_dir: Path | None,
    ids: Sequence[int] | None,
    epoch: int,
) -> PreviewPicture:
    """The last seed of a study of one data set, model and augmentation.

    path: the study's folder; a cell that is planned there is shown as it is trained there, to the
    same bits.
    """
    cell, plan, dataset = _load(settings, path, data_dir)
    shown = show_with_progress(cell, plan, dataset, ids, epoch)
    return PreviewPicture(shown, plan.datasets[dataset.name].location)


def draw_sheet(
    settings: StudySettings, path: Path, data_dir: Path | None, size: SheetSize, epoch: int
) -> Image.Image:
    """The first batch of an epoch, as `draw_preview` shows single images."""
    cell, plan, dataset = _load(settings, path, data_dir)
    ids = first_batch(cell, dataset, epoch, size.pictures)
    return sheet_image(show_with_progress(cell, plan, dataset, ids, epoch), size)


def _load(settings: StudySettings, path: Path, data_dir: Path | None) -> tuple[Cell, Plan, Dataset]:
    (location,), (model,), (arm,) = settings.datasets, settings.models, settings.augmentations
    seed = settings.first_seeds - 1
    if is_there(StudyFolder(path).plan_file):
        planned = {(c.dataset, c.model, c.augmentation, c.seed) for c in plan_of(path).cells}
        if (data_title(location), model, arm, seed) in planned:
            return preview_of_study(path, location, model, arm, seed, data_dir)
    with data_progress() as progress:
        return preview_new(settings, data_dir, progress)
