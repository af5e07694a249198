"""report.md: the numbers of verdicts.json, in Markdown that no name can break."""

import json
import re

import pytest

from augury.report import load_study
from augury.report.markdown import escaped, markdown, write_markdown
from helpers.report_studies import ODD_CLASSES, edit, write_study


def rows(text):
    """The cells of all tables, without headings."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in cells if row[0] != "augmentation"]


def test_the_numbers_are_those_of_the_file(digits_study):
    text = markdown(load_study(digits_study))
    found = {row[0]: row for row in rows(text)}
    content = json.loads((digits_study / "verdicts.json").read_text("utf-8"))
    assert set(found) == {"none", *(c["augmentation"] for c in content["comparisons"])}
    assert found["none"][2:] == ["", "", "", "6", "baseline"]
    for c in content["comparisons"]:
        low, high = c["interval"]
        expected = [
            f"{c['accuracy']:.2f}",
            f"{c['difference']:+.2f}",
            f"{low:+.2f} to {high:+.2f}",
            f"{c['p']:.3f}",
            str(len(c["seeds"])),
        ]
        told = [cell.replace("−", "-") for cell in found[c["augmentation"]]]
        assert told[1:6] == expected
        assert told[6].replace("*", "").startswith(c["verdict"])
    assert text.startswith("## Which augmentation helps on digits?\n\n**Compared with none, ")
    assert "**helps**" in text


def test_it_says_how_it_was_measured(digits_study):
    text = markdown(load_study(digits_study))
    measured = text.split("**How it was measured**")[1]
    assert "1 data set, 1 network, 4 augmentations, 6 seeds, 24 of 24 runs finished" in measured
    assert "p < 0.05 (paired t-test, Holm)" in measured
    assert "lr " in measured
    assert "x86-64, 2 cores" in measured
    assert "`report.html`" in measured
    assert len(text) < 4000


def test_each_group_has_a_table_and_what_is_missing_is_told(original_study):
    study = load_study(original_study)
    text = markdown(study)
    assert len(re.findall(r"^[\w-]+ on \w+$", text, re.MULTILINE)) == len(study.groups) == 10
    assert len(rows(text)) == 30
    assert "⚠ 2 of 30 runs left out: 1 failed, 1 not finished" in text


@pytest.mark.parametrize("odd", ["a|b", "<img src=x>", "[x](http://y)", "a\nb", "`*_~#&@\\"])
def test_no_name_is_markup(odd):
    told = escaped(odd)
    assert "\n" not in told
    assert not re.search(r"(?<!\\)(\\\\)*[`*_\[\]<>|~#&@]", told)


def test_it_is_written_beside_the_page(tmp_path):
    folder = write_study(tmp_path / "s", classes=ODD_CLASSES, seeds=1)
    edit(folder / "verdicts.json", lambda values: values.update(comparisons=[]))
    path = write_markdown(load_study(folder))
    assert path == folder / "report.md"
    assert "There is nothing to compare with" in path.read_text("utf-8")
