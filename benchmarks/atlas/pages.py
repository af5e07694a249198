"""`pages`: write the atlas and a page for each data set from the contributions."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.atlas.comparing import Column, columns
from benchmarks.atlas.contribution import read_contributions
from benchmarks.atlas.picture import draw_atlas
from benchmarks.atlas.places import SOURCES
from benchmarks.atlas.tables import (
    differences_table,
    kinds_table,
    learning_words,
    origins_words,
    places_table,
    predictors_table,
    ranks_table,
    where_words,
)

from augury.errors import InputError
from augury.files import write_atomically

DOCS = Path("docs/results")
TEMPLATES = Path(__file__).parent / "templates"


def write_pages(results: Path, docs: Path) -> list[Path]:
    """Write atlas.md, atlas.png and a page for each data set that has results; their paths.

    Of a page that is there only the parts between the marks are changed. Raises InputError, and
    writes nothing, where there is no contribution, one is bad, or a page lacks its marks.
    """
    contributions = read_contributions(results)
    if not contributions:
        raise InputError(f"{results}: no contributions here; `contribute` writes them")
    table = columns(contributions)
    pages = {docs / "atlas.md": _atlas(table, docs / "atlas.md")}
    for dataset in SOURCES:
        own = [column for column in table if column.place.dataset == dataset]
        if any(column.contribution for column in own):
            path = docs / f"atlas-{dataset}.md"
            pages[path] = _dataset(dataset, own, path)
    docs.mkdir(parents=True, exist_ok=True)
    draw_atlas(table, docs / "atlas.png")
    for path, text in pages.items():
        write_atomically(path, text.encode())
    return [*pages, docs / "atlas.png"]


def _atlas(table: Sequence[Column], path: Path) -> str:
    parts = {
        "places": places_table(table),
        "learning": learning_words(table),
        "where": where_words(table),
        "kinds": kinds_table(table),
        "predictors": predictors_table(table),
        "ranks": ranks_table(table),
        "differences": differences_table(table),
        "origins": origins_words(table),
    }
    return filled(_surrounding(path, "atlas.md"), parts, str(path))


def _dataset(dataset: str, own: Sequence[Column], path: Path) -> str:
    titles = [column.contribution.title for column in own if column.contribution]
    text = _surrounding(path, "dataset.md").replace("DATASET", titles[0])
    parts = {"differences": differences_table(own), "origins": origins_words(own)}
    return filled(text, parts, str(path))


def _surrounding(path: Path, template: str) -> str:
    """The page that is there, or the template of a new one."""
    return (path if path.exists() else TEMPLATES / template).read_text(encoding="utf-8")


def filled(text: str, parts: Mapping[str, str], where: str) -> str:
    """`text` with each part between its marks; InputError where a pair of marks is missing."""
    for name, part in parts.items():
        begin, end = f"<!-- atlas:begin {name} -->", f"<!-- atlas:end {name} -->"
        marks = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if len(marks.findall(text)) != 1:
            raise InputError(f"{where}: must hold {begin} and {end} once")
        text = marks.sub(lambda _, whole=f"{begin}\n{part}\n{end}": whole, text)
    return text
