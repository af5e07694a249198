"""Augmentations as files: what is written is read as the same, and what cannot be is said so."""

import json
import tomllib

import pytest
import torch

import augury.augment
from augury.augment import (
    AUGMENTATIONS,
    AugMix,
    Chain,
    Crop,
    CutMix,
    Cutout,
    Flip,
    Identity,
    KeepAugment,
    Normal,
    OneOf,
    RandAugment,
    build_augmentation,
    from_config,
    read_augmentation,
    read_config,
    to_config,
    write_augmentation,
)
from augury.augment.foreign.adapt import adapt
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import noise_batch


@pytest.fixture
def batch():
    return noise_batch(60, (3, 16, 12), step=7)


class MeanMap:
    """Maps of an image's own mean over the channels, of a kind that can be written."""

    kind = "label-gradient"

    def __call__(self, batch):
        return batch.images.float().mean(1)


def mean_maps(kind):
    assert kind == "label-gradient"
    return MeanMap()


NESTED = Chain(
    [
        Crop(0.25),
        OneOf(
            [
                Chain([Normal(rotation=9), OneOf([Cutout(0.25), Identity()])]),
                AugMix(width=2, depth=(2, 3)),
                Chain([Flip(), CutMix(0.5)]),
            ],
            (1, 2, 0.5),
        ),
        KeepAugment(MeanMap(), "paste", 0.7, 0.25, OneOf([RandAugment(1), Crop()])),
    ]
)


@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_nested_parts_are_read_as_they_were_written(suffix, batch, tmp_path):
    file = tmp_path / f"nested{suffix}"
    write_augmentation(NESTED, file)
    again = read_augmentation(file, mean_maps)
    assert to_config(again) == to_config(NESTED)
    for epoch in range(3):
        draws = Draws(1, epoch, batch.ids)
        found, expected = again(batch, draws), NESTED(batch, draws)
        assert torch.equal(found.images, expected.images)
        assert torch.equal(found.targets, expected.targets)
        assert not torch.equal(found.targets, batch.targets)


@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_a_file_says_what_its_reader_would_write_by_hand(suffix, tmp_path):
    file = tmp_path / f"a{suffix}"
    inner = Chain([Crop(), OneOf([Cutout(0.25), Flip()], (3, 1))])
    write_augmentation(KeepAugment(MeanMap(), "paste", augment=inner), file)
    read = json.loads if suffix == ".json" else tomllib.loads
    choice = {
        "name": "one-of",
        "parts": [
            {"name": "cutout", "length": 0.25},
            {"name": "flip", "horizontal": 0.5, "vertical": 0.0},
        ],
        "weights": [3, 1],
    }
    assert read(file.read_text(encoding="utf-8")) == {
        "name": "keepaugment",
        "saliency": "label-gradient",
        "mode": "paste",
        "tau": 0.6,
        "size": 0.5,
        "augment": {"name": "chain", "parts": [{"name": "crop", "padding": 0.125}, choice]},
    }


def test_a_description_may_be_read_by_name_in_a_study(batch):
    """What a study file calls "weak" is built from its description, alone and in a chain."""
    described = {"weak": {"name": "one-of", "parts": [{"name": "crop"}, {"name": "flip"}]}}
    expected = Chain([OneOf([Crop(), Flip()]), Cutout()])
    draws = Draws(0, 0, batch.ids)
    found = build_augmentation("weak+cutout", described)
    assert torch.equal(found(batch, draws).images, expected(batch, draws).images)


@pytest.mark.parametrize("within", [lambda part: part, lambda part: Chain([Crop(), part])])
def test_another_librarys_object_cannot_be_written(within, tmp_path):
    foreign = adapt(lambda image: image, "mine")
    with pytest.raises(InputError, match=r"^Foreign: only named augmentations can be written$"):
        write_augmentation(within(foreign), tmp_path / "a.toml")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "cutot"', "^unknown augmentation 'cutot'. Did you mean 'cutout'"),
        (
            'name = "one-of"\nparts = [{name = "crop"}, {name = "flipp"}]',
            "^unknown augmentation 'flipp'. Did you mean 'flip'",
        ),
        ('name = "cutout"\nlenght = 1', "unknown parameter of cutout 'lenght'. Did you mean 'len"),
        (
            'name = "chain"\nparts = [{name = "crop", paddin = 0.1}]',
            "unknown parameter of crop 'paddin'. Did you mean 'padding'",
        ),
        ('name = "cutout"\nlength = -1', "cutout: length: must"),
        ('name = "cutout"\nlength = "big"', "cutout: a parameter is of the wrong type or length"),
        ('name = "blur"\nsigma = [1]', "blur: a parameter is of the wrong type or length"),
        ('name = "augmix"\nwidth = inf', "augmix: width: must be finite, got inf"),
        ('name = "chain"', "chain: needs parts"),
        ('name = "chain"\nparts = []', "chain: parts: at least one is needed"),
        ('name = "chain"\nparts = ["crop"]', "chain: a parameter is of the wrong type or length"),
        (
            'name = "one-of"\nweights = [1]\nparts = [{name = "crop"}, {name = "flip"}]',
            r"one-of: weights: must be 2, one for each part, got \(1,\)",
        ),
        (
            'name = "keepaugment"\nmode = "paste"\naugment = "crop"',
            "keepaugment: a parameter is of the wrong type or length",
        ),
        (
            'name = "chain"\nparts = [{nam = "crop"}]',
            r"description must have a name, got \{'nam': 'crop'\}",
        ),
    ],
)
def test_what_cannot_be_built_is_said_in_one_line(text, message, tmp_path):
    file = tmp_path / "a.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_augmentation(file, mean_maps)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.toml", b"name = ", r"a\.toml: not a TOML file: "),
        ("a.toml", b"\xff", r"a\.toml: not a TOML file: "),
        ("a.json", b'{"name": ', r"a\.json: not a JSON file: "),
        ("a.json", b'["cutout"]', r"a\.json: an augmentation's description must have a name"),
        ("a.toml", b"name = 3", r"a\.toml: an augmentation's description must have a name"),
        ("a.toml", None, r"cannot read .*a\.toml: No such file or directory"),
        ("a.yaml", b"name: cutout", "unknown kind of file '.yaml'.* Choices: .toml, .json"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(name, content, message, tmp_path):
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_config(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("earlier", "today"),
    [
        ("grey", "grayscale"),
        ("posterise", "posterize"),
        ("solarise", "solarize"),
        ("equalise", "equalize"),
    ],
)
def test_earlier_spellings_stay_accepted(batch, earlier, today):
    """The bits are those of the first version, whose names the draws still carry."""
    draws = Draws(0, 1, batch.ids)
    assert earlier not in AUGMENTATIONS
    assert to_config(build_augmentation(earlier))["name"] == today
    expected = build_augmentation(f"flip+{today}", {today: {"p": 0.6}})(batch, draws)
    found = build_augmentation(f"flip+{earlier}", {earlier: {"p": 0.6}})(batch, draws)
    assert torch.equal(found.images, expected.images)
    described = from_config({"name": earlier, "p": 0.6})
    assert to_config(described) == to_config(from_config({"name": today, "p": 0.6}))
    assert getattr(augury.augment, earlier.capitalize()) is AUGMENTATIONS[today]
