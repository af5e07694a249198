"""Whom an arm helps and hurts: classes and groups of test images, and single ones."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from augury.records.evidence import ArmEvidence, NamedEffect, Turned, TurnedImage
from augury.records.plan import Plan, PlannedDataset
from augury.stats import (
    Calls,
    Pair,
    Rule,
    SubgroupScores,
    TurnedImages,
    judge_subgroups,
    lost_images,
    subgroup_scores,
    won_images,
)
from augury.study.judging.pairs import Arm, Runs
from augury.study.judging.subgroups_by_turn import groups_of, scores_by_turn

# A row of pictures on the page, and one more for those that cannot be shown.
MOST_TURNED = 6

Named = dict[str, SubgroupScores]
"""By class or group; those without test images are left out."""


@dataclass(frozen=True)
class ArmSubgroups:
    """The scores of one arm on classes and groups, before they are judged, and what it turned."""

    classes: Named
    groups: Named
    turned: Turned | None


NO_SUBGROUPS = ArmSubgroups({}, {}, None)


def arm_subgroups(pair: Pair, runs: Runs, baseline: Runs, dataset: PlannedDataset) -> ArmSubgroups:
    """Of one arm; nothing where predictions are missing or the two must not be compared.

    pair: the arm and its baseline; runs, baseline: those of both, whose test images have the ids.
    Which images turned is not asked where each is tested by the seeds of its own group alone.
    """
    if pair.turns is not None:
        return ArmSubgroups(*scores_by_turn(pair, runs, baseline, dataset), turned=None)
    test = next((run.test for run in runs.values() if run.test), None)
    if pair.calls is None or test is None or not pair.seeds:
        return NO_SUBGROUPS
    return ArmSubgroups(
        classes=_named(pair.calls, dataset.classes, pair.calls.labels),
        groups=_named(pair.calls, *groups_of(dataset, test.ids)),
        turned=_turned(pair.calls, test.ids),
    )


def _named(calls: Calls, names: Sequence[str], members: NDArray[np.integer]) -> Named:
    right, right_without = calls.called == calls.labels, calls.baseline_called == calls.labels
    scores = subgroup_scores(right, right_without, members, len(names))
    return {name: found for name, found in zip(names, scores, strict=True) if found}


def _turned(calls: Calls, ids: NDArray[np.int64]) -> Turned:
    lost, won = lost_images(calls), won_images(calls)
    return Turned(
        seeds=len(calls.called),
        images=len(ids),
        lost=len(lost.rows),
        won=len(won.rows),
        most_lost=tuple(_images(lost, calls, ids)),
        most_won=tuple(_images(won, calls, ids)),
    )


def _images(turned: TurnedImages, calls: Calls, ids: NDArray[np.int64]) -> Iterator[TurnedImage]:
    columns = (turned.rows, turned.called, turned.right_without, turned.right_with)
    for row, called, without, with_arm in zip(
        *(column[:MOST_TURNED].tolist() for column in columns), strict=True
    ):
        yield TurnedImage(int(ids[row]), int(calls.labels[row]), called, without, with_arm)


def with_effects(
    plan: Plan, evidence: Mapping[Arm, ArmEvidence], subgroups: Mapping[Arm, ArmSubgroups]
) -> tuple[ArmEvidence, ...]:
    """The evidence of all arms with the effects on classes and on groups, and with what turned.

    The classes of all arms, data sets and networks of the study are one family, the groups another.
    """
    classes = _effects({arm: found.classes for arm, found in subgroups.items()}, plan.rule)
    groups = _effects({arm: found.groups for arm, found in subgroups.items()}, plan.rule)
    return tuple(
        replace(
            each,
            classes=classes.get(arm, ()),
            groups=groups.get(arm, ()),
            turned=subgroups[arm].turned,
        )
        for arm, each in evidence.items()
    )


def _effects(scores: Mapping[Arm, Named], rule: Rule) -> dict[Arm, tuple[NamedEffect, ...]]:
    family = [(arm, name, each) for arm, named in scores.items() for name, each in named.items()]
    effects = judge_subgroups([each for *_, each in family], rule)
    found: dict[Arm, tuple[NamedEffect, ...]] = defaultdict(tuple)
    for (arm, name, _), effect in zip(family, effects, strict=True):
        found[arm] += (NamedEffect(name=name, **vars(effect)),)
    return found
