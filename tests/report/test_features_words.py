"""Where features were computed once, every report says so beside the times."""

from augury.report import load_study
from augury.report.features_words import features_lines
from augury.report.html import render
from augury.report.markdown import markdown
from helpers.report_studies import edit, write_study
from report.test_terminal import lines

SAID = "features of none computed once, as the images never change: a step there is"


def test_arms_whose_features_were_computed_once_are_named(tmp_path):
    folder = write_study(tmp_path / "s", arms=("none", "normal"), seeds=2, epochs=1)
    assert features_lines(load_study(folder)) == []
    assert "features" not in " ".join(lines(folder))
    assert "features once" not in render(load_study(folder))
    for run in (folder / "runs").iterdir():
        once = "once" if ".none." in run.name else "each step"
        edit(run / "result.json", lambda result, said=once: result["speed"].update(features=said))

    def mark(evidence):
        for arm in evidence["arms"]:
            arm["budget"]["features_once"] = arm["augmentation"] == "none"

    edit(folder / "evidence.json", mark)
    study = load_study(folder)
    (line,) = features_lines(study)
    assert line.startswith(SAID)
    assert SAID in " ".join(lines(folder))
    assert f"- {line}" in markdown(study)
    page = render(study)
    assert f"F{line[1:]}." in page
    assert page.count("features once") == 2  # in the grid and in the budget
    assert "the time is that of the steps as they were" in page
