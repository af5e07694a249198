"""The winner of a study, or any augmentation, as code for another library."""

import os
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import augury
from augury.api.given import Arm, augmentation_names, given_path, study_folder
from augury.api.study import Study
from augury.errors import InputError
from augury.exporting import Order, exported
from augury.inside import is_there
from augury.names import check_name
from augury.records.cell import Cell
from augury.records.plan import plan_of
from augury.report.files import write_text
from augury.report.load import StudyRecords, load_study
from augury.schema import Within
from augury.study.planning.arms import cuts_pictures, meant_by
from augury.study.planning.cells import require_code
from augury.study.planning.settings import StudySettings, arm_name, changed_settings
from augury.study.store import StudyFolder

_FIRST_WORDS = "# The augmentation "


class Exported(NamedTuple):
    """The code, and which arm it is of."""

    arm: str
    code: str


def export(
    what: Study | Arm,
    *,
    to: str,
    arm: str | None = None,
    image_size: int | None = None,
    num_classes: int | None = None,
    out: str | os.PathLike[str] | None = None,
) -> str:
    """The code of an augmentation for another library, with a comment for each difference.

    what: a study, or its folder: its winner, the arm that is shown to help most; or an
        augmentation: its name, a chain such as "flip+cutmix", a file, or one of ours
    to: "torchvision", "albumentations", "kornia", "keras", "timm", "ultralytics", or "python" for
        augury's own library, which can express every augmentation
    arm: of the study, in place of its winner
    image_size, num_classes: for the code; of the study's data by default
    out: a file that the code is also written to
    Raises InputError for what the library cannot express, which is never approximated.
    """
    found = export_arm(what, to, arm, image_size, num_classes)
    if out is not None:
        write_code(given_path(out), found.code)
    return found.code


def export_arm(
    what: Study | Arm, to: str, arm: str | None, image_size: int | None, num_classes: int | None
) -> Exported:
    """The code, and the name of the arm; see `export`."""
    for name, value, most in (
        ("image_size", image_size, 10_000),
        ("num_classes", num_classes, 1e6),
    ):
        if value is not None:
            Within(1, most).check(name, value)
    folder = what.path if isinstance(what, Study) else study_folder(what)
    if folder is None:
        if arm is not None:
            raise InputError("arm: is of a study, and an augmentation is given")
        return _of_augmentation(
            what, to, Order("", image_size, num_classes, version=augury.__version__)
        )
    plan = plan_of(folder)
    cell = _cell_of(folder, arm)
    require_code([cell], StudyFolder(folder).plan_file)
    data = plan.datasets[cell.dataset]
    order = Order(
        cell.augmentation,
        image_size or data.image_size,
        num_classes or len(data.classes),
        data.stored_size,
        augury.__version__,
        data.pictures and cuts_pictures(*meant_by(cell)),
    )
    return Exported(cell.augmentation, exported(to, *meant_by(cell), order))


def _of_augmentation(what: object, to: str, order: Order) -> Exported:
    (name,), described = augmentation_names(what)
    changes = {"augmentations": [name], "chains": described}
    settings = changed_settings(StudySettings(), changes, "export", typed=True)
    (arm,) = map(arm_name, settings.augmentations)
    order = replace(order, name=arm)
    return Exported(arm, exported(to, arm, settings.chains, order))


def _cell_of(folder: Path, arm: str | None) -> Cell:
    """A cell of the arm that is asked for, or of the winner."""
    plan = plan_of(folder)
    if arm is not None:
        check_name(arm, dict.fromkeys(cell.augmentation for cell in plan.cells), "arm")
        return next(cell for cell in plan.cells if cell.augmentation == arm)
    dataset, model, name = winner(load_study(folder))
    wanted = (dataset, model, name)
    return next(c for c in plan.cells if (c.dataset, c.model, c.augmentation) == wanted)


def winner(study: StudyRecords) -> tuple[str, str, str]:
    """Data set, network and name of the arm that is shown to help most.

    Raises InputError where none is, or where it is another one on each data set or network.
    """
    best: dict[tuple[str, str], tuple[float, str]] = {}
    for one in study.comparisons:
        if one.verdict == "helps" and one.difference is not None:
            group = one.dataset, one.model
            best[group] = max(best.get(group, (0.0, "")), (one.difference, one.augmentation))
    if not best:
        raise InputError(
            f"{study.folder}: no arm is shown to help; --arm NAME exports one all the same"
        )
    winners = {name for _, name in best.values()}
    if len(winners) > 1:
        told = "; ".join(f"{name} with {m} on {d}" for (d, m), (_, name) in best.items())
        raise InputError(f"{study.folder}: has several winners, --arm names one: {told}")
    (dataset, model), (_, name) = next(iter(best.items()))
    return dataset, model, name


def write_code(path: Path, code: str) -> None:
    """Write a file; InputError where one is there that was not exported."""
    if is_there(path) and not path.read_text(errors="replace").startswith(_FIRST_WORDS):
        raise InputError(f"{path}: is there already and was not exported by augury")
    write_text(path, code)
