"""Write the tables of all machines anew into docs/explanation/performance.md, between its marks.

python -m benchmarks.document
"""

import json
from pathlib import Path
from typing import Any

from benchmarks.charts import FOLDER
from benchmarks.outcome import RESULTS, text_of

DOCUMENT = FOLDER.parent / "performance.md"
MARKS = ("<!-- written by benchmarks/document.py -->", "<!-- end -->")


def write_document() -> None:
    """Each machine of benchmarks/results/ is a heading, with a section and a chart by letter."""
    before, rest = DOCUMENT.read_text("utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    parts = [_of_machine(file) for file in sorted(RESULTS.glob("*.json"))]
    written = "\n".join(part for part in parts if part)
    DOCUMENT.write_text(f"{before}{MARKS[0]}\n\n{written}\n{MARKS[1]}{after}", "utf-8")


def _of_machine(file: Path) -> str:
    sections: dict[str, Any] = json.loads(file.read_text())
    if not all(isinstance(one, dict) and one.get("letter") == k for k, one in sections.items()):
        return ""  # of another benchmark, that has a file to itself
    machine = next(iter(sections.values()))["about"]["machine"]
    parts = [f"### {machine['gpu'] or machine['processor']}, {machine['cores']} cores", ""]
    for letter, section in sections.items():
        parts.append(text_of(section, heading="####"))
        chart = FOLDER / f"{file.stem}-{letter.lower()}.svg"
        if chart.exists():
            parts.append(f"![{section['title']}]({FOLDER.name}/{chart.name})\n")
    return "\n".join(parts)


if __name__ == "__main__":
    write_document()
