"""Whether the test images bear out what the seeds of an arm have shown."""

from collections.abc import Mapping, Set

from augury.stats import Comparison, Rule, Weighed, decide, weigh
from augury.stats.comparison import RaceEvidence
from augury.study.judging.pairs import Arm, make_pair, read_finished
from augury.study.racing.next_cell import Lanes
from augury.study.racing.prefix import Prefix
from augury.study.store import StudyFolder


class TestImages:
    """Reads the predictions of arms whose seeds have shown a difference; each verdict stands.

    In a race on validation images the seeds alone decide, and nothing of the test images is read.
    """

    __test__ = False  # nothing of pytest's

    def __init__(self, lanes: Lanes, folder: StudyFolder, rule: Rule) -> None:
        self._lanes, self._folder, self._rule = lanes, folder, rule
        self._weighed: dict[tuple[Arm, int], Weighed] = {}
        self.decided: dict[Arm, Comparison] = {}

    def look(self, claims: Set[Arm], seen: Mapping[Arm, Prefix]) -> dict[Arm, Comparison]:
        """The verdicts on those of `claims` that stand, as the whole rule decides them.

        seen: the pairs of all arms of the study; they share Holm's correction.
        """
        if claims - self.decided.keys():
            tested = [arm for arm, each in seen.items() if len(each.seeds)]
            weighed = [self._weigh(arm, seen[arm], arm in claims) for arm in tested]
            waiting = [arm[2] for arm in seen if arm not in tested]
            found = decide(weighed, self._rule, [arm[2] for arm in tested], waiting)
            for arm, comparison in zip(tested, found, strict=True):
                if arm in claims and comparison.decided:
                    self.decided.setdefault(arm, comparison)
        return {arm: self.decided[arm] for arm in claims if arm in self.decided}

    def _weigh(self, arm: Arm, seen: Prefix, with_images: bool) -> Weighed:
        if not with_images:
            evidence = RaceEvidence(tuple(seen.differences.tolist()), 0, ())
            return Weighed(
                seeds=seen.seeds,
                accuracy=None,
                baseline_accuracy=None,
                difference=None,
                obstacle="",
                race=evidence,
            )
        key = arm, len(seen.seeds)
        if key not in self._weighed:
            baseline = self._lanes.baseline_of(arm)
            sides = (arm, baseline)
            cells = [self._lanes.at(side, seed) for seed in seen.seeds for side in sides]
            part = self._rule.part
            runs = read_finished(cells, self._folder, part)
            pair = make_pair(runs[arm], runs[baseline], self._rule.metric, part)
            self._weighed[key] = weigh(pair, self._rule)
        return self._weighed[key]
