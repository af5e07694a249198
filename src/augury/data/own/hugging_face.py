"""A `datasets.Dataset` of Hugging Face: which of its columns are images and labels.

It is known by what it has (`features`, `column_names`, rows by number), so that nothing of that
library is imported.
"""

from collections.abc import Mapping
from typing import Any

from augury.errors import DataError
from augury.names import check_name

_IMAGES, _LABELS = ("image", "img", "images", "pixel_values"), ("label", "labels", "target")


def is_dataset(given: object) -> bool:
    """Whether `given` is such a data set; a DatasetDict is a dict of them."""
    features = getattr(given, "features", None)
    return isinstance(features, Mapping) and hasattr(given, "column_names")


class Rows:
    """The rows as pairs (image, label).

    image, label: names of columns; None for the only one of type Image or ClassLabel, or else one
    with a usual name. Raises DataError where there is none.
    """

    def __init__(
        self, dataset: Any, where: str, image: str | None = None, label: str | None = None
    ) -> None:
        self._dataset = dataset
        features = dataset.features
        self._image = _column(features, image, "Image", _IMAGES, f"{where}: image column")
        self._label = _column(features, label, "ClassLabel", _LABELS, f"{where}: label column")
        names = getattr(features[self._label], "names", None)
        self.classes = list(map(str, names)) if names else None

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, row: int) -> tuple[Any, Any]:
        found = self._dataset[row]
        return found[self._image], found[self._label]


def _column(
    features: Mapping[str, Any],
    asked: str | None,
    kind: str,
    usual: tuple[str, ...],
    what: str,
) -> str:
    if asked is not None:
        try:
            check_name(asked, features, what)
        except ValueError as error:
            raise DataError(str(error)) from error
        return asked
    typed = [name for name, feature in features.items() if type(feature).__name__ == kind]
    if len(typed) == 1:
        return typed[0]
    found = next((name for name in usual if name in (typed or features)), None)
    if found is None:
        raise DataError(f"{what}: none of type {kind} alone; there are {', '.join(features)}")
    return found
