"""How results look in a session, a notebook and a data frame."""

import re
import sys
from html.parser import HTMLParser
from types import ModuleType, SimpleNamespace

import pytest
from rich.text import Text

import augury
from augury.errors import InputError
from augury.records.verdicts import Verdicts, read_verdicts, write_verdicts
from augury.study import StudyFolder, plan_of
from augury.study.engines.events import CellDone
from augury.study.racing.forecast import Forecast
from augury.terminal import StudyProgress, data_progress, err, html_of, text_of
from helpers.studies import make_study

NONE = [150, 152, 149, 151, 150, 153]
BETTER = [170, 173, 168, 172, 171, 172]
NAMES = "<script>alert(1)</script>"


class Tags(HTMLParser):
    """The tags of a page, and the texts in its cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        if data.strip():
            self.texts.append(data.strip())


@pytest.fixture
def judged(tmp_path):
    """A study with a verdict that helps."""
    make_study(tmp_path / "s", {"none": NONE, "flip": BETTER})
    augury.Study.open(tmp_path / "s").report(quiet=True)
    return augury.Study.open(tmp_path / "s")


def test_a_notebook_shows_the_verdicts_in_a_table(judged):
    page = Tags(judged.verdicts._repr_html_())
    (row,) = judged.verdicts
    assert row.verdict == "helps"
    assert page.tags.count("tr") == 3
    assert "svg" in page.tags
    for text in ("none", "flip", "helps", f"+{row.difference:.2f}", f"{row.accuracy:.2f}", "6"):
        assert text in page.texts
    low, high = row.interval
    assert f"+{low:.2f} to +{high:.2f}" in page.texts
    style = page.texts[0]
    assert "prefers-color-scheme: dark" in style
    assert '[data-jp-theme-light="false"]' in style
    assert ":root" not in style  # nothing of the notebook's own is restyled


def test_names_from_anywhere_are_escaped(judged):
    path = judged.path / "verdicts.json"
    found = read_verdicts(path)
    plan = (judged.path / "plan.json").read_text()
    assert "flip" in plan
    (row,) = found.comparisons
    hostile = type(row)(**{**vars(row), "words": f"helps {NAMES}"})
    write_verdicts(path, Verdicts(found.rule, (hostile,)))
    assert NAMES not in judged.verdicts._repr_html_()
    assert "&lt;script&gt;" in judged.verdicts._repr_html_()
    assert "script" not in Tags(html_of(NAMES)).tags
    assert "&lt;script&gt;" in html_of(NAMES)
    assert "\x1b" not in text_of("a\x1b[31mb")


def test_other_results_are_shown_as_the_terminal_shows_them(judged):
    page = Tags(judged.status()._repr_html_())
    assert set(page.tags) <= {"pre", "span"}
    assert "".join(str(judged.status()).split()) == "".join("".join(page.texts).split())


def luminance(color):
    """Of a color of three bytes, as WCAG 2 defines it."""
    parts = [value / 255 for value in color]
    r, g, b = (v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("style", ["bold red", "yellow", "green"])
@pytest.mark.parametrize("page", [(255, 255, 255), (17, 17, 17)])
def test_colors_can_be_read_on_light_and_dark_pages(style, page):
    (color,) = set(re.findall(r"color: #(\w{6})[;\"]", html_of(Text("problem", style))))
    found = luminance(bytes.fromhex(color))
    lighter, darker = sorted((found, luminance(page)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4


class Frame:
    """What pandas.DataFrame would be given."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns


def test_a_data_frame_has_a_row_for_each_arm(judged, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=Frame))
    frame = judged.verdicts.to_pandas()
    (row,), (expected,) = frame.rows, judged.verdicts
    assert frame.columns[:4] == ["dataset", "model", "augmentation", "baseline"]
    assert set(frame.columns) == set(row)
    assert (row["interval_low"], row["interval_high"]) == expected.interval
    assert (row["verdict"], row["p"]) == ("helps", expected.p)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="to_pandas needs pandas, which is not installed"):
        judged.verdicts.to_pandas()


class Handle:
    """IPython's, which keeps all that was shown."""

    def __init__(self, shown):
        self.shown = [shown]

    def update(self, shown):
        self.shown.append(shown)


@pytest.fixture
def notebook(monkeypatch):
    """Standard error as a notebook has it: (handles of what changes, all that was added)."""
    handles, added = [], []
    monkeypatch.setattr(err, "is_jupyter", True)

    def display(shown, display_id=False):
        if not display_id:
            added.append(shown)
            return None
        handles.append(Handle(shown))
        return handles[-1]

    module = ModuleType("IPython.display")
    module.HTML, module.display = lambda text: text, display
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.setattr("augury.terminal.notebook._SECONDS_BETWEEN_DRAWINGS", 0.0)
    return handles, added


def test_a_notebook_sees_the_progress(judged, notebook):
    plan, folder = plan_of(judged.path), StudyFolder(judged.path)
    for cell in plan.cells[:2]:
        folder.run(cell).result.unlink()
    with StudyProgress(plan, folder, verbose=False) as shown:
        shown(CellDone(plan.cells[0].name, 0.9, 1.0))
        shown.judged(1, 12, "judging")
    (handle,), (line,) = notebook
    assert "digits small none seed 0  done  test 90.00%" in line.text
    assert "10 of 12 cells" in handle.shown[0]
    assert any("11 of 12 cells" in each for each in handle.shown)
    assert any("judging 1 of 12" in each for each in handle.shown)
    assert handle.shown[-1] == ""


def test_arms_that_are_decided_at_once_are_told_before_how_much_is(judged, capsys):
    plan, folder = plan_of(judged.path), StudyFolder(judged.path)
    with StudyProgress(plan, folder, verbose=False) as shown:
        shown.raced(plan, Forecast(3, 2, 0, 600.0))
        shown.verdicts([])
        assert "of 3 decided" not in capsys.readouterr().err
        shown.verdicts(["flip: helps by 1.00", "crop: hurts by 2.00"])
    lines = [line.strip() for line in capsys.readouterr().err.splitlines()]
    told = ["flip: helps by 1.00", "crop: hurts by 2.00"]
    assert lines[:3] == [*told, "2 of 3 decided, about 10 minutes to decide the rest"]


def test_a_notebook_sees_data_being_read(notebook):
    with data_progress() as progress:
        pass
    assert notebook == ([], [])
    with data_progress() as progress:
        progress(3, 7, "decoding")
    (handle,), _ = notebook
    assert "decoding" in handle.shown[0]
    assert "3/7" in handle.shown[0]
    assert handle.shown[-1] == ""
