from collections import Counter

import autoaugment as reference
import numpy as np
import pytest
import torch
from torchvision.transforms import AutoAugment as TorchvisionAutoAugment
from torchvision.transforms import AutoAugmentPolicy, InterpolationMode
from torchvision.transforms.autoaugment import _apply_op

from augury.augment.policies.autoaugment import AutoAugment
from augury.augment.policies.autoaugment_policies import POLICIES
from augury.augment.policies.operations import OPERATIONS, Layers, apply_layers
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import DRAWS, is_rate, sample_many

SIZE = (20, 26)


def torchvisions(policy):
    return TorchvisionAutoAugment(AutoAugmentPolicy(policy))


@pytest.mark.parametrize("policy", POLICIES)
def test_the_policies_are_torchvisions(policy):
    ours = [
        tuple((reference.TORCHVISION[name], p, level) for name, p, level in pair)
        for pair in POLICIES[policy]
    ]
    assert ours == torchvisions(policy).policies
    assert len(ours) == 25


def each_sub_policy(policy, sign):
    """Layers of 25 images, all operations applied, with torchvision's magnitudes."""
    space = torchvisions(policy)._augmentation_space(10, SIZE)
    operation, magnitude = torch.zeros(25, 2, dtype=torch.int64), torch.zeros(25, 2)
    for i, pair in enumerate(POLICIES[policy]):
        for j, (name, _, level) in enumerate(pair):
            values, signed = space[reference.TORCHVISION[name]]
            value = 0.0 if level is None else float(values[level])
            value = float(int(value)) if name.startswith("translate") else value
            operation[i, j] = OPERATIONS.index(name)
            magnitude[i, j] = sign * value if signed else value
    return Layers(operation, magnitude)


@pytest.mark.parametrize("policy", POLICIES)
def test_drawn_magnitudes_are_torchvisions(policy):
    """Each operation that is drawn is one of its sub-policy, with either sign where it has any."""
    layers = sample_many(AutoAugment(policy), SIZE)
    drawn = zip(layers.operation.flatten().tolist(), layers.magnitude.flatten().tolist(),
                strict=True)  # fmt: skip
    found = {(k, round(m, 3)) for k, m in drawn if k}
    expected = set()
    for sign in (-1, 1):
        each = each_sub_policy(policy, sign)
        applied = torch.tensor([[p > 0 for _, p, _ in pair] for pair in POLICIES[policy]])
        pairs = zip(each.operation[applied].tolist(), each.magnitude[applied].tolist(), strict=True)
        expected |= {(k, round(m, 3)) for k, m in pairs}
    assert {(k, abs(m)) for k, m in found} == {(k, abs(m)) for k, m in expected}
    assert found == expected


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("policy", POLICIES)
def test_pixels_are_torchvisions(policy, sign):
    """One operation at a time: colors bit for bit, moves up to a half that either may round.

    torchvision's factors (brightness to sharpness) round otherwise than PIL, which is the reference
    of those in `test_operations.py`: a level apart.
    """
    images = torch.randint(0, 256, (25, 3, *SIZE), generator=torch.Generator().manual_seed(0))
    images, layers = images.to(torch.uint8), each_sub_policy(policy, sign)
    for j in range(2):
        one = Layers(layers.operation[:, j : j + 1], layers.magnitude[:, j : j + 1])
        found = apply_layers(make_batch(images), one).images
        for i in range(25):
            number, magnitude = int(one.operation[i]), float(one.magnitude[i])
            name = OPERATIONS[number]
            expected = _apply_op(images[i], reference.TORCHVISION[name], magnitude,
                                 InterpolationMode.BILINEAR, None)  # fmt: skip
            if name in reference.MOVES:
                exact = reference.moved(images[i].numpy(), [(name, magnitude)])
                assert np.abs(found[i].numpy() - exact).max() <= 0.51
                assert np.abs(expected.numpy() - exact).max() <= 0.51
            else:
                apart = (found[i].int() - expected.int()).abs()
                assert apart.max() <= (name in reference.ENHANCERS), name


@pytest.mark.parametrize("policy", POLICIES)
def test_whole_sub_policies_equal_pil(policy):
    """Both operations after each other; moves to half a level, before colors could magnify it."""
    images = torch.randint(0, 256, (25, 3, 17, 18), generator=torch.Generator().manual_seed(1))
    images, layers = images.to(torch.uint8), each_sub_policy(policy, 1)
    found = apply_layers(make_batch(images), layers).images.numpy()
    compared = 0
    for i, image in enumerate(images.numpy()):
        steps = reference.steps_of(layers, i)
        moves = [name in reference.MOVES for name, _ in steps]
        if not any(moves):
            np.testing.assert_array_equal(found[i], reference.layered(image, steps))
        elif moves[1]:
            start = image if moves[0] else reference.layered(image, steps[:1])
            expected = reference.moved(start, steps if moves[0] else steps[1:])
            assert np.abs(found[i] - expected).max() <= 0.51
        compared += not moves[0] or moves[1]
    assert compared >= 13


@pytest.mark.parametrize("policy", POLICIES)
def test_sub_policies_and_operations_are_as_likely_as_documented(policy):
    """By all pairs of what is drawn: 60,000 images, so that an error of one percent shows."""
    layers = sample_many(AutoAugment(policy), SIZE)
    found = Counter(map(tuple, layers.operation.tolist()))
    expected: Counter[tuple[int, int]] = Counter()
    for (first, p, _), (second, q, _) in POLICIES[policy]:
        one, two = OPERATIONS.index(first), OPERATIONS.index(second)
        for a, share in ((one, p), (0, 1 - p)):
            for b, other in ((two, q), (0, 1 - q)):
                expected[a, b] += share * other / 25
    assert set(found) <= {pair for pair, share in expected.items() if share > 0}
    for pair, share in expected.items():
        error = (share * (1 - share) / DRAWS) ** 0.5
        assert abs(found[pair] / DRAWS - share) <= 4.5 * error, pair


def test_signs_are_even_and_independent_of_each_other():
    layers = sample_many(AutoAugment("cifar10"), SIZE)
    moved = layers.operation == OPERATIONS.index("translate-y")
    assert is_rate(layers.magnitude[moved] < 0, 0.5)
    both = layers.magnitude[moved.all(1)]
    assert is_rate(both[:, 0] * both[:, 1] < 0, 0.5)


def test_a_strength_scales_levels_up_to_their_top():
    space = torchvisions("cifar10")._augmentation_space(10, SIZE)
    for strength in (0.5, 1.0, 1.5, 4.0):
        layers = sample_many(AutoAugment("cifar10", strength), SIZE)
        rotated = layers.magnitude[layers.operation == OPERATIONS.index("rotate")].abs()
        torch.testing.assert_close(rotated.unique(), torch.tensor([min(30, 2 * strength * 30 / 9)]))
        moved = layers.magnitude[layers.operation == OPERATIONS.index("translate-x")].abs()
        top = float(space["TranslateX"][0][9])
        assert moved.max() == int(top * min(1, strength))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"policy": "cifar"}, "unknown policy 'cifar'. Did you mean 'cifar10'"),
        ({"strength": 0}, "strength: must be over 0, got 0"),
        ({"strength": float("inf")}, "strength: must be over 0, got inf"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        AutoAugment(**arguments)
