"""Whom each arm helps and hurts, arranged as the page shows it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from augury.records.evidence import ArmEvidence, NamedEffect, Turned, TurnedImage
from augury.records.plan import PlannedDataset
from augury.report.load import StudyRecords
from augury.report.subgroup_chart import strongest, subgroup_chart
from augury.report.subgroup_words import group_noun, subgroups_told
from augury.report.turned_pictures import turned_pictures
from augury.report.words import without_group

MOST_SUBGROUPS = 25
# Pictures of a report: at some 3 kB each they take no more than half of a page of 5 MB.
MOST_PICTURES = 600


@dataclass(frozen=True)
class SubgroupCharts:
    """One kind of subgroups. kind, plural: "class" and "classes", or as the table calls them.

    charts: (arm, chart); rows: (subgroup, test images, accuracy of the baseline, effect by arm).
    """

    kind: str
    plural: str
    charts: Sequence[tuple[str, Markup]]
    arms: Sequence[str]
    rows: Sequence[tuple[str, int, float, Sequence[NamedEffect | None]]]
    left_out: int


@dataclass(frozen=True)
class TurnedPicture:
    """A test image that an arm turned. address: "" where it cannot be shown; file: "" without."""

    image: TurnedImage
    label: str
    called: str
    file: str
    address: str


@dataclass(frozen=True)
class TurnedRow:
    """The test images that one arm turned."""

    arm: str
    turned: Turned
    lost: Sequence[TurnedPicture]
    won: Sequence[TurnedPicture]


@dataclass(frozen=True)
class Subgroups:
    """Everything of one data set and network.

    told: (arm, what is found) of those with findings; shown: whether its images could be read;
    without_group: what the table of groups lacks; left_out: the groups that each seed leaves out,
    as "subjects", "" where all seeds test the same images.
    """

    dataset: str
    model: str
    told: Sequence[tuple[str, str]]
    kinds: Sequence[SubgroupCharts]
    turned: Sequence[TurnedRow]
    shown: bool
    without_group: str
    left_out: str

    @property
    def has_groups(self) -> bool:
        """Whether there are groups beside the classes."""
        return len(self.kinds) > 1


def subgroup_sections(study: StudyRecords) -> list[Subgroups]:
    """One for each data set and network that has any; empty in studies of earlier versions."""
    if study.evidence is None:
        return []
    arms: dict[tuple[str, str], list[ArmEvidence]] = {
        group: [
            found[name]
            for name in study.arms
            if name in (found := study.evidence.of(*group))
            and (found[name].turned or found[name].classes)
        ]
        for group in study.groups
    }
    pictures = _pictures(study, [arm for found in arms.values() for arm in found])
    return [
        _section(study, group, found, pictures[group[0]]) for group, found in arms.items() if found
    ]


def _pictures(study: StudyRecords, arms: Sequence[ArmEvidence]) -> dict[str, Mapping[int, str]]:
    """By data set and id, until the page has as many as it may."""
    wanted: dict[str, dict[int, None]] = {name: {} for name in study.datasets}
    # Those that turned most come first, so that each arm has some where there are too many.
    left = MOST_PICTURES
    for place in range(max((len(_images(arm)) for arm in arms), default=0)):
        for arm in arms:
            for image in _images(arm)[place : place + 1]:
                left -= 1
                if left >= 0:
                    wanted[arm.dataset][image.id] = None
    return {name: turned_pictures(study.datasets[name], ids) for name, ids in wanted.items()}


def _images(arm: ArmEvidence) -> Sequence[TurnedImage]:
    turned = arm.turned
    return (*turned.most_lost, *turned.most_won) if turned else ()


def _section(
    study: StudyRecords,
    group: tuple[str, str],
    arms: Sequence[ArmEvidence],
    pictures: Mapping[int, str],
) -> Subgroups:
    dataset = study.datasets[group[0]]
    files = dict(dataset.test_files)
    kinds = [("class", "classes", [(arm.augmentation, arm.classes) for arm in arms])]
    if any(arm.groups for arm in arms):
        noun, plural = group_noun(dataset.groups)
        kinds.append((noun, plural, [(arm.augmentation, arm.groups) for arm in arms]))
    return Subgroups(
        dataset=group[0],
        model=group[1],
        told=[(arm.augmentation, told) for arm in arms if (told := subgroups_told(study, arm))],
        kinds=[_charts(study, " on ".join(reversed(group)), *kind) for kind in kinds],
        turned=[
            TurnedRow(
                arm=arm.augmentation,
                turned=arm.turned,
                lost=list(_turned(arm.turned.most_lost, dataset, files, pictures)),
                won=list(_turned(arm.turned.most_won, dataset, files, pictures)),
            )
            for arm in arms
            if arm.turned
        ],
        shown=bool(pictures),
        without_group=without_group(dataset.groups) if dataset.groups else "",
        left_out=f"{dataset.split.column}s" if dataset.split else "",
    )


def _charts(
    study: StudyRecords,
    where: str,
    noun: str,
    plural: str,
    arms: Sequence[tuple[str, Sequence[NamedEffect]]],
) -> SubgroupCharts:
    names, band = strongest([effects for _, effects in arms], MOST_SUBGROUPS), study.min_difference
    everything = {effect.name for _, effects in arms for effect in effects}
    return SubgroupCharts(
        kind=noun,
        plural=plural,
        charts=[
            (
                arm,
                subgroup_chart(effects, names, band, f"Differences by {noun} with {arm}, {where}"),
            )
            for arm, effects in arms
        ],
        arms=[arm for arm, _ in arms],
        rows=list(_rows(names, [effects for _, effects in arms])),
        left_out=len(everything) - len(names),
    )


def _rows(
    names: Sequence[str], arms: Sequence[Sequence[NamedEffect]]
) -> Iterator[tuple[str, int, float, list[NamedEffect | None]]]:
    by_name = [{effect.name: effect for effect in effects} for effects in arms]
    for name in names:
        effects = [found.get(name) for found in by_name]
        first = next(effect for effect in effects if effect)
        yield name, first.images, first.baseline_accuracy, effects


def _turned(
    images: Sequence[TurnedImage],
    dataset: PlannedDataset,
    files: Mapping[int, str],
    pictures: Mapping[int, str],
) -> Iterator[TurnedPicture]:
    for image in images:
        yield TurnedPicture(
            image=image,
            label=dataset.classes[image.label],
            called=dataset.classes[image.called],
            file=files.get(image.id, ""),
            address=pictures.get(image.id, ""),
        )
