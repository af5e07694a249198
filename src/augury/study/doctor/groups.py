"""The groups of test images that a study's table names."""

from collections import Counter
from collections.abc import Iterator

from augury.data import Dataset
from augury.errors import AuguryError
from augury.study.doctor.notice import Notice
from augury.study.planning.single_images import planned_groups

_NAMED = 5


def group_notices(dataset: Dataset, location: str, table: str) -> Iterator[Notice]:
    """How many test images each group has, and what the table lacks; nothing without a table."""
    if not table:
        return
    try:
        groups = planned_groups(table, location, dataset)
    except AuguryError as error:
        yield Notice("problem", dataset.name, "groups", 1, str(error))
        return
    counts = Counter(groups.names[number] for number in groups.of)
    sizes = [f"{name} {count:,}" for name, count in counts.most_common(_NAMED)]
    more = f" and {len(counts) - _NAMED:,} more" if len(counts) > _NAMED else ""
    words = f"test images by {groups.column}: {', '.join(sizes)}{more}"
    yield Notice("fine", dataset.name, "groups", len(counts), words)
    if groups.ungrouped:
        words = f"test images without a {groups.column}: {groups.ungrouped:,}"
        yield Notice("warning", dataset.name, "ungrouped", groups.ungrouped, words)
    if groups.unknown:
        words = f"named in the table of groups, but no images: {', '.join(groups.unknown_names)}"
        yield Notice("warning", dataset.name, "unknown-groups", groups.unknown, words)
