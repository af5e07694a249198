"""How a folder is to be read: as its own folders say, by a pattern, or by tables of labels."""

from dataclasses import dataclass
from pathlib import Path

from augury.data.folders.labels.arrange import arrange_by_labels
from augury.data.folders.labels.names import LabelsFile
from augury.data.folders.layout import Arrangement, arrange
from augury.data.folders.listing import Listing
from augury.data.folders.pattern import Pattern


@dataclass(frozen=True)
class Asked:
    """What the user says of a folder; only one of the two. Without both its folders say it."""

    pattern: Pattern = ()
    labels: tuple[LabelsFile, ...] = ()

    def arrange(self, path: Path, listing: Listing) -> Arrangement:
        """The part and class of each image; DataError where that cannot be read."""
        if self.labels:
            return arrange_by_labels(path, listing, self.labels)
        return arrange(path, listing, self.pattern)
