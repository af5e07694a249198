"""`Study`: a study from Python, with all that the command line can do."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from augury.api.comparison import ComparisonTable
from augury.api.concluding import check_all_done, judge_shown, write_all
from augury.api.confirmations import ConfirmationTable
from augury.api.confirming import run_confirmations
from augury.api.diagnosis import DoctorReport
from augury.api.engines import engine_for
from augury.api.given import (
    Arm,
    Model,
    augmentation_names,
    dataset_names,
    given_path,
    model_names,
)
from augury.api.page import ReportPage
from augury.api.preview import PreviewPicture, draw_preview, draw_sheet
from augury.api.running import run_shown
from augury.api.searching import search_shown
from augury.api.settings import grown_settings, searched_settings, stored_settings
from augury.api.status import StatusTable
from augury.api.verdicts import VerdictTable
from augury.data.folders.labels.names import Labels, tables_given
from augury.data.groups import whole_groups
from augury.inside import is_there
from augury.own.trust import confirming
from augury.records.plan import plan_of
from augury.records.search import Search
from augury.report import load_study
from augury.report.sheet import read_sheet_size
from augury.study import (
    CellCounts,
    StudyFolder,
    StudySettings,
    count_cells,
    read_settings,
    status,
)
from augury.study.compare import compare_studies
from augury.study.doctor import examine
from augury.study.engines import Engine
from augury.study.planning.settings import changed_settings
from augury.study.store import default_path
from augury.study.usable_folder import usable_folder
from augury.terminal import data_progress, hushed, say
from augury.training.processes import ALONE

if TYPE_CHECKING:
    from PIL.Image import Image

Description = Mapping[str, object]  # JSON values: parameters of an augmentation, or a chain


class Study:
    """Data sets × models × augmentations × seeds, trained alike, with a verdict for each arm.

    It stands for a folder, and what the folder holds is never done again: a `Study` that is made
    anew with the same settings goes on where the last one ended. Nothing is written before `run`.

    dataset: a name, the path of a folder or an archive of images, or an object: arrays as
        (images, labels), a map-style torch data set of (image, label), a Hugging Face data set,
        what `from_arrays`, `from_torch` or `from_hugging_face` gives. A list holds several.
        Default: "digits".
    labels: tables (CSV) of names and labels of that folder, "labels.csv", or with its columns
        "labels.csv:image,breed"; several are one for each part, by their names.
    groups: a table (CSV) of images and their groups, "groups.csv" or "groups.csv:image,camera", by
        which each arm is also compared.
    split_by: the column of that table whose groups are left out of training: each seed leaves
        another one out and is tested on it; folds: several together, in so many turns.
    models: names, "module:factory", or callables (num_classes, channels) that give a
        torch.nn.Module. Default: "small".
    augment: names, "a+b" for a, then b; files; "module:attribute"; augmentations of ours;
        transforms and pipelines of torchvision, Albumentations or Kornia; callables on images.
        Default: none, normal, random-erasing and salience-blend.
    seeds: paired seeds of an arm, a fixed design. Without it the study is a race: seeds are added
        one by one to the arms that are not decided yet, and their baseline keeps pace.
    first_seed: the lowest seed, 0 by default.
    max_seeds, cells, time: what a race may use at most: seeds of an arm (24), cells in all, and
        how long one call of `run` may take, "90s", "20m" or "1.5h".
    file, preset: a study file (TOML), a preset ("original"); keywords override what they say.
    baseline: the arm that the others are compared with; "none" by default, or else the first.
    min_difference: the smallest difference that matters, percentage points, 0.2 by default.
    metric: what is compared on the test images, "accuracy", "balanced-accuracy" or "macro-f1".
    alpha, min_seeds, min_probability, confidence, power, replicates, rule_seed: the rest of the
        rule, see `augury.Rule`.
    until_decided, max_hours: add seeds at looks that are fixed beforehand; see `run`.
    corruptions: test images that each network also sees corrupted, 200 by default.
    teacher: whose saliency is used; image_size: side of the images in pixels; stored_size: side at
        which they are stored, where an arm cuts what the network sees from larger ones.
    device: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1", "mps"; precision: "auto",
        "float32", "bfloat16"; layout: "auto", "contiguous", "channels_last". "auto" is the faster,
        measured before training.
    recipe: "scratch-small", "fine-tune" or "linear-probe", which the following keywords change;
        "auto", the default, takes the one for the networks, and gives few images more epochs.
        `augury list recipes` shows them.
    epochs ... features: how all arms are trained, see `augury.Recipe`.
    head, stem, pretrained, weights: how the models are built, see `augury.NetworkOptions`.
    parameters: of augmentations by their name, {"cutout": {"length": 0.25}}; chains: augmentations
        of one's own by name, {"mine": {"name": "chain", "parts": [...]}}.
    name: the study's; the data sets' names by default.
    path: its folder, studies/NAME by default; data_dir: where named data sets are looked for first.
    trust: confirm code that `file` or a stored study names, as `--trust` does. Code that is given
        here, by name or as an object, may run.

    Raises InputError, in one line, for whatever cannot be used.
    """

    def __init__(
        self,
        *,
        dataset: object = None,
        labels: Labels | None = None,
        groups: str | os.PathLike[str] | None = None,
        split_by: str | None = None,
        folds: int | None = None,
        models: Model | Sequence[Model] | None = None,
        augment: Arm | Sequence[Arm] | None = None,
        seeds: int | None = None,
        first_seed: int | None = None,
        file: str | os.PathLike[str] | None = None,
        preset: str | None = None,
        baseline: str | None = None,
        min_difference: float | None = None,
        metric: str | None = None,
        alpha: float | None = None,
        min_seeds: int | None = None,
        min_probability: float | None = None,
        confidence: float | None = None,
        power: float | None = None,
        replicates: int | None = None,
        rule_seed: int | None = None,
        until_decided: bool | None = None,
        max_seeds: int | None = None,
        cells: int | None = None,
        time: str | None = None,
        max_hours: float | None = None,
        corruptions: int | None = None,
        teacher: str | os.PathLike[str] | None = None,
        image_size: int | None = None,
        stored_size: int | None = None,
        device: str | None = None,
        precision: str | None = None,
        layout: str | None = None,
        log: str | Sequence[str] | None = None,
        recipe: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        optimizer: str | None = None,
        lr: float | None = None,
        weight_decay: float | None = None,
        schedule: str | None = None,
        label_smoothing: float | None = None,
        validation: float | None = None,
        validate_every: int | None = None,
        train_limit: int | None = None,
        test_limit: int | None = None,
        select: str | None = None,
        normalization: str | None = None,
        sampling: str | None = None,
        warmup: float | None = None,
        body_lr: float | None = None,
        clip: float | None = None,
        ema: float | None = None,
        drop_path: float | None = None,
        freeze: str | None = None,
        features: str | None = None,
        head: str | None = None,
        stem: str | None = None,
        pretrained: bool | None = None,
        weights: str | os.PathLike[str] | None = None,
        parameters: Mapping[str, Description] | None = None,
        chains: Mapping[str, Description] | None = None,
        name: str | None = None,
        path: str | os.PathLike[str] | None = None,
        data_dir: str | os.PathLike[str] | None = None,
        trust: bool = False,
    ) -> None:
        self._trust = trust
        self.data_dir = given_path(data_dir) if data_dir is not None else None
        augmentations, described = augmentation_names(augment)
        with self._confirming():
            study_file = given_path(file) if file is not None else None
            base = read_settings(study_file, preset, {})
            changes = {
                "name": name,
                "datasets": dataset_names(
                    dataset,
                    stored_size or base.stored_size or image_size or base.image_size,
                ),
                "labels": tables_given(labels) if labels is not None else None,
                "groups": whole_groups(os.fspath(groups)) if groups is not None else None,
                "split_by": split_by,
                "folds": folds,
                "models": model_names(models),
                "augmentations": augmentations or None,
                "seeds": seeds,
                "first_seed": first_seed,
                "baseline": baseline,
                "rule": {
                    "min_difference": min_difference,
                    "metric": metric,
                    "alpha": alpha,
                    "min_seeds": min_seeds,
                    "min_probability": min_probability,
                    "confidence": confidence,
                    "power": power,
                    "replicates": replicates,
                    "seed": rule_seed,
                },
                "until_decided": until_decided,
                "max_seeds": max_seeds,
                "cells": cells,
                "time": time,
                "max_hours": max_hours,
                "corruptions": corruptions,
                "teacher": os.fspath(teacher) if teacher is not None else None,
                "image_size": image_size,
                "stored_size": stored_size,
                "device": device,
                "precision": precision,
                "layout": layout,
                "log": [log] if isinstance(log, str) else log,
                "recipe_name": recipe,
                "recipe": {
                    "epochs": epochs,
                    "batch_size": batch_size,
                    "optimizer": optimizer,
                    "lr": lr,
                    "weight_decay": weight_decay,
                    "schedule": schedule,
                    "label_smoothing": label_smoothing,
                    "validation": validation,
                    "validate_every": validate_every,
                    "train_limit": train_limit,
                    "test_limit": test_limit,
                    "select": select,
                    "normalization": normalization,
                    "sampling": sampling,
                    "warmup": warmup,
                    "body_lr": body_lr,
                    "clip": clip,
                    "ema": ema,
                    "drop_path": drop_path,
                    "freeze": freeze,
                    "features": features,
                },
                "network": {
                    "head": head,
                    "stem": stem,
                    "pretrained": pretrained,
                    "weights": str(given_path(weights).resolve()) if weights is not None else None,
                },
                "parameters": parameters,
                "chains": {**base.chains, **(chains or {}), **described} or None,
            }
            self._settings: StudySettings | None = read_settings(
                study_file, preset, changes, "Study"
            )
        self.path = usable_folder(
            given_path(path) if path is not None else default_path(self._settings.title)
        )

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        data_dir: str | os.PathLike[str] | None = None,
        trust: bool = False,
    ) -> "Study":
        """The study in a folder, with the settings that it was run with last.

        data_dir, trust: as for `Study`. Raises InputError where the folder holds none.
        """
        study = cls.__new__(cls)
        study.path = given_path(path)
        study.data_dir = given_path(data_dir) if data_dir is not None else None
        study._trust = trust
        study._settings = None
        plan_of(study.path)
        return study

    @property
    def settings(self) -> StudySettings:
        """All that the study is to be.

        Raises InputError where a stored study names code that has not been confirmed (`trust`).
        """
        if self._settings is None:
            file = StudyFolder(self.path).plan_file
            with self._confirming():
                self._settings = stored_settings(plan_of(self.path), str(file))
        return self._settings

    def doctor(
        self,
        *,
        engine: Engine | str | None = None,
        spread: float | None = None,
        quiet: bool = False,
    ) -> DoctorReport:
        """Before it runs: what is wrong with its data, what it costs, what it can show.

        engine: what will run the cells, as for `run`; spread: standard deviation of paired
        differences, points, in place of what finished runs show; quiet: show no progress.
        Nothing is trained, and nothing is written in the study's folder.
        """
        with self._confirming(), hushed(quiet), data_progress() as progress:
            found = examine(
                self.settings,
                path=self.path,
                data_dir=self.data_dir,
                engine=engine_for(engine, self.settings, self.path)(ALONE),
                spread=spread,
                progress=progress,
            )
        return DoctorReport(**vars(found))

    def add(
        self,
        *,
        dataset: object = None,
        models: Model | Sequence[Model] | None = None,
        augment: Arm | Sequence[Arm] | None = None,
        seeds: int | None = None,
    ) -> "Study":
        """Data sets, models, arms and seeds besides those that it has; `run` does what is new.

        seeds: how many in all, for all arms; the others as for `Study`. Returns the study itself.
        """
        settings = self.settings
        arms, described = augmentation_names(augment)
        with self._confirming():
            self._settings = grown_settings(
                settings,
                dataset_names(dataset, settings.stored_size or settings.image_size) or (),
                model_names(models) or (),
                arms,
                described,
                seeds,
            )
        return self

    def run(
        self,
        *,
        engine: Engine | str | None = None,
        until_decided: bool | None = None,
        max_seeds: int | None = None,
        cells: int | None = None,
        time: str | None = None,
        max_hours: float | None = None,
        verbose: bool = False,
        quiet: bool = False,
    ) -> CellCounts:
        """Run what is not done yet, judge it, and write the report.

        engine: `Local(workers=4)`, `Ray(address="auto")`, `InProcess()`, another one of yours, or a
            name; by default `Local()`, and `InProcess()` for objects that no other process can
            import.
        max_seeds, cells, time: what a race may use at most, as for `Study`.
        until_decided: instead of a race, judge at looks that are fixed beforehand: add seeds, two
            at a time, until every comparison is decided, `max_seeds` are reached or `max_hours`
            have passed.
        verbose: a line for each epoch; quiet: show nothing.

        Interrupted, it keeps what is finished, and the next call goes on from there. Returns how
        many cells there are, are done and have failed. Raises CellsFailed where some have failed,
        when all others are done and judged; RecipeChanged where the folder holds a study with other
        settings; DiskError where nothing can be written.
        """
        options = {
            "until_decided": until_decided,
            "max_seeds": max_seeds,
            "cells": cells,
            "time": time,
            "max_hours": max_hours,
        }
        settings = self._settings = changed_settings(self.settings, options, "run", typed=True)
        make = engine_for(engine, settings, self.path)
        with self._confirming(), hushed(quiet):
            reached = run_shown(settings, self.path, make, self.data_dir, verbose)
        if reached is None:  # the first of torchrun's processes has done it
            return count_cells(plan_of(self.path), StudyFolder(self.path))
        write_all(self.path)
        check_all_done(reached, self.path)
        return reached

    def search(
        self,
        candidates: Arm | Sequence[Arm],
        *,
        engine: Engine | str | None = None,
        max_seeds: int | None = None,
        cells: int | None = None,
        time: str | None = None,
        verbose: bool = False,
        quiet: bool = False,
    ) -> Search:
        """Search for the best combination of some augmentations, test it, and write the report.

        Race after race on validation images: the one that helps most stays, and each of the others
        is tried on top of it, until nothing helps more or the budget ends. The winner is then
        compared with the baseline on test images, by seeds of its own. Arms and runs of the study
        that the folder holds stay as they are, and are shared.

        candidates: two or more, as for `Study`, in the order in which they are applied
        engine, max_seeds, cells, time, verbose, quiet: as for `run`; the budget is that of all
            races together, of which a third is kept for the test
        The same call goes on where an earlier one ended. Raises as `run` does, and InputError for
        other candidates than the folder's search has begun with.
        """
        options = {"max_seeds": max_seeds, "cells": cells, "time": time}
        settings = searched_settings(self.settings, candidates, options, self.path)
        make = engine_for(engine, settings, self.path)
        with self._confirming(), hushed(quiet):
            searched = search_shown(settings, self.path, make, self.data_dir, verbose)
            judge_shown(self.path)
        write_all(self.path)
        for folder, reached in searched.counts.items():
            check_all_done(reached, folder)
        return searched.search

    def confirm(
        self,
        *,
        conditions: Sequence[str] | None = None,
        engine: Engine | str | None = None,
        max_seeds: int | None = None,
        time: str | None = None,
        verbose: bool = False,
        quiet: bool = False,
    ) -> ConfirmationTable:
        """Ask what helps or hurts in the folder again, under other conditions: does it last?

        conditions: "twice-epochs", "half-data", "full-data", "half-strength", "twice-strength"; all
            that the study can have, by default. Each is a race in a folder of its own, below
            `path`, and goes on where it ended.
        time: for all of them together; the others as for `run`. The study keeps its settings.
        Raises InputError where nothing has been run, and what `run` raises.
        """
        stored = Study.open(self.path, data_dir=self.data_dir, trust=self._trust).settings
        with self._confirming(), hushed(quiet):
            run_confirmations(
                changed_settings(
                    stored, {"max_seeds": max_seeds, "time": time}, "confirm", typed=True
                ),
                self.path,
                lambda settings, path: engine_for(engine, settings, path),
                self.data_dir,
                verbose,
                conditions,
            )
        return self.confirmations

    @property
    def confirmations(self) -> ConfirmationTable:
        """What `confirm` has found; InputError where nothing has been run."""
        return ConfirmationTable(load_study(self.path))

    @property
    def verdicts(self) -> VerdictTable:
        """What the study says of each arm, as it was judged last.

        Raises InputError where nothing has been run.
        """
        return VerdictTable(load_study(self.path))

    def status(self) -> StatusTable:
        """How far each cell is; InputError where nothing has been run."""
        plan = plan_of(self.path)
        return StatusTable(plan.name, status(plan, StudyFolder(self.path)), plan.rule.metric)

    def report(self, *, quiet: bool = False) -> ReportPage:
        """Judge what has changed, write summary.csv, report.md and report.html, and give the page.

        quiet: show no progress. Raises InputError where nothing has been run.
        """
        with hushed(quiet):
            judge_shown(self.path)
        return ReportPage(write_all(self.path)[1])

    def compare(self, other: "Study | str | os.PathLike[str]") -> ComparisonTable:
        """What the same arms do in the other study: the other minus this one, paired by seed.

        other: a study, or the folder of one. Raises InputError where no arm is in both.
        """
        second = other.path if isinstance(other, Study) else given_path(other)
        return ComparisonTable(compare_studies(self.path, second))

    def preview(
        self,
        augment: Arm | None = None,
        *,
        dataset: str | None = None,
        model: Model | None = None,
        ids: Sequence[int] | None = None,
        epoch: int = 0,
        seed: int = 0,
        quiet: bool = False,
    ) -> PreviewPicture:
        """Original beside augmented images, exactly as training sees them.

        augment: one of the study's arms or any other; the first that is not the baseline by default
        dataset, model: of the study; the first by default
        ids: of the images, five training images by default; epoch, seed: from 0
        Saliency of the network in training depends on its weights: its epochs up to `epoch` are
        trained again. Raises InputError for what the study has not.
        """
        with self._confirming(), hushed(quiet):
            one = self._one_arm(augment, dataset, model, seed)
            return draw_preview(one, self.path, self.data_dir, ids, epoch)

    def show_batch(
        self,
        augment: Arm | None = None,
        *,
        dataset: str | None = None,
        model: Model | None = None,
        sheet: str = "8x8",
        epoch: int = 0,
        seed: int = 0,
        quiet: bool = False,
    ) -> "Image":
        """A contact sheet of the first batch of an epoch, exactly as training sees it.

        augment, dataset, model, epoch, seed, quiet: as for `preview`
        sheet: "ROWSxCOLUMNS"; a batch that is smaller fills fewer rows
        Returns a PIL image, which a notebook shows. Under each picture are the image's id and its
        class, or the shares of its mixed label.
        """
        size = read_sheet_size(sheet)
        with self._confirming(), hushed(quiet):
            one = self._one_arm(augment, dataset, model, seed)
            return draw_sheet(one, self.path, self.data_dir, size, epoch)

    def _one_arm(
        self, augment: Arm | None, dataset: str | None, model: Model | None, seed: int
    ) -> StudySettings:
        """The settings of a study of one arm up to `seed`."""
        arms, described = augmentation_names(augment)
        settings = self.settings
        others = [arm for arm in settings.augmentations if arm != settings.baseline_arm]
        changes = {
            "datasets": [dataset or settings.datasets[0]],
            "models": model_names(model) or [settings.models[0]],
            "augmentations": arms or [*others, *settings.augmentations][:1],
            "chains": {**settings.chains, **described},
            "baseline": "",
            "seeds": seed + 1,
            "until_decided": False,
        }
        return changed_settings(settings, changes, "preview", typed=True)

    def __repr__(self) -> str:
        if not is_there(StudyFolder(self.path).plan_file):
            return f"<Study {self.path}: nothing has been run>"
        counts = count_cells(plan_of(self.path), StudyFolder(self.path))
        failed = f", {counts.failed} failed" if counts.failed else ""
        return f"<Study {self.path}: {counts.done} of {counts.cells} cells done{failed}>"

    @contextmanager
    def _confirming(self) -> Iterator[None]:
        """Within the block code that a file or a stored study names is confirmed, if asked for."""
        confirming(say if self._trust else None)
        try:
            yield
        finally:
            confirming(None)
