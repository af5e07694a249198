"""The settings of a study, read from a preset, a TOML file and the command line.

Later sources override earlier ones.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from augury.augment.names import AUGMENTATIONS, EARLIER_NAMES, parts_of, same_arm
from augury.augment.strength import plain_part, spread_strengths
from augury.data.dataset import LARGEST_IMAGE, SMALLEST_IMAGE
from augury.data.folders.labels.names import check_labels
from augury.data.groups import FEWEST_GROUPS, check_groups, check_split
from augury.data.location import data_title
from augury.data.own.names import named_sources
from augury.documents import read_toml
from augury.errors import InputError
from augury.names import bounded, check_name, either, lookup
from augury.own.kinds import DATASET, MODEL, TRANSFORM
from augury.own.trust import names_in, names_in_arm, point_to, require_all
from augury.records.cell import NetworkOptions
from augury.records.numbers import DeviceName, Layout, Precision
from augury.records.recipe import Recipe
from augury.saliency.kinds import KINDS
from augury.schema import Within, check_fields, option, read_as, read_changes, replaced
from augury.stats import Rule
from augury.study.cell_states import FIRST_SEEDS
from augury.study.planning.duration import Duration
from augury.study.planning.recipes import (
    AUTO,
    RECIPES,
    automatic_recipe,
    left_to_auto,
    named_recipe,
)

_Seeds = Within(1, 10_000)
_LONGEST_NAME = 255  # bytes, of a folder

# Tables of JSON values, by name.
Tables = dict[str, dict[str, Any]]

# Of parts of arms, by name: each stands once for each of its strengths.
_Strengths = dict[str, tuple[float, ...]]

# Trackers of experiments; `augury.loggers.TRACKERS` has the code of each.
LOGGERS = ("tensorboard", "mlflow", "wandb")

# How many seeds each round of a study that runs until it is decided adds.
SEEDS_A_ROUND = 2

# Seeds that a study is planned for where it is not said how many it gets.
USUAL_SEEDS = 6

# What follows from other settings, and stands in no table of the user's.
_FOLLOW = {
    "looks": "follow from until_decided, seeds and max_seeds",
    "design": "follows from seeds: a number of them is a fixed design, none a race",
    "batches": "follow from when arms are added",
    "mixing": "is the one that races were tested with",
    "part": "follows from a search, which chooses on validation images",
}


@dataclass(frozen=True)
class StudySettings:
    """All that is asked of a study.

    A field that is declared with `option` is also an option of the command line.

    name: of the study; "" for the data sets' names
    datasets: names or paths; models, augmentations: names
    labels: tables of names and labels, of the one folder or archive of images in `datasets`
    groups: a table of the images of the one data set and the groups that they are in, as cameras,
        sites or subjects, by which each arm is also compared; "" for none
    split_by: the column of `groups` whose groups are left out of training in turn, one at each
        seed, and tested; "" for the parts of the data set
    folds: in how many turns the groups of `split_by` are left out, several together; None for each
        by itself
    seeds: how many, a fixed design; they are numbered from `first_seed`. None for a race: seeds are
        added to what is undecided until all is decided, or `max_seeds`, `cells` or `time` are
        reached
    first_seed: the lowest one; others than 0 make a study whose runs are all new
    baseline: the arm that the others are compared with; "" for `none` if it is an arm, or else the
        first
    rule: for verdicts; `min_difference` and `metric` may also stand at the top of a study file
    max_seeds: of an arm, in a race or with until_decided; cells: of a race, in all; time: of one
        command of a race, as "20m": no cell begins that would end later
    until_decided: add seeds, two at a time after the first `seeds` (6), until every comparison is
        decided, `max_seeds` are reached or `max_hours` have passed
    corruptions: how many test images each network also sees corrupted; 0 for none
    teacher: the network whose saliency is used: the one in training ("self", "self:STEPS", "live"
        or "live:half"), a pretrained model's NAME or NAME=WEIGHTS, or a file written by a run
    image_size: side of what networks see, pixels; None for the size that the data set suggests
    stored_size: side of the images as they are stored, at least `image_size`; None for 8/7 of that
        where an arm cuts its view from larger pictures, else for `image_size`
    device: "cpu", "cuda", "cuda:1", "mps", or "auto": a GPU of CUDA's where there is one
    precision, layout: of all networks in training; "auto" for the fastest on this machine. A study
        that names both has the same bits on every machine of a kind
    log: trackers of experiments that are told of each cell while it runs; no result depends on it
    recipe_name: the named recipe that `recipe` starts from (`planning.recipes`); "auto" for the one
        that suits the networks
    recipe, network: how each network is trained and built
    parameters: of augmentations, by name
    chains: the user's own chains of augmentations, by name: {"name": "chain", "parts": [...]}
    left_to_auto: fields of `recipe` that "auto" may still fit to the data (`planning.fitting`); it
        follows from what is set, and is in no file
    """

    name: str = option("", "The study's name.")
    datasets: tuple[str, ...] = option(
        ("digits",), "Names or paths, with commas. Default: digits.", "--dataset"
    )
    labels: tuple[str, ...] = option(
        (), "CSV tables of a folder's labels: FILE, or FILE:IMAGES,LABELS with its columns."
    )
    groups: str = option(
        "", "A CSV table of images and their groups, FILE or FILE:IMAGES,GROUP with its columns."
    )
    split_by: str = option(
        "", "The groups' column: each seed leaves another group out of training and tests on it."
    )
    folds: Annotated[int, Within(FEWEST_GROUPS, 10_000)] | None = option(
        None, "With --split-by: leave groups out together, in so many turns."
    )
    models: tuple[str, ...] = option(("small",), "Names. Default: small.")
    augmentations: tuple[str, ...] = option(
        ("none", "normal", "random-erasing", "salience-blend"),
        "Names; a+b is a, then b; a@0.5 is a at half its strength. "
        "Default: none,normal,random-erasing,salience-blend.",
        "--augment",
    )
    seeds: Annotated[int, _Seeds] | None = option(
        None, "Paired seeds an arm, a fixed design; without it a race."
    )
    first_seed: Annotated[int, Within(0, 1_000_000)] = option(0, "The lowest seed. Default: 0.")
    baseline: str = option("", "The arm to compare with. Default: none, or the first.")
    rule: Rule = field(default_factory=Rule)
    until_decided: bool = option(False, "Add seeds until all is decided.", "--until-decided")
    max_seeds: Annotated[int, _Seeds] = option(
        24, "Seeds of an arm at most, in a race. Default: 24."
    )
    cells: Annotated[int, Within(1, 1_000_000)] | None = option(None, "Cells of a race at most.")
    time: Annotated[str, Duration()] | None = option(
        None, "How long a race may run: 90s, 20m, 1.5h."
    )
    max_hours: Annotated[float, Within(0, 1_000_000, over=True)] | None = option(
        None, "Hours after which no seeds are added."
    )
    corruptions: Annotated[int, Within(0, 1_000_000_000)] = option(
        200, "Test images also seen corrupted; 0: none. Default: 200."
    )
    teacher: str = option(
        "self",
        "Whose saliency is used: self, self:STEPS, live, live:half, NAME, NAME=WEIGHTS, or a file.",
    )
    image_size: Annotated[int, Within(SMALLEST_IMAGE, LARGEST_IMAGE)] | None = option(
        None, "Side of the images, pixels."
    )
    stored_size: Annotated[int, Within(SMALLEST_IMAGE, LARGEST_IMAGE)] | None = option(
        None, "Side at which they are stored, to be cut from, pixels."
    )
    device: Annotated[str, DeviceName(auto=True)] = option(
        "auto", "cpu, cuda, cuda:1, mps. Default: auto."
    )
    precision: Literal["auto", Precision] = option(
        "auto", "float32 or bfloat16; auto: the faster. Default: auto."
    )
    layout: Literal["auto", Layout] = option(
        "auto", "contiguous or channels_last; auto: the faster. Default: auto."
    )
    log: tuple[str, ...] = option(
        (), f"Trackers that are told of each cell, with commas: {either(LOGGERS)}."
    )
    recipe_name: str = option(
        AUTO, f"What the recipe starts from: {either((AUTO, *RECIPES))}. Default: auto.", "--recipe"
    )
    recipe: Recipe = field(default_factory=Recipe)
    network: NetworkOptions = field(default_factory=NetworkOptions)
    parameters: Tables = field(default_factory=dict)
    chains: Tables = field(default_factory=dict)
    left_to_auto: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        # Imported here, as they import PyTorch, which listing the options does without.
        from augury.augment.registry import check_parameters, saliency_kinds
        from augury.models import HEADS, STEMS, check_model_name
        from augury.training.teacher import read_teacher

        check_fields(self)
        if (size := len(self.name.encode())) > _LONGEST_NAME:
            raise InputError(f"name: must be at most {_LONGEST_NAME} bytes, got {size}")
        for name in ("datasets", "models", "augmentations"):
            values = getattr(self, name)
            if not values:
                raise InputError(f"{name}: at least one is needed")
            if len(set(values)) < len(values):
                raise InputError(f"{name}: each may be named once, got {', '.join(values)}")
        if len(set(map(same_arm, self.augmentations))) < len(self.augmentations):
            arms = ", ".join(self.augmentations)
            raise InputError(f"augmentations: one of them is named in two spellings: {arms}")
        check_labels(self.labels, self.datasets)
        check_groups(self.groups, self.datasets)
        check_split(self.split_by, self.folds, self.groups)
        check_name(self.recipe_name, (AUTO, *RECIPES), "recipe_name")
        for model in self.models:
            check_model_name(model)
        for augmentation in self.augmentations:
            # Building it checks its parameters, before anything is trained.
            for kind in saliency_kinds(augmentation, {**self.parameters, **self.chains}):
                check_name(kind, KINDS, "kind of saliency")
        for augmentation, parameters in self.parameters.items():
            check_parameters(augmentation, parameters)
        for name in self.chains:
            if name in AUGMENTATIONS or name in EARLIER_NAMES:
                raise InputError(f"chains: {name} is already an augmentation's name")
        if self.baseline:
            check_name(self.baseline, self.augmentations, "baseline")
        if self.until_decided and self.max_seeds < self.looks[0]:
            raise InputError(f"max_seeds: must be at least {self.looks[0]}, got {self.max_seeds}")
        for name in self.log:
            check_name(name, LOGGERS, "tracker in log:")
        check_name(self.network.head, HEADS, "head")
        if self.network.stem is not None:
            check_name(self.network.stem, STEMS, "stem")
        read_teacher(self.teacher)
        if self.stored_size is not None and self.stored_size < (self.image_size or 0):
            raise InputError(
                f"stored_size: must be at least image_size, {self.image_size}, "
                f"got {self.stored_size}"
            )

    @property
    def title(self) -> str:
        """The study's name, or the data sets' names if it has none."""
        names = "-".join(map(data_title, self.datasets))
        return self.name or bounded(names, _LONGEST_NAME)

    @property
    def baseline_arm(self) -> str:
        """The arm that the others are compared with, worked out if `baseline` is ""."""
        none_or_first = "none" if "none" in self.augmentations else self.augmentations[0]
        return self.baseline or none_or_first

    @property
    def race(self) -> bool:
        """Whether seeds are added one by one where they are needed, by what is seen so far."""
        return self.seeds is None and not self.until_decided

    @property
    def first_seeds(self) -> int:
        """How many seeds each arm of a new study is planned with."""
        return self.seeds or (FIRST_SEEDS if self.race else USUAL_SEEDS)

    def seeds_up_to(self, count: int) -> range:
        """The first so many seeds of an arm."""
        return range(self.first_seed, self.first_seed + count)

    @property
    def most_seeds(self) -> int:
        """How many seeds an arm can have in the end."""
        if self.race:
            return self.max_seeds
        return self.looks[-1] if self.until_decided else self.first_seeds

    @property
    def looks(self) -> tuple[int, ...]:
        """The numbers of seeds at which a study with `until_decided` is judged; () without it."""
        if not self.until_decided:
            return ()
        first = max(self.first_seeds, self.rule.min_seeds)
        return (first, *range(first + SEEDS_A_ROUND, self.max_seeds + 1, SEEDS_A_ROUND))

    def to_dict(self) -> dict[str, object]:
        """The settings as TOML values, without the fields that are None."""
        values = asdict(self)
        for name in _FOLLOW:
            values["rule"].pop(name, None)
        del values["left_to_auto"]
        return _without_none(values)


def _without_none(values: Mapping[str, object]) -> dict[str, object]:
    return {
        k: _without_none(v) if isinstance(v, dict) else list(v) if isinstance(v, tuple) else v
        for k, v in values.items()
        if v is not None
    }


def read_settings(
    file: Path | None,
    preset: str | None,
    overrides: Mapping[str, object],
    where: str = "the command line",
) -> StudySettings:
    """Settings from a preset, a study file and `overrides`; later ones override earlier ones.

    A named recipe overrides what earlier ones say of the recipe; `auto` leaves a preset's alone.
    overrides: as in a study file, None for what is not set; where: what errors say they are from.
    Code that they name may run, because the user has typed the name; code that the file names, or a
    description that `overrides` point to, must have been confirmed (`augury.own.trust`). Raises
    InputError for a wrong setting.
    """
    settings = StudySettings()
    if preset:
        from augury.study.planning.presets import PRESETS

        settings = lookup(PRESETS, preset, "preset")
    stored = _spelled_out(read_toml(file, "the study file ")) if file else {}
    settings = _updated(settings, stored, str(file))
    changes = _spelled_out(_without_none(overrides))
    settings = _updated(settings, changes, where, typed=True)
    if preset or settings.recipe_name != AUTO:
        return settings
    sources = [changes] if "recipe_name" in changes else [stored, changes]
    given = {name for source in sources for name in source.get("recipe", {})}
    recipe = automatic_recipe(settings.network, settings.recipe, given)
    return replace(settings, recipe=recipe, left_to_auto=left_to_auto(given))


def _spelled_out(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """`recipe = "fine-tune"` stands for `recipe_name = "fine-tune"`."""
    if not isinstance(values.get("recipe"), str):
        return values
    others = {key: value for key, value in values.items() if key != "recipe"}
    return {**others, "recipe_name": values["recipe"]}


def changed_settings(
    settings: StudySettings, changes: Mapping[str, Any], where: str, typed: bool
) -> StudySettings:
    """`settings` with `changes` (nested, None for unset), which errors say are from `where`.

    typed: the user gives the changes now, so code that they name is accepted; code that a file or a
    stored study names must have been confirmed.
    """
    return _updated(settings, _without_none(changes), where, typed)


def _updated(
    settings: StudySettings, values: Mapping[str, Any], where: str, typed: bool = False
) -> StudySettings:
    """typed: whether the user has typed `values`, and so has pointed to the code they name."""
    from augury.models import own_names

    changes = dict(values)
    if (name := changes.get("recipe_name")) in (AUTO, *RECIPES):
        of_recipe = changes.get("recipe", {})
        begun = named_recipe(name, of_recipe if isinstance(of_recipe, Mapping) else {})
        settings = replace(settings, recipe=begun)
    least = {k: changes.pop(k) for k in ("min_difference", "metric") if k in changes}
    strengths = read_as(_Strengths, changes.pop("strengths", {}), f"{where}: strengths")
    rule = changes.get("rule", {})
    if isinstance(rule, Mapping) and least:
        changes["rule"] = {**least, **rule}
    for name, words in _FOLLOW.items():
        if isinstance(rule, Mapping) and name in rule:
            raise InputError(f"{where}: [rule] {name} {words}")
    if "left_to_auto" in changes:
        raise InputError(f"{where}: left_to_auto follows from recipe_name and [recipe]")
    changes = read_changes(settings, changes, where)
    if strengths:
        arms = changes.get("augmentations", settings.augmentations)
        changes["augmentations"] = spread_strengths(arms, strengths)
    if "baseline" in changes:
        changes["baseline"] = arm_name(changes["baseline"])
    named: list[str] = []
    if "augmentations" in changes:
        arms, chains = changes["augmentations"], changes.get("chains", settings.chains)
        changes["augmentations"], changes["chains"] = _described(arms, chains)
        for augmentation in changes["augmentations"]:
            named += names_in_arm(augmentation)
    code = {
        TRANSFORM: named,
        MODEL: own_names(changes.get("models", ())),
        DATASET: named_sources(changes.get("datasets", ())),
    }
    if typed:
        for kind, names in code.items():
            point_to(names, kind)
    described = names_in([changes.get("chains"), changes.get("parameters")])
    require_all({**code, TRANSFORM: [*named, *described]}, where)
    updated: StudySettings = replaced(settings, changes, where)
    return updated


def arm_name(augmentation: str) -> str:
    """The name of an arm in a study: "light" for the file "own/light.toml".

    A strength is written as short as it can be, and left out where it is 1.
    """
    return "+".join(
        Path(part).stem if _is_file(part) else plain_part(part) for part in parts_of(augmentation)
    )


def _is_file(part: str) -> bool:
    return part.endswith((".toml", ".json"))


def _described(augmentations: tuple[str, ...], chains: Tables) -> tuple[tuple[str, ...], Tables]:
    """An augmentation given as a file, "light.toml", becomes a chain named "light".

    The file's content is copied into the study, so later changes of the file do not change it.
    """
    from augury.augment.registry import read_config

    files: Tables = {}
    for part in filter(_is_file, (p for a in augmentations for p in parts_of(a))):
        config, name = read_config(Path(part)), Path(part).stem
        if files.setdefault(name, config) != config:
            raise InputError(f"augmentations: two files are called {name!r}")
    return tuple(map(arm_name, augmentations)), {**chains, **files}
