"""What the pages on Python say is so: their code runs, and their lists are whole."""

import linecache
import re
from pathlib import Path

from PIL import Image

import augury

ROOT = Path(__file__).parents[2]


def blocks(page):
    """The Python code of a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def run(code, names):
    """Run code as a notebook's cell: the source of its functions can be read."""
    file = f"<cell {hash(code)}>"
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    exec(compile(code, file, "exec"), names)


def test_the_notebook_page_runs_as_it_stands(here, capsys):
    names = {"__name__": "__main__"}
    for code in blocks("docs/tutorial/notebook.md"):
        run(code, names)
    printed = capsys.readouterr().out
    study = names["study"]
    assert [row.augmentation for row in study.verdicts][:2] == ["flip", "cutout"]
    assert study.verdicts[0].verdict == "hurts"  # as the page says
    assert "faint" in study.verdicts[2].augmentation
    assert study.status().counts["done"] == 24  # as many as the page counts
    assert str(study.path) == str(study.report(quiet=True).path.parent) == "studies/digits"
    assert "digits: 0 problems" in printed
    assert (here / "cutout.png").read_bytes().startswith(b"\x89PNG")
    assert (here / "studies" / "digits" / "report.html").exists()


def test_the_example_of_the_readme_runs_with_fewer_seeds_and_epochs(here, monkeypatch):
    for name, level in (("rose", 60), ("lily", 190)):
        (here / "flowers" / name).mkdir(parents=True)
        for number in range(16):
            picture = Image.new("L", (16, 16), level + number)
            picture.putpixel((number, 3), 255 - level)
            picture.save(here / "flowers" / name / f"{number}.png")
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setattr("augury.api.engines.LOCAL", augury.InProcess())
    names: dict = {}
    (code,) = [each for each in blocks("README.md") if "augury.Study" in each]
    few = code.replace("seeds=6", "seeds=1, epochs=1, image_size=16, corruptions=0").replace(
        "seeds=10", "seeds=2"
    )
    run(few, names)
    study = names["study"]
    assert [row.augmentation for row in study.verdicts] == ["flip", "cutmix", "randaugment"]
    assert all(len(row.seeds) == 2 for row in study.verdicts)


def test_the_reference_lists_each_public_name_once():
    page = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \| .+ \|$", page, re.MULTILINE)
    assert sorted([*listed, "__version__"]) == sorted(augury.__all__)


def test_what_the_reference_says_of_a_study_is_all_of_it():
    page = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    (paragraph,) = re.findall(r"^`Study` has (.*?)\.\s", page, re.MULTILINE | re.DOTALL)
    named = {each.removeprefix("Study.") for each in re.findall(r"`([\w.]+?)(?:\(\))?`", paragraph)}
    public = {name for name in vars(augury.Study) if not name.startswith("_")}
    assert public - {"settings"} <= named <= public
