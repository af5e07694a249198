"""Which groups of images are left out of training, and tested, at which seed."""

from dataclasses import dataclass

from augury.errors import InputError
from augury.records.numbers import Count


@dataclass(frozen=True)
class GroupSplit:
    """A data set whose images are divided by their groups, in place of its parts.

    column: of the table, what the groups are, as "subject"; names: each group once, sorted;
    ids, of: all images, and the place of each one's group in `names`; counts: of each group, how
    many images of each class it has; turns: the groups that are left out together, by their places
    in `names`, in the order of the seeds. After the last turn the first comes again.
    """

    column: str
    names: tuple[str, ...]
    ids: tuple[Count, ...]
    of: tuple[Count, ...]
    counts: tuple[tuple[Count, ...], ...]
    turns: tuple[tuple[Count, ...], ...]

    def __post_init__(self) -> None:
        groups = len(self.names)
        if len(self.ids) != len(self.of) or max(self.of, default=-1) >= groups:
            raise InputError(f"split: one of {groups} groups for each id is needed")
        if len(self.counts) != groups:
            raise InputError(f"split: counts of {groups} groups are needed, got {len(self.counts)}")
        if sorted(group for turn in self.turns for group in turn) != list(range(groups)):
            raise InputError(f"split: each of {groups} groups is left out once in `turns`")

    def left_out(self, seed: int) -> tuple[int, ...]:
        """The groups that are tested at `seed`, and not trained on, by their places in `names`."""
        return self.turns[seed % len(self.turns)]

    def sizes(self) -> tuple[int, ...]:
        """How many images are tested in each turn."""
        return tuple(sum(sum(self.counts[group]) for group in turn) for turn in self.turns)

    @property
    def words(self) -> str:
        """ "tested on the subject left out: 12 subjects, 34 to 210 images"."""
        plural, sizes = f"{self.column}s", self.sizes()
        groups, turns = len(self.names), len(self.turns)
        each = f"{min(sizes):,} to {max(sizes):,} images"
        if turns == groups:
            return f"tested on the {self.column} left out: {groups:,} {plural}, {each}"
        return f"tested on the {plural} left out: {groups:,} {plural} in {turns:,} turns, {each}"
