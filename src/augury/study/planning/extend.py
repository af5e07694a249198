"""Extend the plan of a study that is there by what is newly asked for."""

from collections.abc import Iterator
from dataclasses import asdict, replace

from augury.errors import InputError, RecipeChanged
from augury.own.loading import CHANGED
from augury.records.cell import as_begun
from augury.records.plan import Plan, PlannedDataset
from augury.study.planning.recipes import AUTO, RECIPES, automatic_name
from augury.study.planning.settings import StudySettings

# What decides a race: changed after a look it would be another race.
_DECIDES = ("alpha", "min_difference", "metric", "confidence", "mixing")


def extend_plan(old: Plan, new: Plan, judged: bool = False) -> Plan:
    """`old` with the arms, models, data sets and seeds that only `new` has.

    judged: whether verdicts of `old` were written; then the seeds before and after count as looks,
    and the rule of a race can no longer change: it has been looked at.
    Raises RecipeChanged, naming both values, where a setting that all cells share differs.
    """
    differences = _differences(old, new)
    if differences:
        raise RecipeChanged(
            f"the folder holds a study with another recipe: {'; '.join(differences)}. "
            "Give the new study a folder of its own (--out)"
        )
    if old.rule.design == "race":
        _check_race(old, new, judged)
    looks = sorted({*old.rule.looks, *new.rule.looks})
    fixed = new.rule.design == "fixed" and not new.rule.looks
    if judged and fixed and new.seeds > old.seeds:
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
        rule=replace(new.rule, looks=tuple(looks), batches=_batches(old, new, judged)),
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


def with_planned_design(settings: StudySettings, old: Plan, where: str) -> StudySettings:
    """`settings` with the design of `old`, the study in the folder `where`.

    A study of a fixed number of seeds stays one where no number is given now. Raises InputError
    where a number is given to a race, and a budget of a race to a study that is none.
    """
    if old.rule.design == "race":
        if settings.race:
            # A step of a search stays one, whoever runs it.
            return replace(settings, rule=replace(settings.rule, part=old.rule.part))
        asked = "--until-decided" if settings.until_decided else f"seeds = {settings.seeds}"
        raise InputError(
            f"{where}: holds a race, which has its seeds added as they are needed; "
            f"{asked} is another design and needs a folder of its own (--out)"
        )
    if not settings.race:
        return settings
    for name in ("cells", "time"):
        if getattr(settings, name) is not None:
            raise InputError(
                f"{name}: is a budget of a race, and {where} holds a study of a fixed number of "
                "seeds; a race needs a folder of its own (--out)"
            )
    begun = {"seeds": old.settings.get("seeds", old.seeds)}
    if old.settings.get("until_decided"):
        begun |= {k: old.settings[k] for k in ("until_decided", "max_seeds")}
    return replace(settings, **begun)


def _check_race(old: Plan, new: Plan, judged: bool) -> None:
    """Raise RecipeChanged where a race that has been looked at would become another one."""
    if not judged:
        return
    found = [
        f"{name}: {before} → {after}"
        for name in _DECIDES
        if (before := getattr(old.rule, name)) != (after := getattr(new.rule, name))
    ]
    if old.baseline != new.baseline:
        found.append(f"baseline: {old.baseline} → {new.baseline}")
    groups = {(c.dataset, c.model) for c in old.cells}
    fresh = {(c.dataset, c.model) for c in new.cells} - groups
    found += [f"{model} on {dataset}: new" for dataset, model in sorted(fresh)]
    if found:
        raise RecipeChanged(
            f"the folder holds a race that has been looked at, and a look cannot be forgotten: "
            f"{'; '.join(found)}. Give the new race a folder of its own (--out)"
        )


def _batches(old: Plan, new: Plan, judged: bool) -> tuple[tuple[str, ...], ...]:
    """The arms of a race in the groups in which it got them; () where it got all at once.

    Arms that come before anything was looked at belong to those that it began with.
    """
    if new.rule.design != "race":
        return ()
    begun = old.rule.batches or (_arms(old),)
    known = {name for batch in begun for name in batch}
    added = tuple(name for name in _arms(new) if name not in known)
    if not added:
        return old.rule.batches
    if not judged and len(begun) == 1:
        return ()
    return (*begun, added)


def _arms(plan: Plan) -> tuple[str, ...]:
    """The augmentations that a plan compares with its baseline."""
    return tuple(
        dict.fromkeys(c.augmentation for c in plan.cells if c.augmentation != plan.baseline)
    )


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
    if old.first_seed != new.first_seed:
        found.append(f"first_seed: {old.first_seed} → {new.first_seed}")
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
    if was.split != now.split:
        yield _other_split(name, was, now)
    elif was.fingerprint != now.fingerprint:
        yield f"data of {name}: fingerprint {was.fingerprint[:12]} → {now.fingerprint[:12]}"


def _other_split(name: str, was: PlannedDataset, now: PlannedDataset) -> str:
    before, after = (each.split.column if each.split else "" for each in (was, now))
    if before == after:
        return f"split of {name} by {before}: other groups, or another number of folds"
    return f"split_by of {name}: {before or 'its parts'} → {after or 'its parts'}"


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
