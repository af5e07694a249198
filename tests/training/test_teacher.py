import pytest
import torch
from safetensors.torch import save_file

from augury.errors import InputError
from augury.training.checkpoint import Checkpoint, read_safetensors, write_safetensors
from augury.training.teacher import (
    Teacher,
    load_network,
    read_teacher,
    save_network,
    teacher_network,
)
from helpers.datasets import make_split
from helpers.networks import CPU, make_network


def test_a_trained_network_is_read_back_from_its_file(tmp_path):
    network, spec = make_network(seed=3)
    file = tmp_path / "model.safetensors"
    save_network(file, network, spec)
    images = torch.from_numpy(make_split().images)
    with torch.no_grad():
        expected = network.eval().predict(images)
        assert torch.equal(load_network(file, CPU).eval().predict(images), expected)
        assert torch.equal(teacher_network(str(file), CPU).eval().predict(images), expected)


def test_a_file_without_a_network_is_refused(tmp_path):
    file = tmp_path / "other.safetensors"
    save_file({"weight": torch.ones(1)}, file)
    with pytest.raises(InputError, match=r"other\.safetensors: holds no network that augury has"):
        load_network(file, CPU)


def other(spec=None, tensors=None, **state):
    """A teacher's file with something else in it than `save_network` wrote."""

    def change(checkpoint):
        changed = {**checkpoint.state, **state}
        if spec is not None:
            changed["spec"] = {**changed["spec"], **spec} if spec else {}
        return Checkpoint(checkpoint.tensors if tensors is None else tensors, changed)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            other(tensors={"weight": torch.ones(4)}),
            "its weights are not those of its",
        ),
        (other(tensors={}), "none of its weights is for 4 classes"),
        (other({"num_classes": 10**9}), "none of its weights is for 1000000000 classes"),
        (other({"num_classes": "four"}), "its network: num_classes must be int, got 'four'"),
        (other({"channels": 3}), "its mean and std must be one for each channel"),
        (other({"name": "smal"}), "unknown model 'smal'. Did you mean 'small'"),
        (other({"name": 5}), "its network: name must be str, got 5"),
        (other({"color": 5}), "its network: unknown field 'color'"),
        (other({}), "its network: name is missing"),
        (other(spec=None, mean=["x"]), r"its mean: \[0\] must be float, got 'x'"),
        (other(std=[0.0]), "std over 0"),
        (other(std=5), "its std: must be a list of float, got 5"),
    ],
)
def test_a_file_of_another_network_is_named_in_one_line(change, message, tmp_path):
    network, spec = make_network()
    file = tmp_path / "model.safetensors"
    save_network(file, network, spec)
    write_safetensors(file, change(read_safetensors(file)))
    with pytest.raises(InputError, match=message) as caught:
        load_network(file, CPU)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self", {}),
        ("self:1", {"every": 1}),
        ("self:500", {"every": 500}),
        ("live", {"live": True}),
        ("live:half", {"live": True, "half": True}),
        ("densenet121", {"fixed": True}),
        ("densenet121=weights", {"fixed": True}),
        ("timm:resnet10t", {"fixed": True}),
        ("timm:resnet10t=weights", {"fixed": True}),
    ],
)
def test_good_teachers(text, expected):
    assert read_teacher(text) == Teacher(text, **expected)


def test_a_file_is_a_teacher(tmp_path):
    file = tmp_path / "self"
    file.touch()
    assert read_teacher(str(file)) == Teacher(str(file), fixed=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("densnet121", r"unknown teacher .* 'densnet121'. Did you mean 'densenet121'"),
        ("", "unknown teacher"),
        ("x" * 5000, "unknown teacher"),
        ("a\0b", "unknown teacher"),
        (".", "unknown teacher"),
        ("self=weights", "unknown teacher .* 'self=weights'"),
        ("self:", "the K of self:K is a number of training steps, 1 or more, got 'self:'"),
        ("self:0", "the K of self:K is a number of training steps, 1 or more, got 'self:0'"),
        ("self:-5", "the K of self:K is a number of training steps, 1 or more, got 'self:-5'"),
        ("self:often", "the K of self:K is a number of training steps"),
        ("live:", "teacher: must be live or live:half, got 'live:'"),
        ("live:quarter", "teacher: must be live or live:half, got 'live:quarter'"),
        ("timm:resnet10x", "unknown timm model 'resnet10x'"),
    ],
)
def test_bad_teachers_are_named(text, message):
    with pytest.raises(InputError, match=message):
        read_teacher(text)


def test_teachers_without_weights_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"no .*densenet121\.safetensors"):
        teacher_network(f"densenet121={tmp_path}", CPU)
    with pytest.raises(InputError, match="small: has no pretrained weights"):
        teacher_network("small", CPU)
