"""Original beside augmented images, as training sees them."""

import tempfile
from pathlib import Path

from augury.data import check_output
from augury.errors import DiskError
from augury.files import write_atomically
from augury.report import preview_figure
from augury.study.preview import Preview


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
