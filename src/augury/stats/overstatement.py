"""By how much a search overstates what it has chosen."""

# Of steps whose winner differs by less than so many deviations of its paired differences, the mean
# of what they overstate, in these deviations: `python -m benchmarks.aa search`.
_MEANS = ((1.0, 0.04), (1.5, 0.08), (2.0, 0.13), (3.0, 0.17), (float("inf"), 0.27))


def overstatement(difference: float | None, deviation: float | None) -> float | None:
    """Points by which a step of a search overstates its winner on average.

    difference, deviation: mean and standard deviation of the winner's paired differences, points.
    That is the mean over simulated steps whose winner looked alike, of 3 to 10 candidates, half of
    them without effect (docs/explanation/statistics.md). None where one of both is not known.
    """
    if difference is None or deviation is None:
        return None
    if deviation == 0:
        return 0.0
    return next(mean for most, mean in _MEANS if difference / deviation < most) * deviation
