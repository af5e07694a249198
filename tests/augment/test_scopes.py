"""Parts of a composition draw for themselves, and what always did draws what it always drew."""

import pytest
import torch

from augury.augment import (
    AUGMENTATIONS,
    Chain,
    Crop,
    CutMix,
    Cutout,
    Flip,
    Identity,
    KeepAugment,
    Normal,
    OneOf,
    SalienceRaw,
    build_augmentation,
)
from augury.augment.foreign.adapt import Foreign
from augury.augment.recipes.published import PUBLISHED
from augury.rng import Draws
from helpers.batches import make_batch

N = 20


@pytest.fixture
def heard(monkeypatch):
    """augmentation -> every operation that it draws from, with its scope, in order."""
    batch = make_batch(torch.zeros(N, 3, 4, 4, dtype=torch.uint8))

    def listen(augmentation):
        found = []
        stream = Draws.stream

        def note(draws, operation):
            found.append(operation + draws.scope)
            return stream(draws, operation)

        with monkeypatch.context() as patch:
            patch.setattr(Draws, "stream", note)
            augmentation.sample(batch, Draws(0, 0, batch.ids))
        return found

    return listen


def even(batch):
    return torch.ones(len(batch), 4, 4)


def keep(*parts):
    return KeepAugment(even, mode="paste", augment=Chain(parts) if parts else None)


def foreign(name):
    return Foreign(lambda image: image, name)


@pytest.mark.parametrize(
    ("augmentation", "expected"),
    [
        (Chain([Flip(), Crop(), Flip()]), "crop flip flip/1"),
        (
            Chain(
                [
                    OneOf([Flip(), Chain([Crop(), CutMix()])]),
                    Normal(),
                    OneOf([Cutout(), Identity()]),
                ]
            ),
            "crop cutmix cutmix-partner cutout/1 flip normal one-of one-of/1",
        ),
        # An image gets one of these: what they share does no harm.
        (OneOf([Flip(), Chain([Flip(), Crop()])]), "crop flip flip one-of"),
        (
            Chain([Flip(), keep(Flip()), keep()]),
            "flip flip/keepaugment keepaugment keepaugment/1 randaugment/1/keepaugment",
        ),
        (
            Chain([foreign("a"), foreign("b"), Chain([foreign("c"), Flip()])]),
            "flip foreign-a foreign-b/1 foreign-c",
        ),
        # What draws nothing shares nothing.
        (Chain([Identity(), Chain([Identity(), Crop()])]), "crop"),
        (
            Chain(
                [
                    SalienceRaw(lambda batch: batch.images),
                    Chain([SalienceRaw(lambda batch: batch.images), Crop()]),
                ]
            ),
            "crop",
        ),
        (Chain([Chain([Crop(), Crop()]), Chain([Flip()])]), "crop crop/1 flip/1"),
    ],
)
def test_what_was_right_draws_what_it_drew(augmentation, expected, heard):
    """The names were listed before nested parts had scopes of their own."""
    assert sorted(name.replace(" ", "-") for name in heard(augmentation)) == expected.split()


class Mirrored(Flip):
    """Somebody's own, which draws as `Flip` does."""


class Shifted(Crop):
    """Somebody's own, which asks `Crop` for its draws."""

    def sample(self, batch, draws):
        return super().sample(batch, draws)


@pytest.mark.parametrize(
    "augmentation",
    [
        Chain([Flip(), Chain([Flip()])]),
        Chain([Flip(), Chain([Chain([Flip()]), Flip()]), Chain([Flip(), Flip()])]),
        Chain([Chain([Flip(), Flip()]), Chain([Flip(), Flip()])]),
        Chain([Flip(), OneOf([Flip(), Identity()])]),
        OneOf([OneOf([Flip(), Identity()]), Identity()]),
        Chain([OneOf([Flip(), Identity()]), Chain([OneOf([Flip(), Identity()])])]),
        # The place that would tell the second chain apart is one that the first has given away.
        Chain([OneOf([Crop(), Chain([Flip(), Chain([Flip()])])]), Chain([Flip()])]),
        Chain([CutMix(), Chain([CutMix(), CutMix()])]),
        Chain([keep(Flip()), Chain([keep(Flip())])]),
        keep(Flip(), keep(Flip()), Chain([keep(Flip())])),
        Chain([KeepAugment(even), Chain([keep(Flip()), Crop()]), OneOf([keep(Flip())])]),
        Chain([foreign("a"), Chain([foreign("a")]), foreign("a")]),
        Chain([Flip(), Mirrored()]),
        Chain([Shifted(), Crop(), Shifted()]),
    ],
)
def test_no_two_parts_draw_the_same(augmentation, heard):
    names = heard(augmentation)
    assert len(names) == len(set(names))


def test_no_two_methods_draw_from_operations_of_one_name(heard):
    """But for recipes, which draw what their parts draw."""
    owners = {}
    for name in set(AUGMENTATIONS) - set(PUBLISHED):
        built = build_augmentation(name, sources=lambda kind: signed if "signed" in kind else even)
        for operation in heard(built):
            assert owners.setdefault(operation, name) == name
    assert len(owners) > len(AUGMENTATIONS) - len(PUBLISHED)


def signed(batch):
    return torch.zeros(len(batch), 3, 4, 4)
