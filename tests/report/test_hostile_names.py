"""Studies whose names are chosen by somebody who means harm, or by chance."""

import csv
import unicodedata
import warnings
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from rich.console import Console

from augury.errors import InputError
from augury.report import comparison_grid, image_row, load_study, verdict_table, write_report
from augury.report.summary import as_text, write_summary
from helpers.report_studies import edit, renamed, write_study

ESCAPE, BIDI, HALF = "\x1b]8;;http://x\x1b\\\x9b1m", "\u202egpj.exe\u2066", "\ud800"
FORMULAS = ("=cmd|'/c calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "'=1", "＝1")


def hostile_study(folder: Path) -> Path:
    """Names that steer a terminal, in every text of plan and errors that is printed."""
    write_study(
        folder,
        arms=("none", "normal"),
        seeds=2,
        epochs=1,
        failed=[("digits", "small", "normal", 1)],
    )
    edit(
        next((folder / "runs").glob("*.normal.s1.*")) / "error.json",
        lambda error: error.update(error=f"{ESCAPE}{BIDI}"),
    )
    names = ("digits", "small", "normal")
    renamed(folder, {name: f"[red]{name}\n{ESCAPE}{BIDI}" for name in names})
    return folder


@pytest.mark.parametrize("file", ["plan.json", "verdicts.json"])
def test_half_a_character_is_refused(tmp_path: Path, file: str) -> None:
    folder = write_study(tmp_path / "s", arms=("none", "normal"), seeds=1, epochs=1)
    edit(folder / file, lambda content: content.update(more=HALF))
    with pytest.raises(InputError, match=file) as caught:
        load_study(folder)
    assert not steering(str(caught.value))


def steering(text: str) -> set[str]:
    """What steers a terminal or turns text around, and halves of characters."""
    return {
        c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }


def test_everything_that_is_printed_or_written_is_safe(tmp_path: Path) -> None:
    study = load_study(hostile_study(tmp_path / "s"))
    console = Console(width=80)
    with console.capture() as capture:
        console.print(verdict_table(study))
    printed = capture.get()
    assert r"\x1b]8;;" in printed
    assert r"\u202e" in printed.replace("\n", "")
    assert not steering(printed)
    for path in (write_summary(study), write_report(study)):
        text = path.read_text(encoding="utf-8")
        assert r"\u202egpj.exe" in text
        assert not steering(text)


def test_formulas_become_texts_and_read_back() -> None:
    told = [as_text(value) for value in FORMULAS]
    assert told == [
        "'=cmd|'/c calc'!A0", "'+1+1", "'-2+3", "'@SUM(1)", r"\x09=1", r"\x0d=1", "''=1", "'＝1",
    ]  # fmt: skip
    for value, text in zip(FORMULAS, told, strict=True):
        if value[0] not in "\t\r":
            assert (text[1:] if text.startswith("'") else text) == value
    for plain in ("digits", "a=b", "x-1", "1+1", ""):
        assert as_text(plain) == plain


def test_a_formula_as_a_folder_is_a_text_in_the_summary(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "s", arms=("none", "normal"), seeds=1, epochs=1)
    renamed(folder, {"digits": "=cmd|calc"})
    with write_summary(load_study(folder)).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["dataset"] for row in rows] == ["'=cmd|calc"] * 2
    assert float(rows[0]["test_accuracy"]) > 0.9


IMAGES = np.zeros((2, 1, 8, 8), dtype=np.uint8)
TITLES = ("$5_$10$", r"\frac{ $x^2$", "d" * 250, ESCAPE + HALF, "a\nb")


@pytest.mark.parametrize("title", TITLES)
def test_names_are_never_mathematics(title: str, tmp_path: Path, monkeypatch) -> None:
    written = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *args, **kw: (written.append(self), save(self, *args, **kw))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image_row(IMAGES, [title, "b"], tmp_path / "row.png")
        comparison_grid(
            [("pixels", IMAGES), (title, IMAGES)], [title, "b"], tmp_path / "grid.png", [title, ""]
        )
    texts = [
        text
        for figure in written
        for axes in figure.axes
        for text in (axes.title, *axes.texts)
        if text.get_text() not in ("", "b", "pixels")
    ]
    assert len(texts) == 4
    for text in texts:
        assert not text.get_parse_math()
        assert len(text.get_text()) <= 40
        assert not steering(text.get_text())
        assert "\n" not in text.get_text()
    if title.startswith("$5"):
        assert {text.get_text() for text in texts} == {title}
