"""The evidence beside the verdicts, arranged as the page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from augury.records.evidence import ArmEvidence, Evidence, Interval, Measured, Overall
from augury.records.verdicts import ArmVerdict, Trained
from augury.report.corruption_chart import Panel, corruption_panels
from augury.report.load import StudyRecords
from augury.report.tables import finished, mean_points

_UNKNOWN = Measured(None, None, None)
# With fewer problems Friedman's χ² approximation is poor (Demšar 2006).
_FEW_PROBLEMS = 10


@dataclass(frozen=True)
class BesideArm:
    """One arm of a data set and network.

    test, validation: accuracy after all epochs, %, means over the finished runs; comparison: with
    the baseline; None for the baseline itself, and if no seed could be paired; trained: None where
    no run tells
    """

    name: str
    is_baseline: bool
    evidence: ArmEvidence
    test: float | None
    validation: float | None
    comparison: ArmVerdict | None
    trained: Trained | None

    def measured(self, name: str) -> Measured:
        """A measure of the evidence; all fields are None if it is unknown."""
        return self.evidence.measures.get(name, _UNKNOWN)


@dataclass(frozen=True)
class BesideGroup:
    """Everything shown for one data set and network; panels: empty if nothing was corrupted."""

    dataset: str
    model: str
    arms: Sequence[BesideArm]
    panels: Sequence[Panel]

    @property
    def tells_training(self) -> bool:
        """Whether any arm's runs tell how far the networks have learned."""
        return any(arm.trained and arm.trained.runs for arm in self.arms)

    @property
    def has_class_means(self) -> bool:
        """Whether any arm has means over classes."""
        return any("balanced_accuracy" in arm.evidence.measures for arm in self.arms)

    @property
    def has_probabilities(self) -> bool:
        """Whether any arm has measures of its probabilities."""
        return any(arm.evidence.measures.keys() & {"nll"} for arm in self.arms)

    @property
    def budgets(self) -> set[tuple[int, int]]:
        """The different (epochs, steps) of the runs."""
        given = (arm.evidence.budget for arm in self.arms)
        return {(budget.epochs, budget.steps) for budget in given if budget}

    @property
    def one_sided(self) -> bool:
        """Whether some arms' features were computed once, and others' in each step."""
        given = (arm.evidence.budget for arm in self.arms)
        return len({budget.features_once for budget in given if budget}) > 1

    @property
    def shortened(self) -> bool:
        """Whether some arm could not finish all epochs in the baseline's time."""
        times = (arm.evidence.equal_time for arm in self.arms)
        return any(time.epochs < time.of for time in times if time)


@dataclass(frozen=True)
class OverallRow:
    """An arm over all problems: its mean rank, and its interquartile mean in percent."""

    name: str
    rank: float | None
    mean: float | None
    interval: Interval | None


def beside_groups(study: StudyRecords, evidence: Evidence) -> list[BesideGroup]:
    """A group for each data set and network, its arms in the study's order."""
    return [_group(study, *group, evidence.of(*group)) for group in study.groups]


def _group(
    study: StudyRecords, dataset: str, model: str, evidence: Mapping[str, ArmEvidence]
) -> BesideGroup:
    corrupted = [
        (number, evidence[name].corruptions)
        for number, name in enumerate(study.arms)
        if name in evidence
    ]
    return BesideGroup(
        dataset=dataset,
        model=model,
        arms=[_arm(study, evidence[name]) for name in study.arms if name in evidence],
        panels=corruption_panels(
            [(number, found) for number, found in corrupted if found], f"{model} on {dataset}"
        ),
    )


def _arm(study: StudyRecords, evidence: ArmEvidence) -> BesideArm:
    where = evidence.dataset, evidence.model, evidence.augmentation
    runs = study.select(*where)
    curves = [run.epochs for run in runs if run.result and run.epochs]
    comparisons = {comparison.arm: comparison for comparison in study.comparisons}
    return BesideArm(
        name=evidence.augmentation,
        is_baseline=evidence.augmentation == study.baseline,
        evidence=evidence,
        test=mean_points([result.test.accuracy for result in finished(runs)]),
        validation=mean_points([curve[-1].validation_accuracy for curve in curves]),
        comparison=comparisons.get(where),
        trained=next((t for t in study.trained if t.arm == where), None),
    )


def overall_rows(overall: Overall) -> list[OverallRow]:
    """A row for each arm."""
    ranks = overall.ranks.mean_ranks if overall.ranks else (None,) * len(overall.arms)
    rows = zip(overall.arms, ranks, overall.interquartile_means, strict=True)
    return [OverallRow(name, rank, found.mean, found.interval) for name, rank, found in rows]


def has_few_problems(overall: Overall) -> bool:
    """Whether there are too few problems for a meaningful p of the ranks."""
    return len(overall.problems) <= _FEW_PROBLEMS
