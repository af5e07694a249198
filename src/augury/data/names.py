"""Names of data sets, each with the function that loads it, and what it is in one line."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from augury.lazy import LazyTable, Row

if TYPE_CHECKING:
    from augury.data.dataset import Dataset, Progress

DATASETS: LazyTable["Callable[[Path | None, int | None, Progress | None], Dataset]"] = LazyTable(
    {
        "digits": Row(
            "augury.data.digits:load",
            "scikit-learn's handwritten digits: 1,797 gray images of 8×8 (the test part of UCI's).",
        ),
        "fashion-mnist": Row(
            "augury.data.fashion_mnist:load",
            "Fashion-MNIST (Xiao et al. 2017): 70,000 gray images of 28×28, in four IDX files.",
        ),
        "cifar10": Row(
            "augury.data.cifar10:load",
            "CIFAR-10 (Krizhevsky 2009): 60,000 color images of 32×32 in ten classes.",
        ),
    }
)
