"""A search for a combination in words: what was tried, what it chose, what the test says."""

from augury.records.search import Search, Step, Tried
from augury.report.words import fixed, listed, signed

_WHY = {
    "going on": "The search is not over; the same command goes on with it.",
    "nothing more helps": "Then nothing more helped.",
    "all are in": "Then nothing was left to add.",
    "budget": "The budget ended there; the same command goes on.",
}


def search_answer(search: Search) -> str:
    """What the search has found, in a sentence or two."""
    if not search.steps:
        return f"The search among {listed(search.candidates)} has not chosen anything yet."
    if not search.winner:
        return (
            f"None of {listed(search.candidates)} was shown to help against {search.baseline} on "
            "the validation images, so that nothing was tested."
        )
    over = search.overstated
    like_it = f", which searches like this one overstate by about {fixed(over)}" if over else ""
    found = f"The search chose {search.winner}, for {signed(search.gain)} points on the "
    return f"{found}validation images{like_it}. {tested(search)}"


def search_headline(search: Search) -> str:
    """The outcome alone, in a sentence."""
    test = search.test
    if not search.winner:
        return search_answer(search)
    if test is None or search.untested:
        return f"A search for a combination chose {search.winner}, which is not tested yet."
    it = " it" if test.verdict in ("helps", "hurts") else ","
    return f"A search for a combination chose {search.winner}: on test images{it} {test.words}."


def tested(search: Search) -> str:
    """What the test images say of the winner."""
    test = search.test
    if test is None or search.untested:
        return "It has not been tested yet."
    return f"The test, on seeds that the search has not trained: {test.words}."


def search_outcome(search: Search) -> list[str]:
    """What the search has found, and how it ended."""
    if search.steps and not search.winner:
        return [search_answer(search)]
    return [search_answer(search), _WHY[search.state]]


def search_lines(search: Search) -> list[str]:
    """Each step in a line, then what the search has found and how it ended."""
    lines = [_step_line(number, step) for number, step in enumerate(search.steps, start=1)]
    return [*lines, *search_outcome(search)]


def _step_line(number: int, step: Step) -> str:
    told = "; ".join(_told(each) for each in step.tried)
    chose = f"{step.chosen} is chosen" if step.chosen else "nothing is chosen"
    return f"step {number}, against {step.base} on validation images: {told}; {chose}"


def _told(tried: Tried) -> str:
    return f"{tried.augmentation} {signed(tried.difference)} ({tried.verdict})"
