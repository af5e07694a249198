"""The study files of published pages: one small cell of each is trained twice, to the same bits."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from augury.study import StudyFolder, StudySettings, open_study, read_settings, run_study
from augury.study.engines import InProcess, Local

FILES = Path(__file__).parents[2] / "benchmarks"
# Each with one arm; of its recipe only the sizes are changed.
PUBLISHED = {
    "fashion-1000": "saliencymix",
    "cifar10-1000": "trivialaugment",
    "cifar10-4000": "timm-randaugment",
    "fashion-1000-search": "cutmix",
    "cifar10-1000-search": "crop",
    "salience/round-1": "highlight-of-gradient",
    "salience/round-2": "suppress-object-of-cam-half",
    "salience/judged": "salience",
    "original/mobilenetv2": "salience-blend",
}
SMALL = {"epochs": 2, "train_limit": 100, "test_limit": 100}


def small_cell(name: str, arm: str) -> StudySettings:
    settings = read_settings(FILES / f"{name}.toml", None, {"recipe": SMALL})
    assert settings.name == name.replace("/", "-")
    assert arm in settings.augmentations
    one = {"datasets": settings.datasets[:1], "augmentations": (arm,), "seeds": 1}
    return replace(settings, baseline=arm, **one)


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "arm"), PUBLISHED.items())
def test_one_cell_again(name, arm, real_data, tmp_path):
    found = []
    for engine in (InProcess(), Local(1)):
        path = tmp_path / type(engine).__name__
        plan = open_study(small_cell(name, arm), path, engine=engine, data_dir=real_data)
        assert run_study(plan, path, engine=engine, data_dir=real_data).done == 1
        (cell,) = plan.cells
        with np.load(StudyFolder(path).run(cell).predictions) as arrays:
            found.append({part: arrays[part] for part in arrays.files})
    once, again = found
    assert once["test_logits"].shape == (100, 10)
    assert once.keys() == again.keys()
    for part, values in once.items():
        assert np.array_equal(values, again[part]), part
