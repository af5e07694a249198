"""Duplicates of images that are left out of training with their group, among those of others."""

import numpy as np

from augury.data.dataset import Progress, Split
from augury.data.leakage.duplicates import Duplicate, compared, look_at
from augury.records.group_split import GroupSplit


def duplicates_between_groups(
    whole: Split, split: GroupSplit, progress: Progress | None = None
) -> tuple[Duplicate, ...]:
    """The images that have a duplicate among those that are trained on when they are tested.

    whole: all images, which `split` divides. As `find_duplicates` of each turn and all others, in
    the order of the turns; progress: called with (done, total, what).
    """
    looked = look_at(whole)
    place = dict(zip(split.ids, split.of, strict=True))
    groups = np.array([place[id] for id in looked.ids.tolist()])
    found: list[Duplicate] = []
    for done, turn in enumerate(split.turns, start=1):
        tested = np.isin(groups, turn)
        rest, own = looked.take(np.flatnonzero(~tested)), looked.take(np.flatnonzero(tested))
        found += compared(rest, own)
        if progress:
            progress(done, len(split.turns), "looking for duplicates between groups")
    return tuple(found)
