"""What each condition asks: the settings of its race, and which of its arms stands for which."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from augury.data.location import data_title
from augury.errors import InputError
from augury.records.plan import Plan
from augury.records.recipe import Recipe
from augury.records.verdicts import ArmVerdict
from augury.study.confirming.conditions import CONDITIONS
from augury.study.confirming.strengths import at_strength
from augury.study.planning.parts import count_trained
from augury.study.planning.settings import StudySettings


@dataclass(frozen=True)
class Asked:
    """A condition of a study. settings: of its race; arms: there, by the study's own names."""

    condition: str
    settings: StudySettings
    arms: Mapping[str, str]


def ask(
    settings: StudySettings, plan: Plan, decided: Sequence[ArmVerdict], conditions: Sequence[str]
) -> tuple[list[Asked], list[str]]:
    """The races of `conditions`, and a line for each condition, or arm of one, that cannot be had.

    settings, plan: of the study; decided: its arms to be asked again, at least one. All but the
    condition stays as it is. The conditions are races, whatever the design of the study.
    """
    base = _base(settings, plan, decided)
    found, lines = [], list[str]()
    for condition in conditions:
        try:
            arms, without = _arms(condition, settings, plan, decided)
            recipe = _RECIPES.get(condition, _as_it_is)(plan)
            lines += [f"{condition}: {arm} has none" for arm in without]
            if arms:
                asked = tuple(dict.fromkeys((plan.baseline, *arms.values())))
                changed = replace(base, augmentations=asked, recipe=recipe)
                title = f"{plan.name}, {CONDITIONS[condition].title}"
                changed = replace(changed, name=title if _fits(title) else plan.name)
                found.append(Asked(condition, changed, arms))
        except InputError as error:
            lines.append(f"{condition} is left out: {error}")
    return found, lines


def _base(settings: StudySettings, plan: Plan, decided: Sequence[ArmVerdict]) -> StudySettings:
    """The study's settings as a race of what is decided, on the same device in the same way."""
    datasets = {each.dataset for each in decided}
    models = {each.model for each in decided}
    layouts = {speed.layout for speed in plan.speed.values()}
    precisions = {speed.precision for speed in plan.speed.values()}
    return replace(
        settings,
        datasets=tuple(each for each in settings.datasets if data_title(each) in datasets),
        models=tuple(each for each in settings.models if each in models),
        # The plan has them, but for a split by them.
        groups=settings.groups if settings.split_by else "",
        baseline=plan.baseline,
        seeds=None,
        until_decided=False,
        time=None,
        max_hours=None,
        corruptions=plan.corruptions,
        device=plan.device,
        layout=layouts.pop() if len(layouts) == 1 else "auto",
        precision=precisions.pop() if len(precisions) == 1 else "auto",
        left_to_auto=(),
    )


def _fits(name: str) -> bool:
    return len(name.encode()) <= 255


def _arms(
    condition: str, settings: StudySettings, plan: Plan, decided: Sequence[ArmVerdict]
) -> tuple[dict[str, str], list[str]]:
    """The arms that are asked, by the study's names; and those that the condition cannot have."""
    names = list(dict.fromkeys(each.augmentation for each in decided))
    factor = CONDITIONS[condition].strength
    if factor is None:
        return {name: name for name in names}, []
    described = {**settings.parameters, **settings.chains}
    changed = {name: at_strength(name, factor, described) for name in names}
    arms = {k: v for k, v in changed.items() if v not in (k, plan.baseline)}
    return arms, [name for name in names if name not in arms]


def _as_it_is(plan: Plan) -> Recipe:
    return plan.cells[0].recipe


def _twice_epochs(plan: Plan) -> Recipe:
    recipe = _as_it_is(plan)
    return replace(recipe, epochs=2 * recipe.epochs)


def _half_data(plan: Plan) -> Recipe:
    recipe = _as_it_is(plan)
    least = {min(images) for images in _trained(plan, recipe)}
    if len(least) > 1:
        raise InputError("the data sets have different numbers of training images")
    (images,) = least
    classes = max(len(each.classes) for each in plan.datasets.values())
    if images // 2 < max(2, classes):
        raise InputError(f"half of {images} training images is too few for {classes} classes")
    return replace(recipe, train_limit=images // 2)


def _full_data(plan: Plan) -> Recipe:
    recipe = _as_it_is(plan)
    whole = replace(recipe, train_limit=None)
    if _trained(plan, whole) == _trained(plan, recipe):
        raise InputError("the study trains on all training images")
    return whole


def _trained(plan: Plan, recipe: Recipe) -> list[list[int]]:
    """How many images a run trains on, of each data set, in each turn of groups left out."""
    return [
        [
            count_trained(
                each.train, len(each.classes), each.own_validation, recipe, each.split, seed
            )
            for seed in range(len(each.split.turns) if each.split else 1)
        ]
        for each in plan.datasets.values()
    ]


_RECIPES: dict[str, Callable[[Plan], Recipe]] = {
    "twice-epochs": _twice_epochs,
    "half-data": _half_data,
    "full-data": _full_data,
}
