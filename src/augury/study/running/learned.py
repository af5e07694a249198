"""How far a trained network has learned the images that it was trained on."""

import numpy as np

from augury.data import Split, limit_train
from augury.records.result import Learned
from augury.stats import final_slope
from augury.study.planning.parts import count_own, steps_of_run
from augury.study.running.prepare import Prepared
from augury.training import Evaluation, Training


def own_images(prepared: Prepared) -> Split:
    """The training images that the network is asked at the end, the same for all arms of a seed.

    Of images that are stored larger, the centers.
    """
    train, dataset = prepared.train, prepared.dataset
    own = limit_train(train, count_own(len(train), dataset.num_classes), 0)
    return own.centers(dataset.image_size)


def learned(training: Training, own: Evaluation) -> Learned:
    """own: of the tested network on `own_images`."""
    return Learned(
        images=len(own.ids),
        right=own.accuracy,
        steps=steps_of_run(len(training.train), training.recipe),
        slope=final_slope(np.array([epoch.accuracy for epoch in training.history])),
    )
