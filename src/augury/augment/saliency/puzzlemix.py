"""Puzzle Mix (Kim, Choo, Song, "Puzzle Mix: Exploiting saliency and local statistics", 2020)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import (
    Augmentation,
    Source,
    check_positive,
    check_probability,
    saliency_of,
)
from augury.augment.mixing.partners import draw_partners, mix, mixed_targets
from augury.augment.saliency.importance import whole_units
from augury.augment.saliency.puzzle_cells import Cut, Size, finer
from augury.augment.saliency.puzzle_energy import (
    Energy,
    cell_saliency,
    chosen_cells,
    chosen_energy,
    mask_energy,
    patch_colors,
)
from augury.augment.saliency.puzzle_solver import minimize
from augury.augment.saliency.puzzle_transport import MAX_SIDE, plan
from augury.augment.shared.beta import beta as beta_quantile
from augury.augment.strength import with_arguments
from augury.batch import Batch, to_float
from augury.errors import InputError
from augury.kernels.constants import constant
from augury.rng import Draws

# Pixels along the side of the patches whose colors are compared across a border between two cells;
# the authors' `neigh_size`.
_PATCH = 4


@dataclass(frozen=True)
class PuzzleMixParams:
    """partner: (B,) int64 rows; lam: (B,) in [0, 1], the intended share of the image.

    side: (B,) int64, cells along the mask's side.
    mask: (B, H, W) float32 in {0, ½, 1}, the image's share of each pixel; 1 everywhere for images
    that are not mixed.
    own, other: (B, H, W) int64, for each place the source pixel, row · W + column, in the image and
    in its partner; None without transport.
    """

    partner: Tensor
    lam: Tensor
    side: Tensor
    mask: Tensor
    own: Tensor | None = None
    other: Tensor | None = None


class PuzzleMix(Augmentation[PuzzleMixParams]):
    """Show each image where it is salient and its partner elsewhere; cells move to fit.

    saliency: a callable, batch -> (B, H, W) float ≥ 0. The paper's is √ of the mean over channels
        of (d loss / d image)².
    alpha: λ ~ Beta(alpha, alpha), the intended share of the image.
    grid: cells along the mask's side, from 2 to 16; one of these numbers is drawn for each sample.
    beta: weight of the mask's smoothness.
    gamma: part of that weight that depends on the colors at the borders between cells, in [0, 1].
    eta: weight of λ's binomial prior.
    transport: whether cells move to places where they are shown.
    t_size: side of these cells in pixels; larger if a side would have more than 16 cells.
    t_eps: the price of a move.
    p: probability that an image is mixed.

    The mask gives the image a share of 0, ½ or 1 of each cell. `puzzle_solver.minimize` finds the
    mask with the lowest `puzzle_energy.mask_energy`, and `puzzle_transport.plan` the moves. The
    image's share of the target is the mean of the mask. A side with fewer pixels than cells has one
    cell per pixel. Each image has its own λ and grid; the authors draw one of each per batch.
    Returns float32.

    Defaults: the authors' command for CIFAR-100 (`--mixup_alpha 1.0 --n_labels 3 --eta 0.2
    --beta 1.2 --gamma 0.5 --neigh_size 4 --transport True --t_size 4 --t_eps 0.8`); they mix every
    image.
    """

    mixes = True

    def __init__(
        self,
        saliency: Source,
        alpha: float = 1.0,
        grid: Sequence[int] = (2, 4, 8, 16),
        beta: float = 1.2,
        gamma: float = 0.5,
        eta: float = 0.2,
        transport: bool = True,
        t_size: int = 4,
        t_eps: float = 0.8,
        p: float = 1.0,
    ) -> None:
        check_positive("alpha", alpha)
        if not grid or not all(n in range(2, MAX_SIDE + 1) for n in grid):
            raise InputError(f"grid: must be whole numbers in 2..{MAX_SIDE}, got {grid}")
        check_positive("beta", beta)
        check_probability("gamma", gamma)
        if not 0 <= eta < float("inf"):
            raise InputError(f"eta: must be at least 0, got {eta}")
        if t_size < 1 or t_size != int(t_size):
            raise InputError(f"t_size: must be a whole number of pixels, got {t_size}")
        check_positive("t_eps", t_eps)
        check_probability("p", p)
        self.saliency, self.alpha, self.grid = saliency, alpha, tuple(int(n) for n in grid)
        self.beta, self.gamma, self.eta = beta, gamma, eta
        self.transport, self.t_size, self.t_eps, self.p = transport, int(t_size), t_eps, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, p=self.p * strength)

    def sample(self, batch: Batch, draws: Draws) -> PuzzleMixParams:
        u = draws.uniform("puzzlemix", 3)
        lam = beta_quantile(u[:, 0], self.alpha)
        choice = (u[:, 1].double() * len(self.grid)).long()
        mixed = (u[:, 2] < self.p)[:, None, None]
        partner = draw_partners(draws, "puzzlemix")
        units = whole_units(saliency_of(self.saliency, batch))
        size = batch.images.shape[-2], batch.images.shape[-1]
        cells = [(min(n, size[0]), min(n, size[1])) for n in self.grid]
        energies = self._energies(to_float(batch.images), units, partner, lam, cells)
        energy = chosen_energy(energies, choice)
        levels = minimize(energy.first, energy.second, energy.weight).permute(2, 0, 1)
        mask = torch.where(mixed, Cut.of(size, cells, choice).spread(levels / 2), 1.0)
        side = constant(self.grid, torch.int64, choice.device)[choice]
        params = PuzzleMixParams(partner, lam, side, mask)
        return self._with_moves(params, units, cells, choice) if self.transport else params

    def apply(self, batch: Batch, params: PuzzleMixParams) -> Batch:
        # Sums of multiples of ½ are exact, in any order.
        share = params.mask.double().mean(dim=(1, 2)).float()
        if params.own is None or params.other is None:
            return mix(batch, params.partner, params.mask, share)
        move = partial(
            _mix_moved,
            partner=params.partner,
            mask=params.mask[:, None],
            own=params.own,
            other=params.other,
        )
        targets = mixed_targets(batch, params.partner, share)
        return batch.moved(move(to_float(batch.images)), move, targets)

    def _energies(
        self, images: Tensor, units: Tensor, partner: Tensor, lam: Tensor, cells: list[Size]
    ) -> list[Energy]:
        """For each grid the energy of all samples' masks."""
        size = images.shape[-2], images.shape[-1]
        patches = [finer(each, size, _PATCH, max(size)) for each in cells]
        # Several grids can have the same patches: at 32×32 pixels all but the finest do.
        colors = {each: patch_colors(images, each) for each in dict.fromkeys(patches)}
        weights = self.beta, self.gamma, self.eta
        return [
            mask_energy(cell_saliency(units, each), colors[fine], partner, lam, *weights)
            for each, fine in zip(cells, patches, strict=True)
        ]

    def _with_moves(
        self, params: PuzzleMixParams, units: Tensor, cells: list[Size], choice: Tensor
    ) -> PuzzleMixParams:
        size = units.shape[1], units.shape[2]
        grids = [finer(each, size, self.t_size, MAX_SIDE) for each in cells]
        cut = Cut.of(size, grids, choice)
        maps = [cell_saliency(units, grid) for grid in grids]
        # Both images of each pair at once, on the grid of the first.
        pairs = [torch.stack((each, each[:, :, params.partner])) for each in maps]
        saliency = chosen_cells(pairs, choice).permute(0, 3, 1, 2)
        # The longer side of a grid is the unit of length; a single cell cannot move.
        prices = tuple(self.t_eps / max(max(grid) - 1, 1) ** 2 for grid in grids)
        price = constant(prices, torch.float32, choice.device)[choice]
        share = cut.first_pixels(params.mask)
        shown = torch.stack((share > 0, (share >= 0) & (share < 1)))
        found = plan(saliency.flatten(0, 1), shown.flatten(0, 1), torch.cat((price, price)))
        own, other = found.chunk(2)
        return replace(params, own=cut.moved_pixels(own), other=cut.moved_pixels(other))


def _mix_moved(images: Tensor, partner: Tensor, mask: Tensor, own: Tensor, other: Tensor) -> Tensor:
    images_moved, others_moved = _moved(images, own), _moved(images[partner], other)
    return torch.lerp(others_moved, images_moved, mask.to(images.dtype).expand_as(images))


def _moved(images: Tensor, source: Tensor) -> Tensor:
    """(B, C, H, W): each pixel is read at `source` (B, H, W), row · W + column."""
    places = source.flatten(1)[:, None].expand(-1, images.shape[1], -1)
    return images.flatten(2).gather(2, places).view(images.shape)
