"""What one arm costs: its augmentation and its saliency maps, tried on real batches."""

from dataclasses import dataclass
from functools import partial

from augury.augment.still import is_still
from augury.corruptions import CORRUPTIONS, SEVERITIES
from augury.records.cell import Cell
from augury.records.plan import Plan
from augury.rng import Draws
from augury.saliency import KINDS, MapCache, Saliency
from augury.saliency.cache import as_stored
from augury.study.doctor.bench import Bench
from augury.study.doctor.costs import ArmCost, Sizes, Timings, Work, augment_seconds, run_seconds
from augury.study.planning.arms import arm_augmentation, kinds_of, sees_pictures
from augury.study.planning.parts import (
    ClassCounts,
    count_corrupted,
    count_own,
    steps_of_run,
)
from augury.training.cut import Cut
from augury.training.sources import saliency_source
from augury.training.teacher import Teacher, read_teacher, teacher_network

_ID_AND_LABEL = 16  # bytes


@dataclass(frozen=True)
class _Maps:
    """One kind of saliency in one arm: seconds and bytes of an image's map, and when it is made.

    when: "live" with each batch, within the augmentation's own time; "following" every so many
    steps, for all images of the run; "once" for the whole training part, before the first run.
    """

    source: Saliency
    when: str
    seconds: float
    bytes: int


def arm_cost(plan: Plan, cell: Cell, cells: int, bench: Bench, parts: ClassCounts) -> ArmCost:
    """The cost of one arm, of which `cells` are still to be run; `cell` is one of them.

    parts: how many images of each class a run has. Raises InputError where the augmentation or its
    saliency cannot take the images.
    """
    maps = _maps(cell, bench)
    cut = _cut(cell, bench, parts)
    work = _work(plan, cell, parts, maps, bench.cut is not None, cut is not None)
    load = bench.load_pictures if sees_pictures(cell, bench.dataset) else bench.load
    timings = Timings(
        step=bench.head_step(cut) if cut else plan.milliseconds(cell) / 1000,
        load=0.0 if cut else load,
        augment=0.0 if cut else _augment(cell, bench, maps),
        maps=sum(each.seconds for each in maps.values() if each.when == "following"),
        predict=bench.predict,
        corrupt=bench.corrupt if work.corrupted else 0.0,
        save=bench.save,
    )
    return ArmCost(
        dataset=cell.dataset,
        model=cell.model,
        augmentation=cell.augmentation,
        cells=cells,
        step=timings.step,
        augment=augment_seconds(work, timings),
        seconds=run_seconds(work, timings),
        once={
            f"{kind} maps of {cell.dataset}": len(bench.dataset.train) * each.seconds
            for kind, each in maps.items()
            if each.when == "once"
        },
        sizes=_sizes(cell, bench, parts, maps),
        features_once=cut is not None,
    )


def _cut(cell: Cell, bench: Bench, parts: ClassCounts) -> Cut | None:
    """Where the network is cut if the features of this arm's training images are computed once."""
    augmentation = arm_augmentation(cell, bench.dataset, lambda kind: lambda batch: batch.images)
    if bench.cut is None or not is_still(augmentation) or not bench.cut.fits(parts.totals[0]):
        return None
    return bench.cut


def _maps(cell: Cell, bench: Bench) -> dict[str, _Maps]:
    """By kind of saliency. Of stored maps only those of the bench's few batches are made."""
    teacher = read_teacher(cell.teacher) if cell.teacher else Teacher("", fixed=True)
    batch, found = bench.feed[0], {}
    for kind in kinds_of(cell):
        saliency = _saliency(kind, teacher, bench)
        if teacher.live and KINDS[kind].needs_network:
            found[kind] = _Maps(saliency, "live", 0.0, 0)
            continue
        found[kind] = _Maps(
            MapCache.of(saliency, bench.feed),
            "following" if KINDS[kind].needs_network and not teacher.fixed else "once",
            bench.seconds(partial(saliency, batch)) / len(batch),
            as_stored(saliency(batch)).nbytes // len(batch),
        )
    return found


def _saliency(kind: str, teacher: Teacher, bench: Bench) -> Saliency:
    network = bench.network
    if not KINDS[kind].needs_network:
        return KINDS[kind].build(network, network.normalize)
    if teacher.fixed:
        network = teacher_network(teacher.text, bench.device)
    return saliency_source(kind, network, teacher, bench.dataset.seen)


def _augment(cell: Cell, bench: Bench, maps: dict[str, _Maps]) -> float:
    """Seconds for augmenting one batch."""
    augmentation = arm_augmentation(cell, bench.dataset, lambda kind: maps[kind].source)
    feed = bench.pictures if sees_pictures(cell, bench.dataset) else bench.feed

    def augment_all() -> None:
        for batch in feed:
            augmentation(batch, Draws(0, 0, batch.ids))

    return bench.seconds(augment_all) / len(feed)


def _work(
    plan: Plan,
    cell: Cell,
    parts: ClassCounts,
    maps: dict[str, _Maps],
    cut: bool,
    once: bool,
) -> Work:
    """cut: whether features of the validation images are computed once; once: those of training,
    too.
    """
    every = read_teacher(cell.teacher).every if cell.teacher else None
    following = any(each.when == "following" for each in maps.values())
    train, validation, test = parts.totals
    steps, epochs = steps_of_run(train, cell.recipe), cell.recipe.epochs
    looks = -(-epochs // cell.recipe.validate_every)
    refreshes = -(-steps // every) if every else epochs
    classes = len(parts.test)
    seen = count_corrupted(plan.corruptions, test, classes) if plan.corruptions else 0
    return Work(
        epochs=epochs,
        steps=steps,
        mapped=refreshes * train if following else 0,
        predicted=(2 if cut else looks + 1) * validation
        + (train if once else 0)
        + test
        + count_own(train, classes)
        + seen * (1 + len(CORRUPTIONS) * len(SEVERITIES)),
        corrupted=seen,
    )


def _sizes(cell: Cell, bench: Bench, parts: ClassCounts, maps: dict[str, _Maps]) -> Sizes:
    """Sizes of the arm's runs.

    images: the copy that splitting makes of the training part; maps: two sets of them, as there
    are while they are refreshed.
    """
    dataset = bench.dataset
    pictures = dataset.pictures if sees_pictures(cell, dataset) else None
    train, validation, test = parts.totals
    following = sum(each.bytes for each in maps.values() if each.when == "following")
    return Sizes(
        weights=bench.weight_bytes,
        parameters=bench.parameter_bytes,
        states=bench.state_bytes,
        checkpoint=bench.checkpoint_bytes,
        predictions=(validation + test) * (_ID_AND_LABEL + 4 * dataset.num_classes),
        activations=bench.activation_bytes,
        images=(pictures or dataset.train).images.nbytes,
        maps=2 * train * following,
    )
