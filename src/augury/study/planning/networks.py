"""The models of a study, checked before anything is trained."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from augury.data import Dataset
from augury.errors import InputError
from augury.models import ModelSpec, build_model, check_spec, pretrained_statistics
from augury.models.body import head_of
from augury.models.own import is_own
from augury.records.cell import Cell, NetworkOptions
from augury.records.recipe import Recipe
from augury.study.planning.arms import kinds_of
from augury.study.planning.settings import StudySettings
from augury.study.planning.tell import Tell, told
from augury.training.sources import check_sources


def model_spec(name: str, options: NetworkOptions, dataset: Dataset, code: str = "") -> ModelSpec:
    """The model as this data set needs it; code: that a model of the user's own must have."""
    return ModelSpec(
        name,
        dataset.num_classes,
        dataset.channels,
        head=options.head,
        stem=options.stem,
        pretrained=options.pretrained,
        weights=Path(options.weights) if options.weights else None,
        image_size=dataset.image_size,
        code=code,
    )


def usable_pairs(
    settings: StudySettings, datasets: Mapping[str, Dataset], tell: Tell | None = None
) -> list[tuple[str, Dataset]]:
    """The models with the data sets that they can be built for; weights are fetched.

    Raises InputError for a model that cannot be built, or gives it to `tell` and goes on.
    """
    found = []
    for model in settings.models:
        for dataset in datasets.values():
            with told(tell, f"{model} on {dataset.name}"):
                drop_path = settings.recipe.drop_path
                spec = replace(model_spec(model, settings.network, dataset), drop_path=drop_path)
                check_spec(spec)
                check_body(spec, settings.recipe)
                if settings.recipe.normalization == "pretrained":
                    pretrained_statistics(model, dataset.channels)
                if spec.pretrained or spec.weights:
                    build_model(spec, 0)
                found.append((model, dataset))
    return found


def check_body(spec: ModelSpec, recipe: Recipe) -> None:
    """Raise InputError where the recipe treats body and head apart and the network is not so."""
    if recipe.freeze == "none" and recipe.body_lr == 1:
        return
    plain = replace(spec, pretrained=False, weights=None)
    try:
        head_of(build_model(plain, 0))
    except InputError as error:
        raise InputError(f"{spec.name}: {error}") from error
    if recipe.freeze == "none" or is_own(spec.name):  # which loads its weights itself
        return
    if not (spec.pretrained or spec.weights):
        raise InputError(f"{spec.name}: freeze=body needs pretrained weights (pretrained, weights)")
    if "small" in (spec.stem, spec.named and spec.stem is None and spec.named.stem):
        raise InputError(
            f"{spec.name}: with freeze=body its small stem would keep random weights; "
            "choose stem imagenet"
        )


def check_saliency(arms: Sequence[Cell], dataset: Dataset) -> None:
    """Raise InputError where an arm cannot have its saliency maps from its model or teacher.

    arms: a cell of each, all of this data set.
    """
    asked = {c.augmentation: kinds_of(c) for c in arms}
    kinds = sorted({kind for each in asked.values() for kind in each})
    teacher = next((cell.teacher for cell in arms if cell.teacher), "")
    specs = {cell.model: model_spec(cell.model, cell.network, dataset) for cell in arms}
    try:
        check_sources(kinds, teacher, dataset, list(specs.values()))
    except InputError:
        # Once more, kind by kind, so that the error can name the arms.
        for kind in kinds:
            try:
                check_sources([kind], teacher, dataset, list(specs.values()))
            except InputError as error:
                cannot = ", ".join(arm for arm, each in asked.items() if kind in each)
                raise InputError(f"{cannot}: {error}") from error
        raise
