"""Arms about color in studies of images of one channel."""

import pytest

from augury.errors import InputError
from augury.study.doctor import examine
from augury.study.engines import InProcess
from augury.study.opening import open_study
from augury.study.planning import probe
from augury.study.preview import preview_new, preview_of_study, show
from helpers.studies import SPEED, make_study, quick_settings

ONLY_COLOR = ("hue", "saturation", "grayscale", "random-grayscale", "channel-shuffle")
FIXED = {"layout": "contiguous", "precision": "float32", "corruptions": 0}


@pytest.mark.parametrize("arm", [*ONLY_COLOR, "hue+channel-shuffle", "hue@0.5"])
def test_an_arm_that_would_change_nothing_is_refused(arm, tmp_path):
    message = (
        f"{arm}: changes color alone, and the images of digits have one channel; "
        "brightness, contrast, blur and gaussian-noise change such images, too"
    ).replace("+", r"\+")
    settings = quick_settings(augmentations=["none", arm], **FIXED)
    with pytest.raises(InputError, match=f"^{message}$"):
        open_study(settings, tmp_path / "study", engine=InProcess())
    assert not (tmp_path / "study" / "plan.json").exists()
    with pytest.raises(InputError, match=f"^{message}$"):
        preview_new(quick_settings(augmentations=[arm], **FIXED), None, None)


def test_a_study_that_has_begun_with_one_goes_on(tmp_path):
    done = {"none": [150, 151], "grey": [150, 151]}
    _, folder = make_study(tmp_path / "study", done, **FIXED)

    def asked(*arms):
        recipe = {"epochs": 3}
        settings = quick_settings(augmentations=list(arms), seeds=3, recipe=recipe, **FIXED)
        return open_study(settings, folder.path, engine=InProcess())

    assert len(asked("none", "grey").cells) == 6
    with pytest.raises(InputError, match="hue: changes color alone"):
        asked("none", "grey", "hue")
    shown = show(*preview_of_study(folder.path, "digits", None, "grey", 2, None), None, 0)
    assert (shown.arrays["augmented"] == shown.arrays["originals"]).all()


def one_channel(settings, path):
    found = examine(settings, path=path, engine=InProcess())
    return [(n.level, n.where, n.words) for n in found.findings if n.check == "one-channel"]


def test_the_doctor_names_what_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "probe", lambda *arguments: SPEED)
    arms = ["none", "hue", "trivialaugment", "color-jitter", "cutout"]
    settings = quick_settings(augmentations=arms, corruptions=0)
    problem, *fine = one_channel(settings, tmp_path / "study")
    assert problem[:2] == ("problem", "digits")
    assert problem[2].startswith("hue: changes color alone")
    assert fine == [
        (
            "fine",
            "digits",
            "1 of 14 operations of trivialaugment leaves images of one channel as they are: "
            "saturation",
        ),
        (
            "fine",
            "digits",
            "2 of 4 operations of color-jitter leave images of one channel as they are: "
            "saturation, hue",
        ),
    ]


def test_the_doctor_only_warns_of_an_arm_that_a_study_has_begun_with(tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "probe", lambda *arguments: SPEED)
    _, folder = make_study(tmp_path / "study", {"none": [150], "hue": [150]})
    settings = quick_settings(augmentations=["none", "hue"], recipe={"epochs": 3})
    assert one_channel(settings, folder.path) == [
        ("warning", "digits", "hue changes nothing: its images have one channel, and no color")
    ]
