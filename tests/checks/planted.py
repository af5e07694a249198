"""Augmentations with one known fault each."""

from dataclasses import replace

import numpy as np
import torch

from augury.augment import CutMix, Flip, RandomErasing
from augury.augment.mixing.partners import mix
from augury.augment.shared.boxes import rectangle_mask
from augury.batch import Batch


class TwiceP(RandomErasing):
    """p is applied twice."""

    def sample(self, batch, draws):
        params = super().sample(batch, draws)
        again = draws.uniform("again", 1)[:, 0] < self.p
        return replace(params, erase=params.erase & again)


class OneDraw(RandomErasing):
    """One draw for the whole batch, that of its first image."""

    def sample(self, batch, draws):
        first = draws.ids[:1].expand_as(draws.ids)
        return super().sample(batch, replace(draws, ids=first))


class OneShare(CutMix):
    """One λ and one box for the whole batch, those of its smallest id."""

    def sample(self, batch, draws):
        params = super().sample(batch, draws)
        first = draws.ids.argmin()
        shared = ("top", "left", "height", "width")
        return replace(
            params, **{key: getattr(params, key)[first].expand(len(batch)) for key in shared}
        )


class OneDirection(Flip):
    """A hundred images are shifted one way, down or to the right, by amounts of their own."""

    def apply(self, batch, params):
        down = (batch.ids // 100) % 2 == 0
        steps = 1 + (batch.ids * 7 % 15)
        images = [
            image.roll(int(step), 1 if way else 2)
            for image, step, way in zip(batch.images, steps, down, strict=True)
        ]
        return batch.with_images(torch.stack(images))


class SharedPlace(RandomErasing):
    """Sizes of each image's own; the box lies as far down its free room in a hundred images."""

    def sample(self, batch, draws):
        params = super().sample(batch, draws)
        u = replace(draws, ids=draws.ids // 100).uniform("place", 1)[:, 0].double()
        rows = batch.images.shape[-2]
        return replace(params, top=(u * (rows - params.height + 1)).long())


class NearlySharedPlace(RandomErasing):
    """Of ten boxes one lies where others of its hundred lie."""

    def sample(self, batch, draws):
        params = super().sample(batch, draws)
        shared = SharedPlace(self.p, self.area, self.aspect).sample(batch, draws)
        alike = draws.uniform("alike", 1)[:, 0] < 0.1
        return replace(params, top=torch.where(alike, shared.top, params.top))


class UnclippedShare(CutMix):
    """The target counts what of the box lies outside the image."""

    def apply(self, batch, params):
        rows, columns = batch.images.shape[-2:]
        box = params.top, params.left, params.height, params.width
        share = 1 - params.height * params.width / (rows * columns)
        return mix(batch, params.partner, ~rectangle_mask(*box, (rows, columns)), share.float())


class NoEpochs(RandomErasing):
    """The epoch is forgotten."""

    def sample(self, batch, draws):
        return super().sample(batch, replace(draws, epoch=0))


class ThreeEpochs(RandomErasing):
    """The fourth epoch is the first again."""

    def sample(self, batch, draws):
        return super().sample(batch, replace(draws, epoch=draws.epoch % 3))


class Mutating(Flip):
    """It writes to the images it is given."""

    def apply(self, batch, params):
        found = super().apply(batch, params)
        batch.images[:1] = 0
        return found


class TakingLabels(Flip):
    """It writes to the targets it is given."""

    def apply(self, batch, params):
        found = super().apply(batch, params)
        found = replace(found, targets=found.targets.clone())
        batch.targets.zero_()
        return found


class AdvancingTorch(Flip):
    """It draws a number that it does not use."""

    def sample(self, batch, draws):
        torch.rand(1)
        return super().sample(batch, draws)


class AdvancingNumpy(Flip):
    """The same of NumPy's generator."""

    def sample(self, batch, draws):
        np.random.rand()
        return super().sample(batch, draws)


class Unrepeatable(Flip):
    """Its mirror images come from the global generator."""

    def sample(self, batch, draws):
        params = super().sample(batch, draws)
        return replace(params, horizontal=torch.rand(len(batch)) < self.horizontal)


class ByRow(RandomErasing):
    """It draws for places in the batch and not for images."""

    def sample(self, batch, draws):
        first = int(draws.ids.min())
        rows = torch.arange(first, first + len(batch))
        return super().sample(batch, replace(draws, ids=rows))


class LabelsLost(CutMix):
    """A tenth of every label is lost."""

    def apply(self, batch, params):
        found = super().apply(batch, params)
        return replace(found, targets=0.9 * found.targets)


class TooBright(Flip):
    """Float images leave [0, 1]."""

    def apply(self, batch, params):
        found = super().apply(batch, params)
        images = found.images
        return found.with_images(images * 1.1 if images.is_floating_point() else images)


class ColorOnly(Flip):
    """Gray images come out with three channels."""

    def apply(self, batch, params):
        found = super().apply(batch, params)
        return found.with_images(found.images.expand(-1, 3, -1, -1))


class RefusesSmall(Flip):
    """Images under 8×8 are refused."""

    def apply(self, batch, params):
        if min(batch.images.shape[-2:]) < 8:
            raise ValueError("images must be at least 8×8")
        return super().apply(batch, params)


class OtherLevels(Flip):
    """Float images come out two levels darker than uint8 ones."""

    def apply(self, batch, params):
        found = super().apply(batch, params)
        if found.images.dtype == torch.uint8:
            return found
        return found.with_images((found.images - 2 / 255).clamp(0, 1))


class Swallowing(Flip):
    """It never works."""

    def apply(self, batch: Batch, params) -> Batch:
        raise KeyError("color")
