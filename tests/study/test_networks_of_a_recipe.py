"""What a recipe asks of networks is checked before anything is trained."""

import pytest

from augury.data import load_dataset
from augury.errors import InputError
from augury.study import read_settings
from augury.study.planning.networks import usable_pairs


@pytest.mark.parametrize(
    ("model", "recipe", "network", "message"),
    [
        ("small", {"drop_path": 0.1}, {}, "drop_path: small has no stochastic depth"),
        ("densenet121", {"drop_path": 0.1}, {}, "drop_path: densenet121 has no stochastic depth"),
        ("small", {"freeze": "body"}, {}, "small: freeze=body needs pretrained weights"),
        (
            "resnet18",
            {"freeze": "body"},
            {"pretrained": True},
            "resnet18: with freeze=body its small stem would keep random weights",
        ),
    ],
)
def test_what_a_network_lacks_is_said_in_one_line(model, recipe, network, message, monkeypatch):
    monkeypatch.setattr("augury.models.assembly.pretrained_network", lambda spec: None)
    settings = read_settings(None, None, {"models": [model], "recipe": recipe, "network": network})
    with pytest.raises(InputError, match=message) as caught:
        usable_pairs(settings, {"digits": load_dataset("digits", image_size=32)})
    assert "\n" not in str(caught.value)


def test_body_and_head_have_rates_of_their_own_wherever_they_are_known_apart():
    settings = read_settings(None, None, {"models": ["small"], "recipe": {"body_lr": 0.1}})
    dataset = load_dataset("digits")
    assert usable_pairs(settings, {"digits": dataset}) == [("small", dataset)]
