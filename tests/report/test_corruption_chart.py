from xml.etree import ElementTree

import numpy as np
import pytest

from augury.records.evidence import Corruptions
from augury.report.corruption_chart import corruption_panels


def found(clean: float | None, **accuracy: tuple[float | None, ...]) -> Corruptions:
    return Corruptions(200, 6, clean, accuracy)


def points(line: ElementTree.Element) -> list[list[float]]:
    return [[float(v) for v in point.split(",")] for point in line.attrib["points"].split()]


def test_lines_lie_on_the_axes_that_the_ticks_name() -> None:
    arms = [
        (0, found(90.0, fog=(80.0, 70.0, 60.0, 50.0, 40.0), jpeg=(89.0, 88.0, 87.0, 86.0, 85.0))),
        (13, found(91.0, fog=(85.0, 80.0, 75.0, 70.0, 65.0), jpeg=(90.0, 89.0, 88.0, 87.0, 86.0))),
    ]
    panels = corruption_panels(arms, "small on digits")
    assert [panel.corruption for panel in panels] == ["fog", "jpeg"]
    for panel in panels:
        root = ElementTree.fromstring(str(panel.chart))
        assert root.attrib["aria-label"] == (
            f"Accuracy by severity of {panel.corruption}, small on digits"
        )
        texts = root.findall("text")
        heights = [t for t in texts if "end" in t.attrib["class"].split()]
        y = np.polyfit(
            [float(t.text) for t in heights], [float(t.attrib["y"]) - 4 for t in heights], 1
        )
        columns = {t.text: float(t.attrib["x"]) for t in texts if t.text.isdigit()}
        # The thirteenth arm after the baseline begins the colors anew; the baseline lies on top.
        lines = root.findall("polyline")
        assert [line.attrib["class"] for line in lines] == ["mean arm1", "mean arm0"]
        for line, (_, corruptions) in zip(lines, reversed(arms), strict=True):
            expected = (corruptions.clean, *corruptions.accuracy[panel.corruption])
            assert len(points(line)) == 6
            for severity, ((left, top), value) in enumerate(
                zip(points(line), expected, strict=True)
            ):
                assert left == pytest.approx(columns[str(severity)], abs=0.06)
                assert top == pytest.approx(np.polyval(y, value), abs=0.2)


def test_what_is_not_known_leaves_a_gap_and_never_a_zero() -> None:
    (panel,) = corruption_panels([(0, found(None, fog=(80.0, None, 60.0, None, None)))], "x")
    (line,) = ElementTree.fromstring(str(panel.chart)).findall("polyline")
    assert len(points(line)) == 2
    assert "nan" not in str(panel.chart)


def test_an_arm_without_a_corruption_that_another_has_is_left_out_of_its_panel() -> None:
    arms = [(0, found(90.0, fog=(80.0,) * 5)), (1, found(None, jpeg=(70.0,) * 5))]
    fog, jpeg = corruption_panels(arms, "x")
    drawn = [
        [line.attrib["class"] for line in ElementTree.fromstring(str(p.chart)).findall("polyline")]
        for p in (fog, jpeg)
    ]
    assert drawn == [["mean arm0"], ["mean arm1"]]


def test_equal_values_have_an_axis_of_their_own() -> None:
    (panel,) = corruption_panels([(0, found(10.0, fog=(10.0,) * 5))], "x")
    (line,) = ElementTree.fromstring(str(panel.chart)).findall("polyline")
    assert len({top for _, top in points(line)}) == 1


def test_names_are_escaped_and_nothing_is_drawn_of_nothing() -> None:
    (panel,) = corruption_panels([(0, Corruptions(9, 1, 50.0, {"<b>&": (40.0,) * 5}))], "a & b")
    label = ElementTree.fromstring(str(panel.chart)).attrib["aria-label"]
    assert label == "Accuracy by severity of <b>&, a & b"
    assert corruption_panels([], "x") == []
    assert corruption_panels([(0, found(None, fog=(None,) * 5))], "x") == []
