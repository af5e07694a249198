"""Extend the plan of a study that is there by what is newly asked for."""

from collections.abc import Iterator
from dataclasses import asdict, replace

from augury.errors import RecipeChanged
from augury.own.loading import CHANGED
from augury.records.cell import as_begun
from augury.records.plan import Plan, PlannedDataset
from augury.study.planning.recipes import AUTO, RECIPES, automatic_name
from augury.study.planning.settings import StudySettings


def extend_plan(old: Plan, new: Plan, judged: bool = False) -> Plan:
    """`old` with the arms, models, data sets and seeds that only `new` has.

    judged: whether verdicts of `old` were written; then the seeds before and after count as looks.
    Raises RecipeChanged, naming both values, where a setting that all cells share differs.
    """
    differences = _differences(old, new)
    if differences:
        raise RecipeChanged(
            f"the folder holds a study with another recipe: {'; '.join(differences)}. "
            "Give the new study a folder of its own (--out)"
        )
    looks = sorted({*old.rule.looks, *new.rule.looks})
    if judged and not new.rule.looks and new.seeds > old.seeds:
        looks = sorted({*looks, old.seeds, new.seeds})
    known = {cell.name for cell in old.cells}
    asked = as_begun(new.cells, old.cells)
    cells = (*old.cells, *(cell for cell in asked if cell.name not in known))
    return replace(
        old,
        cells=cells,
        datasets=new.datasets | {name: _known(name, old, new) for name in old.datasets},
        # What is there keeps its speed: all arms of a study are trained alike.
        speed=new.speed | old.speed,
        settings=new.settings,
        rule=replace(new.rule, looks=tuple(looks)),
        baseline=new.baseline if new.baseline in new.settings["augmentations"] else old.baseline,
    )


def with_planned_recipe(settings: StudySettings, old: Plan) -> StudySettings:
    """`settings` with the recipe of `old`, where that one is from before recipes had names.

    What `auto` has chosen gives way to what was the default then; what the user sets stays.
    """
    if settings.recipe_name != AUTO or "recipe_name" in old.settings:
        return settings
    automatic = RECIPES[automatic_name(settings.network, settings.recipe)].settings
    chosen = [k for k, v in automatic.items() if getattr(settings.recipe, k) == v]
    begun = {name: getattr(old.cells[0].recipe, name) for name in chosen}
    return replace(settings, recipe=replace(settings.recipe, **begun))


def _known(name: str, old: Plan, new: Plan) -> PlannedDataset:
    """The data set as it was planned, with what no run depends on of `new`.

    That is the leakage and the files' names where they were not looked for, and the groups where a
    table of them is named now.
    """
    dataset, now = old.datasets[name], new.datasets.get(name)
    if now is None:
        return dataset
    return replace(
        dataset,
        leakage=dataset.leakage or now.leakage,
        test_files=dataset.test_files or now.test_files,
        groups=now.groups or dataset.groups,
    )


def _differences(old: Plan, new: Plan) -> list[str]:
    """Each shared setting with another value in `new`, as "name: before → after"."""
    found: list[str] = []
    for name in old.datasets.keys() & new.datasets.keys():
        found += _other_images(name, old.datasets[name], new.datasets[name])
    before, after = old.cells[0], new.cells[0]
    for title, planned, asked in (
        ("recipe", asdict(before.recipe), asdict(after.recipe)),
        ("network", asdict(before.network), asdict(after.network)),
    ):
        changed = [k for k in planned if planned[k] != asked[k]]
        found += [f"{title}.{k}: {planned[k]} → {asked[k]}" for k in changed]
    found += _other_device_or_speed(old, new)
    codes = {c.model: c.model_code for c in old.cells}
    codes_now = {c.model: c.model_code for c in new.cells}
    found += [f"{m}: {CHANGED}" for m in codes if codes[m] != codes_now.get(m, codes[m])]
    arms = {c.augmentation: c for c in old.cells}
    for cell in {c.augmentation: c for c in new.cells}.values():
        earlier = arms.get(cell.augmentation)
        if earlier and earlier.parameters != cell.parameters:
            found.append(f"{cell.augmentation}: {earlier.parameters} → {cell.parameters}")
        if earlier and earlier.teacher != cell.teacher:
            found.append(f"{cell.augmentation} teacher: {earlier.teacher} → {cell.teacher}")
    return found


def _other_images(name: str, was: PlannedDataset, now: PlannedDataset) -> Iterator[str]:
    if was.stored_size or now.stored_size:
        sizes = [(each.image_size, each.stored_size or each.image_size) for each in (was, now)]
        for title, before, after in zip(("image_size", "stored_size"), *sizes, strict=True):
            if before != after:
                yield f"{title} of {name}: {before} → {after}"
        if sizes[0] != sizes[1]:
            return
    if was.fingerprint != now.fingerprint:
        yield f"data of {name}: fingerprint {was.fingerprint[:12]} → {now.fingerprint[:12]}"


def _other_device_or_speed(old: Plan, new: Plan) -> Iterator[str]:
    """What `new` names and `old` has otherwise; "auto" takes what the study began with."""
    asked = {k: new.settings[k] for k in ("device", "layout", "precision")}
    if asked["device"] not in ("auto", old.device):
        yield f"device: {old.device} → {asked['device']}"
    for pair, speed in old.speed.items():
        for name in ("layout", "precision"):
            planned = getattr(speed, name)
            if asked[name] not in ("auto", planned):
                yield f"{name} of {pair}: {planned} → {asked[name]}"
