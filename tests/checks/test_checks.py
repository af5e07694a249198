"""Planted faults are found, each by its check; what is sound is found sound."""

import pytest
import torch
from planted import (
    AdvancingNumpy,
    AdvancingTorch,
    ByRow,
    ColorOnly,
    LabelsLost,
    Mutating,
    NearlySharedPlace,
    NoEpochs,
    OneDirection,
    OneDraw,
    OneShare,
    OtherLevels,
    RefusesSmall,
    SharedPlace,
    Swallowing,
    TakingLabels,
    ThreeEpochs,
    TooBright,
    TwiceP,
    UnclippedShare,
    Unrepeatable,
)
from torchvision.transforms import v2

from augury import checks
from augury.augment import (
    AUGMENTATIONS,
    Chain,
    CutMix,
    Cutout,
    Flip,
    KeepAugment,
    MixUp,
    OneOf,
    Posterize,
    RandomErasing,
)
from augury.augment.foreign.adapt import adapt
from augury.checks.subject import classes_of
from augury.errors import InputError

CHECKS = {
    "shape, dtype, range",
    "input unchanged",
    "global generators",
    "same key, same bits",
    "any batch size",
    "any order",
    "batch of one",
    "sizes and channels",
    "uint8 and float agree",
    "a draw per image",
    "independent draws",
    "independent places",
    "epochs differ",
    "firing rate",
    "targets sum to 1",
    "targets follow pixels",
}


def verdicts(augmentation, samples=2000, **options):
    return {found.name: found for found in checks.check(augmentation, samples=samples, **options)}


def faults(augmentation, samples=2000, **options):
    found = verdicts(augmentation, samples, **options)
    assert set(found) - {"loader workers"} == CHECKS
    return {name for name, each in found.items() if each.verdict == "FAULT"}


@pytest.mark.parametrize(
    "name", [*AUGMENTATIONS, "normal+cutmix", "crop+mixup", "cutmix+normal", "crop+salience+cutout"]
)
def test_ours_have_no_fault(name):
    assert faults(checks.subject(name)) == set()


@pytest.mark.parametrize(
    ("planted", "expected"),
    [
        (TwiceP(), {"firing rate"}),
        (
            OneDraw(p=1.0),
            {
                "a draw per image",
                "independent draws",
                "independent places",
                "any batch size",
                "any order",
            },
        ),
        (OneShare(), {"a draw per image", "independent draws", "independent places"}),
        (OneDirection(), {"independent draws"}),
        (SharedPlace(), {"independent places"}),
        (UnclippedShare(), {"targets follow pixels"}),
        (NoEpochs(), {"epochs differ"}),
        (ThreeEpochs(), {"epochs differ"}),
        (Mutating(), {"input unchanged"}),
        (TakingLabels(), {"input unchanged"}),
        (AdvancingTorch(), {"global generators"}),
        (AdvancingNumpy(), {"global generators"}),
        (
            Unrepeatable(),
            {
                "global generators",
                "same key, same bits",
                "any batch size",
                "any order",
                "uint8 and float agree",
            },
        ),
        (ByRow(), {"any order"}),
        (LabelsLost(), {"targets sum to 1", "targets follow pixels"}),
        (TooBright(), {"shape, dtype, range", "uint8 and float agree"}),
        (ColorOnly(), {"sizes and channels"}),
        (OtherLevels(), {"uint8 and float agree"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_planted_faults_are_found(planted, expected):
    assert faults(planted) == expected


def test_what_is_printed_of_p_applied_twice():
    found = verdicts(TwiceP())["firing rate"]
    assert found.expected == "p = 0.5"
    assert "as if p were applied twice" in found.measured
    assert found.interval[0] < 0.25 < found.interval[1]


def test_an_error_of_one_point_shows_at_40_000_images():
    assert checks.firing_rate(Flip(0.51), checks.watch(Flip(0.51)), 0.5).verdict == "FAULT"
    assert checks.firing_rate(Flip(0.5), checks.watch(Flip(0.5)), 0.5).verdict == "ok"


def test_a_place_shared_by_a_tenth_shows():
    """Two of such boxes in a hundred share a place: a correlation of 1 %."""
    found = checks.independent_places(checks.watch(NearlySharedPlace(p=1.0)))
    assert found.verdict == "FAULT"
    assert 0 < found.interval[0] < 0.02


def test_what_cannot_be_seen_is_no_fault_of_p():
    """A fifth of what is posterized keeps all 8 bits."""
    found = verdicts(Posterize())["firing rate"]
    assert found.verdict == "ok"
    share = float(found.expected.removeprefix("p = 0.5, of which ").split()[0])
    assert share == pytest.approx(0.8, abs=0.03)
    assert found.interval[0] < 0.4 < found.interval[1]


def test_p_may_be_given():
    assert "firing rate" in faults(Flip(), p=0.6)
    assert faults(Flip(), p=0.5) == set()
    assert verdicts(Flip())["firing rate"].verdict == "note"


def test_a_refusal_is_a_note():
    found = verdicts(RefusesSmall())
    assert found["sizes and channels"].verdict == "note"
    assert "1×1×1: ValueError: images must be at least 8×8" in found["sizes and channels"].measured
    assert faults(RefusesSmall()) == set()


def test_notes_say_why():
    found = verdicts(CutMix())
    assert found["any batch size"].measured == "images are mixed: of course it does"
    found = verdicts(checks.subject("crop+cutmix"))
    assert "plain images are changed" in found["targets follow pixels"].measured
    found = verdicts(checks.subject("none"))
    assert found["epochs differ"].measured.endswith("not told")


def test_counts():
    found = verdicts(OneDraw(p=1.0))["a draw per image"]
    assert found.measured == "1 distinct results of 100 in one batch"
    found = verdicts(RandomErasing(p=1.0))["a draw per image"]
    assert found.measured == "100 distinct results of 100 in one batch"


def test_torchvision_per_batch_and_per_image():
    flip = v2.RandomHorizontalFlip(0.5)
    found = verdicts(adapt(flip, "flip"), 1000)
    assert "FAULT" not in {each.verdict for each in found.values()}
    assert found["firing rate"].verdict == "ok"
    assert found["global generators"].verdict == "note"
    together = {"a draw per image", "independent draws", "any batch size", "any order"}
    assert faults(adapt(flip, "flip", per_batch=True)) == together


def test_torchvision_mixing():
    found = faults(adapt(v2.CutMix(num_classes=10), "cutmix"))
    together = {"a draw per image", "independent draws", "independent places"}
    assert found == {*together, "any order"}


def test_targets_follow_pixels_of_blends():
    found = checks.targets_follow_pixels(MixUp())
    assert found.verdict == "ok"
    assert found.count == 2000


def test_what_cannot_be_applied_is_one_line():
    with pytest.raises(InputError, match="it cannot be applied: KeyError: 'color'"):
        checks.check(Swallowing())
    with pytest.raises(InputError, match="samples: must be at least 1000, got 10"):
        checks.check(Flip(), samples=10)
    with pytest.raises(InputError, match=r"p: must lie in \[0, 1\], got 2"):
        checks.check(Flip(), p=2)
    with pytest.raises(InputError, match="per-batch"):
        checks.subject("flip", per_batch=True)


def test_findings_do_not_depend_on_the_global_generator():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        first = checks.check(RandomErasing(), samples=1000)
        torch.manual_seed(6)
        assert checks.check(RandomErasing(), samples=1000) == first


MIXING = v2.RandomChoice([v2.CutMix(num_classes=7), v2.MixUp(num_classes=7)])


@pytest.mark.parametrize(
    "transform",
    [
        MIXING,
        v2.Compose([v2.Compose([MIXING])]),
        v2.RandomApply([v2.MixUp(num_classes=7)], p=0.5),
        v2.RandomOrder([v2.CutMix(num_classes=7)]),
    ],
    ids=lambda transform: type(transform).__name__,
)
def test_mixing_within_others_is_given_as_many_classes_as_it_is_told(transform):
    augmentation = adapt(transform, "t")
    assert classes_of(augmentation) == 7
    found = {each.name: each for each in checks.check(augmentation, samples=1000)}
    assert found["targets sum to 1"].verdict == "ok"
    assert found["targets follow pixels"].verdict == "ok"


def test_classes_are_found_in_chains_and_choices():
    mixing = adapt(MIXING, "t")
    assert classes_of(Chain([Flip(), OneOf([Cutout(), mixing])])) == 7
    paste = KeepAugment(lambda batch: batch.images[:, 0], mode="paste")
    assert classes_of(Chain([paste])) == 10
    with pytest.raises(InputError, match="num_classes: must be the same in all parts, got 5 and 7"):
        checks.check(Chain([mixing, adapt(v2.MixUp(num_classes=5), "five")]), samples=1000)


class Over(Flip):
    """What is nearly white in float images comes out as `white`."""

    white = 1.0000001

    def apply(self, batch, params):
        found = super().apply(batch, params)
        images = found.images
        if not images.is_floating_point():
            return found
        return found.with_images(torch.where(images > 0.99, self.white, images))


def test_a_rounding_error_over_1_is_no_fault_and_more_is_told_with_its_digits():
    assert checks.shape_dtype_range(Over()).verdict == "ok"
    over = Over()
    over.white = 1.0012345
    found = checks.shape_dtype_range(over)
    assert found.verdict == "FAULT"
    assert "float32: values in [0, 1.0012345]" in found.measured
