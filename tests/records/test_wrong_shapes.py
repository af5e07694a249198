"""Files of a study whose checksum is right and whose content is not what a study writes.

Every value of every file is replaced by every kind of wrong one, and the file sealed again: its
reader must take it for what it is, or name file and field in one line.
"""

import copy
import json
import shutil
from pathlib import Path

import pytest

from augury.errors import InputError
from augury.records.epochs import read_epochs
from augury.records.evidence import read_evidence
from augury.records.failure import Failure, read_failure, write_failure
from augury.records.plan import read_plan, write_plan
from augury.records.result import read_result, write_result
from augury.records.robustness import Robustness, read_robustness, write_robustness
from augury.records.verdicts import read_verdicts
from augury.seal import sealed_json
from augury.study import StudyFolder, judge_study

STUDY = Path(__file__).parents[1] / "study" / "schema-1"
WRONG = (None, True, -1, 1.5, 10**30, 1e308, "", "x", "\x1b[31m", "../../x", [], [[]], {}, {"x": 1})
SEVERAL = 2  # of a list that is all alike, the first ones


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two runs in today's schema, judged; its first run also has all that one may."""
    folder = StudyFolder(shutil.copytree(STUDY, tmp_path_factory.mktemp("wrong") / "study"))
    plan = read_plan(folder.plan_file)
    write_plan(folder.plan_file, plan)
    for cell in plan.cells:
        run = folder.run(cell)
        write_result(run.result, read_result(run.result))
    run = folder.run(plan.cells[0])
    write_failure(run.error, Failure(plan.cells[0].name, "the loss is not finite", 1, 2))
    write_robustness(run.corruptions, Robustness(10, 0.5, {"fog": (0.5, 0.4, 0.3, 0.2, 0.1)}))
    judge_study(plan, folder)
    return folder.path


READERS = {
    "plan.json": read_plan,
    "verdicts.json": read_verdicts,
    "evidence.json": read_evidence,
    "result.json": read_result,
    "error.json": read_failure,
    "corruptions.json": read_robustness,
}


def find(study: Path, name: str) -> Path:
    return sorted([*study.glob(name), *study.glob(f"runs/*/{name}")])[0]


def places(value, path=()):
    """The path of every value within `value`."""
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else []
    if isinstance(value, list):
        inside = list(enumerate(value))[:SEVERAL]
    for key, each in inside:
        yield from places(each, (*path, key))


def replaced(content, path, wrong):
    content = copy.deepcopy(content)
    inside = content
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = wrong
    return content


def without(content, path):
    content = copy.deepcopy(content)
    inside = content
    for key in path[:-1]:
        inside = inside[key]
    del inside[path[-1]]
    return content


def check(reader, path: Path, content, told: str) -> bool:
    """Whether the file is read; InputError must be one line that names it, nothing else may be."""
    path.write_bytes(sealed_json(content))
    try:
        reader(path)
        return True
    except InputError as error:
        line = str(error)
    assert "\n" not in line, told
    assert path.name in line, told
    assert "\x1b" not in line, told
    return False


@pytest.mark.parametrize("name", READERS)
def test_a_value_of_another_kind_is_named_or_harmless(study, name, tmp_path):
    source = find(study, name)
    content = json.loads(source.read_text())
    content.pop("sha256")
    path = tmp_path / source.parent.name / name  # a result knows the folder that it lies in
    path.parent.mkdir()
    assert check(READERS[name], path, content, "as it was")
    refused = 0
    for place in places(content):
        refused += not check(READERS[name], path, without(content, place), f"without {place}")
        for wrong in WRONG:
            told = f"{place}: {wrong!r}"
            refused += not check(READERS[name], path, replaced(content, place, wrong), told)
    assert refused > 20


def test_a_line_of_epochs_of_another_kind_is_named(study, tmp_path):
    lines = find(study, "epochs.jsonl").read_text().splitlines()
    path = tmp_path / "epochs.jsonl"
    first = json.loads(lines[0])
    for place in places(first):
        for wrong in ("x", True, [], {}, 10**30):
            path.write_text("\n".join([json.dumps(replaced(first, place, wrong)), *lines[1:]]))
            with pytest.raises(InputError, match=rf"epochs\.jsonl: {place[0]}\b"):
                read_epochs(path)


def test_a_cell_of_no_known_data_set_or_speed_is_refused(study, tmp_path):
    content = json.loads(find(study, "plan.json").read_text())
    for key, words in (("datasets", "a data set that is not in datasets"), ("speed", "no entry")):
        path = tmp_path / "plan.json"
        path.write_bytes(sealed_json(content | {key: {}}))
        with pytest.raises(InputError, match=rf"plan\.json: cells: .*{words}"):
            read_plan(path)


def test_another_name_for_a_cell_is_refused(study, tmp_path):
    content = json.loads(find(study, "plan.json").read_text())
    content["cells"][1]["name"] = content["cells"][0]["name"]
    (tmp_path / "plan.json").write_bytes(sealed_json(content))
    with pytest.raises(
        InputError, match=r"plan\.json: 'digits.*' is no name of a run: it is digits"
    ):
        read_plan(tmp_path / "plan.json")


def test_a_training_accuracy_may_be_over_1_by_a_rounding_error(study, tmp_path):
    (first, *_) = find(study, "epochs.jsonl").read_text().splitlines()
    path = tmp_path / "epochs.jsonl"
    path.write_text(json.dumps(json.loads(first) | {"accuracy": 1 + 2**-23}) + "\n")
    assert read_epochs(path)[0].accuracy == 1 + 2**-23
    path.write_text(json.dumps(json.loads(first) | {"accuracy": 1.001}) + "\n")
    with pytest.raises(InputError, match=r"epochs\.jsonl: accuracy: must be at most 1\.000001"):
        read_epochs(path)
